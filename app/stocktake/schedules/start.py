"""What of recurring counts the inbox and the start page say."""

from collections.abc import Iterator

from flask import url_for
from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from app.identity.access import Permission, current_user
from app.kernel.i18n import N_
from app.notices.kinds import Kind
from app.stocktake.schedules.queries import list_waiting
from app.stocktake.schedules.service import DUE
from app.web.start import Card

COUNT_DUE = Kind(DUE, N_("A count is due"), N_("%(name)s, due on %(day)s: counting can begin"), "calendar3", "warn")


def due(session: Session) -> Iterator[Card]:
    """Yield how many planned counts nobody has begun: all to those who plan, their own to others."""
    plans = current_user.may(Permission.PLAN_STOCKTAKE)
    waiting = list_waiting(session, None if plans else current_user.id)
    if not waiting:
        return
    yield Card(
        title=gettext("Counts due"),
        link=url_for("stocktake.month", mine=None if plans else 1),
        icon="calendar3",
        text=ngettext("%(num)s planned count has not begun", "%(num)s planned counts have not begun", len(waiting)),
        figure=len(waiting),
        tone="warn",
    )
