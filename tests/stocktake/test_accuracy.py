"""What counts say afterwards: the shares, what is kept at posting, what late facts change and what not, the pages."""

import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from python_calamine import load_workbook
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.catalog.models import Category, Item
from app.db import db
from app.kernel.exact import ZERO
from app.ledger.verify import verify
from app.places.rules import End
from app.stocktake.accuracy.listings import outcome_of
from app.stocktake.accuracy.models import StocktakeResult
from app.stocktake.accuracy.queries import Only, grouped, lines_behind
from app.stocktake.accuracy.rules import By, Outcome, bar_heights, first_month, floor_of, line_points, right_share
from app.stocktake.models import Stocktake
from app.stocktake.rules import StocktakeState, WrongState
from tests.conftest import SignIn
from tests.stocktake.shop import COLA, TEA, Counter, Shop, facts, now
from tests.stocktake.test_scale import statements


def shares(*values: str) -> list[Decimal | None]:
    return [Decimal(value) for value in values]


def test_accuracy_counts_lines_pieces_and_value_each_its_own_way() -> None:
    outcome = Outcome(4, 3, Decimal(100), Decimal(5), Decimal(1000), Decimal(200))
    assert (outcome.by_lines, outcome.by_pieces, outcome.by_value) == (
        Decimal("0.75"),
        Decimal("0.95"),
        Decimal("0.8"),
    )


def test_of_nothing_there_is_no_share_and_all_wrong_is_not_below_nothing() -> None:
    assert right_share(0, 0) is None
    assert right_share(3, 0) == 0
    assert right_share(30, 10) == 0


def test_the_drawing_begins_where_the_worst_still_shows() -> None:
    assert [floor_of(shares(worst, "1")) for worst in ("0.95", "0.85", "0.6", "0.2")] == shares(
        "0.9", "0.8", "0.5", "0"
    )
    assert line_points([Decimal(1), None, Decimal("0.9")], Decimal("0.8")) == [(107, 0), (533, 80)]
    assert bar_heights([Decimal(10), Decimal(-5), ZERO]) == [80, 40, 0]
    assert bar_heights([ZERO]) == [0]


def test_the_last_months_begin_where_a_year_does_not_matter() -> None:
    assert first_month(date(2026, 11, 30), 1) == "2026-11"
    assert first_month(date(2026, 2, 1), 3) == "2025-12"
    assert first_month(date(2026, 12, 1), 12) == "2026-01"


# --- what is kept -----------------------------------------------------------------------------------------------------


@pytest.fixture
def counted(shop: Shop) -> int:
    """A posted count of two bins: tea 10 booked 8 counted, cola right, tea 4 booked 5 counted."""
    first, second, *_ = shop.bins
    shop.stock(shop.tea, first, 10, 30)
    shop.stock(shop.cola, first, 5, 20)
    shop.stock(shop.tea, second, 4, 12)
    stocktake = shop.plan(first, second)
    counter(shop, stocktake).count(first, [(TEA, 8), (COLA, 5)])
    counter(shop, stocktake).count(second, [(TEA, 5)])
    shop.finish(stocktake)
    shop.approve_all(stocktake)
    shop.post(stocktake)
    return stocktake


def counter(shop: Shop, stocktake: int) -> Counter:
    """Somebody who counts."""
    return shop.counter(stocktake)


def totals(by: By, only: Only | None = None) -> dict[str, Any]:
    db.session.remove()
    session = db.session()
    return {row.label: row for row in session.execute(grouped(session, by, only or Only()))}


def test_a_posting_keeps_every_counted_line_also_those_that_matched(shop: Shop, counted: int) -> None:
    rows = db.session.scalars(select(StocktakeResult).order_by(StocktakeResult.anchor_id)).all()
    assert [(row.book_value, row.difference_value) for row in rows] == [
        facts(30, -6),
        facts(20, 0),
        facts(12, 3),
    ]
    assert {row.stocktake_id for row in rows} == {counted}
    (row,) = totals(By.STOCKTAKE).values()
    outcome = outcome_of(row)
    assert facts(outcome.lines, outcome.matching, outcome.book, outcome.off) == (3, 1, 19, 3)
    assert facts(row.loss, row.surplus, outcome.off_value, outcome.book_value) == (6, 3, 9, 62)
    assert outcome.by_lines == Decimal(1) / 3
    assert verify(db.session()) == []
    assert shop


def test_a_count_is_added_up_by_place_item_and_counter(shop: Shop, counted: int) -> None:
    assert {label: int(row.lines) for label, row in totals(By.BIN).items()} == {"A-1": 2, "A-2": 1}
    assert {label: int(row.lines) for label, row in totals(By.ITEM).items()} == {"冰红茶": 2, "可乐": 1}
    assert {label: int(row.lines) for label, row in totals(By.ZONE).items()} == {"Z1": 3}
    assert {label: int(row.lines) for label, row in totals(By.WAREHOUSE).items()} == {"W1": 3}
    assert sorted(int(row.lines) for row in totals(By.COUNTER).values()) == [1, 2]
    assert {label: int(row.lines) for label, row in totals(By.CATEGORY).items()} == {None: 3}
    assert totals(By.BIN, Only(stocktake=counted + 1)) == {}
    assert list(totals(By.BIN, Only(zone=shop.zone, item=shop.cola))) == ["A-1"]


def test_a_fact_that_comes_late_stands_beside_and_rewrites_nothing(shop: Shop, counted: int) -> None:
    before = {label: outcome_of(row) for label, row in totals(By.BIN).items()}
    shop.move(shop.tea, shop.bins[0], End.CUSTOMER, 2, now() - timedelta(minutes=30))  # before the bin was closed
    after = totals(By.BIN)
    assert {label: outcome_of(row) for label, row in after.items()} == before
    assert facts(after["A-1"].explained, after["A-2"].explained) == (6, 0)
    session = db.session()
    statement, _ = lines_behind(session, Only(stocktake=counted, bin=shop.bins[0], item=shop.tea))
    (line,) = session.execute(statement).all()
    assert facts(line.difference, line.explained) == (-2, 2)


def test_what_is_worth_changes_later_does_not_change_what_was_right(shop: Shop, counted: int) -> None:
    assert counted
    shop.stock(shop.tea, shop.bins[3], 100, 90_000)
    assert facts(totals(By.MONTH).popitem()[1].book_value) == (62,)


def test_the_database_keeps_results_as_they_were(shop: Shop, counted: int) -> None:
    for change in (update(StocktakeResult).values(difference_value=ZERO), delete(StocktakeResult)):
        with pytest.raises(IntegrityError), shop.write() as session:
            session.execute(change)
    row = db.session.scalars(select(StocktakeResult)).first()
    assert row is not None
    again = {
        "anchor_id": row.anchor_id,
        "stocktake_id": counted,
        "counter_id": row.counter_id,
        "counted_on": row.counted_on,
        "month": row.month,
        "difference_value": ZERO,
    }
    db.session.remove()
    for values in (again, again | {"anchor_id": 1}):
        with pytest.raises(IntegrityError), shop.write() as session:
            session.execute(insert(StocktakeResult).values(values))


# --- pages ------------------------------------------------------------------------------------------------------------


def text_of(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_before_the_first_posting_the_page_says_what_to_do(shop: Shop, sign_in: SignIn) -> None:
    assert shop
    assert "Post the first stocktake" in text_of(sign_in("viewer"), "/stocktakes/accuracy")


def test_the_page_shows_shares_and_opens_to_the_lines_behind(shop: Shop, counted: int, sign_in: SignIn) -> None:
    client = sign_in("manager")
    page = text_of(client, "/stocktakes/accuracy?by=bin")
    assert "50 %" in page  # of the first bin's two lines
    assert f"/stocktakes/results?bin={shop.bins[0]}" in page
    lines = text_of(client, f"/stocktakes/results?bin={shop.bins[0]}&wrong=1")
    assert "冰红茶" in lines
    assert "可乐" not in lines
    assert f"/stocktakes/{counted}/lines/{shop.bins[0]}-{shop.tea}-0" in lines
    assert f"/stocktakes/{counted}/report" in text_of(client, "/stocktakes/accuracy?by=stocktake")
    assert "A-2" not in text_of(client, "/stocktakes/accuracy?by=bin&q=A-1")


def test_every_number_of_lines_equals_the_rows_it_opens_to(shop: Shop, counted: int, sign_in: SignIn) -> None:
    with shop.write() as session:
        drinks = Category(name="饮料")
        session.add(drinks)
        session.flush()
        part = Category(name="茶", parent_id=drinks.id)
        session.add(part)
        session.flush()
        session.execute(update(Item).where(Item.id == shop.tea).values(category_id=part.id))
        session.execute(update(Item).where(Item.id == shop.cola).values(category_id=drinks.id))
    client = sign_in("manager")
    for by in By:
        group = "category_only" if by is By.CATEGORY else by.value
        for row in totals(by).values():
            opened = rows_of(client, f"/stocktakes/results?{group}={row.id or 0}")
            assert (by, len(opened) - 1) == (by, row.lines)
    assert len(rows_of(client, f"/stocktakes/results?category={drinks.id}")) - 1 == 3
    assert counted


def rows_of(client: FlaskClient, address: str) -> list[list[Any]]:
    answer = client.get(f"{address}{'&' if '?' in address else '?'}format=xlsx")
    return load_workbook(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()


@pytest.mark.usefixtures("counted")
def test_a_period_and_numbers_that_no_row_has_narrow_and_never_break(sign_in: SignIn) -> None:
    client = sign_in("manager")
    assert "A-1" in text_of(client, "/stocktakes/accuracy?by=bin&since=2020-01")
    assert "A-1" not in text_of(client, "/stocktakes/accuracy?by=bin&since=2999-01")
    for page in ("/stocktakes/accuracy", "/stocktakes/results", "/stocktakes/proposal", "/stock/moves"):
        assert text_of(client, f"{page}?item={10**30}&bin=-1&warehouse={10**30}&category=x&counter=")


@pytest.mark.usefixtures("counted")
def test_values_are_for_who_may_see_cost_and_peoples_figures_for_who_decides(sign_in: SignIn) -> None:
    manager = rows_of(sign_in("manager"), "/stocktakes/accuracy?by=bin")
    assert manager[0] == [
        *("Bin", "Right lines", "Right pieces", "Right value", "Lines", "Wrong"),
        *("Shortage", "Surplus", "Net", "Explained"),
    ]
    assert manager[1][:2] == ["A-1", 0.5]
    worker = sign_in("warehouse")
    assert rows_of(worker, "/stocktakes/accuracy?by=bin")[0][:4] == [
        "Bin",
        "Right lines",
        "Right pieces",
        "Lines",
    ]
    assert "Value" not in rows_of(worker, "/stocktakes/results")[0]
    assert rows_of(worker, "/stocktakes/accuracy?by=counter")[0][0] == "Month"
    assert "By counter" not in text_of(worker, "/stocktakes/accuracy")


def test_an_item_and_a_place_show_their_last_counts(shop: Shop, counted: int, sign_in: SignIn) -> None:
    client = sign_in("manager")
    item = text_of(client, f"/items/{shop.tea}")
    assert f"/stocktakes/{counted}/lines/{shop.bins[0]}-{shop.tea}-0" in item
    assert "−6.00" in item
    assert "−6.00" not in text_of(sign_in("warehouse"), f"/items/{shop.tea}")
    place = text_of(client, f"/places/{shop.bins[0]}")
    assert "1 of 2 lines wrong" in place
    assert "Never counted" in text_of(client, f"/places/{shop.bins[3]}")
    assert "Never counted" in text_of(client, f"/items/{shop.nuts}")


def test_a_place_that_was_found_empty_was_counted_all_the_same(shop: Shop, sign_in: SignIn) -> None:
    first, second, *_ = shop.bins
    shop.stock(shop.tea, first, 1, 1)
    stocktake = shop.plan(first, second)
    shop.counter(stocktake).count(first, [(TEA, 1)])
    shop.counter(stocktake).count(second, [])
    shop.finish(stocktake)
    shop.post(stocktake)
    page = text_of(sign_in("manager"), f"/places/{second}")
    assert shop.get(stocktake).number in page
    assert "empty" in page
    assert "all 1 lines right" in text_of(sign_in("manager"), f"/places/{first}")


def test_a_count_of_nothing_but_empty_bins_is_posted_as_the_result_it_is(shop: Shop, sign_in: SignIn) -> None:
    first, second, *_ = shop.bins
    stocktake = shop.plan(first, second)
    shop.counter(stocktake).count(first, [])
    shop.finish(stocktake)
    assert shop.post(stocktake).returned == 0
    row = shop.get(stocktake)
    assert (row.state, row.posting_seq, row.posted_by) == (StocktakeState.POSTED, None, shop.manager)
    client = sign_in("manager")
    assert row.number in text_of(client, f"/places/{first}")
    assert "Never counted" in text_of(client, f"/places/{second}")  # nobody opened it
    assert text_of(client, f"/stocktakes/{stocktake}/report")
    assert client.post(f"/stocktakes/{stocktake}/post").status_code == WrongState(number="").status
    assert verify(db.session()) == []


@pytest.mark.parametrize(
    "broken",
    [{"state": StocktakeState.POSTED}, {"posted_at": now()}, {"state": StocktakeState.REVIEW, "posted_at": None}],
)
def test_what_is_posted_says_when_and_only_what_is_posted_has_a_posting(
    shop: Shop, counted: int, broken: dict[str, Any]
) -> None:
    draft = shop.draft(shop.bins[0])
    number = counted if "posted_at" in broken and "state" in broken else draft
    with pytest.raises(IntegrityError), shop.write() as session:
        session.execute(update(Stocktake).where(Stocktake.id == number).values(**broken))


def test_what_one_person_counted_is_added_up_only_for_who_plans_and_decides(
    shop: Shop, counted: int, sign_in: SignIn
) -> None:
    assert counted
    nobody = shop.owner  # counted nothing
    for role, narrowed in (("manager", True), ("viewer", False), ("warehouse", False)):
        text = sign_in(role).get(f"/stocktakes/results?counter={nobody}").get_data(as_text=True)
        assert ("No line was counted here yet." in text) is narrowed


def test_pages_take_the_same_few_statements_whatever_was_counted(shop: Shop, counted: int, sign_in: SignIn) -> None:
    assert counted
    client = sign_in("manager")
    addresses = ("/stocktakes/accuracy", "/stocktakes/results", f"/items/{shop.tea}", f"/places/{shop.bins[0]}")

    def sent() -> list[int]:
        numbers = []
        for address in addresses:
            db.session.remove()
            with statements() as heard:
                assert client.get(address).status_code == 200
            numbers.append(len(heard))
        return numbers

    before = sent()
    for quantity in (7, 9):
        stocktake = shop.plan(*shop.bins[:2])
        shop.counter(stocktake).count(shop.bins[0], [(TEA, quantity), (COLA, 5)])
        shop.finish(stocktake)
        shop.approve_all(stocktake)
        shop.post(stocktake)
    assert sent() == before
