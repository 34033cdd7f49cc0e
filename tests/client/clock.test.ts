import assert from "node:assert/strict";
import { test } from "node:test";

import { ahead, Clock, measure, UNMEASURED_MS, type Instant } from "../../static/src/scan/clock";

const START = Date.UTC(2026, 10, 23, 1, 0, 0);

/** A phone whose two clocks are moved by hand. */
class Phone {
  wall = START;
  mono = 1_000;

  now = (): Instant => ({ wall: this.wall, mono: this.mono });

  pass(ms: number): void {
    this.wall += ms;
    this.mono += ms;
  }

  sleep(ms: number): void {
    this.wall += ms;
  }
}

async function measured(phone: Phone, ahead: number, there: number, back: number): Promise<Clock> {
  const clock = new Clock(phone.now);
  await clock.ask(async () => {
    phone.pass(there);
    const time = new Date(phone.wall + ahead).toISOString();
    phone.pass(back);
    return time;
  });
  return clock;
}

test("the offset is taken at the middle of the round trip", async () => {
  const phone = new Phone();
  const stamp = (await measured(phone, 90_000, 30, 30)).stamp();
  assert.equal(stamp.clock_offset_ms, 90_000);
  assert.equal(stamp.uncertainty_ms, 60);
  assert.equal(stamp.elapsed_ms, 0);
});

test("an uneven way is wrong by no more than the uncertainty says", async () => {
  const stamp = (await measured(new Phone(), -5_000, 5, 195)).stamp();
  assert.ok(Math.abs(stamp.clock_offset_ms + 5_000) <= stamp.uncertainty_ms);
});

test("before any measurement the phone claims nothing", () => {
  const stamp = new Clock(new Phone().now).stamp();
  assert.equal(stamp.clock_offset_ms, 0);
  assert.equal(stamp.uncertainty_ms, UNMEASURED_MS);
});

test("time that the monotonic clock slept through becomes uncertainty", async () => {
  const phone = new Phone();
  const clock = await measured(phone, 0, 20, 20);
  phone.pass(60_000);
  assert.equal(clock.stamp().uncertainty_ms, 46); // and what a crystal may be wrong by in a minute
  phone.sleep(15_000);
  assert.equal(clock.stamp().uncertainty_ms, 15_048);
  assert.equal(clock.stamp().elapsed_ms, 60_000);
});

test("a wall clock set back by hand becomes uncertainty, not another time", async () => {
  const phone = new Phone();
  const clock = await measured(phone, 0, 10, 10);
  phone.pass(1_000);
  phone.wall -= 3_600_000;
  assert.equal(clock.stamp().uncertainty_ms, 3_600_021);
});

test("a clock set back and a sleep as long do not hide each other", async () => {
  const phone = new Phone();
  const clock = await measured(phone, 0, 10, 10);
  phone.wall -= 13_000;
  clock.watch();
  phone.sleep(13_000);
  assert.ok(clock.stamp().uncertainty_ms >= 26_020);
  assert.notEqual(await clock.ask(async () => new Date(phone.wall + 13_000).toISOString()), null);
  assert.equal(clock.stamp().uncertainty_ms, 0); // measured anew, and at once
});

test("a clock that is slewed little by little is wrong by what that comes to, and looking costs nothing", async () => {
  const phone = new Phone();
  const clock = await measured(phone, 0, 10, 10);
  for (let second = 0; second < 100; second += 1) {
    phone.wall += second % 2 ? 3 : -1;
    clock.watch();
  }
  assert.equal(clock.stamp().uncertainty_ms, 121);
});

test("a clock set while the question was under way is no measurement", () => {
  const sent = { wall: START, mono: 0 };
  assert.equal(measure(sent, { wall: START + 60_050, mono: 50 }, START), null);
  assert.equal(measure(sent, { wall: START + 50, mono: 50 }, Number.NaN), null);
});

test("a worse measurement does not replace a better one until sleep makes it the better one", async () => {
  const phone = new Phone();
  const clock = await measured(phone, 0, 10, 10);
  const slow = async (): Promise<string> => {
    phone.pass(2_000);
    return new Date(phone.wall + 500).toISOString();
  };
  assert.equal(await clock.ask(slow), null);
  phone.sleep(60_000);
  assert.notEqual(await clock.ask(slow), null);
  assert.equal(clock.stamp().uncertainty_ms, 2_000);
});

test("a measurement of an earlier page keeps its offset and pays for the gap", async () => {
  const before = new Phone();
  const kept = await new Clock(before.now).ask(async () => new Date(START + 7_000).toISOString());
  assert.ok(kept);
  const later = new Phone();
  later.wall += 30_000;
  later.mono = 0;
  const clock = new Clock(later.now);
  clock.adopt(kept);
  later.pass(500);
  const stamp = clock.stamp();
  assert.equal(stamp.clock_offset_ms, 7_000);
  assert.equal(stamp.elapsed_ms, 500);
  assert.equal(stamp.uncertainty_ms, 30_004);
});

test("a server that does not answer leaves everything as it is", async () => {
  const phone = new Phone();
  const clock = await measured(phone, 100, 5, 5);
  const before = clock.stamp();
  assert.equal(await clock.ask(async () => null), null);
  assert.deepEqual(clock.stamp(), before);
});

test("clocks that run together disagree about nothing", () => {
  const at = { wall: START, mono: 10 };
  assert.equal(ahead({ offset: 0, roundTrip: 0, at }, { wall: START + 99, mono: 109 }), 0);
});
