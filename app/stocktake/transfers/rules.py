"""When two differences are one transfer, and when it happened.

Law: goods went from where they lack to where there are too many, before either bin was opened; then both counts have
seen it, and both differences shrink by themselves.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from msgspec import Struct

from app.kernel.errors import InvalidInput, NotFound, RuleBroken
from app.kernel.exact import ZERO
from app.kernel.i18n import N_
from app.stocktake.causes.rules import Place
from app.stocktake.counting.rules import Count
from app.stocktake.report.rules import Line
from app.stocktake.rules import LineState

KIND: Final = "stocktake_transfer"
LARGEST_SERIAL: Final = 10_000  # no two lines are joined so often


class NotOneTransfer(InvalidInput):
    """The two lines are not the two ends of one move."""

    message = N_("A transfer needs the same goods, too few in one bin and too many in another.")


class TransferChanged(RuleBroken):
    """The differences are not what was seen."""

    message = N_("The differences have changed since you looked. Please look again.")


class TransferExplainsNothing(RuleBroken):
    """Booked, the differences would not be gone."""

    message = N_(
        "This transfer would not explain both differences: the books did not have these goods there at that time."
    )


class NoSuchTransfer(NotFound):
    """The stocktake has no such transfer."""

    message = N_("This stocktake has no such transfer.")


class TransferDraft(Struct, frozen=True):
    """A transfer as somebody saw it proposed; `serial` counts the transfers between the two lines."""

    short: Place
    over: Place
    quantity: Decimal
    serial: int = 1


def ensure_ends(short: Place, over: Place) -> None:
    """Refuse two lines that no single transfer joins."""
    if (short.item, short.lot) != (over.item, over.lot) or short.bin == over.bin:
        raise NotOneTransfer


def explained(short: Line, over: Line) -> Decimal:
    """Return how much a transfer from *short* to *over* explains; 0 where none can be booked."""
    if not (is_open(short) and is_open(over)):
        return ZERO
    lack, surplus = -(short.difference or ZERO), over.difference or ZERO
    return min(lack, surplus) if lack > 0 and surplus > 0 else ZERO


def is_open(line: Line) -> bool:
    """Return whether a line was counted, and nobody decided about it or asked to have it recounted."""
    return (
        line.known.in_scope
        and line.deciding is not None
        and line.known.state is LineState.OPEN
        and not line.awaits_recount
    )


def moved_before(counts: Iterable[Count]) -> datetime:
    """Return the instant just before the first of these bins was opened, give or take their clocks."""
    first = min(count.opened_at - timedelta(milliseconds=count.uncertainty_ms) for count in counts)
    return first - datetime.resolution
