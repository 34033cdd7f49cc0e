"""Exact decimals: quantities have 3 places, amounts of money 2 (fen), prices 6; a float is refused.

Rounding is half up, as the tax rules and every invoice do it.
"""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from app.kernel.errors import InvalidInput
from app.kernel.i18n import N_

QUANTITY_PLACES = 3
MONEY_PLACES = 2
PRICE_PLACES = 6
# int64 holds 18 digits whatever the scale; the bound leaves room for sums over many rows.
LARGEST = Decimal(10) ** 12

ZERO = Decimal(0)

# Commas cut the whole part into groups of three; "1,5" may be meant as 1.5 and "1.234,50" as 1234.50: neither is read.
_NUMBER = re.compile(r"[+-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)?(\.[0-9]*)?")


class NotANumber(InvalidInput):
    """The text is no plain decimal number."""

    message = N_("“%(text)s” is not a number.")


class TooPrecise(InvalidInput):
    """More decimal places than the books carry."""

    message = N_("“%(text)s” has more than %(places)s decimal places.")


class TooLarge(InvalidInput):
    """Beyond what the books can carry."""

    message = N_("“%(text)s” is too large.")


def to_scaled(value: Decimal | int, places: int) -> int:
    """Return *value* as the integer the database keeps (value × 10^places); exact or an error."""
    if isinstance(value, float):
        raise TypeError("a float never holds a quantity, price or amount")
    number = Decimal(value)
    try:
        scaled = number.scaleb(places)
        whole = int(scaled)
    except (ValueError, OverflowError, InvalidOperation) as error:  # NaN, infinity, a NaN that signals
        raise NotANumber(text=value) from error
    if whole != scaled:
        raise TooPrecise(text=value, places=places)
    ensure_fits(number)
    return whole


def ensure_fits(number: Decimal) -> None:
    """Refuse a number beyond what the books can carry."""
    if abs(number) >= LARGEST:
        raise TooLarge(text=plain(number))


def from_scaled(stored: int | Decimal, places: int) -> Decimal:
    """Return the decimal that the stored integer means."""
    return Decimal(int(stored)).scaleb(-places)


def round_to(value: Decimal, places: int) -> Decimal:
    """Return *value* rounded half up to *places*."""
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def round_money(value: Decimal) -> Decimal:
    """Return *value* rounded half up to the fen."""
    return round_to(value, MONEY_PLACES)


def round_price(value: Decimal) -> Decimal:
    """Return *value* rounded half up to a price's 6 places."""
    return round_to(value, PRICE_PLACES)


def round_quantity(value: Decimal) -> Decimal:
    """Return *value* rounded half up to a quantity's 3 places."""
    return round_to(value, QUANTITY_PLACES)


def parse_exact(text: str, places: int) -> Decimal:
    """Return the number a person typed (full-width digits, spaces, thousands separators, ¥ allowed).

    Errors: NotANumber, TooPrecise, TooLarge.
    """
    cleaned = text.strip().translate(_FULL_WIDTH).replace(" ", "").lstrip("¥")
    if not _NUMBER.fullmatch(cleaned) or not any(character.isdigit() for character in cleaned):
        raise NotANumber(text=text)
    number = Decimal(cleaned.replace(",", ""))
    to_scaled(number, places)
    return round_to(number, places)


def parse_quantity(text: str) -> Decimal:
    """Return a quantity of at most 3 decimals from what a person typed."""
    return parse_exact(text, QUANTITY_PLACES)


def parse_whole(text: str) -> int:
    """Return a whole number from what a person typed."""
    return int(parse_exact(text, 0))


def parse_money(text: str) -> Decimal:
    """Return an amount of at most 2 decimals from what a person typed."""
    return parse_exact(text, MONEY_PLACES)


def parse_price(text: str) -> Decimal:
    """Return a price of at most 6 decimals from what a person typed."""
    return parse_exact(text, PRICE_PLACES)


def plain(value: Decimal) -> str:
    """Return *value* without exponent or trailing zeros: 24.000 → 24, 0.500 → 0.5."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


# Full-width forms (U+FF01…) are what a Chinese keyboard types; U+FFE5 is the full-width yen sign.
_FULL_WIDTH = {0xFF01 + offset: 0x21 + offset for offset in range(94)} | {0xFFE5: "¥", 0x3000: " ", 0x3002: "."}
