import assert from "node:assert/strict";
import { test } from "node:test";

import { linesOf } from "../../static/src/scan/lines";
import { serialOf } from "../../static/src/scan/serial";
import { EMPTY, type Action, type State } from "../../static/src/scan/state";
import { decide } from "../../static/src/scan/stocktake";
import { bin } from "./make";

const GTIN = "06901234567892";
const LABEL = `]d201${GTIN}21S1`;

const CODES: [string, string | null][] = [
  [LABEL, `${GTIN} S1`],
  [`01${GTIN}21S1`, `${GTIN} S1`],
  [`]C101${GTIN}10L1\u001d21S1`, `${GTIN} S1`],
  [`]d201${GTIN}1727033121S1`, `${GTIN} S1`],
  [`]d201${GTIN}310000150021S1`, `${GTIN} S1`],
  [`(01)${GTIN}(21)S1`, `${GTIN} S1`],
  [`https://id.gs1.org/01/${GTIN}/21/S%2F1?x=21`, `${GTIN} S/1`],
  ["00069012341000000013", "069012341000000013"],
  ["6901234567892", null],
  [`]d201${GTIN}10L1`, null],
  ["ZSB000000126", null],
  ["21S1", null],
  ["", null],
];

test("a code says which single thing bears it", () => {
  for (const [raw, serial] of CODES) assert.equal(serialOf(raw), serial, raw);
});

class Phone {
  state: State = { ...EMPTY, bins: [bin(1), bin(3)] };
  said = "";
  private ids = 0;

  do(action: Action): number {
    const outcome = decide(this.state, action, () => `e${(this.ids += 1)}`);
    this.state = outcome.state;
    this.said = outcome.said?.text ?? "";
    return outcome.drafts.length;
  }

  scan(raw: string): number {
    return this.do({ type: "code", raw, symbology: null });
  }
}

test("the same thing is told to be counted already, without the server, and counts again once it was taken back", () => {
  const phone = new Phone();
  phone.scan("ZSB000000126");
  assert.equal(phone.scan(LABEL), 1);
  assert.equal(phone.scan(LABEL), 0);
  assert.equal(phone.said, "already_counted");
  assert.equal(phone.scan(`01${GTIN}21S1`), 0); // the same thing by another symbol
  assert.equal(phone.scan(`]d201${GTIN}21S2`), 1);
  phone.do({ type: "undo" });
  assert.equal(phone.scan(`]d201${GTIN}21S2`), 1);
});

test("after none there the thing may be seen again, and plain codes count as often as they are scanned", () => {
  const phone = new Phone();
  phone.scan("ZSB000000126");
  phone.scan(LABEL);
  phone.do({ type: "set", line: linesOf(phone.state.entries)[0]!, quantity: "0", unit: null });
  assert.equal(phone.scan(LABEL), 1);
  assert.deepEqual([1, 2, 3].map(() => phone.scan("6901234567892")), [1, 1, 1]);
});

test("the code of a count sheet is told apart and never counted", () => {
  const phone = new Phone();
  phone.scan("ZSB000000126");
  assert.equal(phone.scan("ZSS000000130"), 0);
  assert.equal(phone.said, "sheet_code");
});
