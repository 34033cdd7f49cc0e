/** Quantities on the phone: whole thousandths, so that no binary fraction ever holds one. */

export type Thousandths = number;

const FORM = /^(-?)(\d{1,9})(?:\.(\d{1,3}))?$/;

/** Read "24", "24.5" or "24.000"; null where it is no quantity of at most three decimals. */
export function parseAmount(text: string): Thousandths | null {
  const match = FORM.exec(text);
  if (!match) return null;
  const size = Number(match[2]) * 1000 + Number((match[3] ?? "").padEnd(3, "0"));
  return match[1] ? -size : size;
}

/** Write for the wire: always three decimals. */
export function wireAmount(amount: Thousandths): string {
  const size = Math.abs(amount);
  const text = `${Math.floor(size / 1000)}.${String(size % 1000).padStart(3, "0")}`;
  return amount < 0 ? `-${text}` : text;
}

/** Write for people: no trailing zeros. */
export function showAmount(amount: Thousandths): string {
  return wireAmount(amount).replace(/\.?0+$/, "");
}

/** Multiply two quantities, for example a count of packs by the factor of the pack; half away from zero. */
export function timesAmount(left: Thousandths, right: Thousandths): Thousandths {
  const product = BigInt(left) * BigInt(right);
  const half = product < 0n ? -500n : 500n;
  return Number((product + half) / 1000n);
}

const MUCH: Thousandths = 1_000_000;

/** A thousand and more, and ten times what was counted before: perhaps a slip of the thumb, or a code in the wrong field. */
export function isDoubtful(amount: Thousandths, before: Thousandths): boolean {
  return amount >= MUCH && amount >= 10 * before;
}
