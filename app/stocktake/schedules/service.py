"""Commands about recurring counts: make, change, pause, end, and plan the stocktake of a day.

Law: whoever moves `next_due` on in a guarded UPDATE plans that day; everybody else changes no row and leaves it alone.
"""

from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.company.queries import get_company
from app.db import db, transaction
from app.identity.audit import audit
from app.identity.rules import Permission
from app.notices.service import notify
from app.stocktake import service as stocktakes
from app.stocktake.planning.queries import top_bins
from app.stocktake.rules import NothingProposed, Scope, ScopeKind, ensure_scope, ensure_tolerance
from app.stocktake.schedules.models import StocktakeSchedule, StocktakeTurn
from app.stocktake.schedules.queries import find_unbegun, get_schedule, list_due
from app.stocktake.schedules.rules import (
    NEXT,
    ScheduleChanged,
    ScheduleDraft,
    ScheduleState,
    ensure_schedule,
    names_scope,
)

DUE = "stocktake.due"


class Turn(Struct, frozen=True):
    """What a day brought: the stocktake, None where there was nothing to count; `is_new`: it was planned now."""

    stocktake_id: int | None
    is_new: bool


def add_schedule(session: Session, draft: ScheduleDraft, by: int, now: datetime) -> StocktakeSchedule:
    """Make a recurring count. Errors: NameMissing, RhythmInvalid, ScopeMissing, ToleranceNegative."""
    _ensure(draft)
    schedule = StocktakeSchedule(
        **_columns(draft), next_due=draft.rhythm.first(draft.start_on), created_by=by, created_at=now
    )
    session.add(schedule)
    session.flush()
    audit(session, by, "schedule.add", _subject(schedule.id), {"name": schedule.name}, now)
    return schedule


def save_schedule(session: Session, schedule_id: int, draft: ScheduleDraft, by: int, now: datetime) -> None:
    """Change a recurring count; it comes next on the first day of its rhythm from the day that was chosen.

    Errors: as add_schedule, NoSuchSchedule, ScheduleChanged once it has ended.
    """
    _ensure(draft)
    schedule = get_schedule(session, schedule_id)
    guarded = update(StocktakeSchedule).where(
        StocktakeSchedule.id == schedule_id, StocktakeSchedule.state != ScheduleState.ENDED
    )
    values = _columns(draft) | {"next_due": draft.rhythm.first(draft.start_on)}
    if not stocktakes.rows_touched(session, guarded.values(**values)):
        raise ScheduleChanged(name=schedule.name)
    audit(session, by, "schedule.edit", _subject(schedule_id), {"name": draft.name}, now)


def switch_schedule(session: Session, schedule_id: int, wanted: ScheduleState, by: int, now: datetime) -> None:
    """Pause, resume or end a recurring count; days that passed in a pause are not made up for.

    Errors: NoSuchSchedule, ScheduleChanged.
    """
    schedule = get_schedule(session, schedule_id)
    if wanted not in NEXT[schedule.state]:
        raise ScheduleChanged(name=schedule.name)
    values: dict[str, Any] = {"state": wanted}
    if wanted is ScheduleState.ACTIVE:
        today = get_company(session).day_of(now)
        values["next_due"] = _on_or_after(schedule, today)
    guarded = update(StocktakeSchedule).where(
        StocktakeSchedule.id == schedule_id, StocktakeSchedule.state == schedule.state
    )
    if not stocktakes.rows_touched(session, guarded.values(**values)):
        raise ScheduleChanged(name=schedule.name)
    audit(session, by, f"schedule.{wanted.value}", _subject(schedule_id), {"name": schedule.name}, now)


def _on_or_after(schedule: StocktakeSchedule, today: date) -> date:
    return schedule.rhythm.after(schedule.next_due, today - timedelta(days=1))


# --- a day of a recurring count ---------------------------------------------------------------------------------------


def plan_turn(
    session: Session, schedule_id: int, due_on: date, today: date, now: datetime, by: int | None = None
) -> Turn | None:
    """Plan the stocktake of the day that comes next; None where it is planned already, or the count does not go on.

    Days missed up to *today* are made up for by this one. A stocktake that an earlier day planned and nobody has begun
    is not planned once more: it stands for this day, too. Where nothing is proposed, the day has none.
    """
    schedule = get_schedule(session, schedule_id)
    following = schedule.rhythm.after(due_on, max(due_on, today))
    guarded = update(StocktakeSchedule).where(
        StocktakeSchedule.id == schedule_id,
        StocktakeSchedule.state == ScheduleState.ACTIVE,
        StocktakeSchedule.next_due == due_on,
    )
    if not stocktakes.rows_touched(session, guarded.values(next_due=following)):
        return None
    unbegun = find_unbegun(session, schedule_id)
    stocktake_id = unbegun or _plan(session, schedule, now)
    session.add(StocktakeTurn(schedule_id=schedule_id, due_on=due_on, stocktake_id=stocktake_id, planned_at=now))
    audit(session, by, "schedule.turn", _subject(schedule_id), {"name": schedule.name, "due_on": due_on}, now)
    if stocktake_id is not None:
        _tell(session, schedule, due_on, stocktake_id, now)
    return Turn(stocktake_id, is_new=stocktake_id is not None and unbegun is None)


def _plan(session: Session, schedule: StocktakeSchedule, now: datetime) -> int | None:
    try:
        scope = scope_of_day(session, schedule, now)
    except NothingProposed:
        return None
    draft = stocktakes.Plan(
        schedule.warehouse_id, scope, blind=schedule.blind, tolerance=schedule.tolerance, note=schedule.name
    )
    return stocktakes.write_down(session, draft, schedule.created_by, now).id


def scope_of_day(session: Session, schedule: StocktakeSchedule, now: datetime) -> Scope:
    """Return what is to be counted today: what is proposed changes from day to day. Errors: NothingProposed."""
    if schedule.scope_kind is not ScopeKind.PROPOSED:
        return schedule.scope
    return Scope(ScopeKind.PROPOSED, top_bins(session, schedule.warehouse_id, schedule.most or 1, now))


def _tell(session: Session, schedule: StocktakeSchedule, due_on: date, stocktake_id: int, now: datetime) -> None:
    """Notify those who plan and whoever it is assigned to, once for each day of the recurring count."""
    told: dict[str, str | int] = {"name": schedule.name, "day": due_on.isoformat()}
    to: list[Permission | int] = [Permission.PLAN_STOCKTAKE]
    if schedule.assigned_to is not None:
        to.append(schedule.assigned_to)
    for each in to:
        notify(
            session,
            each,
            DUE,
            f"schedule:{schedule.id}:{due_on}",
            now,
            told,
            link=f"/stocktakes/{stocktake_id}",
            subject=stocktakes.subject(stocktake_id),
        )


def plan_all_due(now: datetime) -> str:
    """Plan every recurring count that is due, each in its own transaction; return what was done, for the job's page."""
    today = get_company(db.session()).day_of(now)
    planned = 0
    for schedule_id, due_on in list_due(db.session(), today):
        with transaction() as session:
            turn = plan_turn(session, schedule_id, due_on, today, now)
        planned += turn is not None and turn.is_new
    return f"{planned} planned"


# --- what a draft means -----------------------------------------------------------------------------------------------


def _ensure(draft: ScheduleDraft) -> None:
    ensure_schedule(draft)
    ensure_tolerance(draft.tolerance)
    if names_scope(draft.scope):
        ensure_scope(draft.scope)


def _columns(draft: ScheduleDraft) -> dict[str, Any]:
    return {
        "name": draft.name,
        "warehouse_id": draft.warehouse_id,
        "scope_kind": draft.scope.kind,
        "scope_ids": sorted(set(draft.scope.ids)),
        "most": draft.most if draft.scope.kind is ScopeKind.PROPOSED else None,
        "rhythm_kind": draft.rhythm.kind,
        "every": draft.rhythm.every,
        "weekday": draft.rhythm.weekday,
        "month_day": draft.rhythm.month_day,
        "assigned_to": draft.assigned_to,
        "blind": draft.blind,
        "tolerance_quantity": draft.tolerance.quantity,
        "tolerance_percent": draft.tolerance.percent,
        "tolerance_value": draft.tolerance.value,
    }


def _subject(schedule_id: int) -> str:
    return f"stocktake_schedule:{schedule_id}"
