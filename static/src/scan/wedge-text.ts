/** What keyboards make of codes, and what the code was: layouts, separators, full-width letters. */

export const GROUP_SEPARATOR = "\u001d";

const PLAIN_PLACES: Record<string, string> = {
  Minus: "-_",
  Equal: "=+",
  BracketLeft: "[{",
  BracketRight: "]}",
  Backslash: "\\|",
  Semicolon: ";:",
  Quote: "'\"",
  Backquote: "`~",
  Comma: ",<",
  Period: ".>",
  Slash: "/?",
  Space: "  ",
};
const SHIFTED_DIGITS = ")!@#$%^&*(";

/** The character at a place of the US keyboard, which is what scanners are built to be. */
export function keyByPlace(code: string, shift: boolean): string | null {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return shift ? letter : letter.toLowerCase();
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code)?.[1];
  if (digit) return shift && code.startsWith("Digit") ? SHIFTED_DIGITS[Number(digit)]! : digit;
  return PLAIN_PLACES[code]?.[shift ? 1 : 0] ?? null;
}

/** Never part of a code: however the scanner was set up, these stand for the separator. */
const SPELLED_SEPARATORS = /\{GS\}|<GS>|\[GS\]|\\x1d|\\u001d|[\u241d\u2194]/gi;
/** Honest characters elsewhere: separators only in text that is a GS1 element string. */
const SUBSTITUTES = /[|~^#]/g;
const GS1_TEXT = /^(?:\](?:C1|d2|Q3|e0)|(?:01|02)\d{14}|00\d{18})/;
/** Letters, digits and signs of the full-width keyboard mode, one block away from their plain ones. */
const FULL_WIDTH = /[\uff01-\uff5e]/g;

export function cleanWedgeText(typed: string): string {
  const narrow = typed.replace(FULL_WIDTH, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0));
  const text = narrow.replace(SPELLED_SEPARATORS, GROUP_SEPARATOR);
  const separated = GS1_TEXT.test(text) ? text.replace(SUBSTITUTES, GROUP_SEPARATOR) : text;
  return separated.replace(/^[\s\u001d]+|[\s\u001d]+$/g, "");
}
