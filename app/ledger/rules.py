"""Words, guards and errors of the ledger."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from app.kernel.errors import InvalidInput, NotFound, RuleBroken
from app.kernel.i18n import N_
from app.ledger.facts import Draft
from app.places.rules import End, is_internal

# A row's id is posting × LINES + line: unique, in posting order, and known before anything is written.
LINES = 1 << 20


class Reason(StrEnum):
    """Why a move stands in the books: somebody did it, or the ledger derived it."""

    PRIMARY = "primary"
    BEYOND_BOOK = "beyond_book"
    GIVE_BACK = "give_back"
    DIFFERENCE = "difference"


class Key(NamedTuple):
    """What a balance is kept of; the order of keys is the order of locks."""

    item: int
    lot: int
    location: int


class NothingToPost(InvalidInput):
    """A posting without any fact."""

    message = N_("There is nothing to post.")


class TooManyLines(InvalidInput):
    """More lines than one posting can number."""

    message = N_("This is too much for one posting (%(lines)s lines).")


class ImpossibleMove(InvalidInput):
    """A move that cannot have happened as it is said."""

    message = N_("Line %(line)s: a move needs a quantity above zero and two different places.")


class ImpossibleCount(InvalidInput):
    """A count that cannot be: below zero, at a cost below zero, of goods that are not ours, or the same one twice."""

    message = N_("Count %(key)s: goods are counted once in a place of our own, and nothing of it is below zero.")


class ImpossibleRevaluation(InvalidInput):
    """A change of value of no goods at all."""

    message = N_("Revaluation %(line)s: the quantity it concerns is above zero.")


class ImpossibleEntry(InvalidInput):
    """An entry needs exactly one amount above zero, a control account a partner."""

    message = N_("Entry %(line)s: one amount above zero on one side, and a partner on receivables and payables.")


class InventoryByHand(InvalidInput):
    """The inventory account is what the goods are worth; an entry by hand would part them."""

    message = N_("Entry %(line)s: the inventory account follows from goods; it is never booked by hand.")


class WrongAccount(InvalidInput):
    """Goods are not expensed to the inventory account or to a debt."""

    message = N_("Goods cannot be booked against account %(account)s.")


class UnknownAccount(InvalidInput):
    """No account of the company's chart has this code."""

    message = N_("There is no account %(account)s in the chart of accounts.")


class UnknownPartner(InvalidInput):
    """Nobody is known by this number."""

    message = N_("There is no partner with the number %(partner)s.")


class UnknownItem(InvalidInput):
    """Goods that are not on offer have no cost that could be kept."""

    message = N_("One of the items %(items)s does not exist.")


class WrongPlace(InvalidInput):
    """Goods lie in bins, docks and the like; a lot belongs to one item."""

    message = N_("Goods lie in bins, docks, staging, quarantine or transit only, and in a lot of their own item.")


class MissingCost(InvalidInput):
    """Nobody knows what these goods cost."""

    message = N_("A cost is needed for the items %(items)s: none is known yet.")

    def __init__(self, items: Iterable[int]) -> None:
        self.items = tuple(sorted(set(items)))
        super().__init__(items=", ".join(map(str, self.items)))


class NotBalanced(InvalidInput):
    """Debit is not credit."""

    message = N_("The entries do not balance: debit %(debit)s, credit %(credit)s.")


class KeyTaken(RuleBroken):
    """The same key with other content."""

    message = N_("“%(key)s” is already posted as number %(seq)s (%(kind)s) with other content; this is %(other)s.")


class CountOutdated(RuleBroken):
    """The books changed since the difference was approved."""

    message = N_("The books have changed since the differences were approved: %(lines)s. Please look again.")

    def __init__(self, outdated: dict[str, Decimal]) -> None:
        self.outdated = outdated
        super().__init__(lines=", ".join(f"{key} → {difference}" for key, difference in outdated.items()))


class UnknownPosting(NotFound):
    """No posting has this number."""

    message = N_("There is no posting %(seq)s.")


class AlreadyReversed(RuleBroken):
    """A posting is reversed once."""

    message = N_("Posting %(seq)s is already reversed by posting %(by)s.")


class NotReversible(RuleBroken):
    """Counts are facts of the shelf; reversals are corrections already."""

    message = N_("Posting %(seq)s cannot be reversed: count again, or post what happened.")


class NotClosable(RuleBroken):
    """Periods close one after the other, and only once they are over."""

    message = N_("The books can be closed from %(first)s up to %(last)s.")


class NotOver(NotClosable):
    """No period was closed before, and this one is not over."""

    message = N_("The books can be closed up to %(last)s.")


class AllClosed(NotClosable):
    """Every day that is over is closed already."""

    message = N_("Everything is closed up to %(last)s already.")


def line_id(posting: int, line: int) -> int:
    """Return the id of a posting's line."""
    return posting * LINES + line


def ids_of(posting: int) -> tuple[int, int]:
    """Return the first and the last id that a line of *posting* can have."""
    return posting * LINES, (posting + 1) * LINES - 1


def ensure_size(lines: int) -> None:
    """Refuse a posting of nothing, and one whose lines could not be numbered; each may bring derived ones."""
    if not lines:
        raise NothingToPost
    if lines * 4 > LINES:
        raise TooManyLines(lines=lines)


def ensure_facts(draft: Draft) -> None:
    """Refuse what cannot be true of any shelf or account."""
    for number, move in enumerate(draft.moves):
        if move.quantity <= 0 or move.source == move.target or (move.value is not None and move.value < 0):
            raise ImpossibleMove(line=number + 1)
    for number, fact in enumerate(draft.revaluations):
        if fact.quantity is not None and fact.quantity <= 0:
            raise ImpossibleRevaluation(line=number + 1)
    for number, entry in enumerate(draft.entries):
        if entry.debit < 0 or entry.credit < 0 or (entry.debit > 0) == (entry.credit > 0):
            raise ImpossibleEntry(line=number + 1)
    keys = set()
    for count in draft.counts:
        is_below_zero = count.counted < 0 or count.uncertainty_ms < 0 or (count.unit_cost or 0) < 0
        if is_below_zero or not is_internal(count.location) or count.key in keys:
            raise ImpossibleCount(key=count.key)
        keys.add(count.key)


def ensure_closable(until: date, open_from: date | None, today: date) -> None:
    """Refuse to close what is closed already or not over."""
    if until >= today or (open_from is not None and until < open_from):
        last = today - timedelta(days=1)
        if open_from is None:
            raise NotOver(last=last)
        raise AllClosed(last=last) if open_from > last else NotClosable(first=open_from, last=last)


def is_valued(source: int, target: int) -> bool:
    """Return whether a move changes what our goods are worth or passes worth on."""
    return not (is_internal(source) and is_internal(target))


def needs_given_cost(source: int) -> bool:
    """Return whether goods from there come in only with a stated cost."""
    return source in {End.SUPPLIER, End.OPENING}
