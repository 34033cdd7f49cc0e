/** Big keys for one hand: types a code, or a quantity. */

import { parseAmount, showAmount, timesAmount } from "./amount";
import { part, type Translate } from "./dom";
import { looksMistyped } from "./gtin";

export interface QuantityOf {
  name: string;
  /** Unit of the pack whose quantity is typed, empty while unknown. */
  unit: string;
  /** Base units in one of it. */
  factor: string;
  baseUnit: string;
}

type Mode = { kind: "code"; done(text: string): void } | { kind: "quantity"; of: QuantityOf; done(text: string): void };

export class Keypad {
  private readonly sheet = part<HTMLDialogElement>("keypad");
  private readonly title = part("keypad-title");
  private readonly field = part<HTMLInputElement>("keypad-field");
  private readonly hint = part("keypad-hint");
  private readonly accept = part<HTMLButtonElement>("keypad-ok");
  private readonly letters = part<HTMLButtonElement>("keypad-letters");
  private readonly point = part<HTMLButtonElement>("keypad-point");
  private mode: Mode | null = null;
  private doubted = "";

  constructor(private readonly t: Translate) {
    this.sheet.addEventListener("click", (event) => this.press(event.target as HTMLElement));
    this.field.addEventListener("input", () => this.changed());
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // the sheet closes under it: the same Enter would press the button below
      this.finish();
    });
  }

  askCode(done: (text: string) => void): void {
    this.open({ kind: "code", done }, this.t("keypad_code"));
  }

  askQuantity(of: QuantityOf, done: (text: string) => void): void {
    this.open({ kind: "quantity", of, done }, of.name);
  }

  close(): void {
    this.mode = null;
    if (this.sheet.open) this.sheet.close();
  }

  private open(mode: Mode, title: string): void {
    this.mode = mode;
    this.title.textContent = title;
    this.letters.hidden = mode.kind !== "code";
    this.point.hidden = mode.kind === "code";
    this.field.value = "";
    this.field.inputMode = "none"; // our own keys are bigger than the phone's, and leave the page visible
    this.changed();
    if (!this.sheet.open) this.sheet.showModal();
    this.field.focus();
  }

  private press(target: HTMLElement): void {
    const button = target.closest("button");
    if (target === this.sheet || button?.id === "keypad-cancel") this.close();
    else if (button === this.accept) this.finish();
    else if (button === this.letters) this.callLetters();
    else if (button?.dataset["key"]) this.type(button.dataset["key"]);
  }

  private type(key: string): void {
    const { value } = this.field;
    this.field.value = key === "back" ? value.slice(0, -1) : value + key;
    this.changed();
  }

  private callLetters(): void {
    this.field.inputMode = "text";
    this.field.blur();
    this.field.focus();
  }

  private changed(): void {
    const text = this.field.value.trim();
    this.doubted = "";
    this.hint.dataset["tone"] = "";
    this.hint.textContent = this.mode?.kind === "quantity" ? this.unitHint(this.mode.of, text) : "";
    this.accept.disabled = this.mode?.kind === "quantity" ? parseAmount(text) === null : text === "";
  }

  /** In packs, the base units are shown while typing: "5 boxes × 24 = 120 bottles". */
  private unitHint(of: QuantityOf, text: string): string {
    const factor = parseAmount(of.factor) ?? 1000;
    const amount = parseAmount(text);
    if (!of.unit) return "";
    if (factor === 1000 || amount === null) return this.t("in_unit", { unit: of.unit });
    const total = showAmount(timesAmount(amount, factor));
    const values = { n: showAmount(amount), unit: of.unit, factor: showAmount(factor), total, base: of.baseUnit };
    return this.t("pack_total", values);
  }

  private finish(): void {
    const text = this.field.value.trim();
    const { mode } = this;
    if (!mode || this.accept.disabled) return;
    if (mode.kind === "code" && looksMistyped(text) && this.doubted !== text) return this.doubt(text);
    this.close();
    mode.done(text);
  }

  /** A wrong code is worse than none; whoever presses again means it. */
  private doubt(text: string): void {
    this.doubted = text;
    this.hint.dataset["tone"] = "refused";
    this.hint.textContent = this.t("check_digit_wrong");
  }
}
