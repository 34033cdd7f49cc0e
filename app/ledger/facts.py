"""What a caller tells the ledger: facts in plain values, and what the ledger answers."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from app.company.rules import AccountRole
from app.kernel.exact import ZERO

Account = AccountRole | str  # a role, or a code of the company's chart


class MoveFact(Struct, frozen=True):
    """Goods left one place for another.

    `value` (money, whole line, without deductible tax): what goods from supplier or opening cost; what goods cost
    that come back from a customer or go back to a supplier. None elsewhere: the ledger values them.
    `account`: the expense chosen for a scrap, a material issue or a gift instead of the usual one.
    """

    item: int
    quantity: Decimal
    source: int
    target: int
    occurred_at: datetime
    lot: int = 0  # no lot
    value: Decimal | None = None
    account: Account | None = None
    variance: Decimal = ZERO  # only a reversal knows it: what the reversed move booked beside its value


class RevaluationFact(Struct, frozen=True):
    """The goods' value changed by `amount` without quantity.

    `quantity`: how many pieces the amount concerns; the part of those that are gone goes to cost of sales.
    `account`: what stands against it; None where the document's own entries do.
    """

    item: int
    amount: Decimal
    quantity: Decimal | None = None
    account: Account | None = None
    variance: Decimal = ZERO  # only a reversal knows it: what the reversed revaluation booked beside its value


class EntryFact(Struct, frozen=True):
    """A line of the money ledger that does not follow from goods: exactly one of debit and credit is above zero.

    Receivables, payables and advances carry their partner; without a due day they are due at once.
    """

    account: Account
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    partner: int | None = None
    due_on: date | None = None


class CountFact(Struct, frozen=True):
    """What somebody counted in a place at an instant.

    `unit_cost`: used for a surplus of goods whose cost nobody knows. `expected_difference`: what was approved;
    if the books say otherwise by now, nothing is posted.
    """

    item: int
    location: int
    counted: Decimal
    counted_at: datetime
    key: str
    lot: int = 0  # no lot
    uncertainty_ms: int = 0
    unit_cost: Decimal | None = None
    expected_difference: Decimal | None = None


class Draft(Struct, frozen=True):
    """One business fact before it is posted; `key` is the id of the scan or document line it comes from."""

    kind: str
    key: str
    moves: Sequence[MoveFact] = ()
    revaluations: Sequence[RevaluationFact] = ()
    entries: Sequence[EntryFact] = ()
    counts: Sequence[CountFact] = ()
    reverses: int | None = None


class Posted(Struct, frozen=True):
    """What became of a posting; `values` are what the given moves were valued at, in their order."""

    seq: int
    effective_on: date
    values: tuple[Decimal | None, ...]
    is_repeat: bool = False


def named_in(draft: Draft) -> tuple[list[str], list[int]]:
    """Return the codes of accounts and the partners that a draft names; roles are in every chart."""
    accounts = {fact.account for facts in (draft.moves, draft.revaluations, draft.entries) for fact in facts}
    codes = {account for account in accounts if account is not None and not isinstance(account, AccountRole)}
    return sorted(codes), sorted({entry.partner for entry in draft.entries if entry.partner is not None})
