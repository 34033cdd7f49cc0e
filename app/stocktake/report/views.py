"""The page of the difference report: its lines and totals, its groups, and the files it can be taken as."""

from collections.abc import Sequence

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.db import db
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.stocktake.approval.rules import fingerprint, needs_cost
from app.stocktake.causes.rules import CAUSE_NAMES, Place
from app.stocktake.forms import DecisionForm
from app.stocktake.notes.queries import notes_by_place
from app.stocktake.queries import get_stocktake
from app.stocktake.report.files import FORMATS, as_file
from app.stocktake.report.filters import NO_REASON, category_of, counter_of
from app.stocktake.report.groups import BY_NAMES, TITLES, By, grouped
from app.stocktake.report.names import Names, read_names
from app.stocktake.report.pages import page_of, wanted_lines
from app.stocktake.report.queries import Report, read_report
from app.stocktake.report.rules import SHOW_NAMES, Show, shown
from app.stocktake.rules import OVER, STATE_NAMES, STATE_TONES, ensure_report_open
from app.stocktake.views import DECIDERS, bp
from app.web.words import sentence


@bp.get("/<int:stocktake_id>/report")
@may(Permission.READ)
def report(stocktake_id: int) -> Response:
    """Show the differences, or give them as a file (`?format=xlsx`, `csv`, `pdf`)."""
    return report_page(stocktake_id)


def sees_values() -> bool:
    """Return whether this user may see what differences are worth."""
    return current_user.may(Permission.SEE_DIFFERENCE_VALUES) and current_user.may(Permission.SEE_COST)


def open_report(session: Session, stocktake_id: int, bins: Sequence[int] | None = None) -> Report:
    """Return the report if this user may see it now. Errors: NoSuchStocktake, BlindStill."""
    stocktake = get_stocktake(session, stocktake_id)
    ensure_report_open(stocktake.blind, stocktake.state, decides=any(current_user.may(each) for each in DECIDERS))
    return read_report(session, stocktake, utc_now(), bins)


def places_shown(session: Session, stocktake_id: int) -> set[Place] | None:
    """Return the lines that the request's filters leave, None where it has none."""
    found = open_report(session, stocktake_id)
    names = read_names(session, found)
    wanted, lines = wanted_lines(session, found, names, request.args, values=sees_values())
    return {line.place for line in lines} if wanted.is_narrowed else None


def report_page(stocktake_id: int, problem: RuleBroken | None = None, form: DecisionForm | None = None) -> Response:
    """Return the report's page, with what was typed and what went wrong if something did."""
    session, values = db.session(), sees_values()
    found = open_report(session, stocktake_id)
    names = read_names(session, found)
    wanted_format = request.args.get("format")
    if wanted_format in FORMATS and request.method == "GET":
        _, lines = wanted_lines(session, found, names, request.args, values=values)
        return as_file(session, found, names, lines, wanted_format, values=values)
    page = page_of(
        session,
        found,
        names,
        path=url_for("stocktake.report", stocktake_id=stocktake_id),
        args=request.args,
        values=values,
        notes=notes_by_place(session, stocktake_id),
    )
    by = _by()
    stocktake = found.stocktake
    answer = make_response(
        render_template(
            "stocktake/report_body.html" if request.headers.get("HX-Request") else "stocktake/report.html",
            title=gettext("Differences of %(number)s", number=stocktake.number),
            page=page,
            stocktake=stocktake,
            total=found.total,
            values=values,
            shows=_shows(found),
            by=by,
            by_names={each: gettext(name) for each, name in BY_NAMES.items()},
            group_title=gettext(TITLES[by]) if by else "",
            groups=grouped(found, by, names, values=values) if by else [],
            filters=_filters(found, names),
            is_over=stocktake.state in OVER,
            may_approve=current_user.may(Permission.APPROVE) and stocktake.state not in OVER,
            fingerprint=fingerprint(page.approvable),
            needs_cost=needs_cost,
            form=form or DecisionForm.for_request(names.reasons),
            ticked={value.partition("=")[0] for value in request.form.getlist("line")},
            state_name=gettext(STATE_NAMES[stocktake.state]),
            state_tone=STATE_TONES[stocktake.state],
            problem=sentence(problem) if problem else None,
        )
    )
    answer.status_code = problem.status if problem else 400 if form is not None and form.errors else 200
    answer.vary.add("HX-Request")
    return answer


def _by() -> By | None:
    wanted = request.args.get("by", "")
    return By(wanted) if wanted in set(By) else None


def _shows(found: Report) -> list[tuple[Show, str, int]]:
    total = found.total
    counts = {
        Show.DIFFERENCES: total.differing,
        Show.SHORTAGE: len(shown(found.lines, Show.SHORTAGE)),
        Show.SURPLUS: len(shown(found.lines, Show.SURPLUS)),
        Show.TO_APPROVE: total.to_approve,
        Show.TO_RECOUNT: total.to_recount,
        Show.NOT_COUNTED: total.not_counted,
        Show.DISTURBED: total.disturbed,
        Show.OUT_OF_SCOPE: total.out_of_scope,
        Show.ALL: len(found.lines),
    }
    return [(show, gettext(name), counts[show]) for show, name in SHOW_NAMES.items()]


def _filters(found: Report, names: Names) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return what can be chosen from: key, title, and choices that would leave something."""
    zones = {names.zone_of.get(line.place.bin, 0) for line in found.lines}
    categories = {category_of(line, found) or 0 for line in found.lines}
    counters = {counter_of(line) for line in found.lines} - {None}
    given = {line.known.reason or NO_REASON for line in found.lines if line.known.is_judged}
    reasons = {key or NO_REASON: name for key, name in names.reasons.names.items()}
    choices: list[tuple[str, str, list[tuple[str, str]]]] = [
        ("zone", gettext("Zone"), [(str(key), names.zones[key]) for key in zones if key in names.zones]),
        ("category", gettext("Category"), [(str(key), _category(key, names)) for key in categories]),
        ("counter", gettext("Counted by"), [(str(key), names.users.get(key or 0, "?")) for key in counters]),
        ("cause", gettext("Likely cause"), [(kind.value, gettext(name)) for kind, name in CAUSE_NAMES.items()]),
        ("reason", gettext("Reason"), [(key, reasons.get(key, key)) for key in given]),
    ]
    ordered = {key: own if key == "cause" else sorted(own, key=lambda pair: pair[1]) for key, _, own in choices}
    return [(key, title, ordered[key]) for key, title, own in choices if len(own) > 1]


def _category(key: int, names: Names) -> str:
    return names.categories.get(key) or str(gettext("No category"))
