import assert from "node:assert/strict";
import { test } from "node:test";

import { noticeOf } from "../../static/src/scan/notice";
import { canUndo } from "../../static/src/scan/stocktake";
import { bin } from "./make";
import { Phone } from "./phone";

const CODE = "6901234567892";
const kindOf = (phone: Phone): string | undefined => noticeOf(phone.state)?.kind;

// --- whose bin it is ------------------------------------------------------------------------------------------------------

test("a phone that lost its memory goes on with its own count unasked, whoever else has closed that bin", () => {
  for (const state of ["open", "closed"] as const) {
    assert.equal(new Phone([bin(1, { state, open_on: "here", counter: "王芳" })]).scan("A-01").kinds, "open_bin");
  }
});

test("on another phone of the same person it asks first, for there it is another count", () => {
  const phone = new Phone([bin(1, { state: "open", open_on: "elsewhere", counter: "王芳" })]).scan("A-01");
  assert.deepEqual([phone.kinds, phone.said?.text], ["", "bin_is_elsewhere"]);
  assert.equal(phone.do({ type: "confirm" }).kinds, "open_bin");
});

test("whoever counted a bin is told at once that somebody else recounts it, and makes no scans that cannot count", () => {
  for (const state of ["waiting", "closed"] as const) {
    const phone = new Phone([bin(1, { state, round: 2, own_recount: true })]).scan("A-01");
    assert.deepEqual([phone.kinds, phone.said?.text, phone.said?.tone], ["", "own_recount", "refused"]);
  }
});

test("a bin that a manager has freed is opened without a question", () => {
  assert.equal(new Phone([bin(1, { state: "waiting", counter: "王芳" })]).scan("A-01").kinds, "open_bin");
});

test("whoever counts hears that somebody else has closed the bin, and that it was freed", () => {
  const phone = new Phone().scan("A-01");
  phone.state = { ...phone.state, me: "王芳" };
  phone.hearOf({ bins: [bin(1, { state: "closed", open_on: "here", counter: "王芳, 赵强" })] });
  assert.deepEqual(noticeOf(phone.state)?.values, { bin: "A-01", counter: "赵强" });
  assert.equal(kindOf(phone.hearOf({ bins: [bin(1, { open_on: "here", counter: "王芳" })] })), "freed");
  assert.equal(kindOf(phone.hearOf({ bins: [bin(1, { state: "open", open_on: "here", counter: "王芳" })] })), undefined);
  assert.equal(phone.state.bins[0]?.state, "open");
});

test("a recount names what it asks for, and no more than fits", () => {
  const recount = [..."ABCDEFG"].map((name) => ({ code: name, name, lot: name === "A" ? "L7" : null }));
  const phone = new Phone([bin(1, { round: 2, recount })]).scan("A-01", CODE);
  assert.deepEqual([kindOf(phone), noticeOf(phone.state)?.values["items"]], ["recount", "A · L7, B, C, D, E …"]);
});

// --- empty bins -----------------------------------------------------------------------------------------------------------

test("a bin that should be empty and is takes one tap", () => {
  const phone = new Phone([bin(1, { expected_empty: true })]).scan("A-01");
  assert.deepEqual([kindOf(phone), phone.said?.text], ["empty", "bin_opened_empty"]);
  phone.do({ type: "confirm_empty" });
  assert.deepEqual([phone.kinds, phone.state.open, phone.said?.text], ["open_bin close_bin", null, "bin_is_empty"]);
});

test("goods found in a bin that should be empty are counted; it cannot be confirmed any more", () => {
  const phone = new Phone([bin(1, { expected_empty: true })]).scan("A-01", CODE);
  assert.equal(kindOf(phone), undefined);
  assert.equal(phone.do({ type: "confirm_empty" }).kinds, "open_bin scan");
  assert.equal(kindOf(phone.do({ type: "undo" })), "empty", "taken back, it is empty again");
});

test("a bin that is not known to be empty cannot be confirmed in one tap", () => {
  const phone = new Phone().scan("A-01").do({ type: "confirm_empty" });
  assert.deepEqual([kindOf(phone), phone.kinds], [undefined, "open_bin"]);
});

// --- mistakes ---------------------------------------------------------------------------------------------------------------

test("a bin opened by mistake is left in one tap as if it had never been opened", () => {
  const phone = new Phone().scan("A-01").do({ type: "undo" });
  assert.deepEqual([phone.kinds, phone.drafts[1]?.undoes, phone.state.open], ["open_bin undo", "e1", null]);
  assert.deepEqual(phone.state.bins.map((one) => one.state), ["waiting", "waiting"]);
});

test("a bin closed by mistake is open again in one tap, with everything in it", () => {
  const phone = new Phone().scan("A-01", CODE, CODE).do({ type: "ask_close" }).do({ type: "confirm" }).do({ type: "undo" });
  assert.equal(phone.drafts[phone.drafts.length - 1]?.undoes, "e4");
  assert.deepEqual([phone.state.open?.code, phone.shown], ["A-01", [`${CODE} 2`]]);
  assert.equal(phone.scan(CODE).drafts[5]?.location, 1);
});

test("the next bin's label closed the wrong one: two taps go back through both", () => {
  const phone = new Phone().scan("A-01", CODE, "A-03").do({ type: "confirm" }).do({ type: "undo" }).do({ type: "undo" });
  assert.deepEqual([phone.kinds, phone.state.open?.code], ["open_bin scan close_bin open_bin undo undo", "A-01"]);
  assert.deepEqual(phone.shown, [`${CODE} 1`]);
});

test("with no bin open and none closed there is nothing to undo", () => {
  const phone = new Phone();
  assert.equal(canUndo(phone.state), false);
  assert.deepEqual([phone.do({ type: "undo" }).said?.text, phone.kinds], ["nothing_to_undo", ""]);
});

// --- the end ---------------------------------------------------------------------------------------------------------------

test("a stocktake that is over says so, and takes nothing more", () => {
  for (const state of ["posted", "cancelled"]) {
    const phone = new Phone().scan("A-01", CODE).hearOf({ state }).scan(CODE, "A-03").do({ type: "undo" });
    assert.deepEqual([phone.kinds, phone.said?.tone, phone.said?.text], ["open_bin scan", "refused", "over"]);
    assert.deepEqual([kindOf(phone), noticeOf(phone.state)?.offers], [`over_${state}`, "back"]);
    assert.deepEqual(phone.shown, [`${CODE} 1`], "what was counted is still shown");
  }
});

test("a stocktake in review still takes what a hand does", () => {
  assert.equal(new Phone().hearOf({ state: "review" }).scan("A-01", CODE).kinds, "open_bin scan");
});

test("a plan that nobody has started says so", () => {
  assert.equal(kindOf(new Phone().hearOf({ state: "draft" })), "not_begun");
});

test("when every bin is closed the phone says so and leads back", () => {
  const phone = new Phone([bin(1), bin(3, { state: "closed" })]);
  assert.equal(kindOf(phone), undefined);
  phone.scan("A-01", CODE).do({ type: "ask_close" }).do({ type: "confirm" });
  assert.deepEqual([kindOf(phone), noticeOf(phone.state)?.values["n"], noticeOf(phone.state)?.offers], ["all_counted", "2", "back"]);
});
