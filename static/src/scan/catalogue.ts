/**
 * What codes were found to be: so that a code resolved once has its name where there is no network.
 *
 * Law: it names, it never decides. What a code is, in which pack and lot, the server says of every single scan.
 */

import type { Item, Pack } from "./contract";
import type { Entry } from "./lines";

/** What a code is, as far as the phone knows. */
export interface Named {
  raw: string;
  item: Item;
  pack: Pack;
  /** The lot that the code itself names. */
  lot: string | null;
  /** The item is kept by lots and the code does not say which. */
  needsLot: boolean;
}

export interface Shelf {
  named(): Promise<Named[]>;
  /** Keep these, and of all no more than fit. */
  keepNamed(named: readonly Named[]): Promise<void>;
}

export class Catalogue {
  private readonly known = new Map<string, Named>();

  constructor(private readonly shelf: Shelf) {}

  /** Without it work goes on: codes are shown as they are. */
  async load(): Promise<void> {
    for (const one of await this.shelf.named().catch(() => [])) this.known.set(one.raw, one);
  }

  find(raw: string): Named | null {
    return this.known.get(raw) ?? null;
  }

  /** Learn from answers to *entries*. */
  learn(entries: readonly Entry[]): void {
    const fresh = entries.map(namedBy).filter((one) => one !== null && !this.knows(one)) as Named[];
    if (fresh.length === 0) return;
    for (const one of fresh) this.known.set(one.raw, one);
    void this.shelf.keepNamed(fresh).catch(() => undefined);
  }

  private knows(one: Named): boolean {
    return JSON.stringify(this.known.get(one.raw)) === JSON.stringify(one);
  }
}

/** Nothing is learnt where a person said more than the code does: which meaning, or which unit. */
function namedBy({ raw, candidate, lot, answer }: Entry): Named | null {
  if (!raw || candidate || !answer?.item || !answer.pack) return null;
  const { item, pack } = answer;
  const needsLot = item.lots && (lot !== null || answer.reason === "lot_missing");
  return { raw, item, pack, lot: needsLot ? null : answer.lot, needsLot };
}
