"""Spot counts: begun anywhere, posted at once within the tolerance, before four eyes beyond it."""

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app.company.models import Company
from app.db import db
from app.identity.models import AuditEvent
from app.kernel.owncode import OwnKind, make_own_code
from app.ledger.models import CountAnchor, Posting
from app.ledger.verify import verify
from app.notices.models import Notice
from app.scanning.service import drop
from app.stocktake.approval.rules import Choice
from app.stocktake.models import Stocktake, StocktakeApproval
from app.stocktake.rules import BeingSpotCounted, OwnCount, Scope, ScopeKind, StocktakeState
from app.stocktake.service import Plan, cancel, plan, resume
from app.stocktake.sheets.service import print_sheets
from app.stocktake.spot.rules import NotABin
from app.stocktake.spot.service import begin
from tests.conftest import SignIn
from tests.stocktake.shop import COLA, TEA, Counter, Shop, facts, now


@pytest.fixture
def bin_id(shop: Shop) -> int:
    """A bin in which ten tea and five cola lie, and the tolerance of the tests: one piece."""
    shop.stock(shop.tea, shop.bins[0], 10, 30)
    shop.stock(shop.cola, shop.bins[0], 5, 20)
    with shop.write() as session:
        session.execute(update(Company).values(spot_quantity=Decimal(1)))
    return shop.bins[0]


def spot(shop: Shop, bin_id: int, by: Counter | None = None) -> tuple[int, Counter]:
    """Begin a spot count and give it a counter."""
    with shop.write() as session:
        number = begin(session, bin_id, by.id if by else shop.owner, now()).id
    return number, shop.counter(number)


def notices() -> set[tuple[str, str]]:
    db.session.remove()
    return {(notice.kind, str(notice.params["lines"])) for notice in db.session.scalars(select(Notice))}


def actions() -> list[str]:
    events = select(AuditEvent.action).where(AuditEvent.action.like("stocktake.%")).order_by(AuditEvent.id)
    return list(db.session.scalars(events))


def test_within_the_tolerance_it_posts_itself_and_approvers_are_told(shop: Shop, bin_id: int) -> None:
    number, counter = spot(shop, bin_id)
    counter.count(bin_id, [(TEA, 9), (COLA, 5)])
    assert shop.get(number).state is StocktakeState.POSTED
    assert facts(shop.on_hand(shop.tea, bin_id), shop.on_hand(shop.cola, bin_id)) == (9, 5)
    assert notices() == {("stocktake.spot_posted", "1")}
    assert actions() == [
        "stocktake.start",
        "stocktake.finish",
        "stocktake.approve_by_rule",
        "stocktake.post",
        "stocktake.spot_settled",
    ]
    [approval] = db.session.scalars(select(StocktakeApproval))
    assert (approval.is_by_rule, approval.by_id) == (True, counter.id)
    assert db.session.scalars(select(Posting.kind).order_by(Posting.seq)).all()[-1] == "spot_count"
    assert verify(db.session()) == []


def test_without_a_difference_it_posts_and_records_the_count_and_nobody_is_bothered(shop: Shop, bin_id: int) -> None:
    with shop.write() as session:
        session.execute(update(Company).values(spot_quantity=None))
    number, counter = spot(shop, bin_id)
    counter.count(bin_id, [(TEA, 10), (COLA, 5)])
    assert shop.get(number).state is StocktakeState.POSTED
    assert len(db.session.scalars(select(CountAnchor)).all()) == 2
    assert notices() == set()


def test_a_bin_that_is_empty_as_the_books_say_is_done_with(shop: Shop) -> None:
    number, counter = spot(shop, shop.bins[3])
    counter.count(shop.bins[3], [])
    assert shop.get(number).state is StocktakeState.POSTED
    assert verify(db.session()) == []


def test_what_was_found_in_a_bin_that_the_books_think_empty_waits(shop: Shop) -> None:
    number, counter = spot(shop, shop.bins[3])
    counter.count(shop.bins[3], [(TEA, 1)])
    assert shop.get(number).state is StocktakeState.REVIEW


@pytest.mark.parametrize(
    ("tolerance", "tea"),
    [
        ({"spot_quantity": None}, 9),  # no limit is set: no difference is within
        ({}, 8),
        ({"spot_value": Decimal("2.99")}, 9),  # one tea is worth 3
        ({"spot_percent": Decimal("9.99")}, 9),
    ],
)
def test_beyond_any_limit_it_waits_for_somebody_else(
    shop: Shop, bin_id: int, tolerance: dict[str, Any], tea: int
) -> None:
    with shop.write() as session:
        session.execute(update(Company).values({"spot_quantity": Decimal(1)} | tolerance))
    number, counter = spot(shop, bin_id)
    counter.count(bin_id, [(TEA, tea), (COLA, 5)])
    assert shop.get(number).state is StocktakeState.REVIEW
    assert shop.on_hand(shop.tea, bin_id) == 10
    assert notices() == {("stocktake.spot_waiting", "1")}
    with pytest.raises(OwnCount):
        shop.approve_all(number, by=counter.id)
    shop.approve_all(number)
    shop.post(number)
    assert shop.on_hand(shop.tea, bin_id) == tea
    assert verify(db.session()) == []


def test_a_disturbed_count_waits_even_within_the_tolerance(shop: Shop, bin_id: int) -> None:
    number, counter = spot(shop, bin_id)
    counter.open(bin_id)
    shop.move(shop.tea, bin_id, shop.bins[1], 1)
    counter.set(bin_id, TEA, "9.000")
    counter.set(bin_id, COLA, "5.000")
    counter.close(bin_id)
    assert shop.get(number).state is not StocktakeState.POSTED


def test_a_parked_scan_waits_for_its_person(shop: Shop, bin_id: int) -> None:
    number, counter = spot(shop, bin_id)
    counter.open(bin_id)
    parked = counter.scan(bin_id, "NOBODY-KNOWS-IT")
    counter.set(bin_id, TEA, "9.000")
    counter.set(bin_id, COLA, "5.000")
    counter.close(bin_id)
    assert shop.get(number).state is StocktakeState.REVIEW
    with shop.write() as session:
        drop(session, UUID(parked["id"]), "litter", shop.manager, now())
    shop.approve(number, Choice(seen={shop.line(number, bin_id, shop.tea).place: Decimal(-1)}))
    assert shop.post(number).seq is not None


def test_two_who_count_the_same_bin_share_one_count_and_must_agree(shop: Shop, bin_id: int) -> None:
    number, one = spot(shop, bin_id)
    again, other = spot(shop, bin_id)
    assert again == number
    one.open(bin_id)
    other.open(bin_id)
    one.count(bin_id, [(TEA, 9), (COLA, 5)])
    assert shop.get(number).state is StocktakeState.COUNTING  # the other one is not done
    other.count(bin_id, [(TEA, 10), (COLA, 5)])
    assert shop.get(number).state is not StocktakeState.POSTED  # both within, but they disagree


def test_a_loss_counted_bit_by_bit_is_not_within_the_tolerance(shop: Shop, bin_id: int) -> None:
    first, counter = spot(shop, bin_id)
    counter.count(bin_id, [(TEA, 9), (COLA, 5)])
    assert shop.get(first).state is StocktakeState.POSTED
    second, other = spot(shop, bin_id)
    other.count(bin_id, [(TEA, 8), (COLA, 5)])  # one less than the books, two less than at first
    assert facts(shop.get(second).state, shop.on_hand(shop.tea, bin_id)) == (StocktakeState.REVIEW, 9)
    third, finder = spot(shop, bin_id)
    finder.count(bin_id, [(TEA, 10), (COLA, 5)])  # the one that lacked was found again
    assert facts(shop.get(third).state, shop.on_hand(shop.tea, bin_id)) == (StocktakeState.POSTED, 10)
    assert verify(db.session()) == []


def test_who_reads_the_approvals_sees_that_nobody_decided(shop: Shop, bin_id: int, sign_in: SignIn) -> None:
    number, counter = spot(shop, bin_id)
    counter.count(bin_id, [(TEA, 9), (COLA, 5)])
    client, passed = sign_in("manager"), "within the tolerance of spot counts"
    assert f"· {passed}" in client.get(f"/stocktakes/{number}/approvals?own=rule").get_data(as_text=True)
    for other in ("own", "other"):
        page = client.get(f"/stocktakes/{number}/approvals?own={other}").get_data(as_text=True)
        assert f"· {passed}" not in page
    assert f"· {passed}" in client.get(f"/stocktakes/{number}/report?show=all&format=csv").get_data(as_text=True)


def test_of_what_somebody_approved_nothing_is_remembered(shop: Shop, bin_id: int) -> None:
    first, counter = spot(shop, bin_id)
    counter.count(bin_id, [(TEA, 7), (COLA, 5)])
    shop.approve_all(first)
    shop.post(first)
    second, other = spot(shop, bin_id)
    other.count(bin_id, [(TEA, 6), (COLA, 5)])
    assert facts(shop.get(second).state, shop.on_hand(shop.tea, bin_id)) == (StocktakeState.POSTED, 6)


def test_a_spot_count_that_waits_does_not_go_on_while_another_counts_its_bin(
    shop: Shop, bin_id: int, at_once: Callable[..., list[object]]
) -> None:
    first, counter = spot(shop, bin_id)
    counter.count(bin_id, [(TEA, 5), (COLA, 5)])
    place = shop.line(first, bin_id, shop.tea).place

    def go_on() -> object:
        return shop.recount(first, place)

    def begin_another() -> object:
        return spot(shop, bin_id)[0]

    [gone_on, second] = at_once(go_on, begin_another)
    # Whoever was faster has the bin: the other one joins it, or is told which count to end.
    if second == first:
        assert gone_on == [bin_id]
    else:
        assert isinstance(gone_on, BeingSpotCounted)
        with pytest.raises(BeingSpotCounted), shop.write() as session:
            resume(session, first, shop.manager, now())
        with shop.write() as session:
            cancel(session, int(str(second)), shop.manager, now())
        assert shop.recount(first, place) == [bin_id]


def test_a_sheet_that_closes_its_bin_ends_the_spot_count(shop: Shop, bin_id: int, sign_in: SignIn) -> None:
    number, counter = spot(shop, bin_id)
    with shop.write() as session:
        [sheet] = print_sheets(session, number, [bin_id], shop.manager, now())
    at = f"{now() + timedelta(hours=8):%Y-%m-%dT%H:%M}"
    form = {"token": str(uuid4()), "counter": str(counter.id), "counted_at": at, "line-0": "9", "line-1": "5"}
    assert sign_in("manager").post(f"/stocktakes/sheets/{sheet}", data=form).status_code == 303
    # Written to the minute, the goods came within the doubt of the hand's clock or not: either way counting is over.
    assert shop.get(number).state in {StocktakeState.POSTED, StocktakeState.REVIEW}


def test_the_same_closing_sent_again_changes_nothing(shop: Shop, bin_id: int) -> None:
    number, counter = spot(shop, bin_id)
    counter.count(bin_id, [(TEA, 9), (COLA, 5)])
    before = db.session.scalars(select(Posting.seq)).all()
    late = counter.close(bin_id)
    assert late["status"] == "parked"
    assert db.session.scalars(select(Posting.seq)).all() == before
    assert shop.get(number).state is StocktakeState.POSTED


def test_inside_a_running_stocktake_the_books_come_out_as_counted_last(shop: Shop, bin_id: int) -> None:
    whole = shop.plan(bin_id)
    early = shop.counter(whole)
    early.count(bin_id, [(TEA, 9), (COLA, 5)])
    number, counter = spot(shop, bin_id)
    counter.count(bin_id, [(TEA, 9), (COLA, 5)])
    assert shop.get(number).state is StocktakeState.POSTED
    assert shop.on_hand(shop.tea, bin_id) == 9
    shop.finish(whole)
    shop.approve_all(whole)
    assert shop.post(whole).seq is not None
    assert shop.on_hand(shop.tea, bin_id) == 9  # the shortage is booked once
    assert verify(db.session()) == []


def test_a_stocktake_posted_before_the_spot_count_leaves_it_nothing_to_book(shop: Shop, bin_id: int) -> None:
    number, counter = spot(shop, bin_id)
    counter.open(bin_id)
    whole = shop.plan(bin_id)
    shop.counter(whole).count(bin_id, [(TEA, 7), (COLA, 5)])
    shop.finish(whole)
    shop.approve_all(whole)
    shop.post(whole)
    counter.count(bin_id, [(TEA, 7), (COLA, 5)])
    assert facts(shop.get(number).state, shop.on_hand(shop.tea, bin_id)) == (StocktakeState.POSTED, 7)
    assert verify(db.session()) == []


def test_two_who_begin_at_the_same_moment_get_the_same_count(app: Flask, shop: Shop, bin_id: int) -> None:
    ready, begun = threading.Barrier(2), []

    def one() -> None:
        with app.app_context():
            ready.wait(10)
            with shop.write() as session:
                begun.append(begin(session, bin_id, shop.owner, now()).id)
            db.session.remove()

    db.session.remove()
    threads = [threading.Thread(target=one) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(begun) == 2
    assert len(set(begun)) == 1
    assert len(db.session.scalars(select(Stocktake)).all()) == 1


@pytest.mark.usefixtures("apart")
def test_two_who_close_at_the_same_moment_post_once(app: Flask, shop: Shop, bin_id: int) -> None:
    number, one = spot(shop, bin_id)
    other = shop.counter(number)
    for counter in (one, other):
        counter.open(bin_id)
        counter.set(bin_id, TEA, "9.000")
        counter.set(bin_id, COLA, "5.000")
    ready = threading.Barrier(2)

    def close(counter: Counter) -> None:
        ready.wait(10)
        counter.close(bin_id)

    db.session.remove()
    threads = [threading.Thread(target=close, args=(counter,)) for counter in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert facts(shop.get(number).state, shop.on_hand(shop.tea, bin_id)) == (StocktakeState.POSTED, 9)
    assert db.session.scalars(select(Posting.kind)).all().count("spot_count") == 1
    assert verify(db.session()) == []


def test_the_database_refuses_a_second_spot_count_of_a_bin(shop: Shop, bin_id: int) -> None:
    spot(shop, bin_id)
    with shop.write() as session:
        other = plan(session, Plan(shop.warehouse, Scope(ScopeKind.BINS, (bin_id,))), shop.owner, now())
        number = other.id
    values = {"spot_bin_id": bin_id, "state": StocktakeState.COUNTING}
    second = update(Stocktake).where(Stocktake.id == number).values(**values)
    with pytest.raises(IntegrityError), shop.write() as session:
        session.execute(second)


@pytest.mark.parametrize("named", ["label", "code", "small letters", "with its symbology"])
def test_the_page_begins_a_count_of_the_bin_whose_label_is_scanned(
    shop: Shop, bin_id: int, sign_in: SignIn, named: str
) -> None:
    label = make_own_code(OwnKind.BIN, bin_id)
    typed = {"label": label, "code": "A-1", "small letters": "a-1", "with its symbology": f"]C0{label}"}[named]
    answer = sign_in("warehouse").post("/spot", data={"code": typed})
    [stocktake] = db.session.scalars(select(Stocktake))
    assert (answer.status_code, answer.location) == (303, f"/stocktakes/{stocktake.id}/scan")
    assert (stocktake.spot_bin_id, stocktake.state) == (bin_id, StocktakeState.COUNTING)


def test_what_names_no_bin_is_shown_again_as_it_was_typed(shop: Shop, sign_in: SignIn) -> None:
    client = sign_in("warehouse")
    for typed in ("NOWHERE", TEA, "W1"):
        answer = client.post("/spot", data={"code": typed})
        assert answer.status_code == 400
        assert f'value="{typed}"' in answer.get_data(as_text=True)
    assert client.post("/spot").status_code == 400
    assert client.post("/spot", data={"bin": shop.warehouse}).status_code == 400
    assert db.session.scalars(select(Stocktake)).all() == []
    with pytest.raises(NotABin), shop.write() as session:
        begin(session, shop.zone, shop.owner, now())


def test_a_bins_page_and_the_start_page_offer_it_to_whoever_may_scan(
    shop: Shop, bin_id: int, sign_in: Callable[..., Any]
) -> None:
    page = sign_in("warehouse").get(f"/places/{bin_id}").get_data(as_text=True)
    assert "Count this bin" in page
    assert "Count any bin" in sign_in("warehouse").get("/").get_data(as_text=True)
    assert "Count this bin" not in sign_in("viewer").get(f"/places/{bin_id}").get_data(as_text=True)


def test_the_database_refuses_a_tolerance_below_zero(shop: Shop) -> None:
    with pytest.raises(IntegrityError), shop.write() as session:
        session.execute(update(Company).values(spot_value=Decimal(-1)))


def test_the_owner_sets_the_tolerance(shop: Shop, sign_in: SignIn) -> None:
    client = sign_in("owner")
    form = {"name": "测试商贸", "tax_status": "general", "locale": "zh", "time_zone": "Asia/Shanghai"}
    refused = client.post("/settings", data=form | {"spot_quantity": "-1"})
    assert refused.status_code == 400
    assert 'value="-1"' in refused.get_data(as_text=True)
    assert client.post("/settings", data=form | {"spot_quantity": "2", "spot_percent": "1.5"}).status_code == 303
    company = db.session.get_one(Company, 1)
    assert facts(company.spot_quantity, company.spot_percent, company.spot_value) == (2, Decimal("1.5"), None)
