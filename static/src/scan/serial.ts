/**
 * Which single thing a code names: a GTIN with its serial number (AI 21), or a logistic unit (AI 00); null for all else.
 *
 * Law: only what is certain without the server; whatever is missed here, the server counts once all the same.
 */

const SEPARATOR = "\u001d";
/** Lengths of the values that end by themselves, by the first two digits of their identifiers. */
const FIXED: Readonly<Record<string, number>> = {
  "00": 20, "01": 16, "02": 16, "03": 16, "04": 18, "11": 8, "12": 8, "13": 8, "14": 8, "15": 8, "16": 8, "17": 8,
  "18": 8, "19": 8, "20": 4, "31": 10, "32": 10, "33": 10, "34": 10, "35": 10, "36": 10, "41": 16,
};

export function serialOf(raw: string): string | null {
  const text = raw.replace(/^\][A-Za-z]\d/, "").trim();
  if (/^[(]\d{2,4}[)]/.test(text)) return named(bracketed(text));
  if (/^https?:/i.test(text)) return named(linked(text));
  return text !== raw || text.includes(SEPARATOR) || /^(00\d{18}|01\d{14}.+)$/.test(text) ? named(elements(text)) : null;
}

function named(values: ReadonlyMap<string, string>): string | null {
  const gtin = values.get("01");
  const serial = values.get("21");
  return gtin && serial ? `${gtin} ${serial}` : (values.get("00") ?? null);
}

function bracketed(text: string): Map<string, string> {
  return new Map([...text.matchAll(/[(](\d{2,4})[)]([^(]+)/g)].map(([, ai = "", value = ""]) => [ai, value]));
}

function linked(text: string): Map<string, string> {
  const path = text.replace(/[?#].*$/, "").split("/").slice(3);
  const values = new Map<string, string>();
  path.forEach((ai, place) => {
    const value = path[place + 1];
    if (value && /^\d{2}$/.test(ai)) values.set(ai, ai === "01" ? value.padStart(14, "0") : decodeURIComponent(value));
  });
  return values;
}

function elements(text: string): Map<string, string> {
  const values = new Map<string, string>();
  let rest = text;
  while (rest.length > 2) {
    if (rest.startsWith(SEPARATOR)) rest = rest.slice(1);
    const length = FIXED[rest.slice(0, 2)] ?? (rest + SEPARATOR).indexOf(SEPARATOR);
    values.set(rest.slice(0, 2), rest.slice(2, length));
    rest = rest.slice(Math.max(length, 1));
  }
  return values;
}
