/** The page's end of the decoding worker: one request in flight, at most. */

import type { Done, Job } from "./decode-worker";
import type { Read } from "./symbology";

export class Decoder {
  private readonly worker: Worker;
  private readonly ready: Promise<void>;
  private next = 0;
  private waiting: { id: number; resolve: (reads: Read[]) => void } | null = null;

  constructor(workerUrl: string, wasmUrl: string) {
    this.worker = new Worker(workerUrl, { type: "module", name: "decode" });
    this.ready = new Promise((resolve, reject) => {
      this.worker.onerror = (event) => reject(new Error(event.message || "worker"));
      this.worker.onmessage = (message: MessageEvent<Done>) => this.take(message.data, resolve, reject);
    });
    this.ready.catch(() => undefined); // whoever starts the camera asks and is told
    this.post({ kind: "prepare", wasm: wasmUrl });
  }

  /** Resolves when the decoder can decode, rejects when it never will. */
  whenReady(): Promise<void> {
    return this.ready;
  }

  get busy(): boolean {
    return this.waiting !== null;
  }

  async decode(image: ImageData, rotate: boolean): Promise<Read[]> {
    if (this.waiting) return [];
    const id = (this.next += 1);
    const reads = new Promise<Read[]>((resolve) => (this.waiting = { id, resolve }));
    this.post({ kind: "decode", id, image, rotate }, [image.data.buffer]);
    return reads;
  }

  private post(job: Job, transfer: Transferable[] = []): void {
    this.worker.postMessage(job, transfer);
  }

  private take(done: Done, ready: () => void, broken: (error: Error) => void): void {
    if (done.kind === "ready") ready();
    else if (done.kind === "broken") broken(new Error(done.message));
    else if (this.waiting?.id === done.id) {
      const { resolve } = this.waiting;
      this.waiting = null;
      resolve(done.reads);
    }
  }
}
