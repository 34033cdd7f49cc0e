/**
 * Phones behind a network that drops, delays, doubles and reorders, for tests that know what the hands did: the real
 * outbox, queue and client of the API, in a world whose time jumps from one event to the next.
 *
 * Speaks JSON lines: in {"run"}; out {"post"} for whatever reaches the server, in its {"answer"}; at last out {"report"}.
 * Nothing moves while the server works, so a seed tells the same story again.
 */

import "fake-indexeddb/auto";
import { createInterface } from "node:readline";
import { Api } from "../../static/src/scan/api";
import type { Answer, Kind } from "../../static/src/scan/contract";
import { makeEvent, type Sender } from "../../static/src/scan/events";
import { Queue } from "../../static/src/scan/queue";
import { Store } from "../../static/src/scan/store";
import { uuid7 } from "../../static/src/scan/uuid7";

interface Act {
  kind: Kind;
  location: number;
  raw: string | null;
  quantity: string | null;
  /** Which of the phone's acts, by its place in the list, this one takes back. */
  undoes: number | null;
}

interface Run {
  seed: number;
  hands: { sender: Sender; acts: Act[] }[];
}

interface FromServer {
  status: number;
  body: string;
}

const GAP_MS = 4_000; // the longest pause between two acts of a hand
const CLEARS_AFTER_MS = 40_000;
const PATIENCE_MS = 3_600_000;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

// --- time -----------------------------------------------------------------------------------------------------------

class World {
  now = 0;
  private busy = 0;
  private next = 0;
  private timers = new Map<number, { at: number; work: () => unknown }>();

  after(ms: number, work: () => unknown): number {
    this.next += 1;
    this.timers.set(this.next, { at: this.now + Math.max(0, ms), work });
    return this.next;
  }

  cancel(timer: number): void {
    this.timers.delete(timer);
  }

  /** No event comes before this work is done: a phone's disk is quick. */
  async during<T>(work: Promise<T>): Promise<T> {
    this.busy += 1;
    try {
      return await work;
    } finally {
      this.busy -= 1;
    }
  }

  /** Let the next event happen; false where nothing will ever happen again. */
  async step(): Promise<boolean> {
    await this.quiet();
    const [first] = [...this.timers].sort(([one, a], [other, b]) => a.at - b.at || one - other);
    if (!first) return false;
    this.timers.delete(first[0]);
    this.now = first[1].at;
    await first[1].work();
    return true;
  }

  async quiet(): Promise<void> {
    for (let still = 0; still < 3; still = this.busy ? 0 : still + 1) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  }
}

let world = new World();
globalThis.setTimeout = ((work: () => void, ms = 0) => world.after(ms, work)) as unknown as typeof setTimeout;
globalThis.clearTimeout = ((timer?: number) => timer === undefined || world.cancel(timer)) as typeof clearTimeout;

// --- chance ---------------------------------------------------------------------------------------------------------

class Chance {
  constructor(private state: number) {}

  /** A number from 0 to 1 (mulberry32). */
  draw(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  happens(share: number): boolean {
    return this.draw() < share;
  }

  between(low: number, high: number): number {
    return low + this.draw() * (high - low);
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.draw() * from.length)]!;
  }
}

// --- the network ----------------------------------------------------------------------------------------------------

/** What becomes of one request that does not simply arrive and is answered. */
const FATES = [
  "unreachable", // the phone hears so at once
  "swallowed", // it never arrives, and the phone hears nothing
  "unanswered", // it arrives, its answer does not
  "cut", // the answer breaks off
  "stalled", // the answer begins and never ends
  "doubled", // it arrives twice
  "late", // it arrives after the phone gave up on it
  "gateway", // a machine on the way answers instead
  "portal",
  "forbidden",
  "signed_out",
] as const;

const STRANGERS: Record<string, FromServer> = {
  gateway: { status: 502, body: "<h1>Bad gateway</h1>" },
  portal: { status: 200, body: "<h1>Welcome to the hotel</h1>" },
  forbidden: { status: 403, body: "<h1>Blocked</h1>" },
  signed_out: { status: 401, body: "{}" },
};

class Network {
  fates: Record<string, number> = {};
  fair = false;
  private readonly badness: number;

  constructor(private readonly chance: Chance) {
    this.badness = chance.between(0.2, 0.9);
  }

  /** The fetch of a page; a page that is closed hears nothing any more, its requests travel on. */
  fetcher(phone: number, isOpen: () => boolean): typeof fetch {
    return (_, init) =>
      new Promise<Response>((resolve, reject) => {
        if (!isOpen()) return;
        const heard = <T>(tell: (value: T) => void) => (value: T): void => void (isOpen() && tell(value));
        init?.signal?.addEventListener("abort", () => heard(reject)(new Error("given up")));
        this.carry(phone, String(init?.body), heard(resolve), heard(reject), init?.signal ?? undefined);
      });
  }

  private carry(
    phone: number,
    body: string,
    resolve: (answer: Response) => void,
    reject: (error: Error) => void,
    signal: AbortSignal | undefined,
  ): void {
    const fate = !this.fair && this.chance.happens(this.badness) ? this.chance.pick(FATES) : "arrives";
    this.fates[fate] = (this.fates[fate] ?? 0) + 1;
    const away = this.chance.between(10, this.chance.happens(0.1) ? 9_000 : 400);
    const stranger = STRANGERS[fate];
    if (stranger) return void world.after(away, () => resolve(spoken(stranger, fate, signal)));
    if (fate === "unreachable") return void world.after(away, () => reject(new TypeError("network")));
    if (fate === "swallowed") return;
    const copies = fate === "doubled" ? [away, away + this.chance.between(0, 60_000)] : [away + (fate === "late" ? 30_000 : 0)];
    for (const ms of copies) {
      const back = this.chance.between(10, 400);
      world.after(ms, async () => {
        const answer = await atServer(phone, body);
        if (fate !== "unanswered") world.after(back, () => resolve(spoken(answer, fate, signal)));
      });
    }
  }
}

function spoken({ status, body }: FromServer, fate: string, signal: AbortSignal | undefined): Response {
  const text = fate === "cut" ? body.slice(0, body.length / 2) : body;
  const stall = (): Promise<string> =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(new Error("given up"))));
  const part: Pick<Response, "status" | "ok" | "text"> = {
    status,
    ok: status < 300,
    text: () => (fate === "stalled" ? stall() : Promise.resolve(text)),
  };
  return part as Response;
}

async function atServer(phone: number, body: string): Promise<FromServer> {
  console.log(JSON.stringify({ post: { phone, body } }));
  const line = await lines.next();
  return (JSON.parse(String(line.value)) as { answer: FromServer }).answer;
}

// --- phones ---------------------------------------------------------------------------------------------------------

/** One tab with the scan page. */
class Page {
  private open = true;
  readonly store: Store;
  readonly queue: Queue;

  constructor(name: string, number: number, network: Network, onAnswers: (answers: Answer[]) => void) {
    this.store = new Store(name);
    const api = new Api("", network.fetcher(number, () => this.open));
    this.queue = new Queue({
      outbox: {
        waiting: (limit) => world.during(this.store.waiting(limit)),
        settle: (answer) => world.during(this.store.settle(answer)),
        refuse: (row, reason) => world.during(this.store.refuse(row, reason)),
      },
      send: (events) => api.postScans(events),
      exclusively: (work) => work(), // plain http knows no locks: two tabs send at the same time
      onAnswers,
      onState: () => undefined,
    });
  }

  close(): void {
    this.open = false;
    this.queue.stop();
  }
}

class Phone {
  readonly ids: string[] = [];
  readonly told: Record<string, string> = {};
  private pages: Page[];

  constructor(
    private readonly name: string,
    private readonly number: number,
    private readonly hand: Run["hands"][number],
    private readonly network: Network,
    private readonly chance: Chance,
  ) {
    this.pages = [this.newPage()];
  }

  /** Do everything there is to do, with pauses; return when the last act is stored. */
  schedule(): number {
    let at = 0;
    this.hand.acts.forEach((act, index) => {
      at += this.chance.between(30, GAP_MS);
      world.after(at, () => this.act(act, index));
    });
    return at;
  }

  /** The network is well again, and somebody looks at what was set aside; what only waits goes by itself. */
  async lookAtRefused(): Promise<void> {
    const { store, queue } = this.pages[0]!;
    if ((await world.during(store.refusedRows())).length === 0) return;
    await world.during(store.retryRefused());
    void queue.poke();
  }

  async report(): Promise<unknown> {
    const held = [...(await this.pages[0]!.store.unanswered())];
    for (const page of this.pages) page.close();
    for (const page of this.pages) await page.store.close();
    return { ids: this.ids, told: this.told, held };
  }

  private async act(act: Act, index: number): Promise<void> {
    if (this.chance.happens(0.08)) await this.restart();
    if (this.chance.happens(0.06) && this.pages.length === 1) this.pages.push(this.newPage());
    const page = this.chance.pick(this.pages);
    const id = (this.ids[index] = uuid7());
    const undoes = act.undoes === null ? null : this.ids[act.undoes]!;
    const stamp = { scanned_at: new Date().toISOString(), clock_offset_ms: 0, uncertainty_ms: 20, elapsed_ms: 0 };
    const event = makeEvent({ ...act, id, undoes, round: 1 }, this.hand.sender, stamp);
    await world.during(page.store.add([event]));
    void page.queue.poke();
  }

  /** The battery falls out: whatever the page was waiting for, nobody waits for it any more. */
  private async restart(): Promise<void> {
    for (const page of this.pages) page.close();
    this.pages = [this.newPage()];
    void this.pages[0]!.queue.poke();
  }

  private newPage(): Page {
    return new Page(this.name, this.number, this.network, (answers) => {
      for (const { id, status, reason } of answers) this.told[id] = reason ?? status;
    });
  }
}

// --- a run ----------------------------------------------------------------------------------------------------------

async function tell(run: Run): Promise<unknown> {
  world = new World();
  const chance = new Chance(run.seed);
  const network = new Network(chance);
  const phones = run.hands.map((hand, number) => new Phone(`phone-${run.seed}-${number}`, number, hand, network, chance));
  const clears = Math.max(...phones.map((phone) => phone.schedule())) + chance.between(0, CLEARS_AFTER_MS);
  world.after(clears, () => void (network.fair = true));
  while (!network.fair) await world.step();
  for (const phone of phones) await phone.lookAtRefused();
  // To the end of all events: a copy of a request may still arrive when its phone has long been answered.
  while (world.now < clears + PATIENCE_MS && (await world.step()));
  const told: unknown[] = [];
  for (const phone of phones) told.push(await phone.report());
  return { phones: told, fates: network.fates };
}

for (let line = await lines.next(); !line.done; line = await lines.next()) {
  const { run } = JSON.parse(line.value) as { run: Run };
  console.log(JSON.stringify({ report: await tell(run) }));
}
