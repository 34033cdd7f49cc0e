import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { mock, test } from "node:test";

import type { Answer, ScanEvent } from "../../static/src/scan/contract";
import { BATCH, exclusively, PAUSES_MS, Queue, type QueueState, type Reply } from "../../static/src/scan/queue";
import { Store } from "../../static/src/scan/store";
import { answerTo, scanEvent } from "./make";

let databases = 0;

/** A server that stores each id once and answers the same id with the same answer. */
class Server {
  readonly stored = new Map<string, ScanEvent>();
  readonly batches: number[] = [];

  take(events: ScanEvent[]): Reply {
    this.batches.push(events.length);
    for (const event of events) if (!this.stored.has(event.id)) this.stored.set(event.id, event);
    return { kind: "answers", answers: events.map((event) => answerTo(event)) };
  }
}

interface Bench {
  store: Store;
  queue: Queue;
  states: QueueState[];
  heard: Answer[];
}

function bench(send: (events: ScanEvent[]) => Promise<Reply>): Bench {
  const store = new Store(`queue-${(databases += 1)}`);
  const states: QueueState[] = [];
  const heard: Answer[] = [];
  const onAnswers = (answers: Answer[]): void => void heard.push(...answers);
  const onState = (state: QueueState): void => void states.push(state);
  return { store, states, heard, queue: new Queue({ outbox: store, send, exclusively, onAnswers, onState }) };
}

async function fill(store: Store, count: number): Promise<string[]> {
  const events = Array.from({ length: count }, (_, index) => scanEvent({ raw: String(index) }));
  await store.add(events);
  return events.map((event) => event.id);
}

/** Random numbers that come again: a failing run names its seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

test("everything is sent in order, in batches", async () => {
  const server = new Server();
  const { store, queue, states } = bench(async (events) => server.take(events));
  const ids = await fill(store, 2 * BATCH + 7);
  await queue.poke();
  assert.deepEqual([...server.stored.keys()], ids);
  assert.deepEqual(server.batches, [BATCH, BATCH, 7]);
  assert.deepEqual(await store.counts(), { waiting: 0, refused: 0, parked: 0 });
  assert.equal(states[states.length - 1], "idle");
});

test("a lost answer is sent again and stored once", async () => {
  const server = new Server();
  let lost = 0;
  const { store, queue } = bench(async (events) => {
    const reply = server.take(events);
    return (lost += 1) === 1 ? { kind: "later" } : reply;
  });
  const ids = await fill(store, 3);
  await queue.poke();
  assert.equal((await store.counts()).waiting, 3);
  await queue.poke();
  assert.deepEqual(server.batches, [3, 3]);
  assert.deepEqual([...server.stored.keys()], ids);
  assert.equal((await store.counts()).waiting, 0);
  queue.stop();
});

test("with requests and answers lost, cut, doubled, shuffled and strange, every scan arrives exactly once", async () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    const chance = random(seed);
    const server = new Server();
    const { store, queue, heard } = bench(async (events) => {
      const luck = chance();
      if (luck < 0.2) return { kind: "later" }; // the request was lost
      const reply = server.take(events) as Extract<Reply, { kind: "answers" }>;
      if (luck < 0.4) return { kind: "later" }; // the answer was lost
      const some = reply.answers.filter(() => chance() < 0.8);
      const mixed = [...some, ...some, answerTo(scanEvent())].sort(() => chance() - 0.5);
      return luck < 0.5 ? { kind: "signed_out" } : { kind: "answers", answers: mixed };
    });
    const ids: string[] = [];
    for (let round = 0; round < 60; round += 1) {
      if (round < 12) ids.push(...(await fill(store, 1 + Math.floor(chance() * 9))));
      await queue.poke();
    }
    queue.stop();
    assert.equal((await store.counts()).waiting, 0, `seed ${seed}`);
    assert.deepEqual([...server.stored.keys()].sort(), [...ids].sort(), `seed ${seed}`);
    assert.deepEqual(heard.map((answer) => answer.id).sort(), [...ids].sort(), `seed ${seed}`);
  }
});

test("one scan that the server refuses is set aside alone; all others arrive", async () => {
  const server = new Server();
  const { store, queue } = bench(async (events) =>
    events.some((event) => event.raw === "66") ? { kind: "refused", reason: "cannot be read" } : server.take(events),
  );
  await fill(store, 120);
  await queue.poke();
  assert.equal(server.stored.size, 119);
  assert.deepEqual(await store.counts(), { waiting: 0, refused: 1, parked: 0 });
  const [row] = await store.refusedRows();
  assert.deepEqual([row?.event.raw, row?.refused], ["66", "cannot be read"]);
});

test("a scan made while sending goes out with the same poke", async () => {
  const server = new Server();
  const { store, queue } = bench(async (events) => {
    const reply = server.take(events);
    if (server.batches.length === 1) {
      await store.add([scanEvent({ raw: "late" })]);
      void queue.poke();
    }
    return reply;
  });
  await fill(store, 1);
  await queue.poke();
  assert.deepEqual([...server.stored.values()].map((event) => event.raw), ["0", "late"]);
});

test("many pokes at once send each scan once", async () => {
  const server = new Server();
  const { store, queue } = bench(async (events) => server.take(events));
  await fill(store, 20);
  await Promise.all(Array.from({ length: 10 }, () => queue.poke()));
  assert.deepEqual(server.batches, [20]);
});

test("without an answer it tries again after 2, 5, 15, 30, 30 seconds, and from 2 again after a success", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    let works = false;
    const server = new Server();
    let tries = 0;
    const { store, queue } = bench(async (events) => {
      tries += 1;
      return works ? server.take(events) : { kind: "later" };
    });
    await fill(store, 1);
    await queue.poke();
    for (const pause of [...PAUSES_MS, PAUSES_MS[3]]) {
      const before = tries;
      mock.timers.tick(pause - 1);
      await settle();
      assert.equal(tries, before, `too early before ${pause}`);
      mock.timers.tick(1);
      await settle();
      assert.equal(tries, before + 1, `not tried after ${pause}`);
    }
    works = true;
    await queue.poke();
    assert.equal(server.stored.size, 1);
    works = false;
    await fill(store, 1);
    await queue.poke();
    const before = tries;
    mock.timers.tick(PAUSES_MS[0]);
    await settle();
    assert.equal(tries, before + 1);
  } finally {
    mock.timers.reset();
  }
});

test("signed out keeps every scan and says so", async () => {
  const { store, queue, states } = bench(async () => ({ kind: "signed_out" }));
  await fill(store, 4);
  await queue.poke();
  queue.stop();
  assert.equal((await store.counts()).waiting, 4);
  assert.equal(states[states.length - 1], "signed_out");
});

test("answers to nothing we asked are no progress and no endless loop", async () => {
  let tries = 0;
  const { store, queue } = bench(async () => {
    tries += 1;
    return { kind: "answers", answers: [answerTo(scanEvent())] };
  });
  await fill(store, 2);
  await queue.poke();
  queue.stop();
  assert.equal(tries, 1);
  assert.equal((await store.counts()).waiting, 2);
});

test("a store that fails does not end the sending", async () => {
  const server = new Server();
  const { store, queue } = bench(async (events) => server.take(events));
  await fill(store, 1);
  const loud = mock.method(console, "error", () => undefined);
  const broken = mock.method(store, "waiting", () => Promise.reject(new Error("closed")), { times: 1 });
  await queue.poke();
  assert.equal(server.stored.size, 0);
  await queue.poke();
  assert.equal(server.stored.size, 1);
  broken.mock.restore();
  loud.mock.restore();
  queue.stop();
});

/** Let the database and the queue finish what a timer set going. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
