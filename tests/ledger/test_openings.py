"""Opening stock and balances from spreadsheets: posted once, to the fen, every slip named beforehand."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.catalog.adding import add_items
from app.catalog.models import Lot
from app.catalog.rules import ItemDraft, ItemRow, PackDraft
from app.db import db
from app.imports.kinds import Applying, Cells, ImportKind
from app.kernel.errors import RuleBroken
from app.kernel.exact import TooLarge
from app.ledger.models import Balance, Entry, Posting
from app.ledger.opening_balances import (
    AccountUnknown,
    AmountWrong,
    HeldBefore,
    OwedBefore,
    PartnerUnknown,
    balance_kinds,
)
from app.ledger.openings import (
    CostMissing,
    DateWrong,
    ExpiryDiffers,
    ExpiryMissing,
    ItemUnknown,
    LotMissing,
    LotTooLong,
    LotUnwanted,
    NotWhole,
    OpenedBefore,
    OpeningStock,
    PlaceUnknown,
    QuantityWrong,
    parse_day,
)
from app.ledger.service import reverse
from app.ledger.verify import verify
from app.partners.rules import PartnerDraft
from app.partners.service import add_partners
from app.places.rules import BinRow
from app.places.service import add_bins, add_warehouse
from tests.conftest import Write

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
Take = Callable[[ImportKind, Sequence[Cells]], None]


@pytest.fixture
def goods(write: Write, app: Flask) -> None:
    """Two bins, a bottle with a carton, a lot-tracked yoghurt, two partners."""
    with write() as session:
        add_warehouse(session, "W1", "主仓", None, NOW)
    with write() as session:
        add_bins(session, [BinRow("A-01"), BinRow("A-02")])
        cola = ItemRow(
            ItemDraft("可乐", "瓶", code="C1"), ("6901234567892",), (PackDraft("箱", Decimal(24), ("16901234567899",)),)
        )
        add_items(session, [cola, ItemRow(ItemDraft("酸奶", "盒", code="Y1", tracks_lots=True))])
        add_partners(
            session,
            [PartnerDraft("大华商贸", "D1", is_customer=True), PartnerDraft("江南酒厂", "J1", is_supplier=True)],
        )


@pytest.fixture
def take(write: Write, make_user: Callable[..., int]) -> Take:
    """Apply rows of a kind."""
    by = make_user("owner")

    def apply(kind: ImportKind, rows: Sequence[Cells]) -> None:
        with write() as session:
            read = kind.read(session, rows)
            assert [row.problems for row in read] == [[] for _ in rows]
            kind.apply(
                session, [row.draft for row in read], Applying(by, NOW, date(2026, 11, 23), f"import:{kind.key}")
            )

    return apply


def _problems(kind: ImportKind, row: Cells) -> list[type[RuleBroken]]:
    return [type(problem) for problem in kind.read(db.session(), [row])[0].problems]


def _sum(account: str) -> Decimal:
    return db.session.scalar(
        select(func.sum(Entry.debit) - func.sum(Entry.credit)).where(Entry.account == account)
    ) or Decimal(0)


@pytest.mark.usefixtures("goods")
def test_opening_stock_is_posted_with_its_cost_and_cartons_count_as_bottles(take: Take) -> None:
    take(
        OpeningStock(),
        [
            {"item": "6901234567892", "place": "A-01", "quantity": "10", "cost": "2.505"},
            {"item": "16901234567899", "place": "A-02", "quantity": "2", "cost": "60"},
            {"item": "Y1", "place": "A-02", "quantity": "5", "value": "20", "lot": "L1", "expiry": "2027-01-31"},
        ],
    )
    held = db.session.scalars(
        select(func.sum(Balance.quantity)).group_by(Balance.location_id).order_by(Balance.location_id)
    ).all()
    assert list(held) == [Decimal(10), Decimal(53)]
    assert _sum("1405") == Decimal("165.05") == -_sum("3104")
    assert db.session.scalar(select(Lot.expiry).where(Lot.code == "L1")) == date(2027, 1, 31)
    assert verify(db.session()) == []


@pytest.mark.usefixtures("goods")
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"item": "nothing"}, ItemUnknown),
        ({"item": "Y1"}, LotMissing),
        ({"place": "Z-99"}, PlaceUnknown),
        ({"quantity": "0"}, QuantityWrong),
        ({"quantity": "-3"}, QuantityWrong),
        ({"cost": ""}, CostMissing),
        ({"cost": "0"}, CostMissing),
        ({"cost": "-1"}, CostMissing),
    ],
)
def test_each_slip_in_opening_stock_is_named(change: Cells, problem: type[RuleBroken]) -> None:
    row = {"item": "C1", "place": "A-01", "quantity": "1", "cost": "2"} | dict(change)
    assert problem in _problems(OpeningStock(), row)


@pytest.mark.usefixtures("goods")
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"item": "C1", "lot": "L1"}, LotUnwanted),
        ({"item": "Y1", "lot": "L" * 61}, LotTooLong),
        ({"item": "C1", "quantity": "0.5"}, NotWhole),
        ({"item": "M1", "lot": "L1"}, ExpiryMissing),
        ({"quantity": "999999999999", "cost": "2"}, TooLarge),
    ],
)
def test_goods_that_no_count_could_meet_are_refused(write: Write, change: Cells, problem: type[RuleBroken]) -> None:
    with write() as session:
        add_items(session, [ItemRow(ItemDraft("牛奶", "盒", code="M1", tracks_lots=True, tracks_expiry=True))])
    row = {"item": "C1", "place": "A-01", "quantity": "1", "cost": "2"} | dict(change)
    assert problem in _problems(OpeningStock(), row)


@pytest.mark.usefixtures("goods")
def test_half_a_carton_is_twelve_bottles() -> None:
    row = {"item": "16901234567899", "place": "A-01", "quantity": "0.5", "cost": "60"}
    assert _problems(OpeningStock(), row) == []


@pytest.mark.usefixtures("goods")
def test_a_lot_expires_on_one_day_also_where_one_row_alone_says_so(take: Take) -> None:
    rows = [
        {"item": "Y1", "place": place, "quantity": "5", "value": "20", "lot": "L1", "expiry": expiry}
        for place, expiry in (("A-01", "2027-01-31"), ("A-02", ""))
    ]
    take(OpeningStock(), rows)
    assert db.session.scalars(select(Lot.expiry).where(Lot.code == "L1")).all() == [date(2027, 1, 31)]
    other = rows[0] | {"expiry": "2027-02-28"}
    assert ExpiryDiffers in _problems(OpeningStock(), other)
    read = OpeningStock().read(
        db.session(), [row | {"lot": "L2", "expiry": f"2027-0{month}-01"} for month, row in enumerate(rows, start=1)]
    )
    assert [[type(problem) for problem in row.problems] for row in read] == [[], [ExpiryDiffers]]


@pytest.mark.usefixtures("goods")
def test_what_was_opened_before_is_not_opened_again_until_it_was_reversed(take: Take, write: Write) -> None:
    receivables, payables, cash = balance_kinds()
    rows: dict[ImportKind, Cells] = {
        OpeningStock(): {"item": "C1", "place": "A-01", "quantity": "1", "cost": "2"},
        receivables: {"partner": "D1", "amount": "15000", "due": "2026-11-26"},
        payables: {"partner": "J1", "amount": "8000"},
        cash: {"account": "现金", "amount": "500"},
    }
    problems = (OpenedBefore, OwedBefore, OwedBefore, HeldBefore)
    for (kind, row), problem in zip(rows.items(), problems, strict=True):
        take(kind, [row])
        assert _problems(kind, row) == [problem]
    assert _problems(OpeningStock(), dict(rows[next(iter(rows))]) | {"place": "A-02"}) == []
    assert _problems(receivables, dict(rows[receivables]) | {"due": "2026-12-26"}) == []
    assert _problems(payables, {"partner": "J1", "amount": "8001"}) == []
    for seq in db.session.scalars(select(Posting.seq)).all():
        with write() as session:
            reverse(session, seq, f"back:{seq}", by=1, effective_on=NOW.date(), now=NOW)
    assert [_problems(kind, row) for kind, row in rows.items()] == [[]] * 4


@pytest.mark.usefixtures("goods")
def test_zero_cost_comes_in_only_when_confirmed() -> None:
    row = {"item": "C1", "place": "A-01", "quantity": "1", "cost": "0", "confirmed": "是"}
    assert _problems(OpeningStock(), row) == []


@pytest.mark.usefixtures("goods")
def test_opening_balances_are_open_items_against_the_opening_account(take: Take) -> None:
    receivables, payables, cash = balance_kinds()
    take(
        receivables,
        [{"partner": "大华商贸", "amount": "15,000.00", "due": "2026年11月26日"}, {"partner": "D1", "amount": "1"}],
    )
    take(payables, [{"partner": "J1", "amount": "8000", "due": "2026/12/01"}])
    take(cash, [{"account": "银行存款", "amount": "20000"}, {"account": "1001", "amount": "500.5"}])
    items = db.session.execute(
        select(Entry.debit, Entry.due_on).where(Entry.account == "1122").order_by(Entry.debit.desc())
    ).all()
    assert items[0] == (Decimal(15000), date(2026, 11, 26))
    assert items[1].due_on == date(2026, 11, 23)
    assert (_sum("2202"), _sum("1002"), _sum("1001"), _sum("3104")) == (
        Decimal(-8000),
        Decimal(20000),
        Decimal("500.50"),
        Decimal("-27501.50"),
    )
    assert verify(db.session()) == []


@pytest.mark.usefixtures("goods")
def test_slips_in_opening_balances_are_named() -> None:
    receivables, _, cash = balance_kinds()
    assert _problems(receivables, {"partner": "无名", "amount": "1"}) == [PartnerUnknown]
    assert _problems(receivables, {"partner": "D1", "amount": "0"}) == [AmountWrong]
    assert _problems(cash, {"account": "1405", "amount": "1"}) == [AccountUnknown]


@pytest.mark.parametrize(
    "text", ["2026-03-31", "2026/3/31", "20260331", "2026年3月31日", "2026.3.31", "2026-03-31 00:00", "46112"]
)
def test_days_are_read_however_they_are_written(text: str) -> None:
    assert parse_day(text) == date(2026, 3, 31)


@pytest.mark.parametrize("text", ["26/3/31", "2026-02-30", "2026年3月", "31/3/2026", "3.5", "soon"])
def test_what_may_be_another_day_is_refused(text: str) -> None:
    with pytest.raises(DateWrong):
        parse_day(text)
