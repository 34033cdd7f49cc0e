"""Codes that are taken for each other: what a misread, mistyped or look-alike number may have been.

Law: a slip is a hint for a person who binds an unknown code; it resolves nothing by itself.
"""

from enum import StrEnum

from app.kernel.gtin import barcode_key, check_digit, has_check_digit, has_gtin_length

_GTIN14 = 14


class Slip(StrEnum):
    """What may have happened to a code."""

    OTHER_PACK = "other_pack"  # the same article in another packaging: the first of the 14 digits
    SWAP = "swap"  # two neighbours changed places
    DIGIT = "digit"  # one digit is another


def slips_of(text: str) -> dict[str, Slip]:
    """Return the forms under which the catalogue may hold what *text* was meant to be, the likeliest first.

    Only digits as long as a trade number are looked at: in other codes a neighbour is another thing, not a slip. A
    number whose check digit is right has slipped in two places, of which the check digit is one.
    """
    if not has_gtin_length(text):
        return {}
    number = text.zfill(_GTIN14)
    found: dict[str, Slip] = {}
    for slip, near in (
        *((Slip.OTHER_PACK, near) for near in _other_packs(number)),
        *((Slip.SWAP, near) for near in _swaps(number)),
        *((Slip.DIGIT, near) for near in _other_digits(number)),
    ):
        key = barcode_key(near)
        if key != barcode_key(text):
            found.setdefault(key, slip)
    return found


def _other_packs(number: str) -> list[str]:
    if not has_check_digit(number):
        return []
    return [payload + check_digit(payload) for first in "012345678" for payload in [first + number[1:-1]]]


def _swaps(number: str) -> list[str]:
    swapped = [
        number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        for at in range(len(number) - 1)
        if number[at] != number[at + 1]
    ]
    return [right for near in swapped for right in _righted(near, number)]


def _other_digits(number: str) -> list[str]:
    changed = [number[:at] + digit + number[at + 1 :] for at in range(len(number)) for digit in "0123456789"]
    return [right for near in changed for right in _righted(near, number)]


def _righted(near: str, number: str) -> list[str]:
    """Return *near* where it is a number; else, where *number* is one, with the check digit that it would have."""
    if has_check_digit(near):
        return [near]
    return [near[:-1] + check_digit(near[:-1])] if has_check_digit(number) else []
