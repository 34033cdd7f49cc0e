/** The stocktake on one phone as plain values: what there is, what can happen, and what comes of it. */

import type { Answer, Bin, Pack } from "./contract";
import type { Named } from "./catalogue";
import type { Draft } from "./events";
import type { Tone } from "./feedback";
import { linesOf, type Entry, type Line } from "./lines";

export interface OpenBin {
  id: number;
  code: string;
  name: string;
  round: number;
  /** The event that opened it: taking that back is how a wrong bin is left. */
  opening: string;
  /** By the books nothing lies there. */
  empty: boolean;
  /** Names of what a recount asks for; empty in the first round. */
  recount: string[];
  /** Who else has closed it meanwhile, as the server heard; null while nobody has. */
  closedBy: string | null;
  /** A manager has let others count it. */
  freed: boolean;
}

/** The bin that was closed last: taking the closing back brings it back as it was. */
export interface ClosedBin {
  bin: OpenBin;
  entries: Entry[];
  lots: Lots;
  closing: string;
}

/** A bin that somebody stands before, and the label that was scanned there; null where it was chosen from the list. */
export interface Visit {
  bin: Bin;
  label: { raw: string; symbology: string | null } | null;
}

export type Question =
  /** Close the open bin, and open another one afterwards if its label was scanned. */
  | { kind: "close"; then: Visit | null }
  /** Open a bin that is counted already, that somebody is counting, or this very person on another phone. */
  | { kind: "open_anyway"; why: "closed" | "open" | "elsewhere"; visit: Visit };

export interface SaidLot {
  lot: string;
  expiry: string | null;
}

/** By code, what a person said of its lot in this bin; null where the lot cannot be read. */
export type Lots = Record<string, SaidLot | null>;

export interface State {
  /** Where the whole stocktake is, in the server's word; empty before it was heard. */
  stage: string;
  bins: Bin[];
  open: OpenBin | null;
  entries: Entry[];
  lots: Lots;
  last: ClosedBin | null;
  question: Question | null;
  /** Name of whoever counts here. */
  me: string | null;
}

export type Action =
  | { type: "code"; raw: string; symbology: string | null; named?: Named | null }
  | { type: "choose_bin"; bin: Bin }
  /** What a code means that the server found to mean several things. */
  | { type: "choose"; raw: string; candidate: string }
  /** `unit` is the pack that was counted in; null where only the code is known. */
  | { type: "set"; line: Line; quantity: string; unit: Pack | null }
  /** Which lot a code is of, null where it cannot be read; for what waits for it and for the rest of the bin. */
  | { type: "lot"; raw: string; said: SaidLot | null }
  | { type: "undo" }
  | { type: "ask_close" }
  /** The bin is empty, as the books have it. */
  | { type: "confirm_empty" }
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

export type NewId = () => string;

export const EMPTY: State = { stage: "", bins: [], open: null, entries: [], lots: {}, last: null, question: null, me: null };

const OVER = new Set(["posted", "cancelled"]);

/** Posted or cancelled: what is scanned now comes too late. */
export function isOver({ stage }: State): boolean {
  return OVER.has(stage);
}

/** What to say when nothing has happened: which bin is open, if any. */
export function whereWeAre(state: State): Said {
  const { open } = state;
  if (isOver(state)) return { tone: "idle", text: "over", quiet: true };
  if (!open) return { tone: "idle", text: "scan_bin" };
  return { tone: "bin", text: "bin_opened", values: { bin: open.code }, quiet: true };
}

export function only(state: State, said: Said | null = null): Outcome {
  return { state, drafts: [], said };
}

export function refused(state: State, text: string): Outcome {
  return only(state, { tone: "refused", text });
}

/** What an event is for the screen beyond what is sent. */
export type Known = Partial<Pick<Entry, "unit" | "named">>;

export function withEntry(state: State, draft: Draft, { unit = null, named = null }: Known = {}): State {
  const { id, kind, raw = null, symbology = null, candidate = null, quantity = null, undoes = null } = draft;
  const said = { lot: draft.lot ?? null, expiry: draft.expiry ?? null };
  const entry: Entry = { id, kind, raw, symbology, candidate, ...said, quantity, unit, undoes, named, answer: null, refused: null };
  return { ...state, entries: [...state.entries, entry] };
}

export function withBin(state: State, id: number, is: Bin["state"]): State {
  return { ...state, bins: state.bins.map((bin) => (bin.id === id ? { ...bin, state: is } : bin)) };
}

export function lineWith(entries: readonly Entry[], id: string): Line | null {
  return linesOf(entries).find((line) => line.lastId === id) ?? null;
}

export function nameOf(line: Line): string {
  return line.item?.name ?? line.raw;
}

export function isUnclear(entry: Entry): boolean {
  return entry.answer?.status === "parked" && entry.answer.choices.length > 0;
}

export const NOTHING_SAID: Omit<Answer, "id" | "status"> = {
  reason: null,
  message: "",
  bin: null,
  item: null,
  pack: null,
  lot: null,
  quantity: null,
  counted: null,
  choices: [],
};
