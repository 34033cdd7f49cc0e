import "fake-indexeddb/auto";

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Named } from "../../static/src/scan/catalogue";
import type { NewEvent } from "../../static/src/scan/events";
import { Store, toWire } from "../../static/src/scan/store";
import { answerTo, NOODLES, PIECE, scanEvent } from "./make";

let databases = 0;
const fresh = (): Store => new Store(`store-${(databases += 1)}`);

test("scans wait in the order in which they were stored, even within one millisecond", async () => {
  const store = fresh();
  const events = Array.from({ length: 120 }, (_, index) => scanEvent({ raw: String(index) }));
  await Promise.all(events.map((event) => store.add([event])));
  const rows = await store.waiting(50);
  assert.equal(rows.length, 50);
  assert.deepEqual(rows.map((row) => row.event.raw), events.slice(0, 50).map((event) => event.raw));
});

test("the outbox's own key is the device's sequence and never comes twice", async () => {
  const store = fresh();
  await store.add([scanEvent(), scanEvent()]);
  const [first, second] = await store.waiting(9);
  assert.ok(first && second && toWire(first).sequence < toWire(second).sequence);
  await store.settle(answerTo(first));
  await store.settle(answerTo(second));
  await store.add([scanEvent()]);
  assert.ok(toWire((await store.waiting(1))[0]!).sequence > second.seq);
});

test("scans survive the page", async () => {
  const store = fresh();
  const event = scanEvent();
  await store.add([event], { key: "task", value: { bin: 7 } });
  await store.close();
  assert.deepEqual((await store.waiting(9)).map((row) => row.event), [event]);
  assert.deepEqual(await store.note("task"), { bin: 7 });
});

test("a scan that cannot be stored stores nothing of what came with it", async () => {
  const store = fresh();
  const event = scanEvent();
  await store.add([event], { key: "task", value: "before" });
  await assert.rejects(store.add([scanEvent(), event], { key: "task", value: "after" }));
  assert.equal((await store.counts()).waiting, 1);
  assert.equal(await store.note("task"), "before");
});

test("an accepted scan leaves the phone, a parked one is kept for a person", async () => {
  const store = fresh();
  const [good, odd] = [scanEvent(), scanEvent()];
  await store.add([good, odd]);
  assert.equal(await store.settle(answerTo(good)), true);
  const parked = answerTo(odd, { status: "parked", reason: "unknown_code", message: "未知条码" });
  assert.equal(await store.settle(parked), true);
  assert.deepEqual(await store.counts(), { waiting: 0, refused: 0, parked: 1 });
  assert.deepEqual(await store.parkedRows(), [{ id: odd.id, event: odd, answer: parked }]);
  await store.dismissParked(odd.id);
  assert.equal((await store.counts()).parked, 0);
});

test("an answer to a scan that is not here changes nothing", async () => {
  const store = fresh();
  await store.add([scanEvent()]);
  assert.equal(await store.settle(answerTo(scanEvent(), { status: "parked" })), false);
  assert.deepEqual(await store.counts(), { waiting: 1, refused: 0, parked: 0 });
});

test("a refused scan stays, waits no more, and waits again when a person says so", async () => {
  const store = fresh();
  const events = [scanEvent(), scanEvent(), scanEvent()];
  await store.add(events);
  const rows = await store.waiting(9);
  await store.refuse(rows[1]!, "not understood");
  assert.deepEqual((await store.waiting(9)).map((row) => row.id), [events[0]!.id, events[2]!.id]);
  assert.deepEqual((await store.refusedRows()).map((row) => row.refused), ["not understood"]);
  await store.retryRefused();
  assert.deepEqual((await store.waiting(9)).map((row) => row.id), events.map((event) => event.id));
});

test("names of codes survive the page; of too many the ones met longest ago make room", async (context) => {
  context.mock.timers.enable({ apis: ["Date"] });
  const store = new Store("codes", 3);
  const named = (raw: string): Named => ({ raw, item: NOODLES, pack: PIECE, lot: null, needsLot: false });
  for (const raw of ["a", "b", "c", "a", "d"]) {
    await store.keepNamed([named(raw)]);
    context.mock.timers.tick(1);
  }
  await store.close();
  assert.deepEqual((await store.named()).map((one) => one.raw).sort(), ["a", "c", "d"]);
});

/** The database as the first version of the page made it, with a scan that waits. */
async function makeOlder(name: string, event: NewEvent): Promise<void> {
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    const database = opening.result;
    const outbox = database.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true });
    outbox.createIndex("id", "id", { unique: true });
    outbox.add({ id: event.id, event, refused: null });
    for (const store of ["parked", "notes"]) database.createObjectStore(store);
  };
  await new Promise((resolve) => (opening.onsuccess = resolve));
  opening.result.close();
}

test("a phone that comes from an older version keeps its scans", async () => {
  const event = scanEvent();
  await makeOlder("older", event);
  const store = new Store("older");
  assert.deepEqual((await store.waiting(9)).map((row) => row.event), [event]);
  assert.deepEqual(await store.named(), []);
});
