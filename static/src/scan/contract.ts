/** The rows that the phone and the server exchange. Law: quantities are decimal strings, never numbers. */

export type Kind = "scan" | "set" | "zero" | "open_bin" | "close_bin" | "undo";

export interface ScanEvent {
  id: string;
  device: string;
  sequence: number;
  grant: string;
  task: string;
  round: number;
  kind: Kind;
  undoes: string | null;
  raw: string | null;
  symbology: string | null;
  candidate: string | null;
  lot: string | null;
  expiry: string | null;
  location: number | null;
  quantity: string | null;
  scanned_at: string;
  clock_offset_ms: number;
  uncertainty_ms: number;
  elapsed_ms: number;
}

/** One of several things that a code means; `candidate` names it in the event that chooses. */
export interface Choice {
  candidate: string;
  item: Item | null;
  pack: Pack | null;
}

export interface Item {
  id: number;
  code: string;
  name: string;
  unit: string;
  /** Id of the pack that is one base unit. */
  base: number;
  /** Each scan must name its lot; a new lot its expiry date, too. */
  lots: boolean;
  expiry: boolean;
}

export interface Pack {
  id: number;
  unit: string;
  factor: string;
}

export interface Answer {
  id: string;
  status: "accepted" | "parked";
  reason: string | null;
  message: string;
  bin: { id: number; code: string } | null;
  item: Item | null;
  pack: Pack | null;
  /** Code of the lot where the item is kept by lots: what was counted is said lot by lot. */
  lot: string | null;
  quantity: string | null;
  counted: string | null;
  choices: Choice[];
}

export interface Bin {
  id: number;
  code: string;
  name: string;
  state: "waiting" | "open" | "closed";
  round: number;
  counter: string | null;
  codes: string[];
  /** Who is asked to count it: a wish, not a lock. The server puts this user's own bins first. */
  assigned?: string | null;
  mine?: boolean;
  /** The books have nothing there: closing it empty needs one tap. */
  expected_empty?: boolean;
  /** What a round after the first asks for; whatever else lies there has been decided. */
  recount?: { code: string; name: string; lot: string | null }[];
  /** This user has it open: on this device, or on another one. */
  open_on?: "here" | "elsewhere" | null;
  /** This user counted it in an earlier round: somebody else has to recount it. */
  own_recount?: boolean;
}

export interface Lot {
  code: string;
  /** ISO date. */
  expiry: string | null;
}

export interface Stocktake {
  id: number;
  number: string;
  state: string;
  blind: boolean;
  bins: Bin[];
}

export interface PhotoCode {
  text: string;
  symbology: string;
  gtin14: string | null;
}

export interface PhotoReading {
  codes: PhotoCode[];
  ms: number;
  error: string | null;
}

/** What the page is told by the server when it is opened. */
export interface Config {
  task: string;
  api: string;
  grant: string;
  user: number;
  /** Name of the user, as bins name their counters. */
  name?: string;
  device: string;
  /** The one bin of a spot count. */
  spot?: number | null;
  worker: string;
  wasm: string;
  blind: boolean;
  signIn: string;
  back: string;
}
