"""A stocktake from plan to posting, on both databases."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.catalog.models import Lot
from app.company.models import Company
from app.db import db
from app.identity.models import AuditEvent
from app.identity.service import deactivate_user
from app.ledger.models import CountAnchor, Move
from app.ledger.queries import account_balance
from app.ledger.verify import verify
from app.places.models import Location
from app.scanning.service import take
from app.stocktake.approval.rules import (
    AlreadyDecided,
    Choice,
    CostMissing,
    DifferenceChanged,
    NotCounted,
    OutsideScope,
    RecountAwaited,
    RecountFirst,
    ReportChanged,
)
from app.stocktake.approval.service import drop_recount
from app.stocktake.causes.rules import Place
from app.stocktake.counting.rules import LineCount
from app.stocktake.models import StocktakeBin, StocktakeLine
from app.stocktake.queries import list_bins
from app.stocktake.rules import (
    BinState,
    LineState,
    NoSuchLine,
    NothingInScope,
    OwnCount,
    Scope,
    ScopeKind,
    ScopeMissing,
    StocktakeState,
    Tolerance,
    WrongState,
)
from tests.stocktake.shop import COLA, MILK, TEA, TEA_CARTON, Shop, facts, now


def stocked(shop: Shop) -> Shop:
    """Ten tea and five cola in the first bin, seven tea in the second."""
    a, b, *_ = shop.bins
    shop.stock(shop.tea, a, 10, 30)
    shop.stock(shop.cola, a, 5, 20)
    shop.stock(shop.tea, b, 7, 21)
    return shop


def test_what_was_counted_is_approved_by_another_and_posted_once(shop: Shop) -> None:
    a, b, *_ = stocked(shop).bins
    stocktake = shop.plan(a, b)
    counter = shop.counter(stocktake)
    counter.count(a, [(TEA, 8), (COLA, 5)])
    counter.count(b, [(TEA, 9)])
    shop.finish(stocktake)
    report = shop.report(stocktake)
    assert [facts(line.book, line.counted, line.difference) for line in report.lines] == [
        (10, 8, -2),
        (5, 5, 0),
        (7, 9, 2),
    ]
    assert [line.value for line in report.lines] == [Decimal("-6.00"), 0, Decimal("6.00")]
    assert report.total.by_lines == Decimal(1) / 3
    assert shop.approve_all(stocktake) == 2
    assert shop.get(stocktake).state is StocktakeState.APPROVED
    posted = shop.post(stocktake)
    assert posted.seq
    assert shop.get(stocktake).state is StocktakeState.POSTED
    assert [shop.on_hand(shop.tea, a), shop.on_hand(shop.cola, a), shop.on_hand(shop.tea, b)] == [8, 5, 9]
    # A count that matches is a fact too: three anchors, two moves.
    assert db.session.scalar(select(func.count()).select_from(CountAnchor)) == 3
    assert db.session.scalar(select(func.count()).select_from(Move).where(Move.posting_seq == posted.seq)) == 2
    assert account_balance(db.session(), "1901") == 0
    assert verify(db.session()) == []
    with pytest.raises(WrongState):
        shop.post(stocktake)
    after = shop.report(stocktake)
    assert [facts(line.book, line.counted, line.value) for line in after.lines] == [
        (10, 8, Decimal("-6.00")),
        (5, 5, 0),
        (7, 9, Decimal("6.00")),
    ]


def test_a_bin_that_nobody_closed_adjusts_nothing(shop: Shop) -> None:
    a, b, *_ = stocked(shop).bins
    stocktake = shop.plan(a, b)
    counter = shop.counter(stocktake)
    counter.open(a)
    counter.scan(a, TEA)
    counter.count(b, [(TEA, 7)])
    shop.finish(stocktake)
    open_line = shop.line(stocktake, a, shop.tea)
    assert facts(open_line.status, open_line.difference, open_line.seen) == (LineCount.NOT_COUNTED, None, 1)
    assert shop.get(stocktake).state is StocktakeState.APPROVED  # nothing differs
    shop.post(stocktake)
    assert facts(shop.on_hand(shop.tea, a), shop.on_hand(shop.cola, a)) == (10, 5)


def test_what_was_expected_and_not_scanned_in_a_closed_bin_is_counted_zero(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    shop.counter(stocktake).count(a, [(TEA, 10)])
    line = shop.line(stocktake, a, shop.cola)
    assert facts(line.status, line.counted, line.difference) == (LineCount.ZERO, 0, -5)


def test_the_book_is_that_of_the_closing_whenever_moves_come_in(shop: Shop) -> None:
    a, b, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    shop.counter(stocktake).count(a, [(TEA, 9), (COLA, 5)])
    before = now() - timedelta(minutes=20)
    assert shop.line(stocktake, a, shop.tea).difference == -1
    shop.move(shop.tea, a, b, 1, at=before)  # made offline before the count, known only now
    assert shop.line(stocktake, a, shop.tea).difference == 0
    shop.move(shop.tea, a, b, 3)  # after the count
    assert shop.line(stocktake, a, shop.tea).difference == 0
    shop.finish(stocktake)
    shop.post(stocktake)
    assert shop.on_hand(shop.tea, a) == 6


def test_a_move_while_the_bin_was_open_disturbs_its_line(shop: Shop) -> None:
    a, b, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    counter = shop.counter(stocktake)
    counter.open(a)
    shop.move(shop.tea, a, b, 1)
    counter.set(a, TEA, "9")
    counter.set(a, COLA, "5")
    counter.close(a)
    report = shop.report(stocktake)
    assert [line.is_disturbed for line in report.lines] == [True, False]


def test_a_parked_scan_disturbs_its_bin(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    counter = shop.counter(stocktake)
    counter.scan(a, "NOBODY-KNOWS-IT")
    assert all(line.is_disturbed for line in shop.report(stocktake).lines)


def test_goods_found_where_the_books_have_none_become_a_line(shop: Shop) -> None:
    a, _, c, _ = stocked(shop).bins
    stocktake = shop.plan(a, c)
    counter = shop.counter(stocktake)
    counter.count(a, [(TEA, 10), (COLA, 5)])
    counter.count(c, [(COLA, 2)])
    line = shop.line(stocktake, c, shop.cola)
    assert facts(line.known.is_found, line.book, line.difference, line.value) == (True, 0, 2, 8)
    shop.finish(stocktake)
    shop.approve_all(stocktake)
    shop.post(stocktake)
    assert shop.on_hand(shop.cola, c) == 2


def test_goods_that_came_after_the_start_belong_to_the_count_of_their_bin(shop: Shop) -> None:
    a, _, c, _ = stocked(shop).bins
    stocktake = shop.plan(c)
    shop.move(shop.tea, a, c, 4)
    shop.counter(stocktake).count(c, [])
    line = shop.line(stocktake, c, shop.tea)
    assert facts(line.book, line.counted, line.difference) == (4, 0, -4)
    shop.finish(stocktake)
    shop.approve_all(stocktake)
    shop.post(stocktake)
    assert shop.on_hand(shop.tea, c) == 0


def test_what_lies_out_of_scope_is_reported_and_never_adjusted(shop: Shop) -> None:
    a, b, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    counter = shop.counter(stocktake)
    counter.count(a, [(TEA, 10), (COLA, 5)])
    answer = counter.set(b, COLA, "3")
    assert answer["status"] == "accepted"
    counter.close(b)
    line = shop.line(stocktake, b, shop.cola)
    assert facts(line.known.in_scope, line.seen, line.counted) == (False, 3, 3)
    assert shop.report(stocktake).total.out_of_scope == 1
    shop.finish(stocktake)
    assert shop.get(stocktake).state is StocktakeState.APPROVED
    shop.post(stocktake)
    assert shop.on_hand(shop.cola, b) == 0


def test_a_list_takes_its_items_only_wherever_they_lie(shop: Shop) -> None:
    a, b, *_ = stocked(shop).bins
    stocktake = shop.plan(scope=Scope(ScopeKind.LIST, (shop.tea,)))
    counter = shop.counter(stocktake)
    counter.count(a, [(TEA, 10), (COLA, 1)])
    report = shop.report(stocktake)
    assert [(line.place.bin, line.place.item, line.known.in_scope) for line in report.lines] == [
        (a, shop.tea, True),
        (b, shop.tea, True),
        (a, shop.cola, False),
    ]


def test_a_zone_takes_its_bins(shop: Shop) -> None:
    stocktake = shop.plan(scope=Scope(ScopeKind.ZONE, (shop.zone,)))
    assert {line.place.bin for line in shop.report(stocktake).lines} <= set(shop.bins[:2])


def test_nothing_to_count_is_no_stocktake(shop: Shop) -> None:
    with pytest.raises(NothingInScope):
        shop.plan(scope=Scope(ScopeKind.LIST, (shop.nuts,)))
    with pytest.raises(ScopeMissing):
        shop.plan(scope=Scope(ScopeKind.BINS, ()))


def test_who_counted_does_not_approve(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    counter = shop.counter(stocktake)
    counter.count(a, [(TEA, 9), (COLA, 5)])
    shop.finish(stocktake)
    with pytest.raises(OwnCount):
        shop.approve_all(stocktake, by=counter.id)
    assert shop.approve_all(stocktake) == 1


def test_a_company_of_one_person_approves_its_own_count_and_the_trail_says_so(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    with shop.write() as session:
        session.get_one(Company, 1).one_person = True
    stocktake = shop.plan(a)
    counter = shop.counter(stocktake)
    counter.count(a, [(TEA, 9), (COLA, 5)])
    shop.finish(stocktake)
    assert shop.approve_all(stocktake, by=counter.id) == 1
    actions = db.session.scalars(select(AuditEvent.action).where(AuditEvent.subject == f"stocktake:{stocktake}")).all()
    assert "stocktake.approve_own" in actions


def test_the_trail_tells_who_planned_what(shop: Shop) -> None:
    a, b, *_ = stocked(shop).bins

    def told(number: int) -> AuditEvent:
        return db.session.query(AuditEvent).filter_by(action="stocktake.plan", subject=f"stocktake:{number}").one()

    some, whole = shop.draft(a, b), shop.draft()
    codes = [db.session.get_one(Location, place).code for place in (shop.warehouse, *sorted((a, b)))]
    assert told(some).user_id == shop.owner
    assert told(some).details == {
        "number": shop.get(some).number,
        "in_warehouse": codes[0],
        "scope": "scope:bins",
        "bins": codes[1:],
    }
    assert told(whole).details.keys() == {"number", "in_warehouse", "scope"}
    assert told(whole).details["scope"] == "scope:warehouse"


def test_an_approval_is_for_the_difference_that_was_seen(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    shop.counter(stocktake).count(a, [(TEA, 8), (COLA, 5)])
    shop.finish(stocktake)
    with pytest.raises(DifferenceChanged, match="-2"):
        shop.approve_line(stocktake, a, shop.tea, -1)
    with pytest.raises(ReportChanged):
        shop.approve(stocktake, Choice(seen_all="0" * 24))
    shop.approve_line(stocktake, a, shop.tea, -2)
    with pytest.raises(AlreadyDecided):
        shop.approve_line(stocktake, a, shop.tea, -2)


def test_lines_ticked_together_need_no_word_where_they_match(shop: Shop) -> None:
    a, b, *_ = stocked(shop).bins
    stocktake = shop.plan(a, b)
    counter = shop.counter(stocktake)
    counter.count(a, [(TEA, 8), (COLA, 5)])
    counter.set(shop.bins[3], COLA, "1")
    shop.finish(stocktake)
    seen = {Place(a, shop.tea, 0): Decimal(-2), Place(a, shop.cola, 0): Decimal(0)}
    assert shop.approve(stocktake, Choice(seen=seen)) == 1


def test_what_nobody_counted_and_what_is_out_of_scope_cannot_be_approved(shop: Shop) -> None:
    a, b, _, d = stocked(shop).bins
    stocktake = shop.plan(a, b)
    counter = shop.counter(stocktake)
    counter.count(a, [(TEA, 8), (COLA, 5)])
    counter.count(d, [(COLA, 1)])
    shop.finish(stocktake)
    with pytest.raises(NotCounted):
        shop.approve_line(stocktake, b, shop.tea, -7)
    with pytest.raises(OutsideScope):
        shop.approve_line(stocktake, d, shop.cola, 1)
    with pytest.raises(NoSuchLine):
        shop.approve_line(stocktake, b, shop.nuts, 1)


def test_goods_kept_by_lots_are_counted_lot_by_lot(shop: Shop) -> None:
    a, *_ = shop.bins
    with shop.write() as session:
        lots = [Lot(item_id=shop.milk, code=code) for code in ("L1", "L2")]
        session.add_all(lots)
        session.flush()
        first, second = (lot.id for lot in lots)
    shop.stock(shop.milk, a, 6, 12, lot=first)
    shop.stock(shop.milk, a, 4, 8, lot=second)
    stocktake = shop.plan(a)
    counter = shop.counter(stocktake)
    counter.open(a)
    assert counter.scan(a, MILK)["reason"] == "lot_missing"
    assert counter.set(a, MILK, "5", lot="L1")["counted"] == "5.000"
    counter.set(a, MILK, "4", lot="L2")
    counter.set(a, MILK, "2", lot="L3")
    counter.close(a)
    shop.finish(stocktake)
    found = {line.place.lot: line.difference for line in shop.report(stocktake).lines}
    third = db.session.scalars(select(Lot.id).where(Lot.code == "L3")).one()
    assert found == {first: Decimal(-1), second: Decimal(0), third: Decimal(2)}
    shop.approve_all(stocktake)
    shop.post(stocktake)
    assert shop.on_hand(shop.milk, a) == 11
    assert verify(db.session()) == []


def test_a_line_is_approved_once(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    shop.counter(stocktake).count(a, [(TEA, 8), (COLA, 4)])
    shop.finish(stocktake)
    shop.approve_line(stocktake, a, shop.tea, -2)
    with pytest.raises(AlreadyDecided):
        shop.approve_line(stocktake, a, shop.tea, -2)


def test_a_difference_that_changed_since_its_approval_returns_to_review(shop: Shop) -> None:
    a, b, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    shop.counter(stocktake).count(a, [(TEA, 8), (COLA, 5)])
    shop.finish(stocktake)
    shop.approve_all(stocktake)
    shop.move(shop.tea, a, b, 1, at=now() - timedelta(minutes=30))
    assert shop.line(stocktake, a, shop.tea).is_stale
    posting = shop.post(stocktake)
    assert facts(posting.seq, posting.returned) == (None, 1)
    assert shop.get(stocktake).state is StocktakeState.REVIEW
    line = shop.line(stocktake, a, shop.tea)
    assert facts(line.known.has_changed, line.difference, line.can_approve) == (True, -1, True)
    assert shop.on_hand(shop.tea, a) == 9
    shop.approve_all(stocktake)
    assert shop.post(stocktake).seq
    assert shop.on_hand(shop.tea, a) == 8
    assert verify(db.session()) == []


def test_a_match_that_became_a_difference_returns_to_review(shop: Shop) -> None:
    a, b, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    shop.counter(stocktake).count(a, [(TEA, 10), (COLA, 5)])
    shop.finish(stocktake)
    assert shop.get(stocktake).state is StocktakeState.APPROVED
    shop.move(shop.tea, a, b, 1, at=now() - timedelta(minutes=30))
    assert shop.post(stocktake).returned == 1
    assert shop.line(stocktake, a, shop.tea).can_approve


def test_a_recount_is_for_another_person_and_the_last_round_decides(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    first, second = shop.counter(stocktake), shop.counter(stocktake)
    first.count(a, [(TEA, 3), (COLA, 4)])
    shop.finish(stocktake)
    assert shop.recount(stocktake, Place(a, shop.tea, 0)) == [a]
    assert shop.get(stocktake).state is StocktakeState.COUNTING
    with pytest.raises(RecountAwaited):
        shop.approve_line(stocktake, a, shop.tea, -7)
    assert first.open(a, round=2)["reason"] == "stocktake_own_recount"
    second.count(a, [(TEA, 10)], round=2)
    tea, cola = shop.line(stocktake, a, shop.tea), shop.line(stocktake, a, shop.cola)
    assert facts(tea.counted, tea.difference, len(tea.sayings), tea.agrees) == (10, 0, 2, False)
    assert facts(cola.counted, len(cola.sayings)) == (4, 1)  # nobody asked for it again
    shop.finish(stocktake)
    assert shop.approve_all(stocktake) == 1
    shop.post(stocktake)
    assert facts(shop.on_hand(shop.tea, a), shop.on_hand(shop.cola, a)) == (10, 4)


def test_beyond_the_tolerance_one_word_is_not_enough(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a, tolerance=Tolerance(quantity=Decimal(1)))
    shop.counter(stocktake).count(a, [(TEA, 8), (COLA, 4)])
    shop.finish(stocktake)
    with pytest.raises(RecountFirst):
        shop.approve_line(stocktake, a, shop.tea, -2)
    assert shop.approve_all(stocktake) == 1  # one cola is within
    shop.recount(stocktake, Place(a, shop.tea, 0))
    shop.counter(stocktake).count(a, [(TEA, 8)], round=2)
    line = shop.line(stocktake, a, shop.tea)
    assert facts(line.agrees, line.can_approve) == (True, True)
    shop.finish(stocktake)
    assert shop.approve_all(stocktake) == 1
    assert shop.get(stocktake).state is StocktakeState.APPROVED


def test_a_recount_that_is_not_wanted_any_more_is_taken_back(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    shop.counter(stocktake).count(a, [(TEA, 8), (COLA, 5)])
    shop.finish(stocktake)
    shop.recount(stocktake, Place(a, shop.tea, 0))
    assert shop.line(stocktake, a, shop.tea).awaits_recount
    with shop.write() as session:
        drop_recount(session, stocktake, [Place(a, shop.tea, 0)], shop.manager, now())
    assert shop.line(stocktake, a, shop.tea).can_approve
    assert [(each.state, each.round) for each in list_bins(db.session(), stocktake)] == [(BinState.CLOSED, 1)]


def test_a_recount_of_one_line_taken_back_leaves_the_bin_to_the_recount_of_another(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    shop.counter(stocktake).count(a, [(TEA, 8), (COLA, 4)])
    shop.finish(stocktake)
    shop.recount(stocktake, Place(a, shop.tea, 0), Place(a, shop.cola, 0))
    with shop.write() as session:
        drop_recount(session, stocktake, [Place(a, shop.tea, 0)], shop.manager, now())
    assert [(each.state, each.round) for each in list_bins(db.session(), stocktake)] == [(BinState.WAITING, 2)]


def test_two_counters_of_one_bin_are_compared_and_never_summed(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    first, second = shop.counter(stocktake), shop.counter(stocktake)
    first.open(a)
    second.open(a)
    first.set(a, TEA, "10")
    second.set(a, TEA, "9")
    second.set(a, COLA, "5")
    second.close(a)
    first.set(a, COLA, "5")
    first.close(a)
    line = shop.line(stocktake, a, shop.tea)
    assert facts([said.counted for said in line.sayings], line.counted) == ([9, 10], 10)


def test_a_carton_counts_its_bottles_and_an_undo_takes_one_event_back(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    counter = shop.counter(stocktake)
    counter.open(a)
    assert counter.scan(a, TEA)["counted"] == "1.000"
    carton = counter.scan(a, TEA_CARTON)
    assert carton["counted"] == "25.000"
    assert counter.undo(a, carton["id"])["counted"] == "1.000"
    counter.undo(a, carton["id"])
    counter.close(a)
    assert shop.line(stocktake, a, shop.tea).counted == 1


def test_nobody_takes_back_what_another_scanned(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    first, second = shop.counter(stocktake), shop.counter(stocktake)
    scan = first.scan(a, TEA)
    assert second.undo(a, scan["id"])["reason"] == "stocktake_undo_not_own"


def test_a_bin_opened_again_is_counted_anew_and_the_phone_is_told_so(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    counter = shop.counter(stocktake)
    counter.count(a, [(TEA, 8), (COLA, 5)])
    counter.open(a)
    assert counter.scan(a, TEA)["counted"] == "1.000"
    assert shop.line(stocktake, a, shop.tea).counted == 8  # the first count stands until the second is closed
    counter.set(a, TEA, "10")
    counter.set(a, COLA, "5")
    counter.close(a)
    assert [line.difference for line in shop.report(stocktake).lines] == [0, 0]


def test_a_second_count_by_the_same_person_is_no_second_word(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a, tolerance=Tolerance(quantity=Decimal(1)))
    counter = shop.counter(stocktake)
    counter.count(a, [(TEA, 8), (COLA, 5)])
    counter.count(a, [(TEA, 8), (COLA, 5)])
    line = shop.line(stocktake, a, shop.tea)
    assert facts(len(line.sayings), line.needs_recount) == (2, True)


def test_a_closing_taken_back_opens_the_bin_again(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    counter = shop.counter(stocktake)
    *_, closing = counter.count(a, [(TEA, 10)])
    counter.undo(a, closing["id"])
    assert shop.line(stocktake, a, shop.tea).status is LineCount.NOT_COUNTED
    counter.set(a, COLA, "5")
    counter.close(a)
    assert [line.difference for line in shop.report(stocktake).lines] == [0, 0]


def test_an_opening_taken_back_leaves_the_bin_as_if_nobody_had_been_there(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    counter, other = shop.counter(stocktake), shop.counter(stocktake)
    opening = counter.open(a)
    mistake = counter.scan(a, TEA)
    counter.undo(a, mistake["id"])
    counter.undo(a, opening["id"])
    assert bin_states(stocktake) == [(BinState.WAITING, None, True)]
    other.count(a, [(TEA, 10), (COLA, 5)])
    assert bin_states(stocktake) == [(BinState.CLOSED, other.id, True)]
    assert len(shop.line(stocktake, a, shop.tea).sayings) == 1


def test_an_opening_taken_back_takes_nothing_else_back(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    counter, second = shop.counter(stocktake), shop.counter(stocktake)
    counter.count(a, [(TEA, 10), (COLA, 5)])
    again = counter.phone.event(None, "open_bin", location=a)
    counter.phone.send(again, counter.phone.event(None, "undo", location=a, undoes=again["id"]))
    assert bin_states(stocktake) == [(BinState.CLOSED, counter.id, True)]
    beside = second.open(a)
    assert len(bin_states(stocktake)) == 2
    second.undo(a, beside["id"])
    assert bin_states(stocktake) == [(BinState.CLOSED, counter.id, True)]


def bin_states(stocktake: int) -> list[tuple[object, ...]]:
    db.session.remove()
    columns = (StocktakeBin.state, StocktakeBin.counter_id, StocktakeBin.is_main)
    statement = select(*columns).where(StocktakeBin.stocktake_id == stocktake).order_by(StocktakeBin.id)
    return [tuple(row) for row in db.session.execute(statement)]


def test_scans_for_a_stocktake_that_is_over_or_not_begun_are_parked(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    draft = shop.draft(a)
    counter = shop.counter(draft)
    assert counter.scan(a, TEA)["reason"] == "stocktake_not_started"
    done = shop.plan(a)
    counter.phone.task = f"stocktake:{done}"
    counter.count(a, [(TEA, 10), (COLA, 5)])
    shop.finish(done)
    assert counter.scan(a, TEA)["status"] == "accepted"  # scanned before, found the network now
    counter.close(a)
    shop.approve_all(done)
    shop.post(done)
    assert counter.scan(a, TEA)["reason"] == "stocktake_closed"
    counter.phone.task = "stocktake:999"
    assert counter.scan(a, TEA)["reason"] == "stocktake_unknown"


def test_a_surplus_of_unknown_cost_asks_the_approver(shop: Shop) -> None:
    a, *_ = shop.bins
    stocktake = shop.plan(a)
    shop.counter(stocktake).count(a, [(TEA, 3)])
    shop.finish(stocktake)
    assert shop.line(stocktake, a, shop.tea).value is None
    with pytest.raises(CostMissing):
        shop.approve_line(stocktake, a, shop.tea, 3)
    shop.approve_line(stocktake, a, shop.tea, 3, unit_costs={Place(a, shop.tea, 0): Decimal("2.5")})
    shop.post(stocktake)
    assert shop.line(stocktake, a, shop.tea).value == Decimal("7.50")
    assert account_balance(db.session(), "1901") == Decimal("-7.50")


def test_goods_that_only_ever_left_beyond_book_have_no_cost_either(shop: Shop) -> None:
    a, b, *_ = shop.bins
    shop.move(shop.tea, a, b, 5)  # the books had none: what lies in B now stands at nothing
    stocktake = shop.plan(a)
    shop.counter(stocktake).count(a, [(TEA, 3)])
    shop.finish(stocktake)
    with pytest.raises(CostMissing):
        shop.approve_line(stocktake, a, shop.tea, 3)
    shop.approve_line(stocktake, a, shop.tea, 3, unit_costs={Place(a, shop.tea, 0): Decimal("2.5")})
    assert shop.post(stocktake).seq
    assert account_balance(db.session(), "1901") == Decimal("-7.50")


def test_posted_lines_name_their_anchor(shop: Shop) -> None:
    a, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    shop.counter(stocktake).count(a, [(TEA, 9), (COLA, 5)])
    shop.finish(stocktake)
    shop.approve_all(stocktake)
    shop.post(stocktake)
    lines = db.session.scalars(select(StocktakeLine)).all()
    assert {line.state for line in lines} == {LineState.POSTED}
    keys = set(db.session.scalars(select(CountAnchor.key)))
    assert {line.anchor_key for line in lines} == keys


def test_a_late_move_after_the_posting_is_given_back_and_the_report_stands(shop: Shop) -> None:
    a, b, *_ = stocked(shop).bins
    stocktake = shop.plan(a)
    shop.counter(stocktake).count(a, [(TEA, 9), (COLA, 5)])
    shop.finish(stocktake)
    shop.approve_all(stocktake)
    shop.post(stocktake)
    shop.move(shop.tea, a, b, 1, at=now() - timedelta(minutes=30))
    assert shop.on_hand(shop.tea, a) == 9
    assert shop.line(stocktake, a, shop.tea).difference == -1
    assert verify(db.session()) == []


def test_whoever_lets_a_doubted_scan_in_answers_for_it_and_does_not_approve(shop: Shop) -> None:
    bin_id = shop.bins[0]
    shop.stock(shop.tea, bin_id, 10, 30)
    stocktake = shop.plan(bin_id)
    gone, colleague = shop.counter(stocktake), shop.counter(stocktake)
    gone.count(bin_id, [(TEA, 8)])
    with shop.write() as session:
        deactivate_user(session, gone.id, shop.owner, now())
    [doubted] = colleague.phone.send(gone.phone.event(TEA, "set", location=bin_id, quantity="6"))
    assert doubted["reason"] == "grant_ended"
    with shop.write() as session:
        take(session, UUID(doubted["id"]), shop.manager, now())
    colleague.count(bin_id, [(TEA, 6)])
    shop.finish(stocktake)
    with pytest.raises(OwnCount):
        shop.approve_all(stocktake, by=shop.manager)
    assert shop.approve_all(stocktake, by=shop.owner) == 1
