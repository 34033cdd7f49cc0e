"""What is asked about recurring counts: one of them, their list, what is due, and what a month brings."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import Session, aliased

from app.identity.models import User
from app.places.models import Location
from app.stocktake.models import Stocktake
from app.stocktake.rules import StocktakeState
from app.stocktake.schedules.models import StocktakeSchedule, StocktakeTurn
from app.stocktake.schedules.rules import NoSuchSchedule, ScheduleState

_Warehouse = aliased(Location, name="warehouse")
_Assigned = aliased(User, name="assigned")
MOST_UNPLANNED = 200  # rows of the calendar's list of what is due


class Waiting(Struct, frozen=True):
    """A planned count that nobody has begun since the day it was due."""

    due_on: date
    name: str
    number: str
    stocktake_id: int
    assigned: str | None


def get_schedule(session: Session, schedule_id: int) -> StocktakeSchedule:
    """Return the recurring count. Errors: NoSuchSchedule."""
    found = session.get(StocktakeSchedule, schedule_id)
    if found is None:
        raise NoSuchSchedule
    return found


def schedule_rows() -> Select[*tuple[Any, ...]]:
    """Return the statement of the list of recurring counts: one row each, with when it last came."""
    last = (
        select(StocktakeTurn.schedule_id, func.max(StocktakeTurn.due_on).label("last_on"))
        .group_by(StocktakeTurn.schedule_id)
        .subquery("last")
    )
    return (
        select(
            StocktakeSchedule.id,
            StocktakeSchedule.name,
            StocktakeSchedule.state,
            StocktakeSchedule.scope_kind,
            StocktakeSchedule.scope_ids,
            StocktakeSchedule.most,
            StocktakeSchedule.rhythm_kind,
            StocktakeSchedule.every,
            StocktakeSchedule.weekday,
            StocktakeSchedule.month_day,
            StocktakeSchedule.next_due,
            StocktakeSchedule.assigned_to,
            _Warehouse.code.label("warehouse"),
            _Assigned.name.label("assigned"),
            last.c.last_on,
        )
        .join(_Warehouse, _Warehouse.id == StocktakeSchedule.warehouse_id)
        .outerjoin(_Assigned, _Assigned.id == StocktakeSchedule.assigned_to)
        .outerjoin(last, last.c.schedule_id == StocktakeSchedule.id)
    )


def list_active(session: Session, user_id: int | None = None) -> Sequence[StocktakeSchedule]:
    """Return the recurring counts that go on, all or those of one person, the next due first."""
    statement = select(StocktakeSchedule).where(StocktakeSchedule.state == ScheduleState.ACTIVE)
    return session.scalars(
        statement.where(*_of(user_id)).order_by(StocktakeSchedule.next_due, StocktakeSchedule.id)
    ).all()


def list_due(session: Session, today: date) -> list[tuple[int, date]]:
    """Return the recurring counts that are due and not planned yet, each with its day."""
    due = select(StocktakeSchedule.id, StocktakeSchedule.next_due).where(
        StocktakeSchedule.state == ScheduleState.ACTIVE, StocktakeSchedule.next_due <= today
    )
    return [(number, day) for number, day in session.execute(due.order_by(StocktakeSchedule.id))]


def find_unbegun(session: Session, schedule_id: int) -> int | None:
    """Return the stocktake that an earlier day of the recurring count planned and nobody has begun."""
    statement = (
        select(Stocktake.id)
        .join(StocktakeTurn, StocktakeTurn.stocktake_id == Stocktake.id)
        .where(StocktakeTurn.schedule_id == schedule_id, Stocktake.state == StocktakeState.DRAFT)
    )
    return session.scalar(statement.order_by(Stocktake.id.desc()).limit(1))


def list_waiting(session: Session, user_id: int | None = None) -> list[Waiting]:
    """Return the planned counts that nobody has begun, the longest due first; all, or those of one person."""
    statement = (
        select(
            func.min(StocktakeTurn.due_on),
            StocktakeSchedule.name,
            Stocktake.number,
            Stocktake.id,
            _Assigned.name,
        )
        .join(StocktakeSchedule, StocktakeSchedule.id == StocktakeTurn.schedule_id)
        .join(Stocktake, Stocktake.id == StocktakeTurn.stocktake_id)
        .outerjoin(_Assigned, _Assigned.id == StocktakeSchedule.assigned_to)
        .where(Stocktake.state == StocktakeState.DRAFT, *_of(user_id))
        .group_by(StocktakeSchedule.id, StocktakeSchedule.name, Stocktake.number, Stocktake.id, _Assigned.name)
        .order_by(func.min(StocktakeTurn.due_on), Stocktake.id)
        .limit(MOST_UNPLANNED)
    )
    return [Waiting(*row) for row in session.execute(statement)]


def stocktakes_between(session: Session, first: datetime, last: datetime) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the stocktakes that were posted, else begun, else planned in a span, in that order of time."""
    at = func.coalesce(Stocktake.posted_at, Stocktake.started_at, Stocktake.created_at, type_=Stocktake.created_at.type)
    statement = (
        select(Stocktake.id, Stocktake.number, Stocktake.state, Stocktake.note, at.label("at"))
        .where(at >= first, at < last)
        .order_by(at, Stocktake.id)
    )
    return session.execute(statement).all()


def coming(
    session: Session, first: date, last: date, user_id: int | None = None
) -> dict[date, list[StocktakeSchedule]]:
    """Return which recurring counts come on which days of a span; what is due earlier stands on its own day."""
    found: dict[date, list[StocktakeSchedule]] = defaultdict(list)
    for schedule in list_active(session, user_id):
        for day in schedule.rhythm.days(schedule.next_due, last):
            if day >= first:
                found[day].append(schedule)
    return found


def _of(user_id: int | None) -> list[ColumnElement[bool]]:
    return [] if user_id is None else [StocktakeSchedule.assigned_to == user_id]
