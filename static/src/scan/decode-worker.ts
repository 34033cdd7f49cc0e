/** Decodes one picture at a time away from the page's thread. The page tells where the decoder's wasm lies. */

import { prepareZXingModule, readBarcodes, type ReaderOptions } from "zxing-wasm/reader";
import { FORMATS, toRead, type Read } from "./symbology";

export type Job =
  | { kind: "prepare"; wasm: string }
  | { kind: "decode"; id: number; image: ImageData; rotate: boolean };

export type Done =
  | { kind: "ready" }
  | { kind: "broken"; message: string }
  | { kind: "decoded"; id: number; reads: Read[] };

/** One symbol: the decoder stops at the first one, which makes the usual frame several times cheaper. */
const OPTIONS: ReaderOptions = {
  formats: FORMATS,
  maxNumberOfSymbols: 1,
  textMode: "Plain",
  tryHarder: true,
  tryInvert: false,
  tryDownscale: true,
};

self.onmessage = async (message: MessageEvent<Job>): Promise<void> => {
  const job = message.data;
  answer(job.kind === "prepare" ? await prepare(job.wasm) : await decode(job.id, job.image, job.rotate));
};

async function prepare(wasm: string): Promise<Done> {
  try {
    // Without locateFile the package would fetch its wasm from somebody else's server.
    const locateFile = (path: string, prefix: string): string => (path.endsWith(".wasm") ? wasm : prefix + path);
    await prepareZXingModule({ overrides: { locateFile }, fireImmediately: true });
    return { kind: "ready" };
  } catch (error) {
    return { kind: "broken", message: String(error) };
  }
}

async function decode(id: number, image: ImageData, rotate: boolean): Promise<Done> {
  try {
    const results = await readBarcodes(image, { ...OPTIONS, tryRotate: rotate });
    return { kind: "decoded", id, reads: results.map(toRead).filter((read) => read !== null) };
  } catch {
    return { kind: "decoded", id, reads: [] };
  }
}

function answer(done: Done): void {
  self.postMessage(done);
}
