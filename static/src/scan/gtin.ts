/** The check digit of a GTIN, so that a mistyped number is noticed before it is sent. */

const LENGTHS = new Set([8, 12, 13, 14]);

/** True where the text has the form of a GTIN but its check digit is wrong. */
export function looksMistyped(text: string): boolean {
  return /^\d+$/.test(text) && LENGTHS.has(text.length) && !hasValidCheckDigit(text);
}

function hasValidCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const fromRight = digits.length - 1 - index;
    sum += Number(digits[index]) * (fromRight % 2 === 1 ? 3 : 1);
  }
  return sum % 10 === 0;
}
