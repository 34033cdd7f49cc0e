"""The list of recurring counts."""

from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.stocktake.listings import ScopeNames
from app.stocktake.rules import SCOPE_NAMES
from app.stocktake.schedules.models import StocktakeSchedule
from app.stocktake.schedules.queries import schedule_rows
from app.stocktake.schedules.rules import STATE_NAMES, STATE_TONES, WEEKDAY_NAMES, RhythmKind, ScheduleState
from app.web.listing import Column, Filter, Listing


def schedules_listing(session: Session, today: date) -> Listing:
    """Return the list of recurring counts, what comes next on top."""
    scopes = ScopeNames(session)
    states = [(state.value, _l(name)) for state, name in STATE_NAMES.items()]

    def state(row: Any) -> str:
        return str(gettext("Overdue") if is_overdue(row, today) else gettext(STATE_NAMES[row.state]))

    def shade(row: Any) -> str:
        return "bad" if is_overdue(row, today) else STATE_TONES[row.state]

    return Listing(
        name="recurring-counts",
        title=_l("Recurring counts"),
        statement=schedule_rows(),
        columns=[
            Column("name", _l("Name of the count"), sort=StocktakeSchedule.name, link=_url, is_title=True),
            Column("state", _l("State"), "badge", label=state, shade=shade),
            Column("rhythm", _l("Rhythm"), label=rhythm_text),
            Column("next_due", _l("Next due"), "day", sort=StocktakeSchedule.next_due, label=_next_due),
            Column("last_on", _l("Last due"), "day"),
            Column("warehouse", _l("Warehouse"), "code"),
            Column("scope_kind", _l("Scope"), label=lambda row: scopes.text(row, _scope(row))),
            Column("assigned", _l("Who is told")),
        ],
        search=(StocktakeSchedule.name,),
        filters=[Filter("state", _l("State"), states, lambda value: StocktakeSchedule.state == ScheduleState(value))],
        order=(StocktakeSchedule.state, StocktakeSchedule.next_due, StocktakeSchedule.id),
        empty=_l("Let counts come by themselves: every Monday the cold room, every day twenty proposed bins."),
        prepare=scopes.read,
    )


def is_overdue(row: Any, today: date) -> bool:
    """Return whether a recurring count that goes on has a day behind it that nobody planned."""
    return row.state is ScheduleState.ACTIVE and row.next_due < today


def rhythm_text(row: Any) -> str:
    """Return a rhythm in words."""
    match row.rhythm_kind:
        case RhythmKind.DAYS:
            return str(ngettext("every %(num)s day", "every %(num)s days", row.every))
        case RhythmKind.WEEKS:
            day = gettext(WEEKDAY_NAMES[row.weekday])
            return str(ngettext("every %(num)s week on %(day)s", "every %(num)s weeks on %(day)s", row.every, day=day))
        case _:
            day = row.month_day
            return str(
                ngettext(
                    "every %(num)s month on day %(day)s", "every %(num)s months on day %(day)s", row.every, day=day
                )
            )


def _url(row: Any) -> str:
    return url_for("stocktake.edit_schedule", schedule_id=row.id)


def _next_due(row: Any) -> date | None:
    next_due: date = row.next_due
    return next_due if row.state is ScheduleState.ACTIVE else None


def _scope(row: Any) -> str:
    name = str(gettext(SCOPE_NAMES[row.scope_kind]))
    return f"{name}: {row.most}" if row.most else name
