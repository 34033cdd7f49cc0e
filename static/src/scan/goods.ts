/** Goods in the open bin: counted, typed, told apart by meaning and by lot. */

import { parseAmount, wireAmount } from "./amount";
import type { Named } from "./catalogue";
import type { Item, Pack } from "./contract";
import type { Draft } from "./events";
import { linesOf, standing, type Entry, type Line } from "./lines";
import { serialOf } from "./serial";
import { isUnclear, lineWith, nameOf, only, refused, withEntry } from "./state";
import type { Known, NewId, Outcome, Said, SaidLot, State } from "./state";

export interface Code {
  raw: string;
  symbology: string | null;
  named: Named | null;
}

export function countOne(state: State, { raw, symbology, named }: Code, newId: NewId): Outcome {
  // While a question is open nobody can know which bin the goods lie in.
  if (state.question) return refused(state, "answer_first");
  if (!state.open) return refused(state, "bin_first");
  if (isCounted(state.entries, raw)) return only(state, { tone: "attention", text: "already_counted" });
  const { id: location, round } = state.open;
  const candidate = chosenBefore(state.entries, raw);
  const what = { raw, symbology, candidate, ...lotSaid(state, raw) };
  return counted(state, { id: newId(), kind: "scan", round, location, ...what, quantity: "1.000" }, "counted", { named });
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
  return entries.find((entry) => entry.raw === raw && entry.candidate !== null && !entry.unit)?.candidate ?? null;
}

function lotSaid({ lots }: State, raw: string): { lot: string | null; expiry: string | null } {
  return { lot: lots[raw]?.lot ?? null, expiry: lots[raw]?.expiry ?? null };
}

/** Events cannot change: each one that waited for the choice is taken back and made again with it. */
export function choose(state: State, raw: string, candidate: string, newId: NewId): Outcome {
  return makeAgain(state, (entry) => entry.raw === raw && isUnclear(entry), () => ({ candidate }), newId);
}

/** A typed quantity replaces what its line says; *unit* is the pack in which it was said. */
export function setQuantity(state: State, line: Line, quantity: string, unit: Pack | null, newId: NewId): Outcome {
  const amount = parseAmount(quantity);
  if (!state.open || amount === null || amount < 0) return refused(state, "no_quantity");
  const { id: location, round } = state.open;
  const last = state.entries.find((entry) => entry.id === line.lastId);
  const what = {
    raw: line.raw,
    symbology: last?.symbology ?? null,
    candidate: unit ? `pack:${unit.id}` : (last?.candidate ?? null),
    lot: last?.lot ?? null,
    expiry: last?.expiry ?? null,
  };
  const said = amount === 0 ? ({ kind: "zero" } as const) : ({ kind: "set", quantity: wireAmount(amount) } as const);
  return counted(state, { id: newId(), round, location, ...what, ...said }, "quantity_set", { unit, named: last?.named ?? null });
}

/** What waits for a person's word about its lot. */
export interface LotWanted {
  raw: string;
  item: Item;
  /** The lot where that is known and only its expiry date is missing. */
  lot: string | null;
}

export function lotWanted(state: State): LotWanted | null {
  for (const entry of standing(state.entries)) {
    const item = entry.answer?.item ?? entry.named?.item;
    if (item && entry.raw && wantsLot(entry) && !isAnswered(state, entry)) {
      return { raw: entry.raw, item, lot: entry.answer?.lot ?? entry.lot };
    }
  }
  return null;
}

const LOT_REASONS = new Set(["lot_missing", "expiry_missing"]);

function wantsLot({ answer, lot, named }: Entry): boolean {
  return answer ? answer.status === "parked" && LOT_REASONS.has(answer.reason ?? "") : Boolean(named?.needsLot) && lot === null;
}

/** Said already, and not found wanting: a new lot that came without its expiry date is asked for once more. */
function isAnswered({ lots }: State, { raw, answer, expiry }: Entry): boolean {
  const said = lots[raw ?? ""];
  if (said === undefined) return false;
  return said === null || answer?.reason !== "expiry_missing" || said.expiry !== expiry;
}

/** Which lot a code is of: for what waits for it, and for the rest of the bin. */
export function sayLot(state: State, raw: string, said: SaidLot | null, newId: NewId): Outcome {
  const next: State = { ...state, lots: { ...state.lots, [raw]: said } };
  if (!said) return only(next);
  const made = makeAgain(next, (entry) => entry.raw === raw && wantsLot(entry), () => ({ ...said }), newId);
  return made.said ? made : only(next, { tone: "bin", text: "lot_now", values: { lot: said.lot }, quiet: true });
}

/** Take back and make anew, with more said about it, whatever *wanted* holds for. */
function makeAgain(state: State, wanted: (entry: Entry) => boolean, more: () => Partial<Draft>, newId: NewId): Outcome {
  const { open } = state;
  if (!open) return only(state);
  const here = { round: open.round, location: open.id };
  let next = state;
  const drafts: Draft[] = [];
  for (const { id, kind, raw, symbology, candidate, lot, expiry, quantity, unit, named } of standing(state.entries).filter(wanted)) {
    const undo: Draft = { ...here, id: newId(), kind: "undo", undoes: id };
    const again: Draft = { ...here, id: newId(), kind, raw, symbology, candidate, lot, expiry, quantity, ...more() };
    drafts.push(undo, again);
    next = withEntry(withEntry(next, undo), again, { unit, named });
  }
  const said: Said = { tone: "ok", text: "counted", values: { id: drafts[drafts.length - 1]?.id ?? "" } };
  return { state: next, drafts, said: drafts.length > 0 ? said : null };
}

export function takeBack(state: State, last: Entry, newId: NewId): Outcome {
  if (!state.open) return refused(state, "nothing_to_undo");
  const { id: location, round } = state.open;
  const draft: Draft = { id: newId(), kind: "undo", round, location, undoes: last.id };
  const line = lineWith(state.entries, last.id) ?? linesOf(state.entries).find((one) => one.raw === last.raw);
  const name = line ? nameOf(line) : (last.raw ?? "");
  const said: Said = { tone: "attention", text: "undone", values: { name } };
  return { state: withEntry(withoutLot(state, last), draft), drafts: [draft], said };
}

/** Perhaps the lot was the mistake: it is asked for again. */
function withoutLot(state: State, { raw, lot }: Entry): State {
  if (raw === null || lot === null) return state;
  const { [raw]: _forgotten, ...lots } = state.lots;
  return { ...state, lots };
}

function counted(state: State, draft: Draft, text: string, known: Known): Outcome {
  const next = withEntry(state, draft, known);
  return { state: next, drafts: [draft], said: { tone: "ok", text, values: { id: draft.id } } };
}
