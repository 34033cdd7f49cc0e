/** Plain values that the tests of the phone's client share. */

import type { Answer, Bin, ScanEvent } from "../../static/src/scan/contract";
import { makeEvent, type Draft, type NewEvent } from "../../static/src/scan/events";
import { uuid7 } from "../../static/src/scan/uuid7";

const STAMP = { scanned_at: "2026-11-23T01:02:03.000Z", clock_offset_ms: 5, uncertainty_ms: 40, elapsed_ms: 900 };
export const SENDER = { device: "d0000000-0000-7000-8000-000000000001", grant: "token", task: "stocktake:12" };

export function scanEvent(values: Partial<Draft> = {}): NewEvent {
  const draft: Draft = { id: uuid7(), kind: "scan", round: 1, location: 7, raw: "6901234567892", ...values };
  return makeEvent(draft, SENDER, STAMP);
}

export function bin(id: number, values: Partial<Bin> = {}): Bin {
  const code = `A-0${id}`;
  return { id, code, name: code, state: "waiting", round: 1, counter: null, codes: [code], ...values };
}

export function answerTo(event: Pick<ScanEvent, "id">, values: Partial<Answer> = {}): Answer {
  const nothing = { reason: null, message: "", bin: null, item: null, pack: null, lot: null, quantity: null, counted: null, choices: [] };
  return { id: event.id, status: "accepted", ...nothing, ...values };
}

export const NOODLES = { id: 1, code: "SP1", name: "牛肉面", unit: "桶", base: 10, lots: false, expiry: false };
export const MILK = { id: 2, code: "SP2", name: "鲜奶", unit: "盒", base: 20, lots: true, expiry: true };
export const CARTON = { id: 11, unit: "箱", factor: "24.000" };
export const PIECE = { id: 10, unit: "桶", factor: "1.000" };
