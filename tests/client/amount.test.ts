import assert from "node:assert/strict";
import { test } from "node:test";

import { parseAmount, showAmount, timesAmount, wireAmount } from "../../static/src/scan/amount";

test("quantities are read exactly, and only quantities", () => {
  assert.equal(parseAmount("24.000"), 24_000);
  assert.equal(parseAmount("0.1"), 100);
  assert.equal(parseAmount("-1.25"), -1_250);
  for (const text of ["", ".", "1.", ".5", "1.2345", "1e3", "一", "1,5", "9999999999"]) {
    assert.equal(parseAmount(text), null, text);
  }
});

test("a quantity survives the way to the wire and back", () => {
  for (const amount of [0, 1, 999, 1_000, 24_500, 999_999_999_999]) {
    assert.equal(parseAmount(wireAmount(amount)), amount);
  }
});

test("people see no trailing zeros", () => {
  assert.equal(showAmount(24_000), "24");
  assert.equal(showAmount(100_000), "100");
  assert.equal(showAmount(500), "0.5");
  assert.equal(showAmount(0), "0");
  assert.equal(showAmount(-1_050), "-1.05");
});

test("packs times factor is exact where binary fractions are not", () => {
  assert.equal(timesAmount(100, 3_000), 300);
  assert.equal(timesAmount(999_999_000, 24_000), 23_999_976_000);
  assert.equal(timesAmount(1, 500), 1);
  assert.equal(timesAmount(-1, 500), -1);
});
