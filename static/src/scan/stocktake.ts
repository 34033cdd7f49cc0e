/**
 * The stocktake on one phone: bin closed → bin open → counting → bin closed, as a pure function of what happens.
 *
 * Law: nothing here stores, sends or draws. An action gives the next state, the events to store, and what to tell the
 * person; the caller stores the events before it takes the state over.
 */

import { parseAmount, wireAmount } from "./amount";
import type { Answer, Bin } from "./contract";
import type { Draft } from "./events";
import type { Tone } from "./feedback";
import { lastUndoable, linesOf, standing, type Entry, type Line } from "./lines";
import { recognise } from "./recognise";
import { serialOf } from "./serial";

export interface OpenBin {
  id: number;
  code: string;
  name: string;
  round: number;
}

/** A bin that somebody stands before, and the label that was scanned there; null where it was chosen from the list. */
export interface Visit {
  bin: Bin;
  label: { raw: string; symbology: string | null } | null;
}

export type Question =
  /** Close the open bin, and open another one afterwards if its label was scanned. */
  | { kind: "close"; then: Visit | null }
  /** Open a bin that is counted already, or that somebody is counting. */
  | { kind: "open_anyway"; visit: Visit };

export interface State {
  bins: Bin[];
  open: OpenBin | null;
  entries: Entry[];
  question: Question | null;
  /** Name of whoever counts here. */
  me: string | null;
}

export type Action =
  | { type: "code"; raw: string; symbology: string | null }
  | { type: "choose_bin"; bin: Bin }
  /** What a code means that the server found to mean several things. */
  | { type: "choose"; raw: string; candidate: string }
  | { type: "set"; raw: string; quantity: string }
  | { type: "undo" }
  | { type: "ask_close" }
  | { type: "confirm" }
  | { type: "cancel" };

export interface Said {
  tone: Tone;
  /** Key of a translated sentence and what fills its gaps. */
  text: string;
  values?: Record<string, string>;
  /** No sound and no flash: nobody has to look up. */
  quiet?: boolean;
}

export interface Outcome {
  state: State;
  drafts: Draft[];
  said: Said | null;
}

export const EMPTY: State = { bins: [], open: null, entries: [], question: null, me: null };

export function decide(state: State, action: Action, newId: () => string): Outcome {
  switch (action.type) {
    case "code":
      return takeCode(state, action.raw, action.symbology, newId);
    case "choose_bin":
      return takeBin(state, { bin: action.bin, label: null }, newId);
    case "choose":
      return choose(state, action.raw, action.candidate, newId);
    case "set":
      return setQuantity(state, action.raw, action.quantity, newId);
    case "undo":
      return undo(state, newId);
    case "ask_close":
      return askClose(state, null);
    case "confirm":
      return confirm(state, newId);
    case "cancel":
      return only({ ...state, question: null }, whereWeAre(state));
  }
}

/** What to say when nothing has happened: which bin is open, if any. */
export function whereWeAre({ open }: State): Said {
  if (!open) return { tone: "idle", text: "scan_bin" };
  return { tone: "bin", text: "bin_opened", values: { bin: open.code }, quiet: true };
}

function takeCode(state: State, raw: string, symbology: string | null, newId: () => string): Outcome {
  const found = recognise(raw, state.bins);
  if (found.kind === "bin") return takeBin(state, { bin: found.bin, label: { raw, symbology } }, newId);
  if (found.kind === "other_bin") return takeOtherBin(state, found.id, { raw, symbology }, newId);
  if (found.kind === "damaged") return only(state, { tone: "refused", text: "code_damaged" });
  if (found.kind === "sheet") return only(state, { tone: "refused", text: "sheet_code" });
  // While a question is open nobody can know which bin the goods lie in.
  if (state.question) return only(state, { tone: "refused", text: "answer_first" });
  if (!state.open) return only(state, { tone: "refused", text: "bin_first" });
  if (isCounted(state.entries, raw)) return only(state, { tone: "attention", text: "already_counted" });
  const { id: location, round } = state.open;
  const candidate = chosenBefore(state.entries, raw);
  const draft: Draft = { id: newId(), kind: "scan", round, location, raw, symbology, candidate, quantity: "1.000" };
  return counted(state, draft, "ok", "counted");
}

/** One thing is one: its serial number was scanned in this bin, and nobody said since that there is none. */
function isCounted(entries: readonly Entry[], raw: string): boolean {
  const serial = serialOf(raw);
  if (serial === null) return false;
  const alive = standing(entries);
  const since = alive.map(({ kind }) => kind).lastIndexOf("zero") + 1;
  return alive.slice(since).some((entry) => entry.kind === "scan" && entry.raw !== null && serialOf(entry.raw) === serial);
}

/** Whoever has chosen once in this bin is not asked again for the same code. */
function chosenBefore(entries: readonly Entry[], raw: string): string | null {
  return entries.find((entry) => entry.raw === raw && entry.candidate !== null)?.candidate ?? null;
}

/** Events cannot change: each one that waited for the choice is taken back and made again with it. */
function choose(state: State, raw: string, candidate: string, newId: () => string): Outcome {
  const unclear = standing(state.entries).filter((entry) => entry.raw === raw && isUnclear(entry));
  const { open } = state;
  if (!open) return only(state);
  const drafts = unclear.flatMap(({ id, kind, symbology, quantity }): Draft[] => {
    const here = { round: open.round, location: open.id };
    const again = { ...here, id: newId(), kind, raw, symbology, candidate, quantity };
    return [{ ...here, id: newId(), kind: "undo", undoes: id }, again];
  });
  const said: Said = { tone: "ok", text: "counted", values: { id: drafts[drafts.length - 1]?.id ?? "" } };
  return { state: drafts.reduce(withEntry, state), drafts, said: drafts.length > 0 ? said : null };
}

export function isUnclear(entry: Entry): boolean {
  return entry.answer?.status === "parked" && entry.answer.choices.length > 0;
}

function takeBin(state: State, visit: Visit, newId: () => string): Outcome {
  const { bin } = visit;
  if (state.question) return only(state, { tone: "refused", text: "answer_first" });
  if (state.open) return askClose(state, state.open.id === bin.id ? null : visit);
  if (bin.state === "waiting" || isMine(state, bin)) return openBin(state, visit, newId);
  const text = bin.state === "closed" ? "bin_is_closed" : "bin_is_open";
  const values = { bin: bin.code, counter: bin.counter ?? "?" };
  return only({ ...state, question: { kind: "open_anyway", visit } }, { tone: "attention", text, values });
}

/** Open by this very person: the phone was changed or lost its memory, the count goes on. */
function isMine({ me }: State, bin: Bin): boolean {
  return bin.state === "open" && me !== null && bin.counter === me;
}

/** A label of ours that is not on the list: refused when the list is known, believed while it is not. */
function takeOtherBin(state: State, id: number, label: Visit["label"], newId: () => string): Outcome {
  if (state.bins.length > 0) return only(state, { tone: "refused", text: "bin_not_in_task" });
  const bin: Bin = { id, code: `#${id}`, name: "", state: "waiting", round: 1, counter: null, codes: [] };
  return takeBin(state, { bin, label }, newId);
}

function openBin(state: State, { bin, label }: Visit, newId: () => string): Outcome {
  const { id, code, name, round } = bin;
  const draft: Draft = { id: newId(), kind: "open_bin", round, location: id, ...label };
  const next: State = { ...state, open: { id, code, name, round }, entries: [], question: null };
  const said: Said = { tone: "bin", text: "bin_opened", values: { bin: code } };
  return { state: withBin(next, id, "open"), drafts: [draft], said };
}

function setQuantity(state: State, raw: string, quantity: string, newId: () => string): Outcome {
  const amount = parseAmount(quantity);
  if (!state.open || amount === null || amount < 0) return only(state, { tone: "refused", text: "no_quantity" });
  const { id: location, round } = state.open;
  const symbology = state.entries.find((entry) => entry.raw === raw)?.symbology ?? null;
  const said = amount === 0 ? ({ kind: "zero" } as const) : ({ kind: "set", quantity: wireAmount(amount) } as const);
  return counted(state, { id: newId(), round, location, raw, symbology, ...said }, "ok", "quantity_set");
}

function undo(state: State, newId: () => string): Outcome {
  const last = lastUndoable(state.entries);
  if (!state.open || !last) return only(state, { tone: "refused", text: "nothing_to_undo" });
  const { id: location, round } = state.open;
  const draft: Draft = { id: newId(), kind: "undo", round, location, undoes: last.id };
  const before = lineWith(state.entries, last.id);
  const name = before ? nameOf(before) : (last.raw ?? "");
  return { state: withEntry(state, draft), drafts: [draft], said: { tone: "attention", text: "undone", values: { name } } };
}

function askClose(state: State, then: Visit | null): Outcome {
  if (!state.open) return only(state, { tone: "refused", text: "no_bin_open" });
  const text = then ? "close_before_next" : "close_bin";
  const values = { bin: state.open.code, next: then?.bin.code ?? "" };
  return only({ ...state, question: { kind: "close", then } }, { tone: "attention", text, values });
}

function confirm(state: State, newId: () => string): Outcome {
  const { question, open } = state;
  if (question?.kind === "open_anyway") return openBin(state, question.visit, newId);
  if (question?.kind !== "close" || !open) return only({ ...state, question: null });
  const draft: Draft = { id: newId(), kind: "close_bin", round: open.round, location: open.id };
  const closed = withBin({ ...state, open: null, entries: [], question: null }, open.id, "closed");
  const said: Said = { tone: "bin", text: "bin_closed", values: { bin: open.code } };
  if (!question.then) return { state: closed, drafts: [draft], said };
  const next = takeBin(closed, question.then, newId);
  return { ...next, drafts: [draft, ...next.drafts] };
}

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

const NOTHING_SAID = { reason: null, message: "", bin: null, item: null, pack: null, quantity: null, counted: null, choices: [] };

/** The server will not have an event as it is: the screen says so on its line. */
export function takeRefusal(state: State, id: string, refused: string): State {
  return { ...state, entries: state.entries.map((entry) => (entry.id === id ? { ...entry, refused } : entry)) };
}

/** The server's list of bins, except that it may not yet know which bin is open here. */
export function takeBins(state: State, bins: Bin[]): State {
  const next = { ...state, bins };
  return state.open ? withBin(next, state.open.id, "open") : next;
}

export function lineWith(entries: readonly Entry[], id: string): Line | null {
  return linesOf(entries).find((line) => line.lastId === id) ?? null;
}

export function nameOf(line: Line): string {
  return line.item?.name ?? line.raw;
}

function counted(state: State, draft: Draft, tone: Tone, text: string): Outcome {
  const next = withEntry(state, draft);
  return { state: next, drafts: [draft], said: { tone, text, values: { id: draft.id } } };
}

function withEntry(state: State, draft: Draft): State {
  const { id, kind, raw = null, symbology = null, candidate = null, quantity = null, undoes = null } = draft;
  const entry: Entry = { id, kind, raw, symbology, candidate, quantity, undoes, answer: null, refused: null };
  return { ...state, entries: [...state.entries, entry] };
}

function withBin(state: State, id: number, is: Bin["state"]): State {
  return { ...state, bins: state.bins.map((bin) => (bin.id === id ? { ...bin, state: is } : bin)) };
}

function only(state: State, said: Said | null = null): Outcome {
  return { state, drafts: [], said };
}
