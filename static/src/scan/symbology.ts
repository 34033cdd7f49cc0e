/** Which symbols the camera looks for, what they are called here, and which of them may lie. */

import type { ReadInputBarcodeFormat, ReadResult } from "zxing-wasm/reader";

/** One symbol seen in one frame; `raw` is what the scan event carries. */
export interface Read {
  raw: string;
  symbology: string;
}

/** Code39Std: with plain Code39 the decoder turns some six-character codes into Code 32. */
export const FORMATS: ReadInputBarcodeFormat[] = [
  "EAN13",
  "EAN8",
  "UPCA",
  "UPCE",
  "Code128",
  "Code39Std",
  "ITF",
  "QRCode",
  "DataMatrix",
  "DataBar",
  "DataBarExp",
  "DataBarLtd",
];

const NAMES: readonly (readonly [prefix: string, name: string])[] = [
  ["EAN13", "EAN-13"],
  ["ISBN", "EAN-13"],
  ["EAN8", "EAN-8"],
  ["UPCA", "UPC-A"],
  ["UPCE", "UPC-E"],
  ["Code128", "Code 128"],
  ["Code39", "Code 39"],
  ["ITF", "ITF"],
  ["DataBarExp", "DataBar Expanded"],
  ["DataBar", "DataBar"],
  ["QRCode", "QR"],
  ["MicroQRCode", "QR"],
  ["DataMatrix", "DataMatrix"],
];

/** FNC1 at the start is not part of the text: the AIM identifier is the only trace that the content is GS1. */
const GS1_IDENTIFIERS = new Set(["]C1", "]d2", "]Q3", "]e0"]);
const SHORT_LINEAR = 8;
const SHORTEST: Record<string, number> = { ITF: 6, "Code 39": 3 };

export function toRead(result: Pick<ReadResult, "format" | "text" | "symbologyIdentifier" | "isValid">): Read | null {
  const symbology = NAMES.find(([prefix]) => result.format.startsWith(prefix))?.[1];
  if (!symbology || !result.isValid || result.text.length < (SHORTEST[symbology] ?? 1)) return null;
  const identifier = GS1_IDENTIFIERS.has(result.symbologyIdentifier) ? result.symbologyIdentifier : "";
  return { raw: identifier + result.text, symbology };
}

/** Symbols without a check digit, and short ones, need two equal readings: a wrong code is worse than none. */
export function needsTwoReads(read: Read): boolean {
  if (read.symbology === "QR" || read.symbology === "DataMatrix") return false;
  return read.symbology === "ITF" || read.symbology === "Code 39" || read.raw.length <= SHORT_LINEAR;
}
