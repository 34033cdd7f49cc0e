/**
 * When a scan happened: the wall clock of the phone, its offset to the server, and how far to trust both.
 *
 * Law: the wall clock is never changed, only described. The monotonic clock is the cross-check: it stops while a
 * phone sleeps and restarts with the page, so time that it did not watch counts as disagreement.
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

/** Offset from one question to the server; null where the wall clock was set while it was under way. */
export function measure(sent: Instant, received: Instant, serverWall: number): Measurement | null {
  const roundTrip = received.mono - sent.mono;
  const jump = Math.abs(received.wall - sent.wall - roundTrip);
  if (roundTrip < 0 || jump > CLOCK_WAS_SET_MS || !Number.isFinite(serverWall)) return null;
  return { offset: serverWall - (sent.wall + roundTrip / 2), roundTrip, at: received };
}

/** Milliseconds that wall clock and monotonic clock disagree about since the measurement. */
export function disagreement(measurement: Measurement, now: Instant): number {
  const { at } = measurement;
  return Math.abs(now.wall - at.wall - (now.mono - at.mono));
}

export function uncertainty(measurement: Measurement | null, now: Instant): number {
  return measurement ? measurement.roundTrip + disagreement(measurement, now) : UNMEASURED_MS;
}

export class Clock {
  private measurement: Measurement | null = null;

  constructor(private readonly now: () => Instant = readClocks) {}

  /** Take over a measurement of an earlier page: its monotonic clock is gone, so the gap counts in full. */
  adopt(kept: Measurement): void {
    if (!this.measurement) this.measurement = { ...kept, at: { wall: kept.at.wall, mono: this.now().mono } };
  }

  /** Ask the server for its time; keep the answer if it is more certain than what is known. */
  async ask(serverTime: () => Promise<string | null>): Promise<Measurement | null> {
    const sent = this.now();
    const answer = await serverTime();
    const found = answer === null ? null : measure(sent, this.now(), Date.parse(answer));
    return found && this.isBetter(found) ? (this.measurement = found) : null;
  }

  stamp(): Stamp {
    const now = this.now();
    return {
      scanned_at: new Date(now.wall).toISOString(),
      clock_offset_ms: Math.round(this.measurement?.offset ?? 0),
      uncertainty_ms: Math.ceil(uncertainty(this.measurement, now)),
      elapsed_ms: Math.max(0, Math.round(now.mono - (this.measurement?.at.mono ?? 0))),
    };
  }

  private isBetter(found: Measurement): boolean {
    return found.roundTrip <= uncertainty(this.measurement, this.now());
  }
}

function readClocks(): Instant {
  return { wall: Date.now(), mono: performance.now() };
}
