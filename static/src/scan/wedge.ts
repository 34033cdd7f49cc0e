/**
 * Reads scanners that pretend to be keyboards, wherever the focus is.
 *
 * Law: the buffer is emptied in the same tick in which it is read; an Enter of a scanner never presses a button;
 * a person who types into a field, or presses Enter on a button, is left alone.
 */

import { cleanWedgeText, GROUP_SEPARATOR, keyByPlace } from "./wedge-text";

export interface Key {
  key: string;
  code: string;
  shift: boolean;
  ctrl: boolean;
  alt: boolean;
  composing: boolean;
  at: number;
  /** The focus is in something that takes text. */
  editable: boolean;
}

export interface Verdict {
  /** Keep the key from the page. */
  swallow: boolean;
  scan: string | null;
  /** The burst began with this key: what the field held is worth remembering. */
  begins: boolean;
}

const NOTHING: Verdict = { swallow: false, scan: null, begins: false };
const SHORTEST = 3;
/** Longest pause inside a code; radio scanners stumble. */
const PAUSE_MS = 300;
/** Nobody types faster than this on average: needed where text belongs to a field. */
const BURST_MS = 45;
/** Some scanners end with CR and LF: the second one belongs to the same code. */
const SECOND_ENTER_MS = 250;

export class Wedge {
  private buffer = "";
  private beganAt = 0;
  private lastAt = Number.NEGATIVE_INFINITY;
  private scannedAt = Number.NEGATIVE_INFINITY;
  private altDigits = "";

  press(key: Key): Verdict {
    if (key.alt && /^Numpad\d$/.test(key.code)) return this.collectAltDigit(key);
    const character = characterOf(key);
    if (character !== null) return this.collect(character, key);
    return isEnd(key) ? this.finish(key) : NOTHING;
  }

  /** Windows scanners type a separator as Alt + 0 2 9; it is complete when Alt is let go. */
  release(key: Key): void {
    if (key.key !== "Alt" || this.altDigits === "") return;
    const character = String.fromCharCode(Number(this.altDigits));
    this.altDigits = "";
    this.collect(character, key);
  }

  private collectAltDigit(key: Key): Verdict {
    this.altDigits += key.code.slice(-1);
    return { ...NOTHING, swallow: true };
  }

  private collect(character: string, key: Key): Verdict {
    const begins = this.buffer === "" || key.at - this.lastAt > PAUSE_MS;
    if (begins) {
      if (character === " ") return this.forget(); // a person presses a button with the space bar
      this.buffer = "";
      this.beganAt = key.at;
    }
    this.buffer += character;
    this.lastAt = key.at;
    return { swallow: !key.editable, scan: null, begins };
  }

  private finish(key: Key): Verdict {
    const text = cleanWedgeText(this.buffer);
    const isScan = text.length >= SHORTEST && this.looksScanned(key);
    this.forget();
    if (isScan) {
      this.scannedAt = key.at;
      return { swallow: true, scan: text, begins: false };
    }
    return { ...NOTHING, swallow: key.at - this.scannedAt < SECOND_ENTER_MS };
  }

  private looksScanned(key: Key): boolean {
    if (key.at - this.lastAt > PAUSE_MS) return false;
    const mean = (this.lastAt - this.beganAt) / Math.max(1, this.buffer.length - 1);
    const needsBurst = key.editable || key.key === "Tab";
    return !needsBurst || mean <= BURST_MS;
  }

  private forget(): Verdict {
    this.buffer = "";
    return NOTHING;
  }
}

/** Enter, Tab, and the control letters that are CR and LF. */
function isEnd(key: Key): boolean {
  if (key.ctrl) return key.code === "KeyJ" || key.code === "KeyM";
  return key.key === "Enter" || key.key === "Tab" || key.code === "NumpadEnter";
}

/** The character a key stands for; null where it is none. */
function characterOf(key: Key): string | null {
  if (key.ctrl) return key.code === "BracketRight" || key.key === "]" ? GROUP_SEPARATOR : null;
  if (key.alt) return null;
  if (key.key === "F8") return GROUP_SEPARATOR; // what several makers' scanners send for it by default
  // With an input method open the browser hides the key; its place on the keyboard is still told.
  if (key.composing || key.key === "Process" || key.key === "Unidentified") return keyByPlace(key.code, key.shift);
  return [...key.key].length === 1 ? key.key : null;
}

/** Listen on the whole document; `onScan` gets each code, the field it ran into gets its text back. */
export function listenToWedge(wedge: Wedge, onScan: (text: string) => void): void {
  let before = "";
  const hear = (event: KeyboardEvent): void => {
    const field = fieldOf(event.target);
    const verdict = wedge.press(keyOf(event, field !== null));
    if (verdict.begins) before = field?.value ?? "";
    if (verdict.swallow) swallow(event);
    if (verdict.scan === null) return;
    if (field) restore(field, before);
    onScan(verdict.scan);
  };
  document.addEventListener("keydown", hear, true);
  document.addEventListener("keyup", (event) => wedge.release(keyOf(event, false)), true);
}

function swallow(event: KeyboardEvent): void {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function keyOf(event: KeyboardEvent, editable: boolean): Key {
  const { key, code, shiftKey: shift, ctrlKey, metaKey, altKey: alt, isComposing, keyCode, timeStamp: at } = event;
  return { key, code, shift, ctrl: ctrlKey || metaKey, alt, composing: isComposing || keyCode === 229, at, editable };
}

function fieldOf(target: EventTarget | null): HTMLInputElement | HTMLTextAreaElement | null {
  if (target instanceof HTMLTextAreaElement) return target;
  const isText = target instanceof HTMLInputElement && !/^(button|checkbox|radio|range|file|submit|reset)$/.test(target.type);
  return isText ? target : null;
}

/** Losing the focus ends an open composition, whose text would land in the field later. */
function restore(field: HTMLInputElement | HTMLTextAreaElement, value: string): void {
  field.blur();
  field.value = value;
  field.focus();
}
