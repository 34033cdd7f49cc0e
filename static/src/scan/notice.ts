/** What the person must know about where they stand, beyond the last scan: one notice at most. */

import { standing } from "./lines";
import { isOver, type State } from "./state";

export interface Notice {
  /** Begins the keys of its title and its text. */
  kind: "over_posted" | "over_cancelled" | "not_begun" | "all_counted" | "empty" | "closed_meanwhile" | "freed" | "recount";
  values: Record<string, string>;
  /** What its button does. */
  offers: "back" | "empty" | null;
}

export function noticeOf(state: State): Notice | null {
  const { open, bins, stage } = state;
  if (isOver(state)) return { kind: stage === "posted" ? "over_posted" : "over_cancelled", values: {}, offers: "back" };
  if (stage === "draft") return { kind: "not_begun", values: {}, offers: "back" };
  if (!open) {
    const all = bins.length > 0 && bins.every((bin) => bin.state === "closed");
    return all ? { kind: "all_counted", values: { n: String(bins.length) }, offers: "back" } : null;
  }
  const values = { bin: open.code, counter: open.closedBy ?? "" };
  if (open.empty && standing(state.entries).length === 0) return { kind: "empty", values, offers: "empty" };
  if (open.closedBy !== null) return { kind: "closed_meanwhile", values, offers: null };
  if (open.freed) return { kind: "freed", values, offers: null };
  return open.recount.length > 0 ? { kind: "recount", values: { ...values, items: some(open.recount) }, offers: null } : null;
}

const MOST_NAMES = 5;

function some(names: readonly string[]): string {
  return names.slice(0, MOST_NAMES).join(", ") + (names.length > MOST_NAMES ? " …" : "");
}
