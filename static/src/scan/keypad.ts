/** Big keys for one hand: types a code, or a quantity in a unit that cannot be mistaken. */

import { isDoubtful, parseAmount, showAmount, timesAmount, type Thousandths } from "./amount";
import type { Pack } from "./contract";
import { element, part, type Translate } from "./dom";
import { looksMistyped } from "./gtin";

export interface QuantityOf {
  name: string;
  /** What can be counted in, the base unit first; empty while nobody knows what the code is. */
  units: Pack[];
  /** What the line says so far, in base units. */
  before: Thousandths;
  /** Says which lot; null where nobody has to. */
  askLot: (() => void) | null;
  /** Takes a picture of it; null where everybody knows what it is. */
  takePhoto: (() => void) | null;
}

type Mode =
  | { kind: "code"; done(text: string): void }
  | { kind: "quantity"; of: QuantityOf; unit: Pack | null; done(text: string, unit: Pack | null): void };

export class Keypad {
  private readonly sheet = part<HTMLDialogElement>("keypad");
  private readonly title = part("keypad-title");
  private readonly field = part<HTMLInputElement>("keypad-field");
  private readonly unit = part("keypad-unit");
  private readonly units = part("keypad-units");
  private readonly hint = part("keypad-hint");
  private readonly accept = part<HTMLButtonElement>("keypad-ok");
  private readonly lot = part<HTMLButtonElement>("keypad-lot");
  private readonly photo = part<HTMLButtonElement>("keypad-photo");
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

  /** Ask how many; in the base unit unless another one is chosen. */
  askQuantity(of: QuantityOf, done: (text: string, unit: Pack | null) => void): void {
    this.open({ kind: "quantity", of, unit: of.units[0] ?? null, done }, of.name);
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
    this.lot.hidden = mode.kind === "code" || mode.of.askLot === null;
    this.photo.hidden = mode.kind === "code" || mode.of.takePhoto === null;
    this.field.value = "";
    this.field.inputMode = "none"; // our own keys are bigger than the phone's, and leave the page visible
    this.drawUnits();
    this.changed();
    if (!this.sheet.open) this.sheet.showModal();
    this.field.focus();
  }

  private press(target: HTMLElement): void {
    const button = target.closest("button");
    if (target === this.sheet || button?.id === "keypad-cancel") this.close();
    else if (button === this.accept) this.finish();
    else if (button === this.letters) this.callLetters();
    else if (button === this.lot) this.leaveFor("askLot");
    else if (button === this.photo) this.leaveFor("takePhoto");
    else if (button?.dataset["unit"]) this.choose(Number(button.dataset["unit"]));
    else if (button?.dataset["key"]) this.type(button.dataset["key"]);
  }

  private type(key: string): void {
    const { value } = this.field;
    this.field.value = key === "back" ? value.slice(0, -1) : value + key;
    this.changed();
  }

  private choose(index: number): void {
    if (this.mode?.kind !== "quantity") return;
    this.mode.unit = this.mode.of.units[index] ?? null;
    this.drawUnits();
    this.changed();
    this.field.focus();
  }

  private callLetters(): void {
    this.field.inputMode = "text";
    this.field.blur();
    this.field.focus();
  }

  private leaveFor(what: "askLot" | "takePhoto"): void {
    const go = this.mode?.kind === "quantity" ? this.mode.of[what] : null;
    this.close();
    go?.();
  }

  /** One key a unit, where there is a choice; beside the number, the one that it is in. */
  private drawUnits(): void {
    const mode = this.mode?.kind === "quantity" ? this.mode : null;
    const units = mode?.of.units ?? [];
    this.unit.textContent = mode?.unit?.unit ?? "";
    this.units.hidden = units.length < 2;
    this.units.replaceChildren(...units.map((unit, index) => this.unitKey(unit, index, units[0]!)));
  }

  private unitKey(unit: Pack, index: number, base: Pack): HTMLElement {
    const factor = parseAmount(unit.factor) ?? 0;
    const values = { unit: unit.unit, factor: showAmount(factor), base: base.unit };
    const key = element("button", { text: index === 0 ? unit.unit : this.t("unit_of", values), testid: `unit-${index}` });
    key.dataset["unit"] = String(index);
    key.setAttribute("aria-pressed", String(this.mode?.kind === "quantity" && this.mode.unit === unit));
    return key;
  }

  private changed(): void {
    const text = this.field.value.trim();
    this.doubted = "";
    this.hint.dataset["tone"] = "";
    this.hint.textContent = this.mode?.kind === "quantity" ? this.quantityHint(text) : "";
    this.accept.disabled = this.mode?.kind === "quantity" ? parseAmount(text) === null : text === "";
  }

  /** What the number will count as, in base units: "5 boxes × 24 = 120 bottles". */
  private quantityHint(text: string): string {
    if (this.mode?.kind !== "quantity") return "";
    const { unit, of } = this.mode;
    const amount = parseAmount(text);
    if (!unit) return this.t("in_unit_of_code");
    // What is typed is the whole of it: whoever types only the rest would lose what was scanned before.
    if (amount === null || unit === of.units[0]) return this.t(of.before === 0 ? "in_unit" : "in_unit_instead", {
      unit: unit.unit,
      before: showAmount(of.before),
      base: of.units[0]!.unit,
    });
    const values = { n: showAmount(amount), unit: unit.unit, factor: showAmount(parseAmount(unit.factor) ?? 0) };
    return this.t("pack_total", { ...values, ...this.total(amount) });
  }

  private total(amount: Thousandths): { total: string; base: string } {
    const mode = this.mode?.kind === "quantity" ? this.mode : null;
    return { total: showAmount(inBase(amount, mode?.unit ?? null)), base: mode?.of.units[0]?.unit ?? "" };
  }

  private finish(): void {
    const text = this.field.value.trim();
    const { mode } = this;
    if (!mode || this.accept.disabled) return;
    const doubt = this.doubt(mode, text);
    if (doubt !== null && this.doubted !== text) return this.sayDoubt(text, doubt);
    this.close();
    if (mode.kind === "code") mode.done(text);
    else mode.done(text, mode.unit);
  }

  private doubt(mode: Mode, text: string): string | null {
    if (mode.kind === "code") return looksMistyped(text) ? this.t("check_digit_wrong") : null;
    const amount = parseAmount(text) ?? 0;
    return isDoubtful(inBase(amount, mode.unit), mode.of.before) ? this.t("really_so_many", this.total(amount)) : null;
  }

  /** A wrong code, and a wrong number, is worse than none; whoever presses again means it. */
  private sayDoubt(text: string, doubt: string): void {
    this.doubted = text;
    this.hint.dataset["tone"] = "refused";
    this.hint.textContent = doubt;
  }
}

function inBase(amount: Thousandths, unit: Pack | null): Thousandths {
  return timesAmount(amount, parseAmount(unit?.factor ?? "1") ?? 0);
}
