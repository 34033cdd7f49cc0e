/**
 * Empties the outbox whenever it can, in order, in batches, at its own pace.
 *
 * Law: only an answer to its id takes a scan out. One bad scan is set aside alone and holds up nothing. Nothing here
 * waits for a service worker, and navigator.onLine is not asked: it stays true when only the server is gone.
 */

import type { Answer, ScanEvent } from "./contract";
import { toWire, type Row } from "./store";

export type Reply =
  | { kind: "answers"; answers: Answer[] }
  | { kind: "signed_out" }
  | { kind: "later" }
  | { kind: "refused"; reason: string };

export interface Outbox {
  waiting(limit: number): Promise<Row[]>;
  settle(answer: Answer): Promise<boolean>;
  refuse(row: Row, reason: string): Promise<void>;
}

export interface QueueParts {
  outbox: Outbox;
  send(events: ScanEvent[]): Promise<Reply>;
  /** Run the work unless somebody else (another tab) is doing it; null where it was not run. */
  exclusively<T>(work: () => Promise<T>): Promise<T | null>;
  /** Answers of one batch together: what they say was counted is as of its end. */
  onAnswers(answers: Answer[]): void;
  onState(state: QueueState): void;
}

export type QueueState = "idle" | "sending" | "waiting" | "signed_out";

export const BATCH = 50;
export const PAUSES_MS = [2_000, 5_000, 15_000, 30_000] as const;

export class Queue {
  private running = false;
  private again = false;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly parts: QueueParts) {}

  /** Try now: after a scan, when the page comes back, when the network does, when the pause is over. */
  async poke(): Promise<void> {
    this.again = true;
    if (this.running) return;
    this.running = true;
    clearTimeout(this.timer);
    try {
      while (this.again) {
        this.again = false;
        await this.round();
      }
    } finally {
      this.running = false;
    }
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private async round(): Promise<void> {
    const state = (await this.parts.exclusively(() => this.drain()).catch(reportBroken)) ?? "waiting";
    this.parts.onState(state);
    if (state === "idle") this.failures = 0;
    else this.pause();
  }

  private pause(): void {
    const pause = PAUSES_MS[Math.min(this.failures, PAUSES_MS.length - 1)];
    this.failures += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.poke(), pause);
  }

  private async drain(): Promise<QueueState> {
    let size = BATCH;
    for (;;) {
      const rows = await this.parts.outbox.waiting(size);
      if (rows.length === 0) return "idle";
      this.parts.onState("sending");
      const reply = await this.parts.send(rows.map(toWire));
      if (reply.kind === "signed_out") return "signed_out";
      if (reply.kind === "later") return "waiting";
      if (reply.kind === "refused") {
        if (rows.length === 1) await this.parts.outbox.refuse(rows[0]!, reply.reason);
        // Which one is bad? Halve until it stands alone; good ones on the way are delivered.
        size = Math.max(1, Math.floor(rows.length / 2));
        continue;
      }
      if ((await this.settle(reply.answers)) === 0) return "waiting"; // answers to something else: no progress
      this.failures = 0;
      size = Math.min(BATCH, size * 2);
    }
  }

  private async settle(answers: Answer[]): Promise<number> {
    const settled: Answer[] = [];
    for (const answer of answers) if (await this.parts.outbox.settle(answer)) settled.push(answer);
    if (settled.length > 0) this.parts.onAnswers(settled);
    return settled.length;
  }
}

/** A store that fails must not end the sending for good. */
function reportBroken(error: unknown): null {
  console.error("outbox", error);
  return null;
}

/** Let one tab at a time send; without locks (plain http) the server's "stored once" is enough. */
export async function exclusively<T>(work: () => Promise<T>): Promise<T | null> {
  const locks = typeof navigator === "undefined" ? undefined : navigator.locks;
  if (!locks) return work();
  return locks.request("scan-drain", { ifAvailable: true }, async (lock): Promise<T | null> => (lock ? work() : null));
}
