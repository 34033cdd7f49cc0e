"""When a spot count may post itself, and which bins can have one."""

from collections.abc import Iterable

from app.kernel.errors import InvalidInput
from app.kernel.i18n import N_
from app.stocktake.approval.rules import needs_cost
from app.stocktake.report.rules import Line
from app.stocktake.rules import Tolerance


class NotABin(InvalidInput):
    """What was scanned or typed is no place in which goods can be counted."""

    message = N_("“%(code)s” is no bin in which goods are counted.")


def posts_itself(lines: Iterable[Line], tolerance: Tolerance) -> bool:
    """Say whether nobody has to look: every line undisturbed, every count of it the same, its difference within."""
    return all(_is_plain(line) and _is_within(line, tolerance) for line in lines if line.known.in_scope)


def _is_plain(line: Line) -> bool:
    return not line.is_disturbed and not line.twice and (len(line.sayings) == 1 or line.agrees)


def _is_within(line: Line, tolerance: Tolerance) -> bool:
    """Without a limit no difference is within; a surplus of unknown cost needs somebody who knows it."""
    if not line.differs:
        return True
    if line.difference is None or line.book is None or needs_cost(line):
        return False
    return tolerance.is_set and not tolerance.is_beyond(line.difference, line.book, line.value)
