"""Pages of recurring counts, and the calendar of counts that were and that come."""

from calendar import Calendar
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.company.queries import CompanyFacts, get_company
from app.db import db, transaction
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import NotFound, RuleBroken
from app.stocktake.rules import STATE_NAMES as STOCKTAKE_STATE_NAMES
from app.stocktake.rules import STATE_TONES as STOCKTAKE_STATE_TONES
from app.stocktake.schedules import service
from app.stocktake.schedules.forms import ScheduleForm
from app.stocktake.schedules.listings import rhythm_text, schedules_listing
from app.stocktake.schedules.models import StocktakeSchedule
from app.stocktake.schedules.queries import coming, get_schedule, list_waiting, stocktakes_between
from app.stocktake.schedules.rules import NEXT, STATE_NAMES, STATE_TONES, WEEKDAY_NAMES, ScheduleState
from app.stocktake.views import bp
from app.web.days import today
from app.web.listing import answer
from app.web.words import sentence

MONTH_FORM = "%Y-%m"
YEARS_SHOWN = 20  # before and after: days of a rhythm are walked one by one


@bp.get("/schedules")
@may(Permission.PLAN_STOCKTAKE)
def schedules() -> Response:
    """List the recurring counts."""
    session = db.session()
    return answer(session, schedules_listing(session, today()), "stocktake/schedules.html")


@bp.get("/schedules/new")
@may(Permission.PLAN_STOCKTAKE)
def new_schedule() -> Response:
    """Show the form of a recurring count."""
    form = ScheduleForm.for_request(db.session(), data={"start_on": today(), "blind": True})
    return _form_page(form)


@bp.post("/schedules/new")
@may(Permission.PLAN_STOCKTAKE)
def add_schedule() -> AnyResponse:
    """Make a recurring count."""
    form = ScheduleForm.for_request(db.session())
    return _save(form, lambda session: service.add_schedule(session, form.draft(session), current_user.id, utc_now()))


@bp.get("/schedules/<int:schedule_id>")
@may(Permission.PLAN_STOCKTAKE)
def edit_schedule(schedule_id: int) -> Response:
    """Show a recurring count in its form."""
    session = db.session()
    schedule = get_schedule(session, schedule_id)
    return _form_page(ScheduleForm.of(session, schedule), schedule)


@bp.post("/schedules/<int:schedule_id>")
@may(Permission.PLAN_STOCKTAKE)
def save_schedule(schedule_id: int) -> AnyResponse:
    """Change a recurring count."""
    session = db.session()
    schedule, form = get_schedule(session, schedule_id), ScheduleForm.for_request(session)
    return _save(
        form,
        lambda session: service.save_schedule(session, schedule_id, form.draft(session), current_user.id, utc_now()),
        schedule,
    )


@bp.post("/schedules/<int:schedule_id>/<any(active, paused, ended):state>")
@may(Permission.PLAN_STOCKTAKE)
def switch_schedule(schedule_id: int, state: str) -> AnyResponse:
    """Pause, resume or end a recurring count."""
    return _on_schedule(
        schedule_id,
        lambda session: service.switch_schedule(session, schedule_id, ScheduleState(state), current_user.id, utc_now()),
    )


@bp.post("/schedules/<int:schedule_id>/turn")
@may(Permission.PLAN_STOCKTAKE)
def plan_turn(schedule_id: int) -> AnyResponse:
    """Plan the stocktake of the day that comes next, without waiting for it."""
    due_on = request.form.get("due_on", type=date.fromisoformat)
    now = utc_now()
    with transaction() as session:
        due_on = due_on or get_schedule(session, schedule_id).next_due
        turn = service.plan_turn(session, schedule_id, due_on, today(), now, current_user.id)
    if turn is None or turn.stocktake_id is None:
        flash(gettext("Nothing was planned: this day is planned already, or nothing calls for a count."), "info")
        return redirect(url_for("stocktake.edit_schedule", schedule_id=schedule_id), 303)
    return redirect(url_for("stocktake.show", stocktake_id=turn.stocktake_id), 303)


def _save(
    form: ScheduleForm, command: Callable[[Session], object], schedule: StocktakeSchedule | None = None
) -> AnyResponse:
    if not form.validate():
        return _form_page(form, schedule, status=400)
    try:
        with transaction() as session:
            command(session)
    except NotFound:
        raise
    except RuleBroken as error:
        return _form_page(form, schedule, sentence(error), error.status)
    flash(gettext("Saved."), "success")
    return redirect(url_for("stocktake.schedules"), 303)


def _on_schedule(schedule_id: int, command: Callable[[Session], object]) -> AnyResponse:
    try:
        with transaction() as session:
            command(session)
    except NotFound:
        raise
    except RuleBroken as error:
        session = db.session()
        schedule = get_schedule(session, schedule_id)
        return _form_page(ScheduleForm.of(session, schedule), schedule, sentence(error), error.status)
    return redirect(url_for("stocktake.edit_schedule", schedule_id=schedule_id), 303)


def _form_page(
    form: ScheduleForm, schedule: StocktakeSchedule | None = None, problem: str | None = None, status: int = 200
) -> Response:
    page = render_template(
        "stocktake/schedule.html",
        title=schedule.name if schedule else gettext("New recurring count"),
        form=form,
        schedule=schedule,
        state_name=gettext(STATE_NAMES[schedule.state]) if schedule else None,
        state_tone=STATE_TONES[schedule.state] if schedule else None,
        rhythm=rhythm_text(schedule) if schedule else None,
        next_states=NEXT[schedule.state] if schedule else (),
        problem=problem,
    )
    return make_response(page, status)


# --- calendar ---------------------------------------------------------------------------------------------------------


@bp.get("/calendar")
@may(Permission.READ)
def month() -> Response:
    """Show the counts of a month, those that were and those that come, and what waits."""
    session, now = db.session(), utc_now()
    company = get_company(session)
    day = company.day_of(now)
    first = _month_asked(day)
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    mine = current_user.id if request.args.get("mine") == "1" else None
    page = render_template(
        "stocktake/calendar.html",
        title=gettext("Calendar"),
        weeks=weeks,
        first=first,
        today=day,
        earlier=f"{first - timedelta(days=1):{MONTH_FORM}}",
        later=f"{first + timedelta(days=31):{MONTH_FORM}}",
        weekdays=[gettext(name) for name in WEEKDAY_NAMES],
        counts=_counts(session, company, weeks[0][0], weeks[-1][-1]),
        coming=coming(session, weeks[0][0], weeks[-1][-1], mine),
        waiting=list_waiting(session, mine),
        mine=mine is not None,
        state_names={state: gettext(name) for state, name in STOCKTAKE_STATE_NAMES.items()},
        state_tones=STOCKTAKE_STATE_TONES,
    )
    return make_response(page)


def _month_asked(day: date) -> date:
    wanted = request.args.get("month", "")
    try:
        asked = datetime.strptime(wanted, MONTH_FORM).replace(tzinfo=UTC).date()
    except ValueError:
        asked = day
    return (asked if abs(asked.year - day.year) <= YEARS_SHOWN else day).replace(day=1)


def _counts(session: Session, company: CompanyFacts, first: date, last: date) -> dict[date, list[Any]]:
    zone = ZoneInfo(company.time_zone)
    begin, end = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    by_day: dict[date, list[Any]] = defaultdict(list)
    for row in stocktakes_between(session, begin, end):
        by_day[company.day_of(row.at)].append(row)
    return by_day
