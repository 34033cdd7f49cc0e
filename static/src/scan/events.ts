/** Makes the events that are stored and sent; an event is complete when it is made and never changed. */

import type { Config, Kind, ScanEvent } from "./contract";
import type { Stamp } from "./clock";

/** An event before the outbox gave it its place in the device's sequence. */
export type NewEvent = Omit<ScanEvent, "sequence">;

/** What a task wants to record; everything else is the same for all events of the page. */
export interface Draft {
  id: string;
  kind: Kind;
  round: number;
  location: number | null;
  raw?: string | null;
  symbology?: string | null;
  candidate?: string | null;
  lot?: string | null;
  expiry?: string | null;
  quantity?: string | null;
  undoes?: string | null;
}

export type Sender = Pick<Config, "device" | "grant" | "task">;

export function makeEvent(draft: Draft, sender: Sender, stamp: Stamp): NewEvent {
  return {
    id: draft.id,
    device: sender.device,
    grant: sender.grant,
    task: sender.task,
    round: draft.round,
    kind: draft.kind,
    undoes: draft.undoes ?? null,
    raw: draft.raw ?? null,
    symbology: draft.symbology ?? null,
    candidate: draft.candidate ?? null,
    lot: draft.lot ?? null,
    expiry: draft.expiry ?? null,
    location: draft.location,
    quantity: draft.quantity ?? null,
    ...stamp,
  };
}
