"""Kinds of places and what they mean for goods: internal leaves hold valued goods, virtual ends are the outside."""

import re
from collections.abc import Sequence
from enum import IntEnum, StrEnum
from itertools import product
from math import prod

from msgspec import Struct

from app.kernel.errors import InvalidInput, NotFound, RuleBroken
from app.kernel.i18n import N_
from app.kernel.owncode import has_own_shape
from app.kernel.text import one_line


class LocationKind(StrEnum):
    """What a place is; only leaves hold goods."""

    WAREHOUSE = "warehouse"
    ZONE = "zone"
    BIN = "bin"
    DOCK = "dock"
    STAGING = "staging"
    QUARANTINE = "quarantine"
    TRANSIT = "transit"
    END = "end"


class End(IntEnum):
    """The virtual ends: their ids are fixed in every database, so that the hot path needs no look-up."""

    SUPPLIER = 1
    CUSTOMER = 2
    LOSS = 3
    SCRAP = 4
    CONSUMPTION = 5
    OPENING = 6


BRANCHES = frozenset({LocationKind.WAREHOUSE, LocationKind.ZONE})
LEAVES = frozenset(
    {LocationKind.BIN, LocationKind.DOCK, LocationKind.STAGING, LocationKind.QUARANTINE, LocationKind.TRANSIT}
)
# Quarantine and staging hold goods that nobody may promise; transit is on the road.
AVAILABLE = frozenset({LocationKind.BIN, LocationKind.DOCK})


_LAST_END = max(End)


def is_internal(location_id: int) -> bool:
    """Return whether the place belongs to us (its goods are valued), from its id alone."""
    return location_id > _LAST_END


# What a warehouse comes with: the ending of its code, and what it is.
EVERY_WAREHOUSE_HAS = (
    ("IN", LocationKind.DOCK),
    ("OUT", LocationKind.STAGING),
    ("QC", LocationKind.QUARANTINE),
    ("MOVE", LocationKind.TRANSIT),
)
# Code and name of the warehouse that a new company starts with, by the company's language.
FIRST_WAREHOUSE = {"zh": ("CK1", "主仓库"), "en": ("W1", "Main warehouse")}
KIND_NAMES = {
    LocationKind.WAREHOUSE: N_("Warehouse"),
    LocationKind.ZONE: N_("Zone"),
    LocationKind.BIN: N_("Bin"),
    LocationKind.DOCK: N_("Dock"),
    LocationKind.STAGING: N_("Staging"),
    LocationKind.QUARANTINE: N_("Quarantine"),
    LocationKind.TRANSIT: N_("In transit"),
    LocationKind.END: N_("Outside"),
}
END_NAMES = {
    End.SUPPLIER: N_("Supplier"),
    End.CUSTOMER: N_("Customer"),
    End.LOSS: N_("Loss"),
    End.SCRAP: N_("Scrap"),
    End.CONSUMPTION: N_("Consumption"),
    End.OPENING: N_("Opening stock"),
}
LONGEST_CODE = 40
LONGEST_NAME = 120
MOST_BINS_AT_ONCE = 5_000
LARGEST_WALK = 1_000_000

_NUMBERS = re.compile(r"[0-9]+")
_PARTS = re.compile(r"[0-9]+|[A-Za-z]+|[^0-9A-Za-z]+")


class PlaceCodeMissing(InvalidInput):
    """A place without a code."""

    message = N_("Enter a code.")


class PlaceTextTooLong(InvalidInput):
    """A code longer than a label holds, or a name longer than is kept."""

    message = N_("“%(code)s” is longer than %(longest)s characters.")


class PlaceCodeReserved(InvalidInput):
    """The code has the form of our own labels."""

    message = N_("%(code)s has the form of our own labels; choose another code.")


class PlaceTaken(RuleBroken):
    """Two places would have one code."""

    message = N_("There is a place %(code)s already.")


class PlaceTwice(InvalidInput):
    """Two rows of one file claim the same code."""

    message = N_("Place %(code)s stands in this file more than once.")


class RangeUneven(InvalidInput):
    """First and last code of a range are not built alike."""

    message = N_("“%(first)s” and “%(last)s” are not built alike: only numbers and single letters may differ.")


class RangeBackwards(InvalidInput):
    """The last code comes before the first."""

    message = N_("The range runs backwards at “%(first)s” … “%(last)s”.")


class RangeTooLong(InvalidInput):
    """More bins than anybody means."""

    message = N_("This range has %(count)s bins; at most %(most)s are made at once.")


class WalkWrong(InvalidInput):
    """A turn in a walk through the places."""

    message = N_("The walking order is a number from 0 to %(largest)s.")


class PlaceHoldsGoods(RuleBroken):
    """Goods lie in the place."""

    message = N_("Goods still lie in %(places)s: move them first.")


class PlaceInOtherWarehouse(InvalidInput):
    """A place stays in its warehouse, or its stock would change warehouse without a move."""

    message = N_("A place cannot be moved into another warehouse.")


class NoSuchPlace(NotFound):
    """No place with this id."""

    message = N_("There is no such place.")


class NoSuchWarehouse(InvalidInput):
    """An import names a warehouse that is not there."""

    message = N_("There is no warehouse “%(warehouse)s”.")


class BinRow(Struct, frozen=True):
    """One row of an import: a bin, its warehouse (empty: the first one) and its zone, which is made if missing."""

    code: str
    name: str = ""
    warehouse: str = ""
    zone: str = ""
    walk: int = 0


def natural_key(code: str) -> str:
    """Return *code* so that texts sort as people count: A-2 before A-10."""
    return _NUMBERS.sub(lambda digits: digits[0].zfill(10), code.casefold())[:200]


def normal_code(code: str) -> str:
    """Return the code as it is kept. Errors: PlaceCodeMissing, PlaceTextTooLong, PlaceCodeReserved."""
    kept = one_line(code)
    if not kept:
        raise PlaceCodeMissing
    if len(kept) > LONGEST_CODE:
        raise PlaceTextTooLong(code=kept, longest=LONGEST_CODE)
    if has_own_shape(kept):
        raise PlaceCodeReserved(code=kept)
    return kept


def expand_range(first: str, last: str) -> list[str]:
    """Return every code from *first* to *last*: each number or single letter in which they differ runs through.

    A-01-01 … A-10-05 are ten racks of five levels. Errors: RangeUneven, RangeBackwards, RangeTooLong.
    """
    pairs = list(zip(_PARTS.findall(first), _PARTS.findall(last), strict=False))
    if "".join(part for part, _ in pairs) != first or "".join(part for _, part in pairs) != last:
        raise RangeUneven(first=first, last=last)
    runs = [_run(start, end) for start, end in pairs]
    count = prod(len(run) for run in runs)
    if count > MOST_BINS_AT_ONCE:
        raise RangeTooLong(count=count, most=MOST_BINS_AT_ONCE)
    return ["".join(parts) for parts in product(*runs)]


def _run(start: str, end: str) -> Sequence[str]:
    if start == end:
        return [start]
    if start.isdigit() and end.isdigit() and (len(start) == len(end) or start[0] != "0"):
        # The length first: a range of 10^12 numbers must not be built to be refused.
        if int(start) > int(end):
            raise RangeBackwards(first=start, last=end)
        if int(end) - int(start) >= MOST_BINS_AT_ONCE:
            raise RangeTooLong(count=int(end) - int(start) + 1, most=MOST_BINS_AT_ONCE)
        return [str(number).zfill(len(start)) for number in range(int(start), int(end) + 1)]
    if len(start) == len(end) == 1 and start.isalpha() and end.isalpha() and start.isupper() == end.isupper():
        if start > end:
            raise RangeBackwards(first=start, last=end)
        return [chr(number) for number in range(ord(start), ord(end) + 1)]
    raise RangeUneven(first=start, last=end)
