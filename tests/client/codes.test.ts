import assert from "node:assert/strict";
import { test } from "node:test";

import { looksMistyped } from "../../static/src/scan/gtin";
import { parseOwnCode } from "../../static/src/scan/owncode";
import { recognise } from "../../static/src/scan/recognise";
import { uuid7 } from "../../static/src/scan/uuid7";
import { bin } from "./make";

const BIN_1 = "ZSB000000126";

test("our own labels are read with their kind and id", () => {
  assert.deepEqual(parseOwnCode(BIN_1), { kind: "bin", id: 1 });
  assert.deepEqual(parseOwnCode(BIN_1.toLowerCase()), { kind: "bin", id: 1 });
});

test("every single slip in a label of ours is refused", () => {
  for (let place = 3; place < BIN_1.length; place += 1) {
    for (const digit of "0123456789") {
      const slipped = BIN_1.slice(0, place) + digit + BIN_1.slice(place + 1);
      if (slipped !== BIN_1) assert.equal(parseOwnCode(slipped), null, slipped);
    }
  }
});

test("every swap of neighbouring digits in a label of ours is refused", () => {
  const checks = [...Array(97).keys()].map((check) => String(check + 2).padStart(2, "0"));
  const label = checks.map((check) => `ZSB0123456${check}`).find((text) => parseOwnCode(text) !== null);
  assert.ok(label);
  for (let place = 3; place + 1 < label.length; place += 1) {
    const [left = "", right = ""] = label.slice(place, place + 2);
    const swapped: string = label.slice(0, place) + right + left + label.slice(place + 2);
    if (left !== right) assert.equal(parseOwnCode(swapped), null, swapped);
  }
});

test("a bin is known by our label, by any of its codes, and with the scanner's prefix", () => {
  const bins = [bin(1, { codes: ["SHELF-ONE"] }), bin(2)];
  for (const text of [BIN_1, "SHELF-ONE", "]C1SHELF-ONE", `]Q1${BIN_1}`]) {
    assert.deepEqual(recognise(text, bins), { kind: "bin", bin: bins[0] }, text);
  }
});

test("a label of a bin outside the task, a damaged one and an item are told apart", () => {
  assert.deepEqual(recognise(BIN_1, [bin(2)]), { kind: "other_bin", id: 1 });
  assert.deepEqual(recognise("ZSB000000127", [bin(2)]), { kind: "damaged" });
  assert.deepEqual(recognise("6901234567892", [bin(2)]), { kind: "item" });
});

test("a typed number with a wrong check digit is noticed, other texts are not", () => {
  assert.equal(looksMistyped("6901234567892"), false);
  assert.equal(looksMistyped("6901234567829"), true);
  assert.equal(looksMistyped("96385074"), false);
  assert.equal(looksMistyped("12345"), false);
  assert.equal(looksMistyped("A6901234567829"), false);
});

test("ids are UUIDs of version 7 that begin with their time and never repeat", () => {
  const at = Date.UTC(2026, 10, 23);
  const id = uuid7(at);
  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(parseInt(id.replace(/-/g, "").slice(0, 12), 16), at);
  assert.equal(new Set(Array.from({ length: 5_000 }, () => uuid7(at))).size, 5_000);
});
