/** The codes on our own labels: ZS + kind + id + two check digits (ISO 7064 mod 97-10). */

export interface OwnCode {
  kind: "bin" | "pack" | "sheet";
  id: number;
}

/** Fifteen digits at most: beyond them a number here is no longer exact. */
const FORM = /^ZS([BPS])(\d{7,15})\d\d$/;

const KINDS = { B: "bin", P: "pack", S: "sheet" } as const;

/** Read a label of ours; null where it is none or its check digits are wrong. Scanners may send small letters. */
export function parseOwnCode(text: string): OwnCode | null {
  const upper = text.toUpperCase();
  const match = FORM.exec(upper);
  if (!match || remainder97(upper) !== 1) return null;
  return { kind: KINDS[match[1] as keyof typeof KINDS], id: Number(match[2]) };
}

export function hasOwnShape(text: string): boolean {
  return FORM.test(text.toUpperCase());
}

function remainder97(text: string): number {
  let rest = 0;
  for (const letter of text) {
    const value = parseInt(letter, 36); // letters count as A=10 … Z=35
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest;
}
