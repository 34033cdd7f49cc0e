/**
 * The browser's own barcode reader, where there is one that truly reads: it sees linear symbols at any angle.
 *
 * Law: it is asked for consumer articles alone. It tells nothing of FNC1, so a GS1 code read by it would lose what it
 * means; and some browsers have the class, or name formats, and read nothing: it must read a proof before it is used.
 */

import type { Read } from "./symbology";

interface Detected {
  rawValue: string;
  format: string;
}

export interface NativeDetector {
  detect(picture: ImageBitmapSource): Promise<Detected[]>;
}

export interface NativeClass {
  new (options: { formats: string[] }): NativeDetector;
  getSupportedFormats(): Promise<string[]>;
}

export type NativeLook = (picture: ImageBitmapSource) => Promise<Read[]>;

const NAMES: Readonly<Record<string, string>> = { ean_13: "EAN-13", ean_8: "EAN-8" };
const PROOF = "4006381333931";
const PROOF_BARS = "10100011010100111010111101111010001001011001101010100001010000101000010111010010000101100110101";
const BAR_WIDTH = 3;

/** A way to look with the browser's own reader; null where there is none that reads. */
export async function findNative(
  native: NativeClass | undefined = (globalThis as { BarcodeDetector?: NativeClass }).BarcodeDetector,
  proof: () => ImageBitmapSource = drawProof,
): Promise<NativeLook | null> {
  try {
    const supported = (await native?.getSupportedFormats()) ?? [];
    const formats = Object.keys(NAMES).filter((format) => supported.includes(format));
    if (!native || !formats.includes("ean_13")) return null;
    const detector = new native({ formats });
    const look: NativeLook = async (picture) => (await detector.detect(picture)).map(toRead).filter((read) => read !== null);
    return (await look(proof())).some((read) => read.raw === PROOF) ? look : null;
  } catch {
    return null;
  }
}

/** A UPC-A symbol comes as an EAN-13 that begins with 0: the other decoder gives it its own name. */
function toRead({ rawValue, format }: Detected): Read | null {
  const symbology = NAMES[format];
  return symbology && !(format === "ean_13" && rawValue.startsWith("0")) ? { raw: rawValue, symbology } : null;
}

function drawProof(): ImageBitmapSource {
  const canvas = document.createElement("canvas");
  canvas.width = (PROOF_BARS.length + 24) * BAR_WIDTH;
  canvas.height = 160;
  const pen = canvas.getContext("2d")!;
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = "#000";
  [...PROOF_BARS].forEach((bar, place) => bar === "1" && pen.fillRect((place + 12) * BAR_WIDTH, 20, BAR_WIDTH, 120));
  return canvas;
}
