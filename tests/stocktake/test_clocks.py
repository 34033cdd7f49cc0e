"""When a bin was closed, how certainly, and on which day that was: clocks that are wrong, clocks set back, midnight."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.company.models import Company
from app.company.queries import get_company
from app.db import db
from app.ledger.periods import close_period
from app.ledger.queries import get_posting
from app.ledger.verify import verify
from tests.stocktake.shop import TEA, Counter, Shop, facts, now


def at(moment: datetime, **other: object) -> dict[str, Any]:
    """What a phone with a right clock says of a moment."""
    return {"scanned_at": moment.isoformat(), "clock_offset_ms": 0, "uncertainty_ms": 20} | other


def count_at(counter: Counter, bin_id: int, tea: int, opened: dict[str, Any], closed: dict[str, Any]) -> None:
    """Open the bin, type the tea, close it, as the phone says."""
    make = counter.phone.event
    typed = make(TEA, "set", location=bin_id, quantity=f"{tea}.000", **opened)
    answers = counter.phone.send(
        make(None, "open_bin", location=bin_id, **opened), typed, make(None, "close_bin", location=bin_id, **closed)
    )
    assert {answer["status"] for answer in answers} == {"accepted"}


@pytest.fixture
def stocktake(shop: Shop) -> int:
    """Ten tea in the first bin, to be counted."""
    shop.stock(shop.tea, shop.bins[0], 10, 30)
    return shop.plan(shop.bins[0], ago=timedelta(days=90))


def is_disturbed_by_a_move(shop: Shop, stocktake: int, moment: datetime) -> bool:
    a, b, *_ = shop.bins
    shop.move(shop.tea, a, b, 1, at=moment)
    return shop.line(stocktake, a, shop.tea).moved_meanwhile


def test_a_move_within_the_uncertainty_of_the_closing_disturbs_its_line(shop: Shop, stocktake: int) -> None:
    closed = now() - timedelta(minutes=10)
    opened = closed - timedelta(minutes=1)
    count_at(shop.counter(stocktake), shop.bins[0], 10, at(opened), at(closed, uncertainty_ms=5_000))
    assert not is_disturbed_by_a_move(shop, stocktake, closed + timedelta(seconds=6))
    assert is_disturbed_by_a_move(shop, stocktake, closed + timedelta(seconds=4))


def test_the_opening_is_as_uncertain_as_the_clock_was_then(shop: Shop, stocktake: int) -> None:
    closed = now() - timedelta(minutes=10)
    opened = closed - timedelta(minutes=1)
    count_at(shop.counter(stocktake), shop.bins[0], 10, at(opened, uncertainty_ms=120_000), at(closed))
    assert not is_disturbed_by_a_move(shop, stocktake, closed + timedelta(seconds=1))
    assert is_disturbed_by_a_move(shop, stocktake, opened - timedelta(seconds=110))


def test_a_clock_set_back_between_opening_and_closing_leaves_the_time_between_in_doubt(
    shop: Shop, stocktake: int
) -> None:
    closed = now() - timedelta(minutes=10)
    too_late = closed + timedelta(minutes=3)  # what the clock said before it was set
    count_at(shop.counter(stocktake), shop.bins[0], 10, at(too_late), at(closed))
    line = shop.line(stocktake, shop.bins[0], shop.tea)
    assert line.deciding
    assert line.deciding.closed_at == too_late  # never before goods that were still there
    assert is_disturbed_by_a_move(shop, stocktake, closed + timedelta(seconds=1))


def test_an_uncertainty_beyond_all_bounds_breaks_neither_the_intake_nor_the_report(shop: Shop, stocktake: int) -> None:
    a, *_ = shop.bins
    moment = now() - timedelta(minutes=10)
    unsure = at(moment, uncertainty_ms=2**53)
    count_at(shop.counter(stocktake), a, 9, unsure, unsure)
    assert facts(shop.line(stocktake, a, shop.tea).difference) == (-1,)
    assert is_disturbed_by_a_move(shop, stocktake, now() - timedelta(minutes=50))
    shop.finish(stocktake)
    shop.approve_all(stocktake)
    assert shop.post(stocktake).seq
    assert shop.on_hand(shop.tea, a) == 9


def test_what_came_in_has_happened_however_fast_the_phone_s_clock_runs(shop: Shop, stocktake: int) -> None:
    a, b, *_ = shop.bins
    soon = now() + timedelta(minutes=5)
    count_at(shop.counter(stocktake), a, 10, at(soon, uncertainty_ms=400_000), at(soon, uncertainty_ms=400_000))
    line = shop.line(stocktake, a, shop.tea)
    assert line.deciding
    assert line.deciding.closed_at
    assert line.deciding.closed_at <= now()
    shop.move(shop.tea, a, b, 4)  # after the count, though before what the phone called the closing
    line = shop.line(stocktake, a, shop.tea)
    assert facts(line.book, line.difference) == (10, 0)


def midnight_of(shop: Shop) -> datetime:
    """Move the company to where the day began two hours ago and more; return that midnight."""
    ahead = (2 - now().hour) % 24
    ahead -= 24 if ahead > 12 else 0
    with shop.write() as session:
        session.get_one(Company, 1).time_zone = f"Etc/GMT{-ahead:+d}"  # these names count westward
    return now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)


def post_count_of(shop: Shop, closed: datetime) -> date:
    """Count, approve and post; return the business day of the posting."""
    a, *_ = shop.bins
    shop.stock(shop.tea, a, 10, 30)
    stocktake = shop.plan(a, ago=timedelta(days=1))
    count_at(shop.counter(stocktake), a, 8, at(closed), at(closed))
    shop.finish(stocktake)
    shop.approve_all(stocktake)
    seq = shop.post(stocktake).seq
    assert seq
    assert verify(db.session()) == []
    return get_posting(db.session(), seq).effective_on


@pytest.mark.parametrize(("minutes", "days"), [(-1, -1), (1, 0)])
def test_a_count_is_booked_on_the_company_s_day_of_its_closing(shop: Shop, minutes: int, days: int) -> None:
    midnight = midnight_of(shop)
    today = get_company(db.session()).day_of(now())
    assert post_count_of(shop, midnight + timedelta(minutes=minutes)) == today + timedelta(days=days)


def test_a_count_of_a_closed_day_is_booked_on_the_first_open_one(shop: Shop) -> None:
    midnight = midnight_of(shop)
    today = get_company(db.session()).day_of(now())
    with shop.write() as session:
        close_period(session, today - timedelta(days=1), by=shop.owner, now=now())
    assert post_count_of(shop, midnight - timedelta(minutes=1)) == today


def test_nobody_counts_before_the_stocktake_began_by_a_clock_set_back(shop: Shop) -> None:
    shop.stock(shop.tea, shop.bins[0], 10, 30)  # an hour ago; who took them says that there were none before
    phone = shop.counter(shop.plan(shop.bins[0])).phone
    moment = at(now() - timedelta(hours=2))
    opened = phone.event(None, "open_bin", location=shop.bins[0], **moment)
    answers = phone.send(opened, phone.event(None, "close_bin", location=shop.bins[0], **moment))
    assert {answer["reason"] for answer in answers} == {"stocktake_too_early"}
    assert phone.send(opened)[0] == answers[0]
    uncertain = at(now() - timedelta(seconds=90), uncertainty_ms=60_000)  # a clock that may be right
    assert phone.scan(None, "open_bin", location=shop.bins[0], **uncertain)["status"] == "accepted"
