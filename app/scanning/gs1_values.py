"""What a GS1 value must obey beyond its length: characters, check digits, dates; and what dates mean."""

import calendar
import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from app.kernel.errors import InvalidInput
from app.kernel.gtin import has_check_digit
from app.kernel.i18n import N_
from app.scanning.iso_numbers import COUNTRIES, CURRENCIES

# GS1 General Specifications 7.11: the characters of Latin that every printer and scanner agree on.
_CHARSETS = {
    "N": re.compile(r"[0-9]*"),
    "X": re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]*"""),
    "Y": re.compile(r"[#\-/0-9A-Z]*"),
    "Z": re.compile(r"[0-9A-Za-z_=\-]*"),
    "-": re.compile(r"-?"),
}

# Where the check digit stands: the length of the number that ends with it, from the start of the value.
_CHECKED = {"00": 18, "01": 14, "02": 14, "03": 14, "253": 13, "255": 13, "402": 17, "8003": 14, "8006": 14}
_CHECKED |= {"8017": 18, "8018": 18, "8026": 14} | {f"41{n}": 13 for n in range(8)}

# Keys that start with a GS1 company prefix, all digits, at least four.
_PREFIXED = frozenset({"401", "8004", "8010", "8013"})

_COUNTRY_AIS = frozenset({"421", "422", "424", "426"})

_YEARS_BACK, _YEARS_AHEAD = 49, 50

_NEAR_2000 = date(2000, 1, 1)

_LONG_YEAR = frozenset({"7250", "7251"})


class Part(NamedTuple):
    """One piece of a value's format: N6, X..20, [+N..4]."""

    charset: str
    shortest: int
    longest: int


class WrongCharacters(InvalidInput):
    """A digit is expected, or the character is none that GS1 allows."""

    message = N_("The value of (%(ai)s) holds characters that are not allowed there.")


class WrongCheckDigit(InvalidInput):
    """The number is damaged or was made up."""

    message = N_("The check digit of (%(ai)s) is wrong.")


class NotADate(InvalidInput):
    """No such day or time."""

    message = N_("The value of (%(ai)s) is no date.")


class UnknownNumber(InvalidInput):
    """A country, currency or company that has no such number."""

    message = N_("The value of (%(ai)s) starts with a number that nobody has.")


class WrongPieceNumber(InvalidInput):
    """Piece 3 of 2."""

    message = N_("The piece number in (%(ai)s) does not fit the total.")


def problem_of(ai: str, value: str, parts: Sequence[Part], *, is_date: bool) -> InvalidInput | None:
    """Return what is wrong with *value* of identifier *ai*, made of *parts*, or None."""
    if not _obeys_charsets(value, parts):
        return WrongCharacters(ai=ai)
    checked = _CHECKED.get(ai)
    if checked and not has_check_digit(value[:checked]):
        return WrongCheckDigit(ai=ai)
    if is_date and not _is_date(ai, value):
        return NotADate(ai=ai)
    if not _has_known_prefix(ai, value):
        return UnknownNumber(ai=ai)
    if ai in {"8006", "8026"} and not "00" < value[14:16] <= value[16:18]:
        return WrongPieceNumber(ai=ai)
    return None


def _obeys_charsets(value: str, parts: Sequence[Part]) -> bool:
    start = 0
    for part in parts:
        piece = value[start : start + part.longest]
        if not _CHARSETS[part.charset].fullmatch(piece):
            return False
        start += len(piece)
    return True


def _has_known_prefix(ai: str, value: str) -> bool:
    if ai in _COUNTRY_AIS:
        return value[:3] in COUNTRIES
    if re.fullmatch(r"39[13][0-9]", ai):
        return value[:3] in CURRENCIES
    return ai not in _PREFIXED or bool(re.match(r"[0-9]{4}", value))


def gs1_date(digits: str, today: date) -> date | None:
    """Return the day that YYMMDD means, or None; day 00 is the last of the month.

    The century puts the year at most 49 years before and 50 years after *today* (General Specifications 7.12).
    """
    if not re.fullmatch(r"[0-9]{6}", digits):
        return None
    century = today.year - today.year % 100
    ahead = int(digits[:2]) - today.year % 100
    year = century + int(digits[:2]) + (-100 if ahead > _YEARS_AHEAD else 100 if ahead < -_YEARS_BACK else 0)
    return _day(year, int(digits[2:4]), int(digits[4:6]))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day or calendar.monthrange(year, month)[1])
    except ValueError:
        return None


def _is_date(ai: str, value: str) -> bool:
    """Return whether every day and time in *value* exists (a leap day counts in the century nearest the year 2000)."""
    if ai in _LONG_YEAR:
        return _day(int(value[:4]), int(value[4:6]), int(value[6:8])) is not None and _is_time(value[8:])
    if ai == "7007":
        return all(gs1_date(day, _NEAR_2000) for day in (value[:6], value[6:]) if day)
    return gs1_date(value[:6], _NEAR_2000) is not None and _is_time(value[6:])


def _is_time(digits: str) -> bool:
    # 99 in both places says that the time is not known (AIs 4324, 4325).
    if not digits or digits == "9999":
        return True
    return bool(re.fullmatch(r"(?:[01][0-9]|2[0-3])(?:[0-5][0-9]){0,2}", digits))
