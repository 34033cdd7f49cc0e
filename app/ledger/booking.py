"""Entries that follow from goods: the table of what each fact books, by role, so that no document can forget them.

Goods that come in debit inventory and credit the end they came from; goods that leave do the reverse. The end's side
takes what was stated (value + variance), inventory takes the value, cost of sales takes the variance. Supplier has
no account here: what is owed stands in the document's own entries.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msgspec import Struct

from app.company.rules import CONTROL_ROLES, AccountRole
from app.kernel.exact import ZERO
from app.ledger.costing import Revalued
from app.ledger.facts import EntryFact
from app.ledger.planning import Accounts, code_of
from app.ledger.rules import ImpossibleEntry, InventoryByHand, NotBalanced, WrongAccount, is_valued
from app.ledger.shelf import Line
from app.places.rules import End, is_internal

ROLE_OF_END = {
    End.CUSTOMER: AccountRole.COST_OF_SALES,
    End.LOSS: AccountRole.LOSS,
    End.SCRAP: AccountRole.OTHER_EXPENSE,
    End.CONSUMPTION: AccountRole.ADMIN_EXPENSE,
    End.OPENING: AccountRole.OPENING,
}
# A chosen expense replaces these ends' account first; it stands for a customer's only where none of them is concerned.
CHOOSABLE = frozenset({End.SCRAP, End.CONSUMPTION})


class Booking(Struct):
    """An entry about to be written."""

    account: str
    debit: Decimal
    credit: Decimal
    partner: int | None = None
    due_on: date | None = None
    derived: bool = False
    id: int = 0


class _Sides:
    """Debits and credits by account."""

    def __init__(self) -> None:
        self.debit: dict[str, Decimal] = defaultdict(Decimal)
        self.credit: dict[str, Decimal] = defaultdict(Decimal)

    def book(self, account: str | None, debit: Decimal) -> None:
        """Debit the account, or credit it where the amount is below zero."""
        if account is not None and debit > 0:
            self.debit[account] += debit
        elif account is not None and debit < 0:
            self.credit[account] -= debit


def derive(lines: Iterable[Line], revalued: Iterable[Revalued], accounts: Accounts) -> list[Booking]:
    """Return the entries that follow from these moves and revaluations, one per account and side."""
    sides = _Sides()
    inventory, cost_of_sales = accounts[AccountRole.INVENTORY], accounts[AccountRole.COST_OF_SALES]
    for line in lines:
        if line.value is not None and is_valued(line.source, line.target):
            sides.book(_side(line, line.target, accounts, inventory), _amount(line, line.target))
            sides.book(_side(line, line.source, accounts, inventory), -_amount(line, line.source))
            sides.book(cost_of_sales, line.variance if is_internal(line.target) else -line.variance)
    for change in revalued:
        sides.book(inventory, change.value)
        sides.book(cost_of_sales, change.variance)
        sides.book(change.account, -change.value - change.variance)
    debits = [Booking(account, amount, ZERO, derived=True) for account, amount in sorted(sides.debit.items())]
    return debits + [Booking(account, ZERO, amount, derived=True) for account, amount in sorted(sides.credit.items())]


def _amount(line: Line, place: int) -> Decimal:
    value = line.value or ZERO
    return value if is_internal(place) else value + line.variance


def _side(line: Line, place: int, accounts: Accounts, inventory: str) -> str | None:
    if is_internal(place):
        return inventory
    end = End(place)
    other = line.source if place == line.target else line.target
    if line.account and end is not End.SUPPLIER and (end in CHOOSABLE or other not in CHOOSABLE):
        return line.account
    return accounts[ROLE_OF_END[end]] if end in ROLE_OF_END else None


def book(facts: Iterable[EntryFact], accounts: Accounts) -> list[Booking]:
    """Return a document's own entries with their codes."""
    control = control_accounts(accounts)
    bookings = []
    for number, fact in enumerate(facts):
        code = code_of(fact.account, accounts)
        if code == accounts[AccountRole.INVENTORY]:
            raise InventoryByHand(line=number + 1)
        if code in control and fact.partner is None:
            raise ImpossibleEntry(line=number + 1)
        bookings.append(Booking(code, fact.debit, fact.credit, fact.partner, fact.due_on))
    return bookings


def control_accounts(accounts: Accounts) -> frozenset[str]:
    """Return the codes whose entries are owed by or to somebody."""
    return frozenset(accounts[role] for role in CONTROL_ROLES)


def fall_due(bookings: Iterable[Booking], accounts: Accounts, effective_on: date) -> None:
    """Make what is owed due at once where nobody said when."""
    control = control_accounts(accounts)
    for booking in bookings:
        if booking.due_on is None and booking.account in control:
            booking.due_on = effective_on


def ensure_may_stand_against(chosen: Iterable[str | None], accounts: Accounts) -> None:
    """Refuse chosen accounts that are not free to choose: inventory follows from goods, debts need their partner."""
    taken = control_accounts(accounts) | {accounts[AccountRole.INVENTORY]}
    for account in chosen:
        if account in taken:
            raise WrongAccount(account=account)


def ensure_balanced(bookings: Iterable[Booking]) -> None:
    """Refuse entries whose debit is not their credit."""
    debit = credit = ZERO
    for booking in bookings:
        debit += booking.debit
        credit += booking.credit
    if debit != credit:
        raise NotBalanced(debit=debit, credit=credit)
