/** What the server says, taken over into the state: answers, refusals, and how the whole stocktake stands. */

import type { Answer, Bin, Stocktake } from "./contract";
import type { Entry } from "./lines";
import { NOTHING_SAID, withBin, type OpenBin, type State } from "./state";

/** The server's answers of one batch; whatever is not on the screen any more changes nothing. */
export function takeAnswers(state: State, answers: readonly Answer[]): State {
  const byId = new Map(answers.map((answer) => [answer.id, answer]));
  if (!state.entries.some((entry) => byId.has(entry.id))) return state;
  const entries = state.entries.map((entry) => ({ ...entry, answer: byId.get(entry.id) ?? entry.answer }));
  return { ...state, entries };
}

/** After a start: what neither waits nor was answered here was answered while nobody looked. */
export function takeSettled(state: State, outbox: ReadonlySet<string>): State {
  const isLost = (entry: Entry): boolean => entry.answer === null && !outbox.has(entry.id);
  return takeAnswers(state, state.entries.filter(isLost).map(({ id }) => ({ id, status: "accepted", ...NOTHING_SAID })));
}

/** The server will not have an event as it is: the screen says so on its line. */
export function takeRefusal(state: State, id: string, refused: string): State {
  return { ...state, entries: state.entries.map((entry) => (entry.id === id ? { ...entry, refused } : entry)) };
}

/** How far the stocktake is; of its bins only what a server that has heard everything from here says is news. */
export function takeStocktake(state: State, { state: stage, bins }: Pick<Stocktake, "state" | "bins">, hasHeardAll: boolean): State {
  const next = { ...state, stage };
  return hasHeardAll || state.bins.length === 0 ? takeBins(next, bins) : next;
}

/** The server's list of bins, except that it may not yet know which bin is open here. */
function takeBins(state: State, bins: Bin[]): State {
  const { open } = state;
  const heard = open && bins.find((bin) => bin.id === open.id);
  if (!open) return { ...state, bins };
  return withBin({ ...state, bins, open: heard ? whatBecame(open, heard, state.me) : open }, open.id, "open");
}

/** Others may count and close a bin that is open here: then there are two counts of it, and this phone says so. */
function whatBecame(open: OpenBin, bin: Bin, me: string | null): OpenBin {
  if (bin.open_on !== "here" || bin.round !== open.round) return open;
  const others = (bin.counter ?? "").split(", ").filter((name) => name !== "" && name !== me);
  return { ...open, closedBy: bin.state === "closed" ? others.join(", ") || "?" : null, freed: bin.state === "waiting" };
}
