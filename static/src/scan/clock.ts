/**
 * When a scan happened: the wall clock of the phone, its offset to the server, and how far to trust both.
 *
 * Law: the wall clock is never changed, only described. The monotonic clock is the cross-check: it stops while a
 * phone sleeps and restarts with the page, so time that it did not watch counts as disagreement. A clock that was set
 * and a sleep may hide each other from whoever looks afterwards: steps are noted as they happen and never taken back.
 */

export interface Instant {
  wall: number;
  mono: number;
}

export interface Measurement {
  offset: number;
  roundTrip: number;
  at: Instant;
}

export interface Stamp {
  scanned_at: string;
  clock_offset_ms: number;
  uncertainty_ms: number;
  elapsed_ms: number;
}

/** What is claimed before any measurement: the phone may be a day off. */
export const UNMEASURED_MS = 86_400_000;
const CLOCK_WAS_SET_MS = 100;
const WATCH_MS = 1_000;
/** Both clocks of a phone run on one crystal: how far it may be wrong shows in neither. */
const DRIFT = 1e-4;

/** Steps of one clock against the other since a measurement: `sum` with their signs, `size` without. */
export interface Steps {
  sum: number;
  size: number;
}

const NONE: Steps = { sum: 0, size: 0 };

/** Offset from one question to the server; null where the wall clock was set while it was under way. */
export function measure(sent: Instant, received: Instant, serverWall: number): Measurement | null {
  const roundTrip = received.mono - sent.mono;
  const jump = Math.abs(received.wall - sent.wall - roundTrip);
  if (roundTrip < 0 || jump > CLOCK_WAS_SET_MS || !Number.isFinite(serverWall)) return null;
  return { offset: serverWall - (sent.wall + roundTrip / 2), roundTrip, at: received };
}

/** Milliseconds by which the wall clock got ahead of the monotonic clock since the measurement. */
export function ahead({ at }: Measurement, now: Instant): number {
  return now.wall - at.wall - (now.mono - at.mono);
}

export function uncertainty(measurement: Measurement | null, now: Instant, steps: Steps = NONE): number {
  if (!measurement) return UNMEASURED_MS;
  const { roundTrip, at } = measurement;
  const passed = Math.max(now.wall - at.wall, now.mono - at.mono, 0);
  return roundTrip + steps.size + Math.abs(ahead(measurement, now) - steps.sum) + passed * DRIFT;
}

export class Clock {
  private measurement: Measurement | null = null;
  private steps = NONE;
  private seen = 0;

  constructor(private readonly now: () => Instant = readClocks) {}

  /** Take over a measurement of an earlier page: its monotonic clock is gone, so the gap counts in full. */
  adopt(kept: Measurement): void {
    if (!this.measurement) this.measurement = { ...kept, at: { wall: kept.at.wall, mono: this.now().mono } };
  }

  /** Ask the server for its time; keep the answer if it is more certain than what is known. */
  async ask(serverTime: () => Promise<string | null>): Promise<Measurement | null> {
    this.watch();
    const sent = this.now();
    const answer = await serverTime();
    const found = answer === null ? null : measure(sent, this.now(), Date.parse(answer));
    this.watch();
    if (!found || !this.isBetter(found)) return null;
    this.steps = NONE;
    this.seen = 0;
    return (this.measurement = found);
  }

  /** Note whether a clock was set, or slept, since it was last looked at. */
  watch(): void {
    if (!this.measurement) return;
    const now = ahead(this.measurement, this.now());
    const step = now - this.seen;
    this.seen = now;
    if (Math.abs(step) <= CLOCK_WAS_SET_MS) return;
    this.steps = { sum: this.steps.sum + step, size: this.steps.size + Math.abs(step) };
  }

  stamp(): Stamp {
    this.watch();
    const now = this.now();
    return {
      scanned_at: new Date(now.wall).toISOString(),
      clock_offset_ms: Math.round(this.measurement?.offset ?? 0),
      uncertainty_ms: Math.ceil(uncertainty(this.measurement, now, this.steps)),
      elapsed_ms: Math.max(0, Math.round(now.mono - (this.measurement?.at.mono ?? 0))),
    };
  }

  private isBetter(found: Measurement): boolean {
    return found.roundTrip <= uncertainty(this.measurement, this.now(), this.steps);
  }
}

/** Look at the clock all the time. */
export function watched(clock: Clock): Clock {
  setInterval(() => clock.watch(), WATCH_MS);
  return clock;
}

function readClocks(): Instant {
  return { wall: Date.now(), mono: performance.now() };
}
