"""The page of one line: its counts, the scans and moves behind every number, its causes, notes and decisions."""

from collections.abc import Sequence
from typing import Any

from flask import Response, make_response, render_template
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.db import db
from app.identity.access import Permission, current_user, may
from app.kernel.errors import RuleBroken
from app.kernel.exact import plain
from app.ledger.queries import moves
from app.scanning.queries import list_scans
from app.scanning.rules import ScanKind
from app.scanning.tasks import NewScan
from app.stock.registry import document_title
from app.stocktake.approval.queries import list_approvals
from app.stocktake.approval.rules import needs_cost
from app.stocktake.causes.rules import Place
from app.stocktake.counting.queries import TASK
from app.stocktake.counting.rules import undone
from app.stocktake.forms import DecisionForm
from app.stocktake.notes.forms import NoteForm
from app.stocktake.notes.queries import list_notes
from app.stocktake.notes.rules import WRITERS
from app.stocktake.report.keys import key_of, place_of
from app.stocktake.report.names import Names, read_names
from app.stocktake.report.pages import row_views
from app.stocktake.report.remedies import remedies
from app.stocktake.report.rules import Line
from app.stocktake.report.views import open_report, sees_values
from app.stocktake.rules import OVER, NoSuchLine
from app.stocktake.transfers.queries import list_transfers
from app.stocktake.views import bp
from app.web.words import sentence

BEHIND_LIMIT = 200


@bp.get("/<int:stocktake_id>/lines/<line_key>")
@may(Permission.READ)
def line(stocktake_id: int, line_key: str) -> Response:
    """Show the scans and the moves behind one line."""
    return line_page(stocktake_id, place_of(line_key))


def line_page(
    stocktake_id: int,
    place: Place,
    form: DecisionForm | None = None,
    problem: RuleBroken | None = None,
    note_form: NoteForm | None = None,
) -> Response:
    """Return the page of one line, with what was typed and what went wrong if something did. Errors: NoSuchLine."""
    session = db.session()
    found = open_report(session, stocktake_id)
    here = found.find(place)
    if here is None:
        raise NoSuchLine
    names = read_names(session, found)
    notes = list_notes(session, stocktake_id, place)
    [row] = row_views(session, found, [here], names, {place: notes})
    seen = plain(here.difference) if here.difference else ""
    typed, is_over = form is not None and (form.errors or problem), found.stocktake.state in OVER
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
        reason_names=names.reasons.names,
        remedies=remedies(session, found, names, row.line),
        transfers=list_transfers(session, stocktake_id, place),
        line_key=key_of,
        may_approve=current_user.may(Permission.APPROVE) and not is_over,
        may_note=not is_over and any(current_user.may(each) for each in WRITERS),
        note_form=note_form or NoteForm.fresh(),
        is_note_wrong=note_form is not None,
        form=form if typed else DecisionForm.for_request(names.reasons, seen),
        seen=row.seen,
        asks_cost=needs_cost(here),
        problem=sentence(problem) if problem else None,
    )
    is_wrong = any(each is not None and each.errors for each in (form, note_form))
    return make_response(page, problem.status if problem else 400 if is_wrong else 200)


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
