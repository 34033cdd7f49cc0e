/** Asks which lot goods are of whose code does not say it: known lots to tap, another one to type, or none readable. */

import type { Item, Lot } from "./contract";
import { element, part, type Translate } from "./dom";
import { lotWanted, type LotWanted } from "./goods";
import type { SaidLot, State } from "./state";

export interface LotSheetParts {
  t: Translate;
  lotsOf(item: number): Promise<Lot[]>;
  /** Resolves when the state has taken it over. */
  onSaid(raw: string, said: SaidLot | null): Promise<void>;
}

export class LotSheet {
  private readonly sheet = part<HTMLDialogElement>("lot");
  private readonly code = part<HTMLInputElement>("lot-code");
  private readonly expiry = part<HTMLInputElement>("lot-expiry");
  private readonly accept = part<HTMLButtonElement>("lot-ok");
  private wanted: LotWanted | null = null;
  private lots: Lot[] = [];
  private state: State | null = null;
  /** Somebody came to say another lot: nothing waits for it. */
  private byHand = false;
  private saying = false;

  constructor(private readonly parts: LotSheetParts) {
    part("lot-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.finish();
    });
    for (const field of [this.code, this.expiry]) field.addEventListener("input", () => this.changed());
    part("lot-none").addEventListener("click", () => this.leave());
    this.sheet.addEventListener("cancel", () => this.leave());
    // Whatever else was asked comes first; "close" does not bubble, but it can be caught on its way down.
    document.addEventListener("close", () => this.state && this.draw(this.state), true);
  }

  /** Ask for what the state waits for, one code at a time. */
  draw(state: State): void {
    this.state = state;
    if (this.saying || document.querySelector("dialog[open]")) return;
    const wanted = lotWanted(state);
    if (wanted) this.ask(wanted, false);
  }

  ask(wanted: LotWanted, byHand: boolean): void {
    this.wanted = wanted;
    this.byHand = byHand;
    part("lot-none").textContent = this.parts.t(byHand ? "cancel" : "no_lot_readable");
    this.lots = [];
    part("lot-title").textContent = this.parts.t("which_lot", { name: wanted.item.name });
    this.code.value = wanted.lot ?? "";
    this.expiry.value = "";
    part("lot-expiry-part").hidden = !wanted.item.expiry;
    this.drawLots();
    this.changed();
    this.sheet.showModal();
    void this.load(wanted.item);
  }

  private async load(item: Item): Promise<void> {
    const lots = await this.parts.lotsOf(item.id);
    if (this.wanted?.item !== item) return;
    this.lots = lots;
    this.drawLots();
    this.changed();
  }

  private drawLots(): void {
    part("lot-list").replaceChildren(...this.lots.map((lot) => this.row(lot)));
    part("lot-list").hidden = this.lots.length === 0;
  }

  private row(lot: Lot): HTMLElement {
    const take = (): void => void this.say({ lot: lot.code, expiry: lot.expiry });
    const button = element("button", { class: "choice", testid: "lot-row", onClick: take });
    button.append(element("bdi", { text: lot.code }), element("small", { text: lot.expiry ?? "" }));
    return element("li", {}, button);
  }

  private changed(): void {
    const lot = this.code.value.trim();
    const isKnown = this.lots.some((one) => one.code === lot);
    const needsExpiry = Boolean(this.wanted?.item.expiry) && !isKnown;
    this.accept.disabled = lot === "" || (needsExpiry && this.expiry.value === "");
  }

  private finish(): void {
    if (!this.accept.disabled) void this.say({ lot: this.code.value.trim(), expiry: this.expiry.value || null });
  }

  private leave(): void {
    if (this.byHand) this.sheet.close();
    else void this.say(null);
  }

  private async say(said: SaidLot | null): Promise<void> {
    const { wanted } = this;
    this.wanted = null;
    this.saying = true; // until it is in the state, the state still wants it
    this.sheet.close();
    if (wanted) await this.parts.onSaid(wanted.raw, said);
    this.saying = false;
    if (this.state) this.draw(this.state);
  }
}
