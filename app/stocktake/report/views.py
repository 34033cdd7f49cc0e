"""Pages of the difference report: its lines and totals, the workbook, and what lies behind one line."""

from collections.abc import Sequence
from typing import Any

from flask import Response, make_response, render_template, request
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.db import db
from app.identity.access import Permission, current_user, may
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.kernel.exact import plain
from app.ledger.queries import moves
from app.scanning.queries import list_scans
from app.scanning.rules import ScanKind
from app.scanning.tasks import NewScan
from app.stock.registry import document_title
from app.stocktake.approval.queries import list_approvals
from app.stocktake.approval.rules import REASON_NAMES, fingerprint, needs_cost
from app.stocktake.causes.rules import Place
from app.stocktake.counting.queries import TASK
from app.stocktake.counting.rules import undone
from app.stocktake.forms import DecisionForm
from app.stocktake.queries import get_stocktake
from app.stocktake.report.pages import (
    Names,
    RowView,
    bin_totals,
    chosen_lines,
    key_of,
    page_of,
    place_of,
    read_names,
    row_views,
)
from app.stocktake.report.queries import Report, read_report
from app.stocktake.report.rules import SHOW_NAMES, Line, Show
from app.stocktake.rules import OVER, STATE_NAMES, STATE_TONES, NoSuchLine, ensure_report_open
from app.stocktake.views import DECIDERS, bp
from app.web.exports import workbook
from app.web.words import sentence

BEHIND_LIMIT = 200


@bp.get("/<int:stocktake_id>/report")
@may(Permission.READ)
def report(stocktake_id: int) -> Response:
    """Show the differences, or give them as a workbook (`?format=xlsx`)."""
    return report_page(stocktake_id)


def sees_values() -> bool:
    """Say whether this user may see what differences are worth."""
    return current_user.may(Permission.SEE_DIFFERENCE_VALUES) and current_user.may(Permission.SEE_COST)


def open_report(session: Session, stocktake_id: int, bins: Sequence[int] | None = None) -> Report:
    """Return the report if this user may see it now. Errors: NoSuchStocktake, BlindStill."""
    stocktake = get_stocktake(session, stocktake_id)
    ensure_report_open(stocktake.blind, stocktake.state, decides=any(current_user.may(each) for each in DECIDERS))
    return read_report(session, stocktake, utc_now(), bins)


def report_page(stocktake_id: int, problem: RuleBroken | None = None) -> Response:
    """Return the report's page, with what went wrong if something did."""
    session = db.session()
    found = open_report(session, stocktake_id)
    if request.args.get("format") == "xlsx":
        return _as_workbook(session, found)
    page = page_of(session, found)
    template = "stocktake/report_body.html" if request.headers.get("HX-Request") else "stocktake/report.html"
    stocktake = found.stocktake
    answer = make_response(
        render_template(
            template,
            title=gettext("Differences of %(number)s", number=stocktake.number),
            page=page,
            stocktake=stocktake,
            total=found.total,
            values=sees_values(),
            show_names={show: gettext(name) for show, name in SHOW_NAMES.items()},
            show_counts=_counts(found),
            bins=bin_totals(found, read_names(session, found)) if request.args.get("by") == "bin" else None,
            is_over=stocktake.state in OVER,
            may_approve=current_user.may(Permission.APPROVE) and stocktake.state not in OVER,
            fingerprint=fingerprint(line for line in found.lines if line.can_approve),
            needs_cost=needs_cost,
            form=DecisionForm.for_request(),
            state_name=gettext(STATE_NAMES[stocktake.state]),
            state_tone=STATE_TONES[stocktake.state],
            problem=sentence(problem) if problem else None,
        )
    )
    answer.status_code = problem.status if problem else 200
    answer.vary.add("HX-Request")
    return answer


def _counts(found: Report) -> dict[Show, int]:
    total = found.total
    return {
        Show.DIFFERENCES: total.differing,
        Show.TO_APPROVE: total.to_approve,
        Show.TO_RECOUNT: total.to_recount,
        Show.NOT_COUNTED: total.not_counted,
        Show.DISTURBED: total.disturbed,
        Show.OUT_OF_SCOPE: total.out_of_scope,
        Show.ALL: len(found.lines),
    }


# --- workbook ---------------------------------------------------------------------------------------------------------


def _as_workbook(session: Session, found: Report) -> Response:
    names = read_names(session, found)
    lines, *_ = chosen_lines(found, names)
    columns = _columns(values=sees_values())
    rows = row_views(session, found, lines, names)
    cells = ([read(row) for _, _, read in columns] for row in rows)
    return workbook(found.stocktake.number, [(title, kind) for title, kind, _ in columns], cells)


def _columns(*, values: bool) -> list[tuple[str, str, Any]]:
    """Return the workbook's columns: title, kind, and what of a row it shows."""
    columns: list[tuple[str, str, Any]] = [
        (gettext("Bin"), "code", lambda row: row.bin),
        (gettext("Item code"), "code", lambda row: row.item.code),
        (gettext("Item"), "text", lambda row: row.item.name),
        (gettext("Specification"), "text", lambda row: row.item.spec),
        (gettext("Lot"), "code", lambda row: row.lot),
        (gettext("Unit"), "text", lambda row: row.item.unit),
        (gettext("State"), "text", lambda row: row.status),
        (gettext("Book"), "quantity", lambda row: row.line.book),
        (gettext("Counted"), "quantity", lambda row: row.line.counted),
        (gettext("Difference"), "signed", lambda row: row.line.difference),
    ]
    if values:
        columns += [
            (gettext("Cost per unit"), "price", lambda row: row.line.unit_cost),
            (gettext("Value"), "money", lambda row: row.line.value),
        ]
    return [
        *columns,
        (gettext("Counted at"), "instant", lambda row: row.line.deciding.closed_at if row.line.deciding else None),
        (gettext("Counted by"), "text", lambda row: ", ".join(row.counters)),
        (gettext("Disturbed"), "yes_no", lambda row: row.line.is_disturbed),
        (gettext("In scope"), "yes_no", lambda row: row.line.known.in_scope),
        (gettext("Likely cause"), "text", lambda row: " ".join(row.causes)),
    ]


# --- one line ---------------------------------------------------------------------------------------------------------


@bp.get("/<int:stocktake_id>/lines/<line_key>")
@may(Permission.READ)
def line(stocktake_id: int, line_key: str) -> Response:
    """Show the scans and the moves behind one line."""
    return line_page(stocktake_id, place_of(line_key))


def line_page(
    stocktake_id: int, place: Place, form: DecisionForm | None = None, problem: RuleBroken | None = None
) -> Response:
    """Return the page of one line, with what was typed and what went wrong if something did. Errors: NoSuchLine."""
    session = db.session()
    found = open_report(session, stocktake_id)
    here = found.find(place)
    if here is None:
        raise NoSuchLine
    names = read_names(session, found)
    [row] = row_views(session, found, [here], names)
    typed = form is not None and (form.errors or problem)
    page = render_template(
        "stocktake/line.html",
        title=f"{row.item.name} · {row.bin}",
        stocktake=found.stocktake,
        row=row,
        line=here,
        names=names,
        values=sees_values(),
        events=_events(session, stocktake_id, place, names),
        moves=_moves(session, place, here),
        approvals=list_approvals(session, [here.known.id]) if here.known.id else [],
        reason_names={reason.value: gettext(name) for reason, name in REASON_NAMES.items()},
        causes=[(text, key_of(cause.other) if cause.other else None) for text, cause in _pairs(row)],
        may_approve=current_user.may(Permission.APPROVE) and found.stocktake.state not in OVER,
        form=form if typed else DecisionForm.for_request(plain(here.difference) if here.difference else ""),
        seen=row.seen,
        asks_cost=needs_cost(here),
        problem=sentence(problem) if problem else None,
    )
    return make_response(page, problem.status if problem else 400 if form is not None and form.errors else 200)


def _pairs(row: RowView) -> list[tuple[str, Any]]:
    return list(zip(row.causes, row.line.causes, strict=True))


def _events(session: Session, stocktake_id: int, place: Place, names: Names) -> list[dict[str, Any]]:
    """Return the scans behind a line as the hands made them: of its goods, and of its bin's opening and closing."""
    scans = list_scans(session, TASK, stocktake_id, [place.bin])
    gone = undone(scans)
    behind = [scan for scan in scans if _is_behind(scan, place, scans)]
    return [
        {"scan": scan, "user": names.users.get(scan.user_id, "?"), "is_undone": scan.id in gone}
        for scan in behind[-BEHIND_LIMIT:]
    ]


def _is_behind(scan: NewScan, place: Place, scans: Sequence[NewScan]) -> bool:
    if scan.kind in {ScanKind.OPEN_BIN, ScanKind.CLOSE_BIN}:
        return True
    if scan.kind is ScanKind.UNDO:
        return any(target.id == scan.undoes and _is_behind(target, place, ()) for target in scans)
    return scan.item_id == place.item and scan.lot_id in {0, place.lot}


def _moves(session: Session, place: Place, here: Line) -> list[dict[str, Any]]:
    """Return the latest moves behind the books of a line, and where each stands to the count."""
    statement = moves(item=place.item, location=place.bin).limit(BEHIND_LIMIT)
    closed_at = here.deciding.closed_at if here.deciding else None
    return [
        {
            "move": move,
            "posting": posting,
            "title": gettext(document_title(posting.kind)),
            "change": move.quantity if move.target_id == place.bin else -move.quantity,
            "is_after": closed_at is not None and move.occurred_at > closed_at,
        }
        for move, posting in session.execute(statement)
        if move.lot_id == place.lot
    ]
