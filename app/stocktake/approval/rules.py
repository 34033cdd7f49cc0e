"""What an approval needs: the difference as it was seen, a cost where nobody knows one, a reason if there is one."""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from hashlib import blake2b

from msgspec import Struct, field

from app.kernel.errors import InvalidInput, RuleBroken
from app.kernel.exact import ZERO, plain
from app.kernel.i18n import N_
from app.stocktake.causes.rules import Place
from app.stocktake.counting.rules import LineCount
from app.stocktake.reasons.rules import GapReason
from app.stocktake.report.rules import Line


class AlreadyDecided(RuleBroken):
    """Nothing of this line waits for an approval."""

    message = N_("This line was already decided.")


class RecountFirst(RuleBroken):
    """The tolerance asks for a second person's count."""

    message = N_("This difference is beyond the tolerance: have it recounted by somebody else first.")


class RecountAwaited(RuleBroken):
    """A recount was asked and is not in."""

    message = N_("A recount of this line is under way.")


class NotCounted(RuleBroken):
    """What nobody counted is never adjusted."""

    message = N_("Nobody counted this line, so there is nothing to approve.")


class OutsideScope(RuleBroken):
    """What is out of scope is never adjusted."""

    message = N_("This line is out of scope: it is reported, not adjusted.")


class DifferenceChanged(RuleBroken):
    """The difference is not what the approver saw."""

    message = N_("The difference has changed since you looked: it is %(difference)s now. Please look again.")


class ReportChanged(RuleBroken):
    """The differences are not what the approver saw."""

    message = N_("The report has changed since you looked. Please look again.")


class CostMissing(InvalidInput):
    """A surplus of goods that nobody knows the cost of."""

    message = N_("Nobody knows what this item costs: enter its cost per unit.")


class Choice(Struct, frozen=True):
    """What somebody approves: lines with the differences they saw, or every line there is to approve, as they saw it.

    `seen_all` is the fingerprint of those lines; `among`: only of these, which a filter left. `unit_costs` are for
    surplus of unknown cost.
    """

    seen: Mapping[Place, Decimal] = field(default_factory=dict)
    seen_all: str | None = None
    among: Collection[Place] | None = None
    unit_costs: Mapping[Place, Decimal] = field(default_factory=dict)
    reason: str = GapReason.UNKNOWN
    note: str = ""


def fingerprint(lines: Iterable[Line]) -> str:
    """Return one word that stands for the differences of *lines* and changes with any of them."""
    digest = blake2b(digest_size=12)
    for line in sorted(lines, key=lambda each: each.place):
        digest.update(f"{tuple(line.place)}={plain(line.difference or ZERO)};".encode())
    return digest.hexdigest()


def needs_cost(line: Line) -> bool:
    """Return whether posting the line needs a cost that nobody knows."""
    return (line.difference or ZERO) > 0 and line.unit_cost is None


def ensure_can_approve(line: Line, seen: Decimal | None, unit_cost: Decimal | None) -> None:
    """Refuse an approval of a line as it stands; *seen* None: it was seen together with all others."""
    if not line.known.in_scope:
        raise OutsideScope
    if line.status is LineCount.NOT_COUNTED:
        raise NotCounted
    if line.awaits_recount:
        raise RecountAwaited
    if line.is_decided:
        raise AlreadyDecided
    if line.needs_recount:
        raise RecountFirst
    if seen is not None and line.difference != seen:
        raise DifferenceChanged(difference=plain(line.difference or ZERO))
    if needs_cost(line) and unit_cost is None:
        raise CostMissing
