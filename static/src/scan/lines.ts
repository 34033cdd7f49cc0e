/**
 * What the screen counts: the events of the open bin, added up to one line per item and lot.
 *
 * Law: the phone never decides what was counted. It shows its own sum until the server has answered every event of a
 * line, then the server's; a later event starts from there.
 */

import { parseAmount, timesAmount, type Thousandths } from "./amount";
import type { Named } from "./catalogue";
import type { Answer, Item, Kind, Pack } from "./contract";

/** One event of the open bin as the screen needs it. */
export interface Entry {
  id: string;
  kind: Kind;
  raw: string | null;
  symbology: string | null;
  candidate: string | null;
  /** Lot and expiry date as a person said them; null where it is left to the code. */
  lot: string | null;
  expiry: string | null;
  quantity: string | null;
  /** The unit that a typed quantity was said in; null where it is the code's own. */
  unit: Pack | null;
  undoes: string | null;
  /** What the code was found to be before this event. */
  named: Named | null;
  answer: Answer | null;
  refused: string | null;
}

export interface Line {
  key: string;
  /** The code scanned last for this line: what a typed quantity is said about. */
  raw: string;
  item: Item | null;
  /** The pack of that code, null while unknown. */
  pack: Pack | null;
  lot: string | null;
  /** The lot was said by a person, or still has to be: the code does not name one. */
  lotIsSaid: boolean;
  amount: Thousandths;
  /** Events that the server has not answered. */
  waiting: number;
  /** Why a person has to look, in the server's words. */
  trouble: string | null;
  /** The scan of a code that nobody knows, once the server has it: a picture tells more. */
  unknownId: string | null;
  lastId: string;
}

/** What is known of a code: the same code means the same thing for the rest of the bin. */
interface Meaning {
  item: Item;
  pack: Pack | null;
  /** The lot that the code itself names. */
  lot: string | null;
}

type Known = ReadonlyMap<string, Meaning>;

const ONE = 1000;

/** Lines in the order in which they were touched, the latest first. */
export function linesOf(entries: readonly Entry[]): Line[] {
  const known = meaningsOf(entries);
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = keyOf(target(entry, entries), known);
    const group = groups.get(key) ?? [];
    groups.delete(key); // touched again: moves to the end
    groups.set(key, [...group, entry]);
  }
  const lines = [...groups].map(([key, group]) => lineOf(key, group, known));
  return lines.filter((line) => line !== null).reverse();
}

/** The last event that can still be taken back. */
export function lastUndoable(entries: readonly Entry[]): Entry | null {
  const counts = standing(entries);
  return counts[counts.length - 1] ?? null;
}

/** Events that count: neither taken back nor taking back. */
export function standing(entries: readonly Entry[]): Entry[] {
  const undone = undoneIds(entries);
  return entries.filter((entry) => entry.kind !== "undo" && !undone.has(entry.id));
}

function lineOf(key: string, group: readonly Entry[], known: Known): Line | null {
  const alive = standing(group);
  const last = alive[alive.length - 1];
  if (!last?.raw) return null;
  const meaning = known.get(last.raw);
  const lot = lotOf(last, known);
  return {
    key,
    raw: last.raw,
    item: meaning?.item ?? null,
    pack: meaning?.pack ?? null,
    lot,
    lotIsSaid: Boolean(meaning?.item.lots) && (last.lot !== null || lot === null),
    amount: amountOf(group, known),
    waiting: group.filter((entry) => !entry.answer && !entry.refused).length,
    trouble: troubleOf(alive),
    unknownId: alive.find((entry) => entry.answer?.reason === "unknown_code")?.id ?? null,
    lastId: last.id,
  };
}

/** Own sum, moved by what the server's last count differs from it, unless a typed quantity came after that. */
function amountOf(group: readonly Entry[], known: Known): Thousandths {
  const own = sum(group, known);
  const place = findLastIndex(group, (entry) => entry.answer?.counted != null);
  const counted = parseAmount(group[place]?.answer?.counted ?? "");
  if (counted === null || group.slice(place + 1).some(isTyped(group))) return own;
  return own + counted - sum(group.slice(0, place + 1), known);
}

function isTyped(group: readonly Entry[]): (entry: Entry) => boolean {
  const undone = undoneIds(group);
  return (entry) => (entry.kind === "set" || entry.kind === "zero") && !undone.has(entry.id);
}

function sum(group: readonly Entry[], known: Known): Thousandths {
  let amount = 0;
  for (const entry of standing(group)) {
    if (entry.kind === "zero") amount = 0;
    else if (entry.kind === "set") amount = effect(entry, known);
    else if (entry.kind === "scan") amount += effect(entry, known);
  }
  return amount;
}

/** Base units that an event stands for: the server's word, else count times the factor of its pack. */
function effect(entry: Entry, known: Known): Thousandths {
  const said = parseAmount(entry.answer?.quantity ?? "");
  if (said !== null) return said;
  const pack = entry.unit ?? known.get(entry.raw ?? "")?.pack;
  return timesAmount(parseAmount(entry.quantity ?? "1") ?? ONE, parseAmount(pack?.factor ?? "1") ?? ONE);
}

function troubleOf(alive: readonly Entry[]): string | null {
  const troubled = alive.find((entry) => entry.refused !== null || entry.answer?.status === "parked");
  return troubled ? (troubled.refused ?? troubled.answer?.message ?? "") : null;
}

/** The event an entry is about: an undo belongs to the line of what it takes back. */
function target(entry: Entry, entries: readonly Entry[]): Entry {
  return entry.kind === "undo" ? (entries.find((one) => one.id === entry.undoes) ?? entry) : entry;
}

function keyOf(entry: Entry, known: Known): string {
  const meaning = known.get(entry.raw ?? "");
  return meaning ? `item ${meaning.item.id} ${lotOf(entry, known) ?? ""}` : `raw ${entry.raw}`;
}

function lotOf(entry: Entry, known: Known): string | null {
  return entry.lot ?? entry.answer?.lot ?? known.get(entry.raw ?? "")?.lot ?? null;
}

/** The server's last word on each code; before it has spoken, what it said of that code some other day. */
function meaningsOf(entries: readonly Entry[]): Known {
  const known = new Map<string, Meaning>();
  for (const { raw, named } of entries) if (raw && named) known.set(raw, named);
  for (const { raw, answer, lot, unit } of entries) {
    if (!raw || !answer?.item) continue;
    const before = known.get(raw);
    known.set(raw, {
      item: answer.item,
      pack: unit ? (before?.pack ?? null) : answer.pack,
      lot: lot === null ? answer.lot : (before?.lot ?? null),
    });
  }
  return known;
}

function undoneIds(entries: readonly Entry[]): Set<string | null> {
  return new Set(entries.filter((entry) => entry.kind === "undo").map((entry) => entry.undoes));
}

function findLastIndex<T>(list: readonly T[], wanted: (one: T) => boolean): number {
  for (let index = list.length - 1; index >= 0; index -= 1) if (wanted(list[index]!)) return index;
  return -1;
}
