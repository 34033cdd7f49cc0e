"""`ledger verify`: the books prove themselves by a list of named invariants, each one set-based question.

Law: an invariant trusts neither facts nor kept numbers; it answers with a sentence per breach, a handful at most, so
that a broken ledger does not answer with a million lines. The questions stand in `proofs`, scaled numbers as stored:
quantities in thousandths, money in fen.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from itertools import islice

from msgspec import Struct
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.company.models import Company
from app.company.rules import ACCOUNTS, AccountRole
from app.kernel.exact import MONEY_PLACES, PRICE_PLACES, QUANTITY_PLACES, from_scaled, round_price, to_scaled
from app.ledger import chain, proofs
from app.ledger.models import Counter, PeriodClosing
from app.ledger.seals import missing_seals
from app.triggers import missing_triggers

SHOWN = 20  # breaches of one invariant
Accounts = dict[AccountRole, str]
Invariant = Callable[[Session, Accounts], Iterable[str]]


class Breach(Struct, frozen=True):
    """An invariant that does not hold, and where."""

    invariant: str
    where: str


def verify(session: Session) -> list[Breach]:
    """Check every invariant; an empty list means that the books are right."""
    company = session.get(Company, 1)
    accounts = ACCOUNTS[company.chart] if company else {}
    every = INVARIANTS | OTHERS
    return [Breach(name, where) for name, holds in every.items() for where in holds(session, accounts)]


def _nothing(query: str, sentence: str) -> Invariant:
    """Return the invariant that *query* finds nothing; each row fills the sentence."""

    def check(session: Session, accounts: Accounts) -> list[str]:
        del accounts
        return [sentence.format(*row) for row in session.execute(text(f"{query} LIMIT {SHOWN}"))]

    return check


def _triggers_present(session: Session, accounts: Accounts) -> list[str]:
    del accounts
    return [
        f"{name}: a trigger is missing, switched off or altered"
        for name in missing_triggers(session) + missing_seals(session)
    ]


def _goods_are_inventory(session: Session, accounts: Accounts) -> list[str]:
    if not accounts:
        return []
    goods, money = session.execute(text(proofs.GOODS_AND_INVENTORY), {"code": accounts[AccountRole.INVENTORY]}).one()
    return [] if goods == money else [f"goods are worth {goods} fen, the inventory account stands at {money} fen"]


def _last_prices(session: Session, accounts: Accounts) -> Iterable[str]:
    del accounts
    for item, kept, quantity, value in session.execute(text(proofs.LAST_STOOD)):
        right = to_scaled(_price(value, quantity), PRICE_PLACES) if quantity else None
        # Goods that stand at nothing may do so because nobody knows what they cost.
        if kept != right and (kept is not None or right):
            yield f"item {item}: the last known cost is kept as {kept} millionths, its goods stood at {right}"


def _price(value: int, quantity: int) -> Decimal:
    return round_price(from_scaled(value, MONEY_PLACES) / from_scaled(quantity, QUANTITY_PLACES))


def _entries_follow(session: Session, accounts: Accounts) -> list[str]:
    if not accounts:
        return []
    query = f"{proofs.derived_entries(accounts)} LIMIT {SHOWN}"
    return [
        f"posting {row[0]}: account {row[1]} {row[2]} is off by {row[3]} fen from what its goods say"
        for row in session.execute(text(query))
    ]


def _postings_as_sealed(session: Session, accounts: Accounts) -> list[str]:
    del accounts
    broken = islice(chain.broken_postings(session.connection()), SHOWN)
    return [f"posting {seq} is not what was sealed, or the one before it is gone" for seq in broken]


def _closings_as_sealed(session: Session, accounts: Accounts) -> list[str]:
    del accounts
    broken = islice(chain.broken_closings(session.connection()), SHOWN)
    return [f"the closing up to {until} is not what was sealed, or the one before it is gone" for until in broken]


def _first_open_day(session: Session, accounts: Accounts) -> list[str]:
    del accounts
    until, open_from = session.execute(
        select(select(func.max(PeriodClosing.until)).scalar_subquery(), select(Counter.open_from).scalar_subquery())
    ).one()
    follows = until + timedelta(days=1) if until else None
    return [] if open_from == follows else [f"closed up to {until}, yet the first open day is {open_from}"]


INVARIANTS: dict[str, Invariant] = {
    "triggers present": _triggers_present,
    "postings are as they were sealed": _postings_as_sealed,
    "closings are as they were sealed": _closings_as_sealed,
    "sequence without gaps": _nothing(proofs.SEQUENCE, "{0} postings, the last is number {1}, the counter says {2}"),
    "lines without gaps": _nothing(proofs.LINES, "posting {0} has {1} lines numbered up to {2}"),
    "postings balance": _nothing(proofs.BALANCED, "posting {0}: debit {1} fen, credit {2} fen"),
    "balances are the sum of moves": _nothing(
        proofs.BALANCES, "item {0} lot {1} location {2}: the kept balance is off by {3} thousandths"
    ),
    "late facts can be told": _nothing(
        proofs.TIMES, "item {0} lot {1} location {2}: the kept last instants are not those of the facts"
    ),
    "costs are the sum of values": _nothing(
        proofs.COSTS, "item {0}: kept quantity is off by {1} thousandths, kept value by {2} fen"
    ),
    "last costs are what goods stood at": lambda session, accounts: islice(_last_prices(session, accounts), SHOWN),
    "goods are the inventory account": _goods_are_inventory,
    "entries follow from goods": _entries_follow,
    "counts hold as of their instant": _nothing(
        proofs.ANCHORS, "count {0}: the books say {1} thousandths of that instant, counted were {2}"
    ),
    "counts booked their difference": _nothing(proofs.DIFFERENCES, "count {0}: difference {1} thousandths, moved {2}"),
    "no shelf runs below zero": _nothing(
        proofs.LEVELS, "item {0} lot {1} location {2}: the books stood at {3} thousandths at {4}"
    ),
    "beyond book is given back once": _nothing(
        proofs.GIVEN_BACK, "move {0} brought {1} thousandths beyond book, given back were {2}"
    ),
    "derived moves fit their reason": _nothing(proofs.COMPANIONS, "move {0} does not fit what it names as its reason"),
    "reversals mirror": _nothing(proofs.REVERSALS, "posting {0} is no mirror of posting {1}"),
    "closed periods take nothing": _nothing(
        proofs.PERIODS, "posting {0} is of {1}, though the books were closed up to {2}"
    ),
    "the first open day follows the closings": _first_open_day,
    "goods lie in places of their own lot": _nothing(
        proofs.PLACES, "item {0} lot {1} location {2}: no leaf, or the lot is another item's"
    ),
    "nothing is negative": _nothing(proofs.NEGATIVE, "{0} of {1} stands below zero"),
}
# What features above the ledger have to prove about their own postings; filled in wiring, and nowhere else.
OTHERS: dict[str, Invariant] = {}
