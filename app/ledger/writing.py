"""A posting's rows: its lines numbered and written in bulk, its own row last, which seals them."""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Table, insert

from app.ledger.booking import Booking
from app.ledger.chain import POSTING, seal_posting
from app.ledger.costing import Revalued
from app.ledger.facts import CountFact, Draft
from app.ledger.models import CountAnchor, Entry, Move, Revaluation
from app.ledger.planning import Plan
from app.ledger.rules import Reason, line_id
from app.ledger.shelf import Anchor, Line

_ANCHORS, _MOVES, _REVALUATIONS, _ENTRIES = (
    cast("Table", model.__table__) for model in (CountAnchor, Move, Revaluation, Entry)
)
_insert = {table: insert(table) for table in (_ANCHORS, _MOVES, _REVALUATIONS, _ENTRIES, POSTING)}
_WRITTEN = (Reason.PRIMARY, Reason.DIFFERENCE, Reason.BEYOND_BOOK, Reason.GIVE_BACK)


def write_posting(
    connection: Connection,
    seq: int,
    draft: Draft,
    plan: Plan,
    revalued: Sequence[Revalued],
    bookings: Sequence[Booking],
    header: dict[str, Any],
    previous: str,
) -> None:
    """Write everything of posting *seq*, sealed behind the *previous* posting's seal."""
    _number(seq, (*plan.lines, *plan.anchors, *revalued, *bookings))
    # What is named as a reason is written before what names it.
    ordered = sorted(plan.lines, key=lambda line: _WRITTEN.index(line.reason))
    written = (
        (_ANCHORS, [_anchor_row(seq, anchor, draft.counts) for anchor in plan.anchors]),
        (_MOVES, [_move_row(seq, line) for line in ordered]),
        (_REVALUATIONS, [_revaluation_row(seq, change) for change in revalued]),
        (_ENTRIES, [_entry_row(seq, booking) for booking in bookings]),
    )
    for table, rows in written:
        if rows:
            connection.execute(_insert[table], rows)
    posting = {"seq": seq, "kind": draft.kind, "key": draft.key, "reverses": draft.reverses, **header}
    seal = seal_posting(previous, posting, ((table, row) for table, rows in written for row in rows))
    connection.execute(_insert[POSTING], posting | {"seal": seal})


def _number(seq: int, lines: Iterable[Any]) -> None:
    for number, line in enumerate(lines):
        line.id = line_id(seq, number)
        if isinstance(line, Line) and line.beyond:
            line.beyond.id = line.id


def _move_row(seq: int, line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "posting_seq": seq,
        "line": line.number,
        "item_id": line.item,
        "lot_id": line.lot,
        "source_id": line.source,
        "target_id": line.target,
        "quantity": line.quantity,
        "occurred_at": line.occurred_at,
        "reason": line.reason,
        "value": line.value,
        "variance": line.variance,
        "account": line.account,
        "cause_id": line.cause.id if line.cause else None,
        "anchor_id": line.anchor.id if line.anchor else None,
        "gives_back_id": line.gives_back.id if line.gives_back else None,
    }


def _anchor_row(seq: int, anchor: Anchor, counts: Sequence[CountFact]) -> dict[str, Any]:
    fact = counts[anchor.number]
    return {
        "id": anchor.id,
        "posting_seq": seq,
        "key": fact.key,
        "item_id": anchor.key.item,
        "lot_id": anchor.key.lot,
        "location_id": anchor.key.location,
        "counted_at": anchor.counted_at,
        "uncertainty_ms": fact.uncertainty_ms,
        "counted": anchor.counted,
        "book": anchor.book,
        "unit_cost": anchor.unit_cost,
    }


def _revaluation_row(seq: int, change: Revalued) -> dict[str, Any]:
    return {
        "id": change.id,
        "posting_seq": seq,
        "item_id": change.fact.item,
        "value": change.value,
        "variance": change.variance,
        "account": change.account,
    }


def _entry_row(seq: int, booking: Booking) -> dict[str, Any]:
    return {
        "id": booking.id,
        "posting_seq": seq,
        "account": booking.account,
        "debit": booking.debit,
        "credit": booking.credit,
        "partner_id": booking.partner,
        "due_on": booking.due_on,
        "derived": booking.derived,
    }
