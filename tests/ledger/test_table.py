"""The table of what each fact books, row by row, as documents will post it; every row proves itself and reverses."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.company.models import Account, Company
from app.company.rules import ACCOUNTS, AccountRole, Chart
from app.db import db
from app.ledger.facts import Account as AccountOf
from app.ledger.facts import EntryFact, MoveFact, RevaluationFact
from app.ledger.models import Balance, Entry
from app.ledger.rules import ids_of
from app.ledger.service import reverse
from app.ledger.verify import verify
from app.places.rules import End
from tests.ledger.conftest import NOW, TODAY, Shop, at

D = Decimal
A = AccountRole
SMALL_SCALE_VAT = "222101"  # 应交增值税: without the columns of a general taxpayer
S, C = "supplier", "customer"


@dataclass(frozen=True)
class Row:
    """A fact: its goods as (quantity, source, target, value), its own entries, and all that it books, debits above 0.

    Ten pieces that cost 100.00 lie in bin A before it, and one of them in staging.
    """

    fact: str
    goods: Sequence[tuple[str, str, str, str | None]] = ()
    own: Sequence[tuple[AccountOf, str, str]] = ()
    books: dict[AccountOf, str] = field(default_factory=dict)
    revaluations: Sequence[tuple[str, str]] = ()
    account: AccountRole | None = None


ROWS = (
    Row("opening stock", [("2", "opening", "bin_b", "7.00")], books={A.INVENTORY: "7.00", A.OPENING: "-7.00"}),
    Row(
        "opening debts and cash",
        own=[
            (A.RECEIVABLE, "30", C),
            (A.CASH, "5", ""),
            (A.BANK, "100", ""),
            (A.PAYABLE, "-40", S),
            (A.OPENING, "-95", ""),
        ],
        books={A.RECEIVABLE: "30", A.CASH: "5", A.BANK: "100", A.PAYABLE: "-40", A.OPENING: "-95"},
    ),
    Row(
        "receipt with its bill, general taxpayer",
        [("12", "supplier", "dock", "42.00")],
        [(A.INPUT_VAT, "5.46", ""), (A.PAYABLE, "-47.46", S)],
        {A.INVENTORY: "42.00", A.INPUT_VAT: "5.46", A.PAYABLE: "-47.46"},
    ),
    Row(
        "receipt with its bill, small-scale taxpayer: input VAT is cost",
        [("12", "supplier", "dock", "47.46")],
        [(A.PAYABLE, "-47.46", S)],
        {A.INVENTORY: "47.46", A.PAYABLE: "-47.46"},
    ),
    Row(
        "receipt, bill comes later",
        [("12", "supplier", "quarantine", "42.00")],
        [(A.PAYABLE_ACCRUED, "-42.00", S)],
        {A.INVENTORY: "42.00", A.PAYABLE_ACCRUED: "-42.00"},
    ),
    Row(
        "the invoice replaces what was accrued, 1.00 dearer for eleven of which ten are left",
        own=[(A.PAYABLE_ACCRUED, "100.00", S), (A.INPUT_VAT, "13.13", ""), (A.PAYABLE, "-114.13", S)],
        revaluations=[("1.00", "11")],
        books={
            A.PAYABLE_ACCRUED: "100.00",
            A.INPUT_VAT: "13.13",
            A.PAYABLE: "-114.13",
            A.INVENTORY: "0.91",
            A.COST_OF_SALES: "0.09",
        },
    ),
    Row(
        "purchase return of what was billed",
        [("2", "bin_a", "supplier", "20.00")],
        [(A.PAYABLE, "22.60", S), (A.INPUT_VAT, "-2.60", "")],
        {A.PAYABLE: "22.60", A.INPUT_VAT: "-2.60", A.INVENTORY: "-20.00"},
    ),
    Row(
        "purchase return of what was accrued, for more than the goods stand at",
        [("9", "bin_a", "supplier", "120.00")],
        [(A.PAYABLE_ACCRUED, "120.00", S)],
        {A.PAYABLE_ACCRUED: "120.00", A.INVENTORY: "-100.00", A.COST_OF_SALES: "-20.00"},
    ),
    Row("pick", [("2", "bin_a", "staging", None)]),
    Row("transfer over the road", [("2", "bin_a", "transit", None), ("2", "transit", "bin_b", None)]),
    Row(
        "shipment, general taxpayer",
        [("1", "staging", "customer", None)],
        [(A.RECEIVABLE, "11.30", C), (A.REVENUE, "-10.00", ""), (A.OUTPUT_VAT, "-1.30", "")],
        {
            A.RECEIVABLE: "11.30",
            A.REVENUE: "-10.00",
            A.OUTPUT_VAT: "-1.30",
            A.COST_OF_SALES: "10.00",
            A.INVENTORY: "-10.00",
        },
    ),
    Row(
        "shipment, small-scale taxpayer",
        [("1", "staging", "customer", None)],
        [(A.RECEIVABLE, "10.30", C), (A.REVENUE, "-10.00", ""), (SMALL_SCALE_VAT, "-0.30", "")],
        {
            A.RECEIVABLE: "10.30",
            A.REVENUE: "-10.00",
            SMALL_SCALE_VAT: "-0.30",
            A.COST_OF_SALES: "10.00",
            A.INVENTORY: "-10.00",
        },
    ),
    Row(
        "sales return into quarantine, at the cost those goods left with",
        [("1", "customer", "quarantine", "8.00")],
        [(A.RECEIVABLE, "-11.30", C), (A.REVENUE, "10.00", ""), (A.OUTPUT_VAT, "1.30", "")],
        {
            A.RECEIVABLE: "-11.30",
            A.REVENUE: "10.00",
            A.OUTPUT_VAT: "1.30",
            A.COST_OF_SALES: "-8.00",
            A.INVENTORY: "8.00",
        },
    ),
    Row(
        "sales return straight to scrap",
        [("1", "customer", "scrap", "8.00")],
        books={A.COST_OF_SALES: "-8.00", A.OTHER_EXPENSE: "8.00"},
    ),
    Row(
        "material issue",
        [("1", "bin_a", "consumption", None)],
        account=A.SELLING_EXPENSE,
        books={A.SELLING_EXPENSE: "10.00", A.INVENTORY: "-10.00"},
    ),
    Row("scrap", [("1", "bin_a", "scrap", None)], books={A.OTHER_EXPENSE: "10.00", A.INVENTORY: "-10.00"}),
    Row("shortage", [("1", "bin_a", "loss", None)], books={A.LOSS: "10.00", A.INVENTORY: "-10.00"}),
    Row("surplus", [("1", "loss", "bin_a", None)], books={A.LOSS: "-10.00", A.INVENTORY: "10.00"}),
    Row(
        "beyond book",
        [("10", "bin_a", "customer", None)],
        books={A.COST_OF_SALES: "100.00", A.LOSS: "-10.00", A.INVENTORY: "-90.00"},
    ),
    Row(
        "a shortage cleared",
        own=[(A.OTHER_EXPENSE, "10", ""), (A.LOSS, "-10", "")],
        books={A.OTHER_EXPENSE: "10", A.LOSS: "-10"},
    ),
    Row(
        "money in",
        own=[(A.BANK, "11.30", ""), (A.RECEIVABLE, "-11.30", C)],
        books={A.BANK: "11.30", A.RECEIVABLE: "-11.30"},
    ),
    Row(
        "money out", own=[(A.PAYABLE, "47.46", S), (A.CASH, "-47.46", "")], books={A.PAYABLE: "47.46", A.CASH: "-47.46"}
    ),
    Row(
        "a deposit in",
        own=[(A.BANK, "50", ""), (A.ADVANCE_RECEIVED, "-50", C)],
        books={A.BANK: "50", A.ADVANCE_RECEIVED: "-50"},
    ),
    Row(
        "a deposit out",
        own=[(A.ADVANCE_PAID, "50", S), (A.BANK, "-50", "")],
        books={A.ADVANCE_PAID: "50", A.BANK: "-50"},
    ),
)


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    shop.receive("before", "10", "100.00", 1)
    shop.transfer("staged", "1", 2, target=shop.staging)
    return shop


def place(shop: Shop, name: str) -> int:
    return End[name.upper()] if name.upper() in End.__members__ else getattr(shop, name)


def post_row(shop: Shop, row: Row) -> int:
    goods = [
        MoveFact(
            *(shop.items[0], D(quantity), place(shop, source), place(shop, target), at(5)),
            value=None if value is None else D(value),
            account=row.account,
        )
        for quantity, source, target, value in row.goods
    ]
    entries = [
        EntryFact(
            account,
            max(D(amount), D(0)),
            max(-D(amount), D(0)),
            {"": None, S: shop.supplier, C: shop.customer}[partner],
        )
        for account, amount, partner in row.own
    ]
    revaluations = [RevaluationFact(shop.items[0], D(amount), D(pieces)) for amount, pieces in row.revaluations]
    return shop.post(row.fact, goods, kind="row", entries=entries, revaluations=revaluations).seq


def booked(seq: int | None = None) -> dict[str, Decimal]:
    """Debit minus credit by code, of a posting or of all."""
    session = db.session()
    statement = select(Entry.account, Entry.debit, Entry.credit)
    if seq is not None:
        statement = statement.where(Entry.id.between(*ids_of(seq)))
    net: dict[str, Decimal] = {}
    for account, debit, credit in session.execute(statement):
        net[account] = net.get(account, D(0)) + debit - credit
    session.rollback()
    return {account: amount for account, amount in net.items() if amount}


def on_shelves() -> dict[int, Decimal]:
    session = db.session()
    found = {row.location_id: row.quantity for row in session.scalars(select(Balance)) if row.quantity}
    session.rollback()
    return found


@pytest.mark.parametrize("row", ROWS, ids=[row.fact for row in ROWS])
def test_each_fact_books_what_the_table_says_and_its_mirror_books_nothing(stocked: Shop, row: Row) -> None:
    shelves, before = on_shelves(), booked()
    seq = post_row(stocked, row)
    codes = ACCOUNTS[Chart.SMALL]
    said = {codes[account] if isinstance(account, AccountRole) else account: D(n) for account, n in row.books.items()}
    assert booked(seq) == said
    assert verify(db.session()) == []
    with stocked.write() as session:
        reverse(session, seq, "undo", by=stocked.user, effective_on=TODAY, now=NOW)
    assert verify(db.session()) == []
    assert (on_shelves(), booked()) == (shelves, before)


def test_the_other_chart_has_an_account_for_each_role(stocked: Shop) -> None:
    with stocked.write() as session:
        session.get_one(Company, 1).chart = Chart.ENTERPRISE
        for code in ACCOUNTS[Chart.ENTERPRISE].values():
            if session.get(Account, code) is None:
                session.add(Account(code=code, name=code, category="asset", direction="debit"))
    for row in ROWS:
        if SMALL_SCALE_VAT not in row.books:
            seq = post_row(stocked, row)
            assert set(booked(seq)) <= set(ACCOUNTS[Chart.ENTERPRISE].values())
    assert verify(db.session()) == []
