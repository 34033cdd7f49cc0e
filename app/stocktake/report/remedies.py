"""What can be done about a likely cause: a sentence, links to the rows behind it, and one action.

Law: an action is offered only to who may take it, on a line that it can still change.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from flask import url_for
from flask_babel import gettext
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.orm import Session

from app.identity.access import Permission, current_user
from app.kernel.exact import plain
from app.stocktake.causes.rules import Cause, CauseKind, Place
from app.stocktake.report.keys import key_of
from app.stocktake.report.names import Names
from app.stocktake.report.queries import Report
from app.stocktake.report.rules import Line
from app.stocktake.report.words import cause_text
from app.stocktake.rules import OVER, LineState
from app.stocktake.transfers.queries import next_serials
from app.stocktake.transfers.rules import explained

Links = Sequence[tuple[str, str]]
# What a second look at the shelf tells.
_RECOUNTED: Final = {
    CauseKind.SWAPPED,
    CauseKind.PACK_AS_PIECE,
    CauseKind.WHOLE_PACKS,
    CauseKind.DIGIT_SLIP,
    CauseKind.MOVED_MEANWHILE,
}


class Remedy(Struct, frozen=True):
    """A likely cause on a page: its sentence, the rows behind it, and the one thing to do; `fields` make it a POST."""

    text: str
    links: Links = ()
    label: str = ""
    address: str = ""
    fields: Sequence[tuple[str, str]] = ()
    symbol: str = "chevron-right"


class _Desk(Struct, frozen=True):
    """A line with what its remedies are worked out from."""

    report: Report
    names: Names
    line: Line
    serials: Counter[tuple[Place, Place]]

    @property
    def stocktake_id(self) -> int:
        return self.report.stocktake.id

    @property
    def is_over(self) -> bool:
        return self.report.stocktake.state in OVER

    def line_url(self, place: Place, anchor: str | None = None) -> str:
        return url_for("stocktake.line", stocktake_id=self.stocktake_id, line_key=key_of(place), _anchor=anchor)


def remedies(session: Session, report: Report, names: Names, line: Line) -> list[Remedy]:
    """Return the likely causes of *line* with what can be done about each."""
    desk = _Desk(report, names, line, next_serials(session, report.stocktake.id))
    return [_remedy(cause, desk) for cause in line.causes]


def _remedy(cause: Cause, desk: _Desk) -> Remedy:
    found = Remedy(cause_text(cause, desk.report, desk.names), _links(cause, desk))
    match cause.kind:
        case CauseKind.MISPLACED:
            return _with_transfer(found, cause, desk)
        case CauseKind.WRONG_BARCODE:
            return _opening(found, gettext("Open its packs and barcodes"), _packs_url(desk))
        case CauseKind.NOT_PUT_AWAY if cause.where is not None:
            address = url_for("stock.moves", item=desk.line.place.item, place=cause.where)
            return _opening(found, gettext("Open its moves there"), address)
        case CauseKind.IMPORT_WAITS if cause.document is not None:
            return _opening(found, gettext("Open the import"), url_for("imports.show", import_id=cause.document))
        case CauseKind.SCANS_WAIT:
            return _with_scans(found, desk)
    return _with_recount(found, cause, desk) if cause.kind in _RECOUNTED else found


def _links(cause: Cause, desk: _Desk) -> Links:
    """Return the rows behind a cause."""
    if cause.other is not None:
        return [(gettext("Open the other line"), desk.line_url(cause.other))]
    if cause.kind in (CauseKind.PACK_AS_PIECE, CauseKind.WHOLE_PACKS):
        return [(gettext("Its packs"), _packs_url(desk))]
    if cause.kind is CauseKind.MOVED_MEANWHILE:
        return [(gettext("Moves behind the books"), desk.line_url(desk.line.place, "moves-title"))]
    return ()


def _packs_url(desk: _Desk) -> str:
    return url_for("catalog.item", item_id=desk.line.place.item, _anchor="packs")


def _opening(found: Remedy, label: str, address: str) -> Remedy:
    return replace(found, label=label, address=address)


def _with_transfer(found: Remedy, cause: Cause, desk: _Desk) -> Remedy:
    other = desk.report.find(cause.other) if cause.other else None
    if other is None or desk.is_over or not current_user.may(Permission.APPROVE):
        return found
    short, over = sorted((desk.line, other), key=lambda line: (line.difference or 0) > 0)
    amount = explained(short, over)
    if not amount:
        return found
    return replace(
        found,
        label=gettext("Book as a transfer"),
        address=url_for("stocktake.transfer", stocktake_id=desk.stocktake_id, line_key=key_of(desk.line.place)),
        fields=[
            ("short", key_of(short.place)),
            ("over", key_of(over.place)),
            ("quantity", plain(amount)),
            ("serial", str(desk.serials[short.place, over.place] + 1)),
        ],
        symbol="arrow-left-right",
    )


def _with_recount(found: Remedy, cause: Cause, desk: _Desk) -> Remedy:
    may_ask = current_user.may(Permission.APPROVE) or current_user.may(Permission.PLAN_STOCKTAKE)
    lines = [desk.line, desk.report.find(cause.other) if cause.other else None]
    open_lines = [line for line in lines if line is not None and _can_be_recounted(line)]
    if desk.is_over or not may_ask or desk.line not in open_lines:
        return found
    label = gettext("Have both recounted") if len(open_lines) > 1 else gettext("Have it recounted")
    return replace(
        found,
        label=label,
        address=url_for("stocktake.recount", stocktake_id=desk.stocktake_id),
        fields=[("line", key_of(line.place)) for line in open_lines],
        symbol="arrow-repeat",
    )


def _can_be_recounted(line: Line) -> bool:
    known = line.known
    return known.in_scope and known.state is LineState.OPEN and not line.awaits_recount


def _with_scans(found: Remedy, desk: _Desk) -> Remedy:
    scans = [row.id for row in desk.report.parked if row.location_id == desk.line.place.bin]
    if not scans or not any(current_user.may(each) for each in (Permission.APPROVE, Permission.EDIT_ITEMS)):
        return found
    return _opening(found, gettext("Open the scan"), url_for("scanning.scan", scan_id=scans[0]))
