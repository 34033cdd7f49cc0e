import assert from "node:assert/strict";
import { test } from "node:test";

import { cropUnderAim, turnFor } from "../../static/src/scan/aim";
import { findNative, type NativeClass, type NativeLook } from "../../static/src/scan/native";
import { Sightings } from "../../static/src/scan/sightings";
import { needsTwoReads, toRead, type Read } from "../../static/src/scan/symbology";
import { troubleBefore, troubleFrom } from "../../static/src/scan/trouble";

const EAN: Read = { raw: "6901234567892", symbology: "EAN-13" };
const ITF: Read = { raw: "16901234567899", symbology: "ITF" };

/** Show something for a while, one look every 70 ms, and count what counts. */
class Table {
  readonly sightings = new Sightings();
  readonly counted: string[] = [];
  private now = 0;

  show(reads: Read[], looks: number): this {
    for (let look = 0; look < looks; look += 1) {
      this.now += 70;
      for (const read of this.sightings.look(reads, this.now)) this.counted.push(read.raw);
    }
    return this;
  }
}

test("a code that stays in view counts once, again after it left", () => {
  const table = new Table().show([EAN], 40).show([], 15).show([EAN], 40);
  assert.deepEqual(table.counted, [EAN.raw, EAN.raw]);
});

test("a few blurred looks are not a departure", () => {
  const table = new Table().show([EAN], 5).show([], 6).show([EAN], 5).show([], 3).show([EAN], 5);
  assert.deepEqual(table.counted, [EAN.raw]);
});

test("a slow phone's single miss is not a departure either", () => {
  const sightings = new Sightings();
  assert.equal(sightings.look([EAN], 0).length, 1);
  assert.equal(sightings.look([], 1_000).length, 0);
  assert.equal(sightings.look([EAN], 2_000).length, 0);
});

test("another code counts at once", () => {
  const other = { ...EAN, raw: "4006381333931" };
  assert.deepEqual(new Table().show([EAN], 3).show([other], 3).counted, [EAN.raw, other.raw]);
});

test("codes without a check digit need two equal readings", () => {
  assert.deepEqual(new Table().show([ITF], 1).show([], 40).counted, []);
  assert.deepEqual(new Table().show([ITF], 2).show([ITF], 9).counted, [ITF.raw]);
  const misread = { ...ITF, raw: "16901234567890" };
  assert.deepEqual(new Table().show([misread], 1).show([ITF], 3).counted, [ITF.raw]);
});

test("short linear codes need two readings, squares and long ones one", () => {
  assert.equal(needsTwoReads({ raw: "96385074", symbology: "EAN-8" }), true);
  assert.equal(needsTwoReads({ raw: "A-01", symbology: "Code 128" }), true);
  assert.equal(needsTwoReads({ raw: "ABCDEFGHIJ", symbology: "Code 39" }), true);
  assert.equal(needsTwoReads({ raw: "A-01", symbology: "QR" }), false);
  assert.equal(needsTwoReads(EAN), false);
});

test("symbols get our names, and GS1 ones keep the trace of their first FNC1", () => {
  const result = (format: string, text: string, symbologyIdentifier: string): Read | null =>
    toRead({ format: format as never, text, symbologyIdentifier, isValid: true });
  assert.deepEqual(result("EAN13", EAN.raw, "]E0"), EAN);
  assert.deepEqual(result("Code39Std", "ABC", "]A0"), { raw: "ABC", symbology: "Code 39" });
  assert.deepEqual(result("MicroQRCode", "A", "]Q1"), { raw: "A", symbology: "QR" });
  assert.deepEqual(result("DataBarExpStk", "0106", "]e0"), { raw: "]e00106", symbology: "DataBar Expanded" });
  assert.deepEqual(result("DataBarLtd", "0106", "]e0")?.symbology, "DataBar");
  assert.deepEqual(result("Code128", "0106\u001d", "]C1"), { raw: "]C10106\u001d", symbology: "Code 128" });
  assert.deepEqual(result("DataMatrix", "X", "]d1"), { raw: "X", symbology: "DataMatrix" });
});

test("what noise looks like is not read: short ITF, short Code 39, other symbologies, broken ones", () => {
  const base = { symbologyIdentifier: "", isValid: true };
  assert.equal(toRead({ ...base, format: "ITF", text: "1234" }), null);
  assert.equal(toRead({ ...base, format: "Code39Std", text: "AB" }), null);
  assert.equal(toRead({ ...base, format: "Aztec", text: "hello" }), null);
  assert.equal(toRead({ ...base, format: "EAN13", text: EAN.raw, isValid: false }), null);
});

test("the crop is what lies under the aiming frame, on upright and on lying cameras", () => {
  const view = { width: 390, height: 286 };
  const aim = { width: 0.8, height: 0.5 };
  const upright = cropUnderAim({ width: 720, height: 1280 }, view, aim);
  assert.deepEqual(upright, { x: 72, y: 508, width: 576, height: 264 });
  const lying = cropUnderAim({ width: 1280, height: 720 }, view, aim);
  assert.deepEqual(lying, { x: 248, y: 180, width: 785, height: 360 });
});

test("of eight looks six are straight or upright only, two are turned by 45 degrees", () => {
  const turns = Array.from({ length: 8 }, (_, frame) => turnFor(frame));
  assert.equal(turns.filter((turn) => turn === "half").length, 2);
  assert.equal(turns.filter((turn) => turn === "quarter").length, 1);
});

test("every reason why a camera does not start has its name", () => {
  const phone = { secure: true, hasCameraApi: true, userAgent: "Mozilla/5.0 (iPhone)" };
  const wechat = { ...phone, userAgent: "Mozilla/5.0 MicroMessenger/8.0" };
  assert.equal(troubleBefore(phone), null);
  assert.equal(troubleBefore({ ...phone, secure: false, hasCameraApi: false }), "insecure");
  assert.equal(troubleBefore({ ...phone, hasCameraApi: false }), "none");
  assert.equal(troubleBefore({ ...wechat, hasCameraApi: false }), "wechat");
  const from = (name: string): string => troubleFrom(new DOMException("", name), phone);
  assert.equal(from("NotAllowedError"), "denied");
  assert.equal(from("NotFoundError"), "none");
  assert.equal(from("NotReadableError"), "busy");
  assert.equal(from("WhateverError"), "failed");
  assert.equal(troubleFrom(new DOMException("", "NotAllowedError"), wechat), "wechat");
});

/** A browser that has the class, says that it knows *formats*, and reads *reads* in any picture. */
function browserWith(formats: string[], reads: { rawValue: string; format: string }[] | Error): NativeClass {
  return class {
    static getSupportedFormats = (): Promise<string[]> => Promise.resolve(formats);
    detect(): Promise<{ rawValue: string; format: string }[]> {
      return reads instanceof Error ? Promise.reject(reads) : Promise.resolve(reads);
    }
  };
}

const PROOF = { rawValue: "4006381333931", format: "ean_13" };
const look = (browser: NativeClass | undefined): Promise<NativeLook | null> => findNative(browser, () => PICTURE);
const PICTURE = {} as ImageBitmapSource;

test("the browser's own reader is used only where it reads a proof", async () => {
  assert.equal(await look(undefined), null, "no such class");
  assert.equal(await look(browserWith([], [PROOF])), null, "the class alone");
  assert.equal(await look(browserWith(["ean_13"], [])), null, "it names the format and reads nothing");
  assert.equal(await look(browserWith(["ean_13"], new DOMException("", "NotSupportedError"))), null);
  assert.equal(await look(browserWith(["ean_13"], [{ ...PROOF, rawValue: "4006381333948" }])), null, "it lies");
  const native = await look(browserWith(["ean_13", "qr_code"], [PROOF]));
  assert.deepEqual(await native?.(PICTURE), [{ raw: PROOF.rawValue, symbology: "EAN-13" }]);
});

test("what the two readers name differently is left to one of them: a code never counts twice", async () => {
  const upc = { rawValue: "0036000291452", format: "ean_13" };
  const native = await look(browserWith(["ean_13", "ean_8"], [PROOF, upc, { rawValue: "x", format: "qr_code" }]));
  assert.deepEqual((await native?.(PICTURE))?.map((read) => read.raw), [PROOF.rawValue]);
});
