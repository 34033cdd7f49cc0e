"""What to count next: the points of every reason, the evidence of the books, the page, counting what was chosen."""

import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from python_calamine import load_workbook
from sqlalchemy import select

from app.db import db
from app.ledger.facts import MoveFact
from app.ledger.service import post
from app.places.models import Location
from app.places.rules import End, LocationKind
from app.stocktake.classes.rules import AbcClass, Policy
from app.stocktake.models import Stocktake
from app.stocktake.planning.queries import Candidate, read_bins, read_items, top_bins
from app.stocktake.planning.rules import (
    Evidence,
    Goods,
    Past,
    Reason,
    ReasonKind,
    Taken,
    assess,
    best,
    score,
    standings,
)
from app.stocktake.rules import NothingProposed, ScopeKind
from tests.conftest import SignIn
from tests.stocktake.shop import COLA, TEA, Shop, facts, now
from tests.stocktake.test_scale import fill, statements

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
A, C = AbcClass.A, AbcClass.C
HALF_A_YEAR = timedelta(days=200)


def reasons_of(evidence: Evidence, *others: Evidence, policy: Policy | None = None) -> tuple[Reason, ...]:
    every = dict(enumerate([evidence, *others]))
    return assess(every, policy or Policy(), NOW)[0]


def goods(days_ago: int | None, abc: AbcClass = A, value: int = 0) -> Goods:
    return Goods(7, Decimal(value), abc, None if days_ago is None else NOW - timedelta(days=days_ago))


def points(evidence: Evidence, *others: Evidence) -> dict[ReasonKind, int]:
    return {reason.kind: reason.points for reason in reasons_of(evidence, *others)}


def test_a_bin_counted_lately_and_found_right_calls_for_nothing() -> None:
    assert reasons_of(Evidence([goods(3)], Past(4, 0))) == ()


@pytest.mark.parametrize(("days", "expected"), [(29, None), (30, 10), (45, 17), (60, 25), (600, 25)])
def test_class_a_is_due_after_30_days_and_calls_louder_for_another_30(days: int, expected: int | None) -> None:
    assert points(Evidence([goods(days)])).get(ReasonKind.DUE) == expected


def test_the_most_overdue_goods_of_a_bin_speak_for_it() -> None:
    (reason,) = reasons_of(Evidence([goods(100, C), goods(45), goods(5)]))
    assert (reason.kind, reason.number, reason.whole, reason.item, reason.abc) == (ReasonKind.DUE, 45, 30, 7, A)


def test_an_empty_bin_is_looked_into_as_class_c_is() -> None:
    assert points(Evidence()) == {ReasonKind.NEVER: 5}
    assert points(Evidence(looked_at=NOW - timedelta(days=179))) == {}
    assert points(Evidence(looked_at=NOW - timedelta(days=180))) == {ReasonKind.DUE: 10}


def test_goods_that_nobody_ever_counted_weigh_by_their_share() -> None:
    assert points(Evidence([goods(None)])) == {ReasonKind.NEVER: 20}
    assert points(Evidence([goods(None), goods(1), goods(1)])) == {ReasonKind.NEVER: 7}


def test_past_errors_weigh_by_the_share_of_wrong_lines_and_never_nothing() -> None:
    assert points(Evidence([goods(1)], Past(4, 4))) == {ReasonKind.WRONG: 25}
    assert points(Evidence([goods(1)], Past(100, 1))) == {ReasonKind.WRONG: 1}


def test_goods_taken_beyond_the_books_weigh_each_time_up_to_30() -> None:
    assert points(Evidence([goods(1)], taken=Taken(1, Decimal(2)))) == {ReasonKind.BEYOND_BOOK: 15}
    assert points(Evidence([goods(1)], taken=Taken(9, Decimal(2)))) == {ReasonKind.BEYOND_BOOK: 30}


def test_value_weighs_by_rank_so_that_one_treasure_does_not_hide_the_rest() -> None:
    first, second, third, fourth, last = (Evidence([goods(1, value=value)]) for value in (1_000_000, 50, 20, 10, 1))
    assert points(first, second, third, fourth, last) == {ReasonKind.VALUE: 20}
    assert points(second, first, third, fourth, last) == {ReasonKind.VALUE: 10}
    assert points(third, first, second, fourth, last) == {}  # the middle calls for nothing
    assert points(last, first, second, third, fourth) == {}
    assert points(first) == {ReasonKind.VALUE: 20}


def test_the_score_is_the_sum_and_the_weightiest_reason_comes_first() -> None:
    reasons = reasons_of(Evidence([goods(None, value=5)], Past(2, 1), Taken(2, Decimal(3))))
    assert [reason.points for reason in reasons] == [30, 20, 20, 13]
    assert score(reasons) == 83


def test_the_best_are_those_with_points_and_of_equal_ones_the_first() -> None:
    assert best({1: 5, 2: 0, 3: 9, 4: 5, 5: 1}, 3) == [3, 1, 4]
    assert best({1: 0}, 3) == []


def test_a_class_stands_as_its_lines_do_and_what_was_never_counted_is_due() -> None:
    lines = [goods(30), goods(29), goods(None), goods(180, C)]
    assert standings(lines, Policy(), NOW) == {A: (3, 2), AbcClass.B: (0, 0), C: (1, 1)}


# --- from the books ---------------------------------------------------------------------------------------------------


def bins_of(shop: Shop, at: datetime | None = None, warehouse: int | None = None) -> dict[int, Candidate]:
    assert shop
    db.session.remove()
    return {row.id: row for row in read_bins(db.session(), at or now(), warehouse).rows}


def kinds(candidate: Candidate) -> set[ReasonKind]:
    return {reason.kind for reason in candidate.reasons}


def count_and_post(shop: Shop, bin_id: int, *counted: tuple[str, int], empty: Sequence[int] = ()) -> int:
    """A count of a bin, and of others that turn out empty, from plan to posting."""
    stocktake = shop.plan(bin_id, *empty)
    shop.counter(stocktake).count(bin_id, counted)
    for other in empty:
        shop.counter(stocktake).count(other, [])
    shop.finish(stocktake)
    if any(line.differs for line in shop.report(stocktake).lines):
        shop.approve_all(stocktake)
    shop.post(stocktake)
    return stocktake


def test_a_posted_count_answers_what_called_for_it_and_leaves_its_errors_to_remember(shop: Shop) -> None:
    first, second, third, _ = shop.bins
    shop.stock(shop.tea, first, 10, 30)
    shop.stock(shop.cola, first, 5, 20)
    shop.stock(shop.tea, second, 1, 3)
    before = bins_of(shop)
    assert kinds(before[first]) == {ReasonKind.NEVER, ReasonKind.VALUE}
    assert before[first].reasons[0].whole == 2
    count_and_post(shop, first, (TEA, 8), (COLA, 5), empty=[third])
    after = bins_of(shop)
    wrong = next(reason for reason in after[first].reasons if reason.kind is ReasonKind.WRONG)
    assert facts(wrong.number, wrong.whole, wrong.amount, wrong.points) == (1, 2, 6, 13)
    assert after[third].reasons == ()
    assert after[third].counted_at is not None
    later = bins_of(shop, now() + HALF_A_YEAR)
    assert ReasonKind.DUE in kinds(later[first])
    assert kinds(later[third]) == {ReasonKind.DUE}
    assert ReasonKind.WRONG not in kinds(bins_of(shop, now() + 2 * HALF_A_YEAR)[first])


def test_goods_that_came_after_a_whole_bin_was_counted_are_not_called_never_counted(shop: Shop) -> None:
    first, second, *_ = shop.bins
    shop.stock(shop.cola, second, 1, 1)
    count_and_post(shop, second, (COLA, 1), empty=[first])
    with shop.write() as session:
        fact = MoveFact(shop.tea, Decimal(5), End.OPENING, first, now(), value=Decimal(5))
        post(session, "opening", "later", [fact], by=shop.owner, effective_on=now().date(), now=now())
    assert kinds(bins_of(shop)[first]) == {ReasonKind.VALUE}


def test_goods_taken_though_the_books_had_none_call_for_a_count_until_there_is_one(shop: Shop) -> None:
    first, *_ = shop.bins
    shop.stock(shop.tea, first, 3, 9)
    shop.move(shop.tea, first, End.CUSTOMER, 5)
    (taken,) = (r for r in bins_of(shop)[first].reasons if r.kind is ReasonKind.BEYOND_BOOK)
    assert facts(taken.number, taken.amount) == (1, 2)
    items = {row.id: row for row in read_items(db.session(), now()).rows}
    assert shop.tea not in items  # nothing of it lies anywhere
    count_and_post(shop, first, (TEA, 1))
    assert ReasonKind.BEYOND_BOOK not in kinds(bins_of(shop)[first])


def test_bins_that_a_stocktake_has_are_not_proposed_again(shop: Shop) -> None:
    first, second, *_ = shop.bins
    shop.stock(shop.tea, first, 3, 9)
    shop.stock(shop.tea, second, 3, 9)
    counting, draft = shop.plan(first), shop.draft(second)
    found = bins_of(shop)
    assert [found[each].busy for each in (first, second)] == [shop.get(counting).number, shop.get(draft).number]
    assert set(top_bins(db.session(), shop.warehouse, 10, now())) == set(shop.bins[2:])
    for each in shop.bins[2:]:
        shop.draft(each)
    db.session.remove()
    with pytest.raises(NothingProposed):
        top_bins(db.session(), shop.warehouse, 10, now())


def test_of_several_warehouses_one_may_be_asked_for(shop: Shop) -> None:
    with shop.write() as session:
        other = Location(kind=LocationKind.WAREHOUSE, code="W2")
        session.add(other)
        session.flush()
        place = Location(kind=LocationKind.BIN, code="X-1", parent_id=other.id, warehouse_id=other.id)
        session.add(place)
        session.flush()
        number, bin_id = other.id, place.id
    shop.stock(shop.tea, bin_id, 3, 9)
    shop.stock(shop.cola, shop.bins[0], 3, 9)
    assert set(bins_of(shop, warehouse=number)) == {bin_id}
    assert bin_id in bins_of(shop)
    assert [row.id for row in read_items(db.session(), now(), number).rows] == [shop.tea]


def test_the_proposal_takes_the_same_few_statements_whatever_its_size(shop: Shop, sign_in: SignIn) -> None:
    shop.stock(shop.tea, shop.bins[0], 3, 9)
    count_and_post(shop, shop.bins[0], (TEA, 2))
    client = sign_in("manager")

    def sent(address: str) -> int:
        db.session.remove()
        with statements() as heard:
            assert client.get(address).status_code == 200
        return len(heard)

    addresses = ("/stocktakes/proposal", "/stocktakes/proposal?by=items")
    small = [sent(address) for address in addresses]
    fill(shop, bins=40, per_bin=5)
    assert [sent(address) for address in addresses] == small
    assert max(small) <= 20


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def proposal(shop: Shop, sign_in: SignIn) -> Callable[..., str]:
    """The proposal as a manager sees it: tea that nobody counted in the first bin, cola in the second."""
    shop.stock(shop.tea, shop.bins[0], 10, 300)
    shop.stock(shop.cola, shop.bins[1], 10, 30)
    client = sign_in("manager")

    def get(query: str = "") -> str:
        answer = client.get(f"/stocktakes/proposal{query}")
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    return get


def test_each_line_tells_its_points_and_its_reasons(proposal: Callable[..., str]) -> None:
    text = proposal()
    assert "+20 1 of 1 lines were never counted" in text
    assert "+20 worth more than 3 of the 3 others: 300.00" in text
    assert text.index("A-1") < text.index("A-2") < text.index("A-3")
    assert "冰红茶" in proposal("?by=items")
    assert "A-2" not in proposal("?q=a-1")
    assert "A-3" not in proposal("?why=value")
    assert "A-3" in proposal("?why=never")
    assert proposal().count("1 / 1") == 2  # tea is class A, cola class B
    ascending = proposal("?sort=score")
    assert ascending.index("A-3") < ascending.index("A-1")


def test_the_workbook_has_every_row_without_boxes_to_tick(shop: Shop, sign_in: SignIn) -> None:
    shop.stock(shop.tea, shop.bins[0], 10, 300)
    answer = sign_in("manager").get("/stocktakes/proposal?format=xlsx")
    rows = load_workbook(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert rows[0][:3] == ["Bin", "Points", "Why"]
    assert [row[0] for row in rows[1:]] == ["A-1", "A-2", "A-3", "A-4"]
    assert rows[1][1] == 40


def test_what_is_ticked_becomes_a_planned_stocktake(shop: Shop, sign_in: SignIn) -> None:
    answer = sign_in("finance").post("/stocktakes/proposal", data={"chosen": [f"{each}" for each in shop.bins[1:3]]})
    assert answer.status_code == 303
    made = db.session.scalars(select(Stocktake)).one()
    assert (made.scope_kind, made.scope_ids) == (ScopeKind.PROPOSED, list(shop.bins[1:3]))
    assert answer.location.endswith(f"/stocktakes/{made.id}")


def test_without_a_tick_so_many_from_the_top_are_counted(shop: Shop, sign_in: SignIn) -> None:
    shop.stock(shop.tea, shop.bins[2], 10, 300)
    client = sign_in("manager")
    assert client.post("/stocktakes/proposal", data={"most": "1"}).status_code == 303
    assert client.post("/stocktakes/proposal?by=items", data={"most": "5"}).status_code == 303
    bins, items = db.session.scalars(select(Stocktake).order_by(Stocktake.id))
    assert (bins.scope_kind, bins.scope_ids) == (ScopeKind.PROPOSED, [shop.bins[2]])
    assert (items.scope_kind, items.scope_ids) == (ScopeKind.LIST, [shop.tea])
    nothing = client.post("/stocktakes/proposal", data={"most": "0"})
    assert nothing.status_code == NothingProposed().status
    assert "No bin of this warehouse calls for a count" in nothing.get_data(as_text=True)


def test_a_plan_may_leave_the_choice_to_the_system(shop: Shop, sign_in: SignIn) -> None:
    shop.stock(shop.tea, shop.bins[3], 10, 300)
    plan = {"warehouse": shop.warehouse, "scope": "proposed", "most": "1"}
    client = sign_in("manager")
    assert client.post("/stocktakes/plan", data=plan).status_code == 303
    made = db.session.scalars(select(Stocktake)).one()
    assert (made.scope_kind, made.scope_ids) == (ScopeKind.PROPOSED, [shop.bins[3]])
    assert client.post(f"/stocktakes/{made.id}/start").status_code == 303
    assert [line.place.bin for line in shop.report(made.id).lines] == [shop.bins[3]]
