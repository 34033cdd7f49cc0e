/**
 * Decides when a symbol in front of the camera counts: once when it comes, again only after it left the frame.
 *
 * A blurred frame is not a departure, so a code is gone only after several looks and some time without it.
 */

import { needsTwoReads, type Read } from "./symbology";

interface Sighting {
  counted: boolean;
  seenAt: number;
  missed: number;
}

const GONE_AFTER_MS = 700;
const GONE_AFTER_LOOKS = 4;
const SECOND_READ_WITHIN_MS = 1_500;

export class Sightings {
  private readonly known = new Map<string, Sighting>();

  /** Take what one look found; answer the symbols that count now. */
  look(reads: Read[], now: number): Read[] {
    const found = new Map(reads.map((read) => [keyOf(read), read]));
    this.forgetGone(found, now);
    return [...found].filter(([key, read]) => this.counts(key, read, now)).map(([, read]) => read);
  }

  /** Start afresh, for example after a pause in which nobody looked. */
  clear(): void {
    this.known.clear();
  }

  private counts(key: string, read: Read, now: number): boolean {
    const before = this.known.get(key);
    const second = before !== undefined && now - before.seenAt <= SECOND_READ_WITHIN_MS;
    const counted = before?.counted ?? false;
    const counts = !counted && (second || !needsTwoReads(read));
    this.known.set(key, { counted: counted || counts, seenAt: now, missed: 0 });
    return counts;
  }

  private forgetGone(found: ReadonlyMap<string, Read>, now: number): void {
    for (const [key, sighting] of this.known) {
      if (found.has(key)) continue;
      sighting.missed += 1;
      if (sighting.missed >= GONE_AFTER_LOOKS && now - sighting.seenAt >= GONE_AFTER_MS) this.known.delete(key);
    }
  }
}

function keyOf(read: Read): string {
  return `${read.symbology} ${read.raw}`;
}
