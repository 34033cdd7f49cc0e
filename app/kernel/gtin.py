"""Trade item numbers: GTIN-8, -12, -13, -14 and UPC-E, all written as 14 digits so that one article has one key.

A number whose check digit is wrong is not a GTIN. Restricted numbers (2x, 02, 04: a shop's own) have the form but
name nothing outside that shop.
"""

import re

LENGTHS = (8, 12, 13, 14)

_DIGITS = re.compile(r"[0-9]+")
_UPC_E = re.compile(r"[01][0-9]{7}")


def check_digit(payload: str) -> str:
    """Return the GS1 mod 10 check digit of *payload* (digits without it; any length: GTIN, SSCC, GLN)."""
    total = sum(int(digit) * (1 if index % 2 else 3) for index, digit in enumerate(reversed(payload)))
    return str(-total % 10)


def has_check_digit(number: str) -> bool:
    """Return whether the last digit of *number* is the right check digit."""
    return bool(_DIGITS.fullmatch(number)) and len(number) > 1 and check_digit(number[:-1]) == number[-1]


def has_gtin_length(text: str) -> bool:
    """Return whether *text* is all digits and as long as a GTIN may be."""
    return len(text) in LENGTHS and bool(_DIGITS.fullmatch(text))


def find_gtin14(text: str) -> str | None:
    """Return the 14 digits of the GTIN-8, -12, -13 or -14 in *text*, or None where length or check digit is wrong."""
    if not has_gtin_length(text) or not has_check_digit(text) or not text.strip("0"):
        return None
    return text.zfill(14)


def expand_upc_e(text: str) -> str | None:
    """Return the 12 digits of UPC-A that the 8 digits of a UPC-E stand for (GS1 General Specifications 5.2.2.4.2)."""
    if not _UPC_E.fullmatch(text):
        return None
    system, body, last, check = text[0], text[1:6], text[6], text[7]
    if last in "012":
        number = f"{system}{body[:2]}{last}0000{body[2:]}"
    elif last == "3":
        number = f"{system}{body[:3]}00000{body[3:]}"
    elif last == "4":
        number = f"{system}{body[:4]}00000{body[4]}"
    else:
        number = f"{system}{body}0000{last}"
    return number + check if check_digit(number) == check else None


def is_restricted(gtin14: str) -> bool:
    """Return whether *gtin14* is of a range kept for use inside one shop: prefixes 02, 04, 2x; GTIN-8 with 0 or 2."""
    if gtin14.startswith("000000"):
        return gtin14[6] in "02"
    return gtin14[0] == "0" and (gtin14[1] == "2" or gtin14[1:3] in {"02", "04"})


def guess_gtin14(text: str) -> str | None:
    """Return the 14 digits of the number in *text* where nobody said which symbology it came from, or None.

    Many 8 digits are right both as UPC-E and as GTIN-8. With a 0 in front they are a UPC-E, which goods of the world
    carry; a GTIN-8 with a 0 is some shop's own.
    """
    expanded = find_gtin14(expand_upc_e(text) or "")
    as_it_is = find_gtin14(text)
    return expanded or as_it_is if text.startswith("0") else as_it_is or expanded


def barcode_key(text: str) -> str:
    """Return the form in which *text*, scanned or typed, is stored and looked up: a GTIN's 14 digits, else itself."""
    cleaned = text.strip(" \t\r\n")
    return guess_gtin14(cleaned) or cleaned
