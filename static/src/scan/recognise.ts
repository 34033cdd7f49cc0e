/** Tells at once, without the server, whether a text is the label of a bin. */

import type { Bin } from "./contract";
import { hasOwnShape, parseOwnCode } from "./owncode";

export type Recognised =
  | { kind: "bin"; bin: Bin }
  /** A bin label of ours that is not on this task's list. */
  | { kind: "other_bin"; id: number }
  /** A label of ours whose check digits do not fit. */
  | { kind: "damaged" }
  /** The code of a printed count sheet: it is entered on a page of its own. */
  | { kind: "sheet" }
  | { kind: "item" };

export function recognise(raw: string, bins: readonly Bin[]): Recognised {
  const text = raw.replace(/^\][A-Za-z]\d/, "").trim();
  const own = parseOwnCode(text);
  const bin = bins.find((one) => one.codes.includes(text) || (own?.kind === "bin" && own.id === one.id));
  if (bin) return { kind: "bin", bin };
  if (own?.kind === "bin") return { kind: "other_bin", id: own.id };
  if (own?.kind === "sheet") return { kind: "sheet" };
  return hasOwnShape(text) && !own ? { kind: "damaged" } : { kind: "item" };
}
