"""What a sheet's entry must say before it is believed, and how it is named."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Final
from uuid import UUID

from msgspec import Struct

from app.kernel.errors import InvalidInput, NotFound, RuleBroken
from app.kernel.exact import TooLarge, plain
from app.kernel.i18n import N_
from app.stocktake.rules import EARLY

MOST_SHEETS: Final = 500
BLANK_LINES: Final = 8
# What a scan carries at most.
TOO_MANY: Final = Decimal(10) ** 9
LONGEST_LOT: Final = 60
# An instant written by hand: a move so close to it may have been seen or not.
DOUBT: Final = timedelta(minutes=10)
# How scans that were written on paper say where they come from.
SOURCE: Final = "sheet"


class NoSuchSheet(NotFound):
    """No sheet has this number."""

    message = N_("There is no such count sheet.")


class NoSheetChosen(InvalidInput):
    """Nothing to print."""

    message = N_("Choose at least one bin to print a sheet for.")


class TooManySheets(InvalidInput):
    """More paper than one file should have."""

    message = N_("%(count)s sheets are too many for one file; print at most %(most)s at a time.")


class InstantMissing(InvalidInput):
    """When it was counted decides what the books are compared with."""

    message = N_("Enter when it was counted, as the sheet says.")


class InstantWrong(InvalidInput):
    """Counted before the stocktake began, or after now."""

    message = N_("It cannot have been counted then: the stocktake began at %(start)s.")


class CounterMissing(InvalidInput):
    """A count without anybody who made it."""

    message = N_("Choose who counted.")


class QuantityNegative(InvalidInput):
    """Less than nothing lies nowhere."""

    message = N_("Not below 0.")


class CodeUnknown(InvalidInput):
    """What was found has a code that names no item, or more than one."""

    message = N_("No item has this code, or more than one: %(code)s")


class QuantityMissing(InvalidInput):
    """Something found, but not how much."""

    message = N_("How many are there?")


class LotInvalid(InvalidInput):
    """A lot code that no scan could carry."""

    message = N_("“%(lot)s” is no lot code: it has at most %(most)s characters.")


class OwnRecount(RuleBroken):
    """Whoever counted a bin does not write its recount down for somebody else."""

    message = N_("You counted this bin before: somebody else has to enter its recount.")


class AlreadyEntered(RuleBroken):
    """The form was sent before with other content."""

    message = N_("This form was entered already. Open the sheet anew to enter it again.")


class SheetRefused(RuleBroken):
    """A line cannot count; nothing of the sheet was entered."""

    message = N_("%(what)s: %(why)s")


class Counted(Struct, frozen=True):
    """What a sheet says of goods: which base pack and lot, and how many base units."""

    pack_id: int
    lot: str
    quantity: Decimal
    name: str = ""


class Entry(Struct, frozen=True):
    """A sheet as somebody typed it; `closes`: everything in the bin is on it, what is not was not there."""

    id: UUID
    sheet_id: int
    counter_id: int
    counted_at: datetime
    counted: Sequence[Counted]
    closes: bool


def ensure_instant(at: datetime, started_at: datetime | None, now: datetime) -> None:
    """Refuse an instant at which this stocktake was not being counted. Errors: InstantWrong."""
    if started_at is None or not started_at - EARLY <= at <= now + EARLY:
        raise InstantWrong(start=f"{started_at:%Y-%m-%d %H:%M} UTC" if started_at else "–")


def ensure_fits(counted: Sequence[Counted]) -> None:
    """Refuse what the record of scans cannot carry. Errors: TooLarge, LotInvalid."""
    for each in counted:
        if each.quantity >= TOO_MANY:
            raise TooLarge(text=plain(each.quantity))
        if len(each.lot) > LONGEST_LOT or not each.lot.isprintable():
            raise LotInvalid(lot=each.lot[:20], most=LONGEST_LOT)


def summed(counted: Sequence[Counted]) -> list[Counted]:
    """Return each goods once, with everything that was written about them."""
    found: dict[tuple[int, str], Counted] = {}
    for each in counted:
        key = (each.pack_id, each.lot)
        known = found.get(key)
        found[key] = each if known is None else Counted(*key, known.quantity + each.quantity, each.name)
    return list(found.values())


def digest_of(entry: Entry) -> bytes:
    """Return the fingerprint of what was typed."""
    text = [f"{entry.sheet_id};{entry.counter_id};{entry.counted_at.isoformat()};{entry.closes}"]
    text += [f"{each.pack_id};{each.lot};{plain(each.quantity)}" for each in entry.counted]
    return blake2b("\n".join(text).encode(), digest_size=16).digest()
