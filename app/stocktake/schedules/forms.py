"""What people type about a recurring count: its name, what it takes, when it comes, who is told."""

from datetime import date
from typing import Any, Self

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import DateField, IntegerField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from app.identity.queries import list_active_names
from app.stocktake.forms import PlanForm
from app.stocktake.queries import list_scope_codes
from app.stocktake.rules import Scope, ScopeKind
from app.stocktake.schedules.models import StocktakeSchedule
from app.stocktake.schedules.rules import (
    KIND_NAMES,
    LAST_DAY,
    MOST_EVERY,
    WEEKDAY_NAMES,
    Rhythm,
    RhythmKind,
    ScheduleDraft,
)

_NUMBER = {"inputmode": "numeric"}


class ScheduleForm(PlanForm):
    """A plan that comes again and again."""

    name = StringField(
        _l("Name of the count"), [DataRequired(), Length(max=80)], description=_l("Cold room, every Monday")
    )
    every = IntegerField(_l("Every"), [InputRequired(), NumberRange(1, MOST_EVERY)], default=1, render_kw=_NUMBER)
    rhythm = SelectField(_l("Days, weeks or months"), default=RhythmKind.WEEKS.value)
    weekday = SelectField(_l("Weekday"), coerce=int)
    month_day = IntegerField(
        _l("On day"),
        [Optional(), NumberRange(1, LAST_DAY)],
        default=1,
        description=_l("31 is the last day of every month."),
        render_kw=_NUMBER,
    )
    start_on = DateField(_l("From"), [InputRequired()])
    assigned = SelectField(_l("Who is told"), coerce=int, description=_l("Beside everybody who plans stocktakes."))

    @classmethod
    def for_request(cls, session: Session, **values: Any) -> Self:
        """Return the form with what there is to choose from."""
        form = super().for_request(session, **values)
        form.rhythm.choices = [(kind.value, gettext(name)) for kind, name in KIND_NAMES.items()]
        form.weekday.choices = [(number, gettext(name)) for number, name in enumerate(WEEKDAY_NAMES)]
        form.assigned.choices = [(0, gettext("nobody else")), *list_active_names(session)]
        return form

    @classmethod
    def of(cls, session: Session, schedule: StocktakeSchedule) -> Self:
        """Return the form with what the recurring count says now."""
        kind = schedule.scope_kind
        codes = list_scope_codes(session, schedule.scope)
        return cls.for_request(
            session,
            data={
                "name": schedule.name,
                "warehouse": schedule.warehouse_id,
                "scope": kind.value,
                "zones": schedule.scope_ids if kind is ScopeKind.ZONE else [],
                "categories": schedule.scope_ids if kind is ScopeKind.CATEGORY else [],
                "classes": schedule.scope_ids if kind is ScopeKind.ABC else [],
                "bins": "\n".join(codes) if kind is ScopeKind.BINS else "",
                "items": "\n".join(codes) if kind is ScopeKind.LIST else "",
                "most": schedule.most or cls.most.kwargs["default"],
                "every": schedule.every,
                "rhythm": schedule.rhythm_kind.value,
                "weekday": schedule.weekday or 0,
                "month_day": schedule.month_day or 1,
                "start_on": schedule.next_due,
                "assigned": schedule.assigned_to or 0,
                "blind": schedule.blind,
                "tolerance_quantity": schedule.tolerance_quantity,
                "tolerance_percent": schedule.tolerance_percent,
                "tolerance_value": schedule.tolerance_value,
            },
        )

    def draft(self, session: Session) -> ScheduleDraft:
        """Return the recurring count that was typed. Errors: BinsUnknown, ItemsUnknown."""
        scope: Scope = self.typed_scope(session)
        start_on: date = self.start_on.data
        return ScheduleDraft(
            name=self.name.data.strip(),
            warehouse_id=self.warehouse.data,
            scope=scope,
            rhythm=self._rhythm(),
            start_on=start_on,
            most=self.most.data or 1,
            assigned_to=self.assigned.data or None,
            blind=self.blind.data,
            tolerance=self.typed_tolerance(),
        )

    def _rhythm(self) -> Rhythm:
        kind = RhythmKind(self.rhythm.data)
        return Rhythm(
            kind,
            self.every.data,
            weekday=self.weekday.data if kind is RhythmKind.WEEKS else None,
            month_day=(self.month_day.data or 1) if kind is RhythmKind.MONTHS else None,
        )
