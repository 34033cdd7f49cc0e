"""Recurring counts: on which days they fall, that each day is planned once, pages, calendar, who is told."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.db import db
from app.identity.models import AuditEvent
from app.jobs.registry import JOBS
from app.kernel.clock import business_day
from app.notices.models import Notice
from app.notices.queries import count_unread
from app.stocktake.models import Stocktake
from app.stocktake.rules import Scope, ScopeKind, StocktakeState
from app.stocktake.schedules import service
from app.stocktake.schedules.models import StocktakeSchedule, StocktakeTurn
from app.stocktake.schedules.rules import (
    NameMissing,
    Rhythm,
    RhythmInvalid,
    RhythmKind,
    ScheduleChanged,
    ScheduleDraft,
    ScheduleState,
    ensure_schedule,
)
from app.stocktake.service import cancel, start
from tests.conftest import SignIn
from tests.stocktake.shop import Shop, now

MONDAY = date(2026, 11, 23)
NIGHT = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)  # 05:00 on Tuesday in Shanghai
TUESDAY = MONDAY + timedelta(days=1)
DAYS, WEEKS, MONTHS = RhythmKind
rhythms = st.one_of(
    st.builds(Rhythm, st.just(DAYS), st.integers(1, 366)),
    st.builds(Rhythm, st.just(WEEKS), st.integers(1, 60), weekday=st.integers(0, 6)),
    st.builds(Rhythm, st.just(MONTHS), st.integers(1, 30), month_day=st.integers(1, 31)),
)
days = st.dates(date(2020, 1, 1), date(2060, 1, 1))


def test_every_so_many_days_begins_on_the_day_chosen() -> None:
    rhythm = Rhythm(DAYS, 3)
    assert rhythm.first(MONDAY) == MONDAY
    assert rhythm.following(MONDAY) == date(2026, 11, 26)


def test_weeks_fall_on_their_weekday() -> None:
    rhythm = Rhythm(WEEKS, 2, weekday=4)
    assert rhythm.first(MONDAY) == date(2026, 11, 27)
    assert rhythm.first(date(2026, 11, 27)) == date(2026, 11, 27)
    assert rhythm.following(date(2026, 11, 27)) == date(2026, 12, 11)


def test_the_31st_is_the_last_day_of_every_month_and_comes_back() -> None:
    rhythm = Rhythm(MONTHS, 1, month_day=31)
    first = rhythm.first(date(2027, 1, 31))
    assert list(rhythm.days(first, date(2027, 4, 30))) == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
        date(2027, 4, 30),
    ]
    assert Rhythm(MONTHS, 3, month_day=5).first(date(2026, 12, 6)) == date(2027, 1, 5)
    assert Rhythm(MONTHS, 3, month_day=5).following(date(2026, 11, 5)) == date(2027, 2, 5)


@given(rhythms, days, days)
def test_a_rhythm_goes_forward_and_makes_up_for_missed_days_once(rhythm: Rhythm, start: date, today: date) -> None:
    first = rhythm.first(start)
    assert start <= first <= start + timedelta(days=31)
    following = rhythm.following(first)
    assert following > first
    if rhythm.kind is WEEKS:
        assert first.weekday() == following.weekday() == rhythm.weekday
    after = rhythm.after(first, today)
    assert after > today or after == first
    assert after in set(rhythm.days(first, max(after, today)))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": ""}, NameMissing),
        ({"rhythm": Rhythm(DAYS, 0)}, RhythmInvalid),
        ({"rhythm": Rhythm(WEEKS, 1)}, RhythmInvalid),
        ({"rhythm": Rhythm(MONTHS, 1, month_day=32)}, RhythmInvalid),
    ],
)
def test_a_recurring_count_has_a_name_and_a_rhythm_that_falls_on_days(
    changes: dict[str, Any], error: type[Exception]
) -> None:
    draft = ScheduleDraft("周一", 1, Scope(ScopeKind.WAREHOUSE), Rhythm(DAYS, 1), MONDAY)
    ensure_schedule(draft)
    with pytest.raises(error):
        ensure_schedule(replace(draft, **changes))


# --- days that are due ------------------------------------------------------------------------------------------------


def schedule(shop: Shop, rhythm: Rhythm | None = None, scope: Scope | None = None, **how: Any) -> int:
    """A recurring count of two bins, every Monday if nothing else is said."""
    draft = ScheduleDraft(
        "冷库周盘",
        shop.warehouse,
        scope or Scope(ScopeKind.BINS, shop.bins[:2]),
        rhythm or Rhythm(WEEKS, 1, weekday=0),
        MONDAY,
        **how,
    )
    with shop.write() as session:
        return service.add_schedule(session, draft, shop.owner, now()).id


def turns(shop: Shop) -> list[tuple[date, int | None]]:
    assert shop
    db.session.remove()
    rows = db.session.scalars(select(StocktakeTurn).order_by(StocktakeTurn.due_on))
    return [(row.due_on, row.stocktake_id) for row in rows]


def get(number: int) -> StocktakeSchedule:
    db.session.remove()
    return db.session.get_one(StocktakeSchedule, number)


def planned(shop: Shop) -> list[Stocktake]:
    assert shop
    db.session.remove()
    return list(db.session.scalars(select(Stocktake).order_by(Stocktake.id)))


def test_the_night_plans_what_is_due_and_tells_the_planners_and_whoever_it_is_for(
    shop: Shop, make_user: Callable[..., int]
) -> None:
    worker = make_user("warehouse")
    number = schedule(shop, assigned_to=worker, blind=False)
    assert JOBS["counts"].run(NIGHT) == "1 planned"
    (stocktake,) = planned(shop)
    assert (stocktake.state, stocktake.scope_ids, stocktake.note) == (
        StocktakeState.DRAFT,
        list(shop.bins[:2]),
        "冷库周盘",
    )
    assert stocktake.blind is False
    assert turns(shop) == [(MONDAY, stocktake.id)]
    assert get(number).next_due == date(2026, 11, 30)
    assert JOBS["counts"].run(NIGHT) == "0 planned"
    told = db.session.scalars(select(Notice).where(Notice.kind == "stocktake.due")).all()
    assert {shop.owner, shop.manager, worker} <= {notice.user_id for notice in told}
    assert {notice.link for notice in told} == {f"/stocktakes/{stocktake.id}"}
    assert told[0].params == {"name": "冷库周盘", "day": "2026-11-23"}
    with shop.write() as session:
        start(session, stocktake.id, shop.owner, now())
    assert count_unread(db.session(), worker) == 0  # it has begun: nobody needs to be told any more


def test_missed_days_are_made_up_for_once_and_an_unbegun_count_is_not_planned_twice(shop: Shop) -> None:
    number = schedule(shop, Rhythm(DAYS, 2))
    service.plan_all_due(NIGHT + timedelta(days=9))  # five days were missed
    (first,) = planned(shop)
    assert get(number).next_due == date(2026, 12, 5)
    service.plan_all_due(NIGHT + timedelta(days=11))
    assert turns(shop) == [(MONDAY, first.id), (date(2026, 12, 5), first.id)]
    with shop.write() as session:
        cancel(session, first.id, shop.owner, now())
    service.plan_all_due(NIGHT + timedelta(days=13))
    assert [each.id for each in planned(shop)] == [first.id, first.id + 1]


def test_what_is_proposed_is_chosen_on_the_day(shop: Shop) -> None:
    shop.stock(shop.tea, shop.bins[2], 5, 50)
    schedule(shop, scope=Scope(ScopeKind.PROPOSED), most=1)
    service.plan_all_due(NIGHT)
    (stocktake,) = planned(shop)
    assert (stocktake.scope_kind, stocktake.scope_ids) == (ScopeKind.PROPOSED, [shop.bins[2]])


def test_a_day_on_which_nothing_calls_for_a_count_passes(shop: Shop) -> None:
    for each in shop.bins:
        shop.draft(each)
    schedule(shop, Rhythm(DAYS, 1), Scope(ScopeKind.PROPOSED), most=3)
    assert service.plan_all_due(NIGHT) == "0 planned"
    assert turns(shop) == [(MONDAY, None)]


def test_a_paused_count_does_not_come_and_what_passed_meanwhile_is_not_made_up_for(shop: Shop) -> None:
    number = schedule(shop, Rhythm(DAYS, 1))

    def switch(wanted: ScheduleState, at: datetime) -> None:
        with shop.write() as session:
            service.switch_schedule(session, number, wanted, shop.owner, at)

    switch(ScheduleState.PAUSED, NIGHT)
    service.plan_all_due(NIGHT)
    assert planned(shop) == []
    switch(ScheduleState.ACTIVE, NIGHT + timedelta(days=5))
    assert get(number).next_due == TUESDAY + timedelta(days=5)  # today still is
    switch(ScheduleState.ENDED, NIGHT)
    for wanted in (ScheduleState.ACTIVE, ScheduleState.PAUSED):
        with pytest.raises(ScheduleChanged):
            switch(wanted, NIGHT)
    actions = db.session.scalars(
        select(AuditEvent.action).where(AuditEvent.subject == f"stocktake_schedule:{number}").order_by(AuditEvent.id)
    ).all()
    assert actions == ["schedule.add", "schedule.paused", "schedule.active", "schedule.ended"]


def test_of_many_processes_one_plans_a_day(app: Flask, shop: Shop) -> None:
    number = schedule(shop)
    db.session.remove()
    ready = threading.Barrier(4)
    found: list[service.Turn | None] = []

    def one() -> None:
        with app.app_context():
            ready.wait(10)
            with shop.write() as session:
                found.append(service.plan_turn(session, number, MONDAY, TUESDAY, NIGHT))
            db.session.remove()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(turn is None for turn in found) == [False, True, True, True]
    assert len(planned(shop)) == len(turns(shop)) == 1


def test_the_database_refuses_a_second_turn_of_a_day_and_rhythms_of_nothing(shop: Shop) -> None:
    number = schedule(shop)
    row = {"schedule_id": number, "due_on": MONDAY, "planned_at": now()}
    with shop.write() as session:
        session.execute(insert(StocktakeTurn).values(row))
    with pytest.raises(IntegrityError), shop.write() as session:
        session.execute(insert(StocktakeTurn).values(row))
    for change in (delete(StocktakeTurn), update(StocktakeTurn).values(due_on=TUESDAY)):
        with pytest.raises(IntegrityError), shop.write() as session:
            session.execute(change)
    for broken in ({"every": 0}, {"weekday": 7}, {"rhythm_kind": MONTHS, "month_day": 32}, {"most": 5}):
        with pytest.raises(IntegrityError), shop.write() as session:
            session.execute(update(StocktakeSchedule).values(**broken))


# --- pages ------------------------------------------------------------------------------------------------------------

TYPED = {
    "name": "每周一冷库",
    "scope": "bins",
    "bins": "A-1..A-3",
    "every": "1",
    "rhythm": "weeks",
    "weekday": "0",
    "month_day": "1",
    "start_on": "2026-11-24",
    "assigned": "0",
    "most": "20",
}


def test_a_recurring_count_is_typed_shown_changed_and_ended(shop: Shop, sign_in: SignIn) -> None:
    client = sign_in("finance")
    typed = TYPED | {"warehouse": str(shop.warehouse)}
    assert client.post("/stocktakes/schedules/new", data=typed).status_code == 303
    row = db.session.scalars(select(StocktakeSchedule)).one()
    assert (row.scope_ids, row.next_due, row.weekday, row.most) == (list(shop.bins[:3]), date(2026, 11, 30), 0, None)
    address = f"/stocktakes/schedules/{row.id}"
    page = client.get(address).get_data(as_text=True)
    assert "A-1\nA-2\nA-3" in page
    assert "every 1 week on Monday" in page
    changed = typed | {"rhythm": "months", "month_day": "31", "scope": "proposed", "most": "7"}
    assert client.post(address, data=changed).status_code == 303
    assert "What the system proposes: 7" in client.get("/stocktakes/schedules").get_data(as_text=True)
    assert "每周一冷库" in client.get("/stocktakes/calendar?month=2026-11").get_data(as_text=True)
    assert client.post(f"{address}/ended").status_code == 303
    refused = client.post(address, data=typed)
    assert refused.status_code == ScheduleChanged(name="").status
    assert "每周一冷库" not in client.get("/stocktakes/calendar?month=2026-11").get_data(as_text=True)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"every": "0"}, "between 1 and 366"),
        ({"start_on": "tomorrow"}, "Not a valid date"),
        ({"bins": "NOWHERE"}, "NOWHERE"),
        ({"scope": "abc"}, "Choose what is to be counted"),
    ],
)
def test_a_recurring_count_that_cannot_be_is_shown_again_as_typed(
    shop: Shop, sign_in: SignIn, typed: dict[str, str], sentence: str
) -> None:
    data = TYPED | {"warehouse": str(shop.warehouse), "tolerance_percent": "7.5"} | typed
    answer = sign_in("manager").post("/stocktakes/schedules/new", data=data)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert sentence in page
    assert "7.5" in page
    assert db.session.scalars(select(StocktakeSchedule)).all() == []


def test_the_next_day_can_be_planned_at_once_and_twice_pressed_is_once(shop: Shop, sign_in: SignIn) -> None:
    number = schedule(shop)
    client = sign_in("manager")
    press = {"due_on": "2026-11-23"}
    first = client.post(f"/stocktakes/schedules/{number}/turn", data=press)
    (made,) = planned(shop)
    assert first.location.endswith(f"/stocktakes/{made.id}")
    second = client.post(f"/stocktakes/schedules/{number}/turn", data=press)
    assert second.location.endswith(f"/stocktakes/schedules/{number}")
    assert len(planned(shop)) == 1


def test_the_calendar_shows_what_was_what_comes_and_what_waits(shop: Shop, sign_in: SignIn) -> None:
    worker = sign_in("warehouse")
    other = schedule(shop, Rhythm(DAYS, 7))
    stocktake = shop.draft(shop.bins[0])
    service.plan_all_due(NIGHT)
    page = worker.get(f"/stocktakes/calendar?month={business_day(now(), 'Asia/Shanghai'):%Y-%m}").get_data(as_text=True)
    assert shop.get(stocktake).number in page
    assert "Due, and nobody has begun" in page
    assert f"/stocktakes/schedules/{other}" not in page  # only who plans may change it
    mine = worker.get("/stocktakes/calendar?month=2026-12&mine=1").get_data(as_text=True)
    assert "冷库周盘" not in mine
    assert "冷库周盘" in worker.get("/stocktakes/calendar?month=2026-12").get_data(as_text=True)
    assert "2 planned counts" not in sign_in("manager").get("/").get_data(as_text=True)
    assert "1 planned count has not begun" in sign_in("manager").get("/").get_data(as_text=True)
    assert "has not begun" not in worker.get("/").get_data(as_text=True)


@pytest.mark.parametrize("month", ["2026-13", "x", "9999-12", "0001-01", ""])
def test_a_month_that_cannot_be_shown_is_this_one(shop: Shop, sign_in: SignIn, month: str) -> None:
    assert shop
    page = sign_in("viewer").get(f"/stocktakes/calendar?month={month}").get_data(as_text=True)
    assert 'aria-current="date"' in page
