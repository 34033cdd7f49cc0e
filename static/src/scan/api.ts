/** Talks to the server; turns whatever happens on the way into a value that says what to do next. */

import type { Answer, Lot, PhotoReading, ScanEvent, Stocktake } from "./contract";
import type { Reply } from "./queue";

const PATIENCE_MS = 12_000;
const PHOTO_PATIENCE_MS = 45_000;
/** Not about the scan itself: the same request may work later. */
const PASSING = new Set([408, 425, 429]);

export type PhotoReply = { kind: "read"; reading: PhotoReading } | { kind: "signed_out" } | { kind: "failed"; reason: string | null };

interface Heard {
  status: number;
  ok: boolean;
  /** The parsed JSON, null where it is none. */
  body: unknown;
}

export class Api {
  constructor(
    private readonly base: string,
    private readonly fetcher: typeof fetch = (input, init) => fetch(input, init),
  ) {}

  async postScans(events: ScanEvent[]): Promise<Reply> {
    const body = JSON.stringify({ schema: 1, events });
    const heard = await this.ask("/scans", { method: "POST", body, headers: { "Content-Type": "application/json" } });
    if (!heard || heard.status >= 500 || PASSING.has(heard.status)) return { kind: "later" };
    if (heard.status === 401) return { kind: "signed_out" };
    if (!heard.ok) return { kind: "refused", reason: refusal(heard) };
    const answers = (heard.body as { answers?: Answer[] } | null)?.answers;
    return Array.isArray(answers) ? { kind: "answers", answers } : { kind: "later" };
  }

  async serverTime(): Promise<string | null> {
    const heard = await this.ask("/clock");
    return heard?.ok ? ((heard.body as { server_time?: string } | null)?.server_time ?? null) : null;
  }

  async stocktake(id: string): Promise<Stocktake | null> {
    const heard = await this.ask(`/stocktakes/${encodeURIComponent(id)}`);
    return heard?.ok ? (heard.body as Stocktake | null) : null;
  }

  /** Lots of an item that are known, none where the server is out of reach: then they are typed. */
  async lots(item: number): Promise<Lot[]> {
    const heard = await this.ask(`/items/${item}/lots`);
    return heard?.ok ? ((heard.body as { lots?: Lot[] } | null)?.lots ?? []) : [];
  }

  async readPhoto(photo: Blob): Promise<PhotoReply> {
    const body = new FormData();
    body.append("photo", photo, "photo.jpg");
    const heard = await this.ask("/photos", { method: "POST", body }, PHOTO_PATIENCE_MS);
    if (heard?.status === 401) return { kind: "signed_out" };
    if (heard?.ok && heard.body) return { kind: "read", reading: heard.body as PhotoReading };
    return { kind: "failed", reason: heard?.body ? refusal(heard) : null };
  }

  /** Keep a picture of what was scanned; the reason where it is not kept, null where the server is out of reach. */
  async keepPhoto(scan: string, photo: Blob): Promise<{ kept: boolean; reason: string | null }> {
    const body = new FormData();
    body.append("photo", photo, "photo.jpg");
    const heard = await this.ask(`/scans/${scan}/photos`, { method: "POST", body }, PHOTO_PATIENCE_MS);
    return { kept: heard?.ok ?? false, reason: heard && !heard.ok ? refusal(heard) : null };
  }

  /** Null where nothing came back in time. A redirect is an error: a sign-in page or a hotel's portal is no answer. */
  private async ask(path: string, init: RequestInit = {}, patience = PATIENCE_MS): Promise<Heard | null> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), patience);
    const headers = { Accept: "application/json", "X-Zhangshi": "1", ...init.headers };
    const how: RequestInit = { redirect: "error", credentials: "same-origin", cache: "no-store", signal: abort.signal };
    try {
      const response = await this.fetcher(this.base + path, { ...init, ...how, headers });
      const text = await response.text(); // inside the patience: a body can stall as well as a head
      return { status: response.status, ok: response.ok, body: parseJson(text) };
    } catch {
      return null;
    } finally {
      clearTimeout(timer);
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** The server answers errors with a problem document: a title, and a sentence that says more. */
function refusal(heard: Heard): string {
  const problem = (heard.body ?? {}) as { title?: string; detail?: string };
  return problem.detail || problem.title || `HTTP ${heard.status}`;
}
