"""Pages of past counts: how right the books were, and the counted lines behind every number."""

from flask import Response, request
from flask_babel import gettext

from app.db import db
from app.identity.access import Permission, current_user, may
from app.stocktake.accuracy.charts import read_chart
from app.stocktake.accuracy.listings import FILTERED, accuracy_listing, asked, results_listing, words_of
from app.stocktake.accuracy.rules import BY_NAMES, By
from app.stocktake.report.views import sees_values
from app.stocktake.views import DECIDERS, bp
from app.web.days import today
from app.web.listing import answer


@bp.get("/accuracy")
@may(Permission.READ)
def accuracy() -> Response:
    """Show how right the books were, added up as asked (`?by=`)."""
    session, only, by = db.session(), asked(decides=_decides()), _chosen_by()
    narrowed = {name: word for name, word in words_of(only).items() if name not in FILTERED}
    return answer(
        session,
        accuracy_listing(session, by, only, today(), values=sees_values()),
        "stocktake/accuracy.html",
        by=by,
        by_names={each: gettext(BY_NAMES[each]) for each in _open_groups()},
        chart=None if request.headers.get("HX-Request") else read_chart(session, only),
        values=sees_values(),
        kept={"by": by.value, **narrowed},
    )


@bp.get("/results")
@may(Permission.READ)
def results() -> Response:
    """Show the counted lines behind a number."""
    session, only = db.session(), asked(decides=_decides())
    narrowed = {name: word for name, word in words_of(only).items() if name not in FILTERED | {"wrong"}}
    return answer(
        session, results_listing(session, only, today(), values=sees_values()), "stocktake/results.html", kept=narrowed
    )


def _chosen_by() -> By:
    wanted = request.args.get("by", "")
    return By(wanted) if wanted in _open_groups() else By.MONTH


def _open_groups() -> list[By]:
    """Return what may be added up: people's own figures are for those who plan and decide."""
    return [each for each in By if _decides() or each is not By.COUNTER]


def _decides() -> bool:
    return any(current_user.may(each) for each in DECIDERS)
