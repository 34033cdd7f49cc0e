"""What holds for a stocktake before any database is asked: its states, its scope, its tolerance, who may decide.

Law: an unlisted change of state raises; nobody approves what they counted themselves.
"""

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from msgspec import Struct

from app.kernel.errors import Forbidden, InvalidInput, NotFound, RuleBroken
from app.kernel.exact import ZERO
from app.kernel.i18n import N_
from app.places.rules import LEAVES, LocationKind

# A counter keeps a bin for a working day; whoever comes later counts it anew, as another round.
LEASE: Final = timedelta(hours=10)
# How much earlier than the start an act may be dated: clocks are read by people and differ from server to server.
EARLY: Final = timedelta(minutes=1)
HUNDRED: Final = Decimal(100)


class StocktakeState(StrEnum):
    """How far a stocktake is."""

    DRAFT = "draft"
    COUNTING = "counting"
    REVIEW = "review"
    APPROVED = "approved"
    POSTED = "posted"
    CANCELLED = "cancelled"


class ScopeKind(StrEnum):
    """What is to be counted."""

    WAREHOUSE = "warehouse"
    ZONE = "zone"
    BINS = "bins"
    CATEGORY = "category"
    ABC = "abc"
    LIST = "list"
    PROPOSED = "proposed"


class BinState(StrEnum):
    """How far one count of a bin is."""

    WAITING = "waiting"
    OPEN = "open"
    CLOSED = "closed"


class LineState(StrEnum):
    """What became of a line's difference."""

    OPEN = "open"
    APPROVED = "approved"
    POSTED = "posted"


_S = StocktakeState
NEXT: Final[dict[StocktakeState, frozenset[StocktakeState]]] = {
    _S.DRAFT: frozenset({_S.COUNTING, _S.CANCELLED}),
    _S.COUNTING: frozenset({_S.REVIEW, _S.CANCELLED}),
    _S.REVIEW: frozenset({_S.COUNTING, _S.APPROVED, _S.CANCELLED}),
    _S.APPROVED: frozenset({_S.REVIEW, _S.POSTED, _S.CANCELLED}),
    _S.POSTED: frozenset(),
    _S.CANCELLED: frozenset(),
}
# What was counted before the phone found its network is still a fact while nothing is posted.
TAKES_SCANS: Final = frozenset({_S.COUNTING, _S.REVIEW, _S.APPROVED})
OVER: Final = frozenset({_S.POSTED, _S.CANCELLED})
STATE_NAMES: Final[dict[StocktakeState, str]] = {
    _S.DRAFT: N_("Planned"),
    _S.COUNTING: N_("Counting"),
    _S.REVIEW: N_("In review"),
    _S.APPROVED: N_("Approved"),
    _S.POSTED: N_("Posted"),
    _S.CANCELLED: N_("Cancelled"),
}
STATE_TONES: Final[dict[StocktakeState, str]] = {
    _S.DRAFT: "neutral",
    _S.COUNTING: "calm",
    _S.REVIEW: "warn",
    _S.APPROVED: "calm",
    _S.POSTED: "good",
    _S.CANCELLED: "neutral",
}
SCOPE_NAMES: Final[dict[ScopeKind, str]] = {
    ScopeKind.WAREHOUSE: N_("Whole warehouse"),
    ScopeKind.ZONE: N_("Zones"),
    ScopeKind.BINS: N_("Chosen bins"),
    ScopeKind.CATEGORY: N_("Categories"),
    ScopeKind.ABC: N_("ABC classes"),
    ScopeKind.LIST: N_("List of items"),
    ScopeKind.PROPOSED: N_("What the system proposes"),
}
BIN_NAMES: Final[dict[BinState, str]] = {
    BinState.WAITING: N_("To count"),
    BinState.OPEN: N_("Being counted"),
    BinState.CLOSED: N_("Counted"),
}
BIN_TONES: Final[dict[BinState, str]] = {
    BinState.WAITING: "neutral",
    BinState.OPEN: "calm",
    BinState.CLOSED: "good",
}
# Goods on the road lie in nobody's reach.
COUNTABLE: Final = LEAVES - {LocationKind.TRANSIT}
# Scopes that take certain items only; whatever else lies in their bins is out of scope.
BY_ITEM: Final = frozenset({ScopeKind.CATEGORY, ScopeKind.ABC, ScopeKind.LIST})
# Scopes that name their bins; whatever lies there is counted.
BY_BIN: Final = frozenset({ScopeKind.BINS, ScopeKind.PROPOSED})


class NoSuchStocktake(NotFound):
    """No stocktake with this number."""

    message = N_("There is no such stocktake.")


class NoSuchLine(NotFound):
    """The stocktake has no such line."""

    message = N_("This stocktake has no such line.")


class WrongState(RuleBroken):
    """The stocktake is not where this can be done."""

    message = N_("%(number)s is not at a point where this can be done (any more). Please look again.")


class StateChanged(RuleBroken):
    """Somebody else moved the stocktake on in the meantime."""

    message = N_("Somebody else has just changed %(number)s. Please look again.")


class BeingSpotCounted(RuleBroken):
    """A bin has one spot count under way: another one of it cannot go on meanwhile."""

    message = N_("%(other)s counts this bin right now: end or cancel it first.")


class NothingInScope(InvalidInput):
    """A stocktake of nothing."""

    message = N_("There is no bin to count in this scope.")


class NothingProposed(InvalidInput):
    """Nothing there calls for a count."""

    message = N_("No bin of this warehouse calls for a count now.")


class ScopeMissing(InvalidInput):
    """A scope that names nothing."""

    message = N_("Choose what is to be counted.")


class BinsUnknown(InvalidInput):
    """Codes that are no bins of the warehouse."""

    message = N_("Not a bin of this warehouse: %(codes)s")


class ItemsUnknown(InvalidInput):
    """Codes that name no item."""

    message = N_("No item has this code: %(codes)s")


class ToleranceNegative(InvalidInput):
    """A tolerance is an amount."""

    message = N_("A tolerance cannot be below 0.")


class OwnCount(Forbidden):
    """Who counted does not approve."""

    message = N_("You counted in this stocktake: somebody else has to approve it.")


class BlindStill(Forbidden):
    """A blind count shows no books before it is over."""

    message = N_("This count is blind: its report opens to counters once it is posted.")


class Tolerance(Struct, frozen=True):
    """How much a count may differ; None is no limit of that kind. Percent of the book quantity, value in money."""

    quantity: Decimal | None = None
    percent: Decimal | None = None
    value: Decimal | None = None

    @property
    def is_set(self) -> bool:
        """Whether any limit is set."""
        return any(limit is not None for limit in (self.quantity, self.percent, self.value))

    def is_beyond(self, difference: Decimal, book: Decimal, value: Decimal | None) -> bool:
        """Return whether *difference* breaks a limit; goods found where the books have none break any percentage.

        A value that nobody knows breaks a limit of value: it may be anything.
        """
        if not difference:
            return False
        size = abs(difference)
        if self.quantity is not None and size > self.quantity:
            return True
        if self.percent is not None and size * HUNDRED > self.percent * book:
            return True
        return self.value is not None and (value is None or abs(value) > self.value)


class Scope(Struct, frozen=True):
    """What a stocktake is to count: numbers of zones, bins, categories, classes or items, as its kind says."""

    kind: ScopeKind
    ids: tuple[int, ...] = ()


def state_of_round(states: Collection[BinState]) -> BinState:
    """Return how far a round is: one complete count is enough, one beginner makes it open."""
    return next((state for state in (BinState.CLOSED, BinState.OPEN) if state in states), BinState.WAITING)


def ensure_can_become(number: str, state: StocktakeState, wanted: StocktakeState) -> None:
    """Refuse a change of state that is not listed."""
    if wanted not in NEXT[state]:
        raise WrongState(number=number)


def ensure_scope(scope: Scope) -> None:
    """Refuse a scope that names nothing."""
    if scope.kind is not ScopeKind.WAREHOUSE and not scope.ids:
        raise ScopeMissing


def ensure_tolerance(tolerance: Tolerance) -> None:
    """Refuse limits below zero."""
    if any(limit is not None and limit < ZERO for limit in (tolerance.quantity, tolerance.percent, tolerance.value)):
        raise ToleranceNegative


def ensure_four_eyes(user_id: int, counters: Collection[int], *, one_person: bool) -> bool:
    """Refuse an approval by somebody who counted; return whether a one-person company had to let it pass."""
    if user_id not in counters:
        return False
    if not one_person:
        raise OwnCount
    return True


def ensure_report_open(blind: bool, state: str, *, decides: bool) -> None:
    """Refuse the report of a blind count that is not over to those who only count."""
    if blind and state not in OVER and not decides:
        raise BlindStill
