/** Bins: opened, closed, confirmed to be empty, and each of these taken back. */

import type { Bin } from "./contract";
import type { Draft } from "./events";
import { standing } from "./lines";
import { only, refused, withBin } from "./state";
import type { NewId, OpenBin, Outcome, Question, Said, State, Visit } from "./state";

export function takeBin(state: State, visit: Visit, newId: NewId): Outcome {
  const { bin } = visit;
  if (state.question) return refused(state, "answer_first");
  if (state.open) return askClose(state, state.open.id === bin.id ? null : visit);
  if (bin.own_recount) return refused(state, "own_recount"); // whatever were scanned there could not count
  const why = whyAsk(bin);
  if (!why) return openBin(state, visit, newId);
  const values = { bin: bin.code, counter: bin.counter ?? "?" };
  return only({ ...state, question: { kind: "open_anyway", why, visit } }, { tone: "attention", text: `bin_is_${why}`, values });
}

/** A phone that lost its memory goes on with its own count unasked; on another phone it would be another count. */
function whyAsk({ state, open_on: on }: Bin): Extract<Question, { kind: "open_anyway" }>["why"] | null {
  if (on === "here") return null;
  if (on === "elsewhere") return "elsewhere";
  return state === "waiting" ? null : state;
}

/** A label of ours that is not on the list: refused when the list is known, believed while it is not. */
export function takeOtherBin(state: State, id: number, label: Visit["label"], newId: NewId): Outcome {
  if (state.bins.length > 0) return refused(state, "bin_not_in_task");
  const bin: Bin = { id, code: `#${id}`, name: "", state: "waiting", round: 1, counter: null, codes: [] };
  return takeBin(state, { bin, label }, newId);
}

function openBin(state: State, { bin, label }: Visit, newId: NewId): Outcome {
  const { id, code, name, round } = bin;
  const draft: Draft = { id: newId(), kind: "open_bin", round, location: id, ...label };
  const empty = Boolean(bin.expected_empty) && bin.state === "waiting" && round === 1;
  const recount = (bin.recount ?? []).map((one) => [one.name, one.lot].filter(Boolean).join(" · "));
  const open: OpenBin = { id, code, name, round, opening: draft.id, empty, recount, closedBy: null, freed: false };
  const next: State = { ...state, open, entries: [], lots: {}, question: null };
  const said: Said = { tone: "bin", text: empty ? "bin_opened_empty" : "bin_opened", values: { bin: code } };
  return { state: withBin(next, id, "open"), drafts: [draft], said };
}

export function askClose(state: State, then: Visit | null): Outcome {
  if (!state.open) return refused(state, "no_bin_open");
  const text = then ? "close_before_next" : "close_bin";
  const values = { bin: state.open.code, next: then?.bin.code ?? "" };
  return only({ ...state, question: { kind: "close", then } }, { tone: "attention", text, values });
}

/** One tap for a bin that should be empty and is. */
export function confirmEmpty(state: State, newId: NewId): Outcome {
  const { open } = state;
  if (!open?.empty || standing(state.entries).length > 0) return only(state);
  return closeBin(state, open, "bin_is_empty", newId);
}

export function confirm(state: State, newId: NewId): Outcome {
  const { question, open } = state;
  if (question?.kind === "open_anyway") return openBin(state, question.visit, newId);
  if (question?.kind !== "close" || !open) return only({ ...state, question: null });
  const closed = closeBin(state, open, "bin_closed", newId);
  if (!question.then) return closed;
  const next = takeBin(closed.state, question.then, newId);
  return { ...next, drafts: [...closed.drafts, ...next.drafts] };
}

function closeBin(state: State, open: OpenBin, text: string, newId: NewId): Outcome {
  const draft: Draft = { id: newId(), kind: "close_bin", round: open.round, location: open.id };
  const last = { bin: open, entries: state.entries, lots: state.lots, closing: draft.id };
  const next = withBin({ ...state, open: null, entries: [], lots: {}, question: null, last }, open.id, "closed");
  return { state: next, drafts: [draft], said: { tone: "bin", text, values: { bin: open.code } } };
}

/** Leave a bin in which nothing was counted as if it had never been opened: somebody scanned the wrong label. */
export function leaveBin(state: State, open: OpenBin, newId: NewId): Outcome {
  const draft: Draft = { id: newId(), kind: "undo", round: open.round, location: open.id, undoes: open.opening };
  const next = withBin({ ...state, open: null, entries: [], lots: {} }, open.id, "waiting");
  return { state: next, drafts: [draft], said: { tone: "attention", text: "bin_left", values: { bin: open.code } } };
}

/** Go on in the bin that was closed last, as if it had never been closed. */
export function reopenBin(state: State, newId: NewId): Outcome {
  const { last } = state;
  if (!last) return refused(state, "nothing_to_undo");
  const { bin, entries, lots, closing } = last;
  const draft: Draft = { id: newId(), kind: "undo", round: bin.round, location: bin.id, undoes: closing };
  const next = withBin({ ...state, open: bin, entries, lots, last: null }, bin.id, "open");
  return { state: next, drafts: [draft], said: { tone: "bin", text: "bin_reopened", values: { bin: bin.code } } };
}
