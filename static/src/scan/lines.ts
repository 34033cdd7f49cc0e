/**
 * What the screen counts: the events of the open bin, added up to one line per item.
 *
 * Law: the phone never decides what was counted. It shows its own sum until the server has answered every event of a
 * line, then the server's; a later event starts from there.
 */

import { parseAmount, timesAmount, type Thousandths } from "./amount";
import type { Answer, Kind } from "./contract";

/** One event of the open bin as the screen needs it. */
export interface Entry {
  id: string;
  kind: Kind;
  raw: string | null;
  symbology: string | null;
  candidate: string | null;
  quantity: string | null;
  undoes: string | null;
  answer: Answer | null;
  refused: string | null;
}

export interface Line {
  key: string;
  /** The code scanned last for this line: what a typed quantity is said about. */
  raw: string;
  item: Answer["item"];
  /** The pack of that code, null while unknown. */
  pack: Answer["pack"];
  lot: string | null;
  amount: Thousandths;
  /** Events that the server has not answered. */
  waiting: number;
  /** Why a person has to look, in the server's words. */
  trouble: string | null;
  lastId: string;
}

type Known = ReadonlyMap<string, Answer>;

const ONE = 1000;

/** Lines in the order in which they were touched, the latest first. */
export function linesOf(entries: readonly Entry[]): Line[] {
  const known = answersByRaw(entries);
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
  const answer = known.get(last.raw);
  return {
    key,
    raw: last.raw,
    item: answer?.item ?? null,
    pack: answer?.pack ?? null,
    lot: answer?.lot ?? null,
    amount: amountOf(group, known),
    waiting: group.filter((entry) => !entry.answer && !entry.refused).length,
    trouble: troubleOf(alive),
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
  const factor = parseAmount(known.get(entry.raw ?? "")?.pack?.factor ?? "1") ?? ONE;
  return timesAmount(parseAmount(entry.quantity ?? "1") ?? ONE, factor);
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
  const answer = known.get(entry.raw ?? "");
  return answer?.item ? `item ${answer.item.id} ${answer.lot ?? ""}` : `raw ${entry.raw}`;
}

/** What the server said a code is; the same code means the same thing for the rest of the bin. */
function answersByRaw(entries: readonly Entry[]): Known {
  const known = new Map<string, Answer>();
  for (const { raw, answer } of entries) if (raw && answer?.item) known.set(raw, answer);
  return known;
}

function undoneIds(entries: readonly Entry[]): Set<string | null> {
  return new Set(entries.filter((entry) => entry.kind === "undo").map((entry) => entry.undoes));
}

function findLastIndex<T>(list: readonly T[], wanted: (one: T) => boolean): number {
  for (let index = list.length - 1; index >= 0; index -= 1) if (wanted(list[index]!)) return index;
  return -1;
}
