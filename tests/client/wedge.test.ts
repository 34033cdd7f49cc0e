import assert from "node:assert/strict";
import { test } from "node:test";

import { Wedge, type Key, type Verdict } from "../../static/src/scan/wedge";
import { cleanWedgeText } from "../../static/src/scan/wedge-text";

const GS = "\u001d";

/** Types on a wedge with a given pause between keys, and notes what came of it. */
class Typist {
  readonly wedge = new Wedge();
  readonly scans: string[] = [];
  at = 10_000;

  constructor(private readonly pause = 8, private readonly editable = false) {}

  key(key: string, more: Partial<Key> = {}): Verdict {
    this.at += this.pause;
    const plain = { code: "", shift: false, ctrl: false, alt: false, composing: false, editable: this.editable };
    const verdict = this.wedge.press({ key, at: this.at, ...plain, ...more });
    if (verdict.scan !== null) this.scans.push(verdict.scan);
    return verdict;
  }

  text(text: string): Verdict[] {
    return [...text].map((letter) => this.key(letter));
  }
}

test("a code and Enter is a scan, and neither key nor Enter reaches the page", () => {
  const typist = new Typist();
  assert.ok(typist.text("6901234567892").every((verdict) => verdict.swallow));
  const enter = typist.key("Enter");
  assert.deepEqual([enter.scan, enter.swallow], ["6901234567892", true]);
});

test("the buffer is empty in the same tick: codes that follow at once stay apart", () => {
  const typist = new Typist(1);
  for (const code of ["6901234567892", "A-01-02", "6901234567892"]) {
    typist.text(code);
    typist.key("Enter");
  }
  assert.deepEqual(typist.scans, ["6901234567892", "A-01-02", "6901234567892"]);
});

test("CR and LF, as Enter twice or as control letters, end one code once", () => {
  const typist = new Typist();
  typist.text("4006381333931");
  typist.key("Enter");
  assert.equal(typist.key("Enter").swallow, true);
  typist.text("4006381333931");
  typist.key("m", { ctrl: true, code: "KeyM" });
  typist.key("j", { ctrl: true, code: "KeyJ" });
  assert.deepEqual(typist.scans, ["4006381333931", "4006381333931"]);
});

test("a person's Enter and space bar on a button are left alone", () => {
  const person = new Typist(400);
  assert.equal(person.key("Enter").swallow, false);
  assert.equal(person.key(" ").swallow, false);
  assert.equal(person.key("Tab").swallow, false);
});

test("typing into a field is left alone, a scanner in the same field is heard", () => {
  const person = new Typist(180, true);
  assert.ok(person.text("6901234567892").every((verdict) => !verdict.swallow));
  assert.deepEqual([person.key("Enter").scan, person.scans.length], [null, 0]);
  const scanner = new Typist(10, true);
  assert.equal(scanner.text("6901234567892")[0]?.begins, true);
  assert.equal(scanner.key("Enter").scan, "6901234567892");
});

test("a radio scanner that stumbles is still one code, a long silence is not", () => {
  const typist = new Typist();
  typist.text("690123");
  typist.at += 250;
  typist.text("4567892");
  typist.key("Enter");
  typist.text("690123");
  typist.at += 2_000;
  typist.text("99");
  typist.key("Enter");
  assert.deepEqual(typist.scans, ["6901234567892"]);
});

test("group separators survive, however the scanner sends them", () => {
  const senders: ((typist: Typist) => void)[] = [
    (typist) => typist.key("]", { ctrl: true, code: "BracketRight" }),
    (typist) => typist.key(GS),
    (typist) => typist.key("F8", { code: "F8" }),
    (typist) => void typist.text("{GS}"),
    (typist) => typist.key("␝"),
    (typist) => typist.key("|"),
    (typist) => {
      for (const digit of "029") typist.key(digit, { alt: true, code: `Numpad${digit}` });
      typist.wedge.release({ key: "Alt", code: "AltLeft", shift: false, ctrl: false, alt: false, composing: false, at: typist.at, editable: false });
    },
  ];
  for (const send of senders) {
    const typist = new Typist();
    typist.text("010690123456789210LOT7");
    send(typist);
    typist.text("17270331");
    typist.key("Enter");
    assert.deepEqual(typist.scans, [`010690123456789210LOT7${GS}17270331`]);
  }
});

test("signs that may be separators are kept in codes that are not GS1", () => {
  assert.equal(cleanWedgeText("SHELF|3#A"), "SHELF|3#A");
  assert.equal(cleanWedgeText("]C1010690123456789210A|21B"), `]C1010690123456789210A${GS}21B`);
});

test("an open input method hides the keys, their places tell the code", () => {
  const typist = new Typist(10, true);
  for (const letter of "ZSB") typist.key("Process", { code: `Key${letter}`, shift: true, composing: true });
  for (const digit of "000000126") typist.key("Process", { code: `Digit${digit}`, composing: true });
  typist.key("Process", { code: "Minus", composing: true });
  typist.key("Enter", { code: "Enter", composing: true });
  assert.deepEqual(typist.scans, ["ZSB000000126-"]);
});

test("full-width letters and digits become plain ones", () => {
  const typist = new Typist();
  typist.text("Ａ－０１");
  typist.key("Enter");
  assert.deepEqual(typist.scans, ["A-01"]);
});

test("shift, arrows and shortcuts are no part of a code", () => {
  const typist = new Typist();
  typist.text("A-0");
  assert.equal(typist.key("Shift").swallow, false);
  assert.equal(typist.key("ArrowLeft").swallow, false);
  assert.equal(typist.key("r", { ctrl: true, code: "KeyR" }).swallow, false);
  typist.text("1");
  typist.key("Enter");
  assert.deepEqual(typist.scans, ["A-01"]);
});
