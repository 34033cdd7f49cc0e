"""When a spot count may post itself, and which bins can have one."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Final

from app.kernel.errors import InvalidInput
from app.kernel.exact import ZERO, round_money
from app.kernel.i18n import N_
from app.stocktake.approval.rules import needs_cost
from app.stocktake.causes.rules import Place
from app.stocktake.report.rules import Line
from app.stocktake.rules import Tolerance

# What posted itself so lately is added to what would: the tolerance is of a month, not of an hour.
REMEMBERED: Final = timedelta(days=30)


class NotABin(InvalidInput):
    """What was scanned or typed is no place in which goods can be counted."""

    message = N_("“%(code)s” is no bin in which goods are counted.")


def posts_itself(lines: Iterable[Line], tolerance: Tolerance, passed: Mapping[Place, Decimal]) -> bool:
    """Return whether nobody has to look: every line undisturbed, every count of it the same, its difference within.

    *passed* is what posted itself of each place lately: a loss is not within because it is counted bit by bit.
    """
    return all(_is_plain(line) and _is_within(line, tolerance, passed) for line in lines if line.known.in_scope)


def _is_plain(line: Line) -> bool:
    return not line.is_disturbed and not line.twice and (len(line.sayings) == 1 or line.agrees)


def _is_within(line: Line, tolerance: Tolerance, passed: Mapping[Place, Decimal]) -> bool:
    """Without a limit no difference is within; a surplus of unknown cost needs somebody who knows it."""
    if not line.differs:
        return True
    if line.difference is None or line.book is None or needs_cost(line):
        return False
    before = passed.get(line.place, ZERO)
    whole = line.difference + before
    worth = None if line.unit_cost is None else round_money(whole * line.unit_cost)
    return (
        tolerance.is_set
        and not tolerance.is_beyond(line.difference, line.book, line.value)
        and not tolerance.is_beyond(whole, line.book - before, worth)
    )
