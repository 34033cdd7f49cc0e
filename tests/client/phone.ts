/** One phone as the tests of its state hold it: does actions, keeps what it stored and what it said. */

import { showAmount } from "../../static/src/scan/amount";
import type { Named } from "../../static/src/scan/catalogue";
import type { Answer, Pack, Stocktake } from "../../static/src/scan/contract";
import type { Draft } from "../../static/src/scan/events";
import { takeAnswers, takeStocktake } from "../../static/src/scan/heard";
import { linesOf } from "../../static/src/scan/lines";
import { EMPTY, nameOf, type Action, type Said, type State } from "../../static/src/scan/state";
import { decide } from "../../static/src/scan/stocktake";
import { answerTo, bin } from "./make";

export class Phone {
  state: State;
  readonly drafts: Draft[] = [];
  said: Said | null = null;
  private ids = 0;

  constructor(bins = [bin(1), bin(3)]) {
    this.state = { ...EMPTY, bins, stage: "counting" };
  }

  do(action: Action): this {
    const outcome = decide(this.state, action, () => `e${(this.ids += 1)}`);
    this.state = outcome.state;
    this.drafts.push(...outcome.drafts);
    this.said = outcome.said;
    return this;
  }

  scan(...codes: string[]): this {
    for (const raw of codes) this.do({ type: "code", raw, symbology: "EAN-13" });
    return this;
  }

  /** Scan what the phone knows from another day. */
  scanKnown(...named: Named[]): this {
    for (const one of named) this.do({ type: "code", raw: one.raw, symbology: null, named: one });
    return this;
  }

  /** Type a quantity for the line that was touched last. */
  set(quantity: string, unit: Pack | null = null): this {
    const [line] = linesOf(this.state.entries);
    if (!line) throw new Error("no line to type a quantity for");
    return this.do({ type: "set", line, quantity, unit });
  }

  hear(id: string, values: Partial<Answer> = {}): this {
    this.state = takeAnswers(this.state, [answerTo({ id }, values)]);
    return this;
  }

  hearOf(stocktake: Partial<Pick<Stocktake, "state" | "bins">>): this {
    this.state = takeStocktake(this.state, { state: "counting", bins: this.state.bins, ...stocktake }, true);
    return this;
  }

  get kinds(): string {
    return this.drafts.map((draft) => draft.kind).join(" ");
  }

  get shown(): string[] {
    return linesOf(this.state.entries).map((line) => [nameOf(line), line.lot, showAmount(line.amount)].filter(Boolean).join(" "));
  }
}
