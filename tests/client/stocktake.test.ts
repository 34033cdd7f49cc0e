import assert from "node:assert/strict";
import { test } from "node:test";

import { takeAnswers, takeRefusal, takeSettled, takeStocktake } from "../../static/src/scan/heard";
import { linesOf } from "../../static/src/scan/lines";
import { answerTo, bin, CARTON, NOODLES, PIECE } from "./make";
import { Phone } from "./phone";

const PIECE_CODE = "6901234567892";
const CARTON_CODE = "16901234567899";
const BIN_1 = "ZSB000000126";
const FOREIGN = "ZSB000000223";

const open = (): Phone => new Phone().scan(BIN_1);
const piece = { item: NOODLES, pack: PIECE, quantity: "1.000" };
const carton = { item: NOODLES, pack: CARTON, quantity: "24.000" };

test("scanning a bin opens it, with the label as proof and the round of the bin", () => {
  const phone = new Phone([bin(1, { round: 2 })]).scan(BIN_1);
  assert.deepEqual(phone.drafts, [
    { id: "e1", kind: "open_bin", round: 2, location: 1, raw: BIN_1, symbology: "EAN-13" },
  ]);
  assert.equal(phone.state.open?.code, "A-01");
  assert.equal(phone.said?.tone, "bin");
});

test("goods scanned before any bin are refused aloud and stored nowhere", () => {
  const phone = new Phone().scan(PIECE_CODE);
  assert.deepEqual(phone.drafts, []);
  assert.deepEqual([phone.said?.tone, phone.said?.text], ["refused", "bin_first"]);
});

test("the same code counts up and names its bin and round", () => {
  const phone = open().scan(PIECE_CODE, PIECE_CODE);
  assert.deepEqual(phone.shown, [`${PIECE_CODE} 2`]);
  const draft = phone.drafts[1];
  assert.deepEqual([draft?.kind, draft?.location, draft?.round, draft?.quantity], ["scan", 1, 1, "1.000"]);
});

test("pieces and cartons of one item become one line as soon as the server has said what they are", () => {
  const phone = open().scan(PIECE_CODE, CARTON_CODE);
  assert.deepEqual(phone.shown, [`${CARTON_CODE} 1`, `${PIECE_CODE} 1`]);
  phone.hear("e2", { ...piece, counted: "1.000" }).hear("e3", { ...carton, counted: "25.000" });
  assert.deepEqual(phone.shown, ["牛肉面 25"]);
  phone.scan(CARTON_CODE);
  assert.deepEqual(phone.shown, ["牛肉面 49"], "the factor is known before the second answer");
});

test("where the server has answered everything its count is shown, later scans start from it", () => {
  const phone = open().scan(PIECE_CODE).hear("e2", { ...piece, counted: "7.000" });
  assert.deepEqual(phone.shown, ["牛肉面 7"]);
  assert.deepEqual(phone.scan(PIECE_CODE).shown, ["牛肉面 8"]);
  phone.set("3");
  assert.deepEqual(phone.shown, ["牛肉面 3"], "a typed quantity replaces whatever was before");
});

test("a typed quantity is said in the pack of its code; nothing there is a count too", () => {
  const phone = open().scan(CARTON_CODE).hear("e2", { ...carton, counted: "24.000" });
  phone.set("5");
  assert.deepEqual(phone.shown, ["牛肉面 120"]);
  assert.deepEqual([phone.drafts[2]?.kind, phone.drafts[2]?.quantity, phone.drafts[2]?.raw], ["set", "5.000", CARTON_CODE]);
  phone.set("0");
  assert.deepEqual(phone.shown, ["牛肉面 0"]);
  assert.equal(phone.drafts[3]?.kind, "zero");
});

test("what is no quantity is not stored", () => {
  const phone = open().scan(PIECE_CODE);
  for (const quantity of ["", "x", "-1", "1.2345"]) phone.set(quantity);
  assert.equal(phone.kinds, "open_bin scan");
});

test("undo takes back the last count, then the one before, naming each", () => {
  const phone = open().scan(PIECE_CODE, CARTON_CODE).do({ type: "undo" });
  assert.deepEqual([phone.drafts[3]?.kind, phone.drafts[3]?.undoes], ["undo", "e3"]);
  assert.deepEqual(phone.shown, [`${PIECE_CODE} 1`]);
  phone.do({ type: "undo" });
  assert.equal(phone.drafts[4]?.undoes, "e2");
  assert.deepEqual(phone.shown, []);
  phone.do({ type: "undo" });
  assert.deepEqual([phone.kinds, phone.said?.text], ["open_bin scan scan undo undo undo", "bin_left"]);
});

test("undoing a typed quantity brings back what was counted before it", () => {
  const phone = open().scan(PIECE_CODE, PIECE_CODE).set("50");
  phone.do({ type: "undo" });
  assert.deepEqual(phone.shown, [`${PIECE_CODE} 2`]);
});

test("an undo that was answered leaves the server's count", () => {
  const phone = open().scan(PIECE_CODE, PIECE_CODE).do({ type: "undo" });
  phone.hear("e2", { ...piece, counted: "1.000" }).hear("e3", { ...piece, counted: "2.000" });
  assert.deepEqual(phone.shown, ["牛肉面 1"], "before the answer to the undo");
  phone.hear("e4", { ...piece, counted: "1.000" });
  assert.deepEqual(phone.shown, ["牛肉面 1"]);
});

test("closing is asked first, then stored, and the bin is free", () => {
  const phone = open().scan(PIECE_CODE).do({ type: "ask_close" });
  assert.deepEqual(phone.state.question, { kind: "close", then: null });
  assert.equal(phone.kinds, "open_bin scan");
  phone.do({ type: "cancel" });
  assert.equal(phone.state.question, null);
  phone.do({ type: "ask_close" }).do({ type: "confirm" });
  assert.equal(phone.kinds, "open_bin scan close_bin");
  assert.equal(phone.state.open, null);
  assert.deepEqual(phone.state.bins.map((one) => one.state), ["closed", "waiting"]);
  assert.deepEqual(phone.shown, []);
});

test("the open bin's own label asks to close it", () => {
  assert.deepEqual(open().scan(BIN_1).state.question, { kind: "close", then: null });
});

test("another bin's label asks to close the open one, then opens the other", () => {
  const phone = open().scan("A-03");
  assert.equal(phone.state.question?.kind, "close");
  phone.do({ type: "confirm" });
  assert.equal(phone.kinds, "open_bin close_bin open_bin");
  assert.deepEqual([phone.state.open?.id, phone.drafts[2]?.raw], [3, "A-03"]);
});

test("while a question is open a scan is refused aloud: nobody knows which bin it belongs to", () => {
  const phone = open().scan("A-03").scan(PIECE_CODE);
  assert.deepEqual([phone.kinds, phone.said?.tone, phone.said?.text], ["open_bin", "refused", "answer_first"]);
  assert.deepEqual(phone.scan("A-03").said?.text, "answer_first");
});

test("a counted bin and one that somebody has open are opened only after a question", () => {
  for (const state of ["closed", "open"] as const) {
    const phone = new Phone([bin(1, { state, counter: "王芳" })]).scan(BIN_1);
    assert.deepEqual([phone.kinds, phone.state.question?.kind], ["", "open_anyway"]);
    phone.do({ type: "confirm" });
    assert.deepEqual([phone.kinds, phone.drafts[0]?.raw], ["open_bin", BIN_1]);
  }
});

test("a bin outside the stocktake and a damaged label are refused; without the list a label of ours is believed", () => {
  assert.equal(new Phone().scan(FOREIGN).said?.text, "bin_not_in_task");
  assert.equal(open().scan("ZSB000000127").said?.text, "code_damaged");
  const offline = new Phone([]).scan(FOREIGN);
  assert.deepEqual([offline.kinds, offline.drafts[0]?.location], ["open_bin", 2]);
});

test("a bin can be chosen from the list: then no label proves it", () => {
  const phone = new Phone().do({ type: "choose_bin", bin: bin(3) });
  assert.deepEqual([phone.drafts[0]?.kind, phone.drafts[0]?.location, phone.drafts[0]?.raw], ["open_bin", 3, undefined]);
});

test("a parked scan stays on its line with the server's reason, and can be undone", () => {
  const phone = open().scan("UNKNOWN").hear("e2", { status: "parked", reason: "unknown_code", message: "未知条码" });
  const [line] = linesOf(phone.state.entries);
  assert.deepEqual([line?.trouble, line?.waiting], ["未知条码", 0]);
  assert.deepEqual(phone.do({ type: "undo" }).shown, []);
});

test("a scan that the server refuses says so on its line", () => {
  const phone = open().scan(PIECE_CODE);
  phone.state = takeRefusal(phone.state, "e2", "cannot be read");
  assert.equal(linesOf(phone.state.entries)[0]?.trouble, "cannot be read");
});

test("an answer from before the open bin changes nothing on the screen", () => {
  const phone = open().scan(PIECE_CODE);
  const before = phone.state;
  assert.equal(takeAnswers(before, [answerTo({ id: "of another bin" })]), before);
});

test("a fresh list of bins does not close the bin that is open here", () => {
  const phone = open();
  phone.state = takeStocktake(phone.state, { state: "counting", bins: [bin(1), bin(3, { state: "closed" })] }, true);
  assert.deepEqual(phone.state.bins.map((one) => one.state), ["open", "closed"]);
});

test("a question that is taken back says again where we are, quietly", () => {
  const phone = open().do({ type: "ask_close" }).do({ type: "cancel" });
  assert.deepEqual([phone.said?.text, phone.said?.values?.["bin"], phone.said?.quiet], ["bin_opened", "A-01", true]);
});

test("a code that means two things is taken back and counted anew as what was chosen, each time it was scanned", () => {
  const choices = [
    { candidate: "pack:10", item: NOODLES, pack: PIECE },
    { candidate: "pack:11", item: NOODLES, pack: CARTON },
  ];
  const unclear = { status: "parked", reason: "ambiguous", message: "?", choices } as const;
  const phone = open().scan("77", "77").hear("e2", unclear).hear("e3", unclear);
  phone.do({ type: "choose", raw: "77", candidate: "pack:11" });
  const made = phone.drafts.slice(3);
  assert.deepEqual(made.map(({ kind, undoes, candidate }) => undoes ?? `${kind} ${candidate}`), [
    "e2",
    "scan pack:11",
    "e3",
    "scan pack:11",
  ]);
  assert.deepEqual(phone.shown, ["77 2"]);
  phone.scan("77");
  assert.equal(phone.drafts[7]?.candidate, "pack:11", "the choice holds for the rest of the bin");
});

test("on a phone that lost its memory an undo starts from the server's count as well", () => {
  const phone = open().scan(PIECE_CODE).hear("e2", { ...piece, counted: "7.000" }).do({ type: "undo" }).hear("e3");
  assert.deepEqual(phone.shown, [], "its own scan was the only one that it knows");
  phone.scan(PIECE_CODE, PIECE_CODE).hear("e4", { ...piece, counted: "7.000" }).do({ type: "undo" });
  assert.deepEqual(phone.shown, ["牛肉面 7"]);
});

test("answers of one batch all say the count at its end, and are taken together", () => {
  const phone = open().scan(PIECE_CODE, PIECE_CODE, PIECE_CODE);
  const batch = ["e2", "e3", "e4"].map((id) => answerTo({ id }, { ...piece, counted: "3.000" }));
  phone.state = takeAnswers(phone.state, batch);
  assert.deepEqual(phone.shown, ["牛肉面 3"]);
});

test("lots of one item are lines of their own", () => {
  const phone = open().scan("(10)A", "(10)B");
  phone.hear("e2", { ...piece, lot: "A", counted: "1.000" }).hear("e3", { ...piece, lot: "B", counted: "9.000" });
  assert.deepEqual(phone.shown, ["牛肉面 B 9", "牛肉面 A 1"]);
});

test("what was answered while the page was being closed does not wait for ever", () => {
  const phone = open().scan(PIECE_CODE, PIECE_CODE);
  phone.state = takeSettled(phone.state, new Set(["e3"]));
  assert.deepEqual(linesOf(phone.state.entries).map(({ waiting, amount }) => [waiting, amount]), [[1, 2_000]]);
});

