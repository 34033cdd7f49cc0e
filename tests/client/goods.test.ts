import assert from "node:assert/strict";
import { test } from "node:test";

import { isDoubtful } from "../../static/src/scan/amount";
import { Catalogue, type Named, type Shelf } from "../../static/src/scan/catalogue";
import { lotWanted } from "../../static/src/scan/goods";
import { linesOf } from "../../static/src/scan/lines";
import { bin, CARTON, MILK, NOODLES, PIECE } from "./make";
import { Phone } from "./phone";

const CARTON_CODE = "16901234567899";
const MILK_CODE = "6951234567897";
const open = (): Phone => new Phone().scan("A-01");
const carton = { item: NOODLES, pack: CARTON, quantity: "24.000", counted: "24.000" };
const lotMissing = { status: "parked", reason: "lot_missing", message: "?", item: MILK, pack: { id: 20, unit: "盒", factor: "1.000" } } as const;
const BOX = lotMissing.pack;
const milk = { item: MILK, pack: BOX };

// --- units --------------------------------------------------------------------------------------------------------------

test("after a carton a quantity typed in pieces is pieces, and says so to the server", () => {
  const phone = open().scan(CARTON_CODE).hear("e2", carton).set("25", PIECE);
  assert.deepEqual(phone.shown, ["牛肉面 25"]);
  const { kind, raw, candidate, quantity } = phone.drafts[2]!;
  assert.deepEqual([kind, raw, candidate, quantity], ["set", CARTON_CODE, "pack:10", "25.000"]);
});

test("the next carton is a carton again, also after the server has answered the typed pieces", () => {
  const phone = open().scan(CARTON_CODE).hear("e2", carton).set("25", PIECE);
  phone.hear("e3", { item: NOODLES, pack: PIECE, quantity: "25.000", counted: "25.000" }).scan(CARTON_CODE);
  assert.deepEqual(phone.shown, ["牛肉面 49"]);
  assert.equal(phone.drafts[3]?.candidate, null, "a unit that was typed in is no choice of meaning");
  assert.equal(linesOf(phone.state.entries)[0]?.pack?.id, CARTON.id);
});

test("a typed quantity of a code that means two things names the one that was chosen", () => {
  const choices = [
    { candidate: "pack:10", item: NOODLES, pack: PIECE },
    { candidate: "pack:11", item: NOODLES, pack: CARTON },
  ];
  const phone = open().scan("77").hear("e2", { status: "parked", reason: "ambiguous", choices });
  phone.do({ type: "choose", raw: "77", candidate: "pack:11" }).set("3");
  assert.equal(phone.drafts[4]?.candidate, "pack:11");
});

test("a thousand and more is doubted where it is ten times what was counted", () => {
  assert.deepEqual([isDoubtful(999_000, 0), isDoubtful(1_000_000, 1_000), isDoubtful(1_200_000, 900_000)], [false, true, false]);
});

// --- lots ---------------------------------------------------------------------------------------------------------------

test("what a label does not say of its lot is asked once, and holds for the rest of the bin", () => {
  const phone = open().scan(MILK_CODE, MILK_CODE).hear("e2", lotMissing).hear("e3", lotMissing);
  assert.deepEqual(lotWanted(phone.state), { raw: MILK_CODE, item: MILK, lot: null });
  phone.do({ type: "lot", raw: MILK_CODE, said: { lot: "L7", expiry: "2027-03-31" } });
  assert.deepEqual(phone.drafts.slice(3).map(({ kind, undoes, lot }) => undoes ?? `${kind} ${lot}`), ["e2", "scan L7", "e3", "scan L7"]);
  assert.equal(lotWanted(phone.state), null);
  phone.scan(MILK_CODE);
  assert.deepEqual([phone.drafts[7]?.lot, phone.drafts[7]?.expiry], ["L7", "2027-03-31"]);
  assert.deepEqual(phone.shown, ["鲜奶 L7 3"]);
});

test("another bin asks anew", () => {
  const phone = open().scan(MILK_CODE).hear("e2", lotMissing).do({ type: "lot", raw: MILK_CODE, said: { lot: "L7", expiry: null } });
  phone.scan("A-03").do({ type: "confirm" }).scan(MILK_CODE);
  assert.equal(phone.drafts[phone.drafts.length - 1]?.lot, null);
});

test("a typed quantity stays with the lot of its line", () => {
  const phone = open().scan(MILK_CODE).hear("e2", lotMissing).do({ type: "lot", raw: MILK_CODE, said: { lot: "L7", expiry: null } });
  phone.hear("e4", { ...milk, lot: "L7", quantity: "1.000", counted: "1.000" }).do({ type: "lot", raw: MILK_CODE, said: { lot: "L8", expiry: null } });
  assert.deepEqual([phone.said?.text, phone.said?.quiet], ["lot_now", true], "nothing waits: the next ones are of it");
  phone.scan(MILK_CODE).set("5", BOX);
  assert.deepEqual(phone.shown, ["鲜奶 L8 5", "鲜奶 L7 1"]);
  assert.equal(phone.drafts[phone.drafts.length - 1]?.lot, "L8");
});

test("a lot that cannot be read leaves its scans to a person and is not asked for again", () => {
  const phone = open().scan(MILK_CODE).hear("e2", lotMissing).do({ type: "lot", raw: MILK_CODE, said: null });
  phone.scan(MILK_CODE).hear("e3", lotMissing);
  assert.equal(lotWanted(phone.state), null);
  assert.equal(linesOf(phone.state.entries)[0]?.trouble, "?");
  assert.equal(linesOf(phone.state.entries)[0]?.lotIsSaid, true, "it can still be said from the line");
  phone.do({ type: "lot", raw: MILK_CODE, said: { lot: "L7", expiry: null } });
  assert.deepEqual(phone.shown, ["鲜奶 L7 2"]);
});

test("a new lot without an expiry date is asked for once more, with its lot", () => {
  const phone = open().scan(MILK_CODE).hear("e2", lotMissing).do({ type: "lot", raw: MILK_CODE, said: { lot: "L9", expiry: null } });
  phone.hear("e4", { ...lotMissing, reason: "expiry_missing", lot: "L9" });
  assert.deepEqual(lotWanted(phone.state), { raw: MILK_CODE, item: MILK, lot: "L9" });
  phone.do({ type: "lot", raw: MILK_CODE, said: { lot: "L9", expiry: "2027-01-31" } });
  assert.equal(lotWanted(phone.state), null);
  assert.deepEqual([phone.drafts[5]?.lot, phone.drafts[5]?.expiry], ["L9", "2027-01-31"]);
});

test("undoing a scan whose lot was said asks for the lot anew: perhaps that was the mistake", () => {
  const phone = open().scan(MILK_CODE).hear("e2", lotMissing).do({ type: "lot", raw: MILK_CODE, said: { lot: "L7", expiry: null } });
  phone.do({ type: "undo" }).scan(MILK_CODE);
  assert.equal(phone.drafts[phone.drafts.length - 1]?.lot, null);
});

// --- names without network ----------------------------------------------------------------------------------------------

/** Keeps in memory what a phone keeps on its disk. */
class Drawer implements Shelf {
  kept: Named[] = [];
  named = (): Promise<Named[]> => Promise.resolve(this.kept);
  keepNamed(named: readonly Named[]): Promise<void> {
    this.kept.push(...named);
    return Promise.resolve();
  }
}

const KNOWN: Named = { raw: CARTON_CODE, item: NOODLES, pack: CARTON, lot: null, needsLot: false };

test("a code resolved once is named and counted in its pack where there is no network", async () => {
  const drawer = new Drawer();
  const online = open().scan(CARTON_CODE).hear("e2", carton);
  new Catalogue(drawer).learn(online.state.entries);
  const another = new Catalogue(drawer);
  await another.load();
  assert.deepEqual(another.find(CARTON_CODE), KNOWN);
  assert.deepEqual(open().scanKnown(KNOWN, KNOWN).shown, ["牛肉面 48"]);
});

test("what a person chose or typed teaches nothing about the code", () => {
  const drawer = new Drawer();
  const phone = open().scan(CARTON_CODE).hear("e2", carton).set("25", PIECE);
  phone.hear("e3", { item: NOODLES, pack: PIECE, quantity: "25.000" });
  new Catalogue(drawer).learn(phone.state.entries.slice(2));
  assert.deepEqual(drawer.kept, []);
});

test("the server's word replaces what the phone knew", () => {
  const phone = open().scanKnown(KNOWN).hear("e2", { item: NOODLES, pack: { ...CARTON, factor: "12.000" }, quantity: "12.000" });
  assert.deepEqual(phone.shown, ["牛肉面 12"]);
});

test("a code that is known to need a lot is asked for its lot before the server is heard", () => {
  const phone = open().scanKnown({ raw: MILK_CODE, item: MILK, pack: BOX, lot: null, needsLot: true });
  assert.equal(lotWanted(phone.state)?.raw, MILK_CODE);
  phone.do({ type: "lot", raw: MILK_CODE, said: { lot: "L7", expiry: null } });
  assert.deepEqual([phone.kinds, phone.shown], ["open_bin scan undo scan", ["鲜奶 L7 1"]]);
});

test("lots that codes name themselves stay apart without network", () => {
  const one = (lot: string): Named => ({ raw: `10${lot}`, item: MILK, pack: BOX, lot, needsLot: false });
  assert.deepEqual(new Phone([bin(1)]).scan("A-01").scanKnown(one("A"), one("B"), one("A")).shown, ["鲜奶 A 2", "鲜奶 B 1"]);
});
