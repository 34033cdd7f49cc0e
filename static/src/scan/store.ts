/**
 * What must survive on the phone: the outbox of scans, what a person has to see, notes of the page, names of codes.
 *
 * Law: a scan is stored before it is shown as taken; a row leaves the outbox only by the server's answer to its id.
 */

import { openDB, type DBSchema, type IDBPDatabase, type StoreNames } from "idb";
import type { Named } from "./catalogue";
import type { Answer, ScanEvent } from "./contract";
import type { NewEvent } from "./events";

export interface Row {
  seq: number;
  id: string;
  event: NewEvent;
  /** Why the server will not take it, until a person has looked; null while it waits. */
  refused: string | null;
}

export interface Parked {
  id: string;
  event: NewEvent;
  answer: Answer;
}

export interface Counts {
  waiting: number;
  refused: number;
  parked: number;
}

interface Schema extends DBSchema {
  outbox: { key: number; value: Omit<Row, "seq"> & { seq?: number }; indexes: { id: string } };
  parked: { key: string; value: Parked };
  notes: { key: string; value: unknown };
  codes: { key: string; value: Named & { at: number }; indexes: { at: number } };
}

type Database = IDBPDatabase<Schema>;

/** The row as the server wants it: the outbox's own key is the device's sequence. */
export function toWire(row: Row): ScanEvent {
  return { ...row.event, sequence: row.seq };
}

/** As many codes as a big shop has; the ones met longest ago make room. */
export const MOST_CODES = 5_000;

export class Store {
  private opened: Promise<Database> | null = null;

  constructor(
    private readonly name: string = "zhangshi-scan",
    private readonly mostCodes: number = MOST_CODES,
  ) {}

  /** Store events and a note beside them in one transaction; resolves when they are on disk. */
  async add(events: NewEvent[], note?: { key: string; value: unknown }): Promise<void> {
    const database = await this.open();
    // "strict": browsers otherwise report success while the row is only in the memory of the system.
    const work = database.transaction(["outbox", "notes"], "readwrite", { durability: "strict" });
    const outbox = work.objectStore("outbox");
    const writes: Promise<unknown>[] = events.map((event) => outbox.add({ id: event.id, event, refused: null }));
    if (note) writes.push(work.objectStore("notes").put(note.value, note.key));
    await Promise.all([...writes, work.done]);
  }

  /** The oldest rows that still wait, in the order in which they were scanned. */
  async waiting(limit: number): Promise<Row[]> {
    const rows: Row[] = [];
    let cursor = await (await this.open()).transaction("outbox").store.openCursor();
    while (cursor && rows.length < limit) {
      if (cursor.value.refused === null) rows.push(cursor.value as Row);
      cursor = await cursor.continue();
    }
    return rows;
  }

  /** Take the answered row out of the outbox; false where no such row is left. */
  async settle(answer: Answer): Promise<boolean> {
    const database = await this.open();
    const work = database.transaction(["outbox", "parked"], "readwrite", { durability: "strict" });
    const outbox = work.objectStore("outbox");
    const seq = await outbox.index("id").getKey(answer.id);
    if (seq === undefined) return work.done.then(() => false);
    const row = await outbox.get(seq);
    if (row && answer.status === "parked") {
      await work.objectStore("parked").put({ id: row.id, event: row.event, answer }, row.id);
    }
    await outbox.delete(seq);
    await work.done;
    return true;
  }

  /** Set a row aside for a person, with the reason. */
  async refuse({ seq }: Pick<Row, "seq">, reason: string): Promise<void> {
    await this.rewrite((row) => (row.seq === seq ? { ...row, refused: reason } : null));
  }

  /** Let every row that was set aside wait again. */
  async retryRefused(): Promise<void> {
    await this.rewrite((row) => (row.refused === null ? null : { ...row, refused: null }));
  }

  async refusedRows(): Promise<Row[]> {
    const rows = (await (await this.open()).getAll("outbox")) as Row[];
    return rows.filter((row) => row.refused !== null);
  }

  /** Ids of everything that has not been answered. */
  async unanswered(): Promise<Set<string>> {
    return new Set((await (await this.open()).getAll("outbox")).map((row) => row.id));
  }

  async parkedRows(): Promise<Parked[]> {
    return (await this.open()).getAll("parked");
  }

  /** A person has seen it; the server keeps the parked event itself. */
  async dismissParked(id: string): Promise<void> {
    await (await this.open()).delete("parked", id);
  }

  async counts(): Promise<Counts> {
    const database = await this.open();
    const [all, parked, refused] = await Promise.all([
      database.count("outbox"),
      database.count("parked"),
      this.refusedRows(),
    ]);
    return { waiting: all - refused.length, refused: refused.length, parked };
  }

  async note<T>(key: string): Promise<T | undefined> {
    return (await (await this.open()).get("notes", key)) as T | undefined;
  }

  async keepNote(key: string, value: unknown): Promise<void> {
    await (await this.open()).put("notes", value, key);
  }

  /** What codes were found to be. */
  async named(): Promise<Named[]> {
    return (await this.open()).getAll("codes");
  }

  async keepNamed(named: readonly Named[]): Promise<void> {
    const work = (await this.open()).transaction("codes", "readwrite");
    const at = Date.now();
    await Promise.all(named.map((one) => work.store.put({ ...one, at }, one.raw)));
    let tooMany = (await work.store.count()) - this.mostCodes;
    const oldest = tooMany > 0 ? await work.store.index("at").openCursor() : null;
    for (let cursor = oldest; cursor && tooMany > 0; cursor = await cursor.continue(), tooMany -= 1) await cursor.delete();
    await work.done;
  }

  async close(): Promise<void> {
    (await this.opened)?.close();
    this.opened = null;
  }

  private async rewrite(change: (row: Row) => Row | null): Promise<void> {
    const work = (await this.open()).transaction("outbox", "readwrite", { durability: "strict" });
    for (let cursor = await work.store.openCursor(); cursor; cursor = await cursor.continue()) {
      const changed = change(cursor.value as Row);
      if (changed) await cursor.update(changed);
    }
    await work.done;
  }

  /** Phones close databases of pages in the background: the next use opens it again. */
  private open(): Promise<Database> {
    const forget = (): void => void (this.opened = null);
    // A newer page in another tab may want to rebuild: this one lets go and opens again when it needs to.
    const letGo = (): void => void this.close();
    const how = { upgrade: create, terminated: forget, blocking: letGo };
    this.opened ??= openDB<Schema>(this.name, 2, how).catch((error: unknown) => {
      forget();
      throw error;
    });
    return this.opened;
  }
}

function create(database: Database, before: number): void {
  if (before < 1) {
    const keyed: StoreNames<Schema>[] = ["parked", "notes"];
    // The time of a scan cannot be the key: two scans in one millisecond would change places.
    database.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true }).createIndex("id", "id", { unique: true });
    keyed.forEach((name) => database.createObjectStore(name));
  }
  if (before < 2) database.createObjectStore("codes").createIndex("at", "at");
}
