"""Commands that decide: approve differences, take a recount back, post.

Law: each begins by holding the stocktake's row, so that scans, approvals, recounts and posting come one after the
other; a difference that changed since its approval goes back to review and is never posted.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import String, insert, select, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from app.bulk import in_parts
from app.company.queries import get_company
from app.identity.audit import audit
from app.kernel.exact import ZERO
from app.ledger.facts import CountFact
from app.ledger.models import CountAnchor
from app.ledger.rules import CountOutdated
from app.ledger.service import post as post_to_ledger
from app.stocktake.accuracy.service import keep_results
from app.stocktake.approval.queries import list_counters, standing_approvals
from app.stocktake.approval.rules import Choice, ReportChanged, ensure_can_approve, fingerprint, needs_cost
from app.stocktake.causes.rules import Place
from app.stocktake.counting.rules import LineCount
from app.stocktake.models import Stocktake, StocktakeApproval, StocktakeLine
from app.stocktake.reasons.queries import trail_word
from app.stocktake.report.queries import Report
from app.stocktake.report.rules import Line
from app.stocktake.rules import (
    LineState,
    NoSuchLine,
    StateChanged,
    StocktakeState,
    WrongState,
    ensure_can_become,
    ensure_four_eyes,
)
from app.stocktake.service import drop_idle_rounds, hold, lines_at, move_on, rows_touched, settle, subject

# Approved differences may change by scans and moves that come late: then they wait for an approval again.
TAKES_APPROVALS = frozenset({StocktakeState.COUNTING, StocktakeState.REVIEW, StocktakeState.APPROVED})


class PostOutcome(Struct, frozen=True):
    """What became of a posting: its number (0: nothing to enter), or how many lines went back to review instead."""

    seq: int | None
    returned: int = 0


def approve(session: Session, stocktake_id: int, choice: Choice, by: int, now: datetime) -> int:
    """Approve differences as they were seen; return how many. With the last one the stocktake is approved.

    Errors: OwnCount, ReportChanged, and for chosen lines AlreadyDecided, RecountFirst, RecountAwaited,
    DifferenceChanged, CostMissing, NotCounted, OutsideScope. All or nothing.
    """
    stocktake = hold(session, stocktake_id)
    if stocktake.state not in TAKES_APPROVALS:
        raise WrongState(number=stocktake.number)
    report = settle(session, stocktake, now)
    if stocktake.state is StocktakeState.APPROVED and not all(line.is_decided for line in report.lines):
        move_on(session, stocktake_id, StocktakeState.REVIEW)
    counters = list_counters(session, stocktake_id)
    is_own = ensure_four_eyes(by, counters, one_person=report.one_person)
    lines = _chosen(report, choice)
    for line in lines:
        ensure_can_approve(line, choice.seen.get(line.place), choice.unit_costs.get(line.place))
    _write_approvals(session, stocktake_id, lines, choice, by, now, is_own=is_own)
    action = "stocktake.approve_own" if is_own else "stocktake.approve"
    details = {"lines": len(lines), "reason": trail_word(session, choice.reason)}
    audit(session, by, action, subject(stocktake_id), details, now)
    approved = {line.place for line in lines}
    end_if_decided(session, stocktake, [line for line in report.lines if line.place not in approved])
    return len(lines)


def approve_by_rule(session: Session, stocktake: Stocktake, lines: Sequence[Line], counter: int, now: datetime) -> None:
    """Let differences pass that the company's tolerance of spot counts lets pass; the review ends with them.

    The caller holds the stocktake, whose review has begun, and says of each line that it is within.
    """
    _write_approvals(session, stocktake.id, lines, Choice(), counter, now, is_by_rule=True)
    audit(session, counter, "stocktake.approve_by_rule", subject(stocktake.id), {"lines": len(lines)}, now)
    move_on(session, stocktake.id, StocktakeState.APPROVED)


def _chosen(report: Report, choice: Choice) -> list[Line]:
    if choice.seen_all is not None:
        open_lines = [line for line in report.lines if line.can_approve]
        if choice.among is not None:
            open_lines = [line for line in open_lines if line.place in choice.among]
        if fingerprint(open_lines) != choice.seen_all:
            raise ReportChanged
        return [line for line in open_lines if not needs_cost(line) or line.place in choice.unit_costs]
    chosen = [line for line in report.lines if line.place in choice.seen]
    if len(chosen) < len(choice.seen):
        raise NoSuchLine
    if len(chosen) == 1:
        return chosen
    # Ticked together with others: what matches and what is approved already needs no word.
    return [line for line in chosen if (line.differs and line.known.state is LineState.OPEN) or line.is_stale]


def _write_approvals(
    session: Session,
    stocktake_id: int,
    lines: Sequence[Line],
    choice: Choice,
    by: int,
    now: datetime,
    *,
    is_own: bool = False,
    is_by_rule: bool = False,
) -> None:
    rows = {Place(r.bin_id, r.item_id, r.lot_id): r for r in lines_at(session, stocktake_id, [x.place for x in lines])}
    written = [
        {
            "line_id": rows[line.place].id,
            "serial": rows[line.place].approvals + 1,
            "by_id": by,
            "at": now,
            "counted": line.counted,
            "book": line.book,
            "difference": line.difference,
            "unit_cost": choice.unit_costs.get(line.place) if needs_cost(line) else None,
            "reason": choice.reason,
            "note": choice.note,
            "is_own_count": is_own,
            "is_by_rule": is_by_rule,
        }
        for line in lines
    ]
    if not written:
        return
    session.execute(insert(StocktakeApproval), written)
    _set_lines(
        session,
        [rows[line.place].id for line in lines],
        approvals=StocktakeLine.approvals + 1,
        state=LineState.APPROVED,
        has_changed=False,
    )


def _set_lines(session: Session, line_ids: Sequence[int], **values: Any) -> None:
    for part in in_parts(line_ids):
        changed = update(StocktakeLine).where(StocktakeLine.id.in_(part), StocktakeLine.state != LineState.POSTED)
        session.execute(changed.values(**values).execution_options(synchronize_session=False))
    session.expire_all()


def end_if_decided(session: Session, stocktake: Stocktake, others: Iterable[Line]) -> None:
    """Call the stocktake approved once nothing is left to say: what differs is approved, what matches needs no word."""
    if stocktake.state is StocktakeState.REVIEW and all(line.is_decided for line in others):
        move_on(session, stocktake.id, StocktakeState.APPROVED)


def end_review(session: Session, stocktake_id: int, by: int, now: datetime) -> None:
    """Finish counting; without any difference to decide the stocktake is approved at once."""
    stocktake = move_on(session, stocktake_id, StocktakeState.REVIEW, counted_at=now)
    report = settle(session, stocktake, now)
    audit(session, by, "stocktake.finish", subject(stocktake_id), {"lines": len(report.lines)}, now)
    end_if_decided(session, stocktake, report.lines)


def drop_recount(session: Session, stocktake_id: int, places: Collection[Place], by: int, now: datetime) -> None:
    """Take back the recount of lines that is not in yet: their last complete count decides."""
    stocktake = hold(session, stocktake_id)
    if stocktake.state not in TAKES_APPROVALS:
        raise WrongState(number=stocktake.number)
    report = settle(session, stocktake, now)
    waiting = {line.place: line for line in report.lines if line.awaits_recount and line.place in set(places)}
    for row in lines_at(session, stocktake_id, waiting.keys()):
        deciding = waiting[Place(row.bin_id, row.item_id, row.lot_id)].deciding
        row.asked = deciding.key.round if deciding else 1
    session.flush()
    drop_idle_rounds(session, stocktake_id, {place.bin for place in waiting})
    audit(session, by, "stocktake.drop_recount", subject(stocktake_id), {"lines": len(waiting)}, now)


# --- posting ----------------------------------------------------------------------------------------------------------


def post(session: Session, stocktake_id: int, by: int, now: datetime) -> PostOutcome:
    """Post every counted line once: differences as approved, matches as counts that match.

    Lines that are not as they were approved any more, or were approved by somebody who has counted since, go back to
    review, and nothing is posted.
    Errors: WrongState, MissingCost.
    """
    stocktake = hold(session, stocktake_id)
    ensure_can_become(stocktake.number, stocktake.state, StocktakeState.POSTED)
    report = settle(session, stocktake, now)
    approvals = standing_approvals(session, stocktake_id)
    counters = set() if report.one_person else list_counters(session, stocktake_id)
    inside = [line for line in report.lines if line.known.in_scope]
    changed = [line.place for line in inside if not _is_as_approved(line, approvals, counters)]
    if changed:
        return _return_to_review(session, stocktake, changed, by, now)
    counted = [line for line in inside if line.status is not LineCount.NOT_COUNTED]
    rows = _rows_by_place(session, stocktake_id)
    facts = [_fact(stocktake_id, line, rows[line.place], approvals) for line in counted]
    if not facts and any(count.is_complete for count in report.counts.values()):
        # Bins as empty as the books have them: a result, though the ledger, which counts goods, has nothing to take.
        _close(session, stocktake, None, by, now)
        audit(session, by, "stocktake.post", subject(stocktake_id), {"lines": 0}, now)
        return PostOutcome(0)
    company = get_company(session)
    day = company.day_of(min(now, max((fact.counted_at for fact in facts), default=now)))
    try:
        posted = post_to_ledger(
            session, posting_kind(stocktake), subject(stocktake_id), counts=facts, by=by, effective_on=day, now=now
        )
    except CountOutdated as error:  # a move came in between our reading and the ledger's lock
        outdated = {fact.key: Place(fact.location, fact.item, fact.lot) for fact in facts}
        return _return_to_review(session, stocktake, [outdated[key] for key in error.outdated], by, now)
    _close(session, stocktake, posted.seq, by, now)
    keep_results(session, stocktake_id, posted.seq, counted, company)
    audit(session, by, "stocktake.post", subject(stocktake_id), {"posting": posted.seq, "lines": len(facts)}, now)
    return PostOutcome(posted.seq)


def _is_as_approved(line: Line, approvals: Mapping[int, StocktakeApproval], counters: Collection[int]) -> bool:
    approval = approvals.get(line.known.id or 0) if line.known.state is LineState.APPROVED else None
    if approval is None:
        return not line.differs
    if approval.by_id in counters and not (approval.is_own_count or approval.is_by_rule):
        return False
    return line.difference == approval.difference and line.counted == approval.counted


def _rows_by_place(session: Session, stocktake_id: int) -> dict[Place, int]:
    line = StocktakeLine.__table__.c
    statement = select(line.id, line.bin_id, line.item_id, line.lot_id).where(line.stocktake_id == stocktake_id)
    return {Place(bin_id, item, lot): line_id for line_id, bin_id, item, lot in session.execute(statement)}


def _fact(stocktake_id: int, line: Line, line_id: int, approvals: Mapping[int, StocktakeApproval]) -> CountFact:
    approval = approvals.get(line_id)
    deciding = line.deciding
    if deciding is None or deciding.closed_at is None or line.counted is None:
        raise NoSuchLine  # a counted line has a complete count
    return CountFact(
        item=line.place.item,
        lot=line.place.lot,
        location=line.place.bin,
        counted=line.counted,
        counted_at=deciding.closed_at,
        uncertainty_ms=deciding.uncertainty_ms,
        unit_cost=approval.unit_cost if approval else None,
        expected_difference=line.difference or ZERO,
        key=anchor_key(stocktake_id, line_id),
    )


def posting_kind(stocktake: Stocktake) -> str:
    """Return the word by which the ledger names what the stocktake posts."""
    return "stocktake" if stocktake.spot_bin_id is None else "spot_count"


def anchor_key(stocktake_id: int, line_id: int) -> str:
    """Return the key under which the ledger keeps the count of a line, once."""
    return f"{subject(stocktake_id)}:{line_id}"


def _return_to_review(
    session: Session, stocktake: Stocktake, places: Collection[Place], by: int, now: datetime
) -> PostOutcome:
    for row in lines_at(session, stocktake.id, places):
        row.state, row.has_changed = LineState.OPEN, True
    session.flush()
    move_on(session, stocktake.id, StocktakeState.REVIEW)
    audit(session, by, "stocktake.return", subject(stocktake.id), {"lines": len(places)}, now)
    return PostOutcome(None, len(places))


def _close(session: Session, stocktake: Stocktake, seq: int | None, by: int, now: datetime) -> None:
    guarded = update(Stocktake).where(Stocktake.id == stocktake.id, Stocktake.state == StocktakeState.APPROVED)
    values = {"state": StocktakeState.POSTED, "posting_seq": seq, "posted_by": by, "posted_at": now}
    if not rows_touched(session, guarded.values(**values)):
        raise StateChanged(number=stocktake.number)
    key = subject(stocktake.id) + ":" + sql_cast(StocktakeLine.id, String)
    anchored = select(CountAnchor.id).where(CountAnchor.key == key).exists()
    lines = update(StocktakeLine).where(StocktakeLine.stocktake_id == stocktake.id, anchored)
    posted = lines.values(state=LineState.POSTED, anchor_key=key)
    session.execute(posted.execution_options(synchronize_session=False))
    session.expire_all()
