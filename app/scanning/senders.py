"""Who made a scan: by the token of the device that it was made on, and not by the cookie it comes with.

Law: what arrives after its token ended is believed to be older only as far as something better than the phone's clock
bears it out: the phone's own numbering, what the server had received by then, an offset measured with the server.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.orm import Session

from app.identity.grants import Grant, Present, find_grant
from app.identity.rules import Permission, permissions_of
from app.scanning.drafts import Draft
from app.scanning.models import Scan
from app.scanning.rules import Reason, is_borne_out

SCAN = cast("Table", Scan.__table__)


def find_senders(session: Session, drafts: Iterable[Draft], present: Collection[Present]) -> None:
    """Say who made each scan, unasked where it is one who is *present*; park those of which it is not certain."""
    by_grant = defaultdict(list)
    for draft in drafts:
        by_grant[draft.sent.grant].append(draft)
    for text, group in by_grant.items():
        grant = find_grant(session, text, present)
        if grant is None:
            _park(group, Reason.GRANT_INVALID)
            continue
        own = [draft for draft in group if draft.sent.device == grant.device]
        _park([draft for draft in group if draft.sent.device != grant.device], Reason.GRANT_INVALID)
        for draft in own:
            draft.user_id = grant.user_id
        _park([draft for draft in own if not grant.covers(draft.occurred_at)], Reason.GRANT_ENDED)
        _doubt(session, grant, [draft for draft in own if draft.received_at >= grant.ends_at])
        if Permission.SCAN not in permissions_of(grant.roles):
            _park(own, Reason.NOT_ALLOWED)


def _park(drafts: Iterable[Draft], reason: Reason) -> None:
    for draft in drafts:
        draft.park(reason)


def _doubt(session: Session, grant: Grant, late: Sequence[Draft]) -> None:
    """Park those of *late* that nothing but the phone's clock puts before the end of their token."""
    if not late:
        return
    late = sorted(late, key=lambda draft: draft.sent.sequence)
    proved = _last_number(session, grant)
    taken = _taken_numbers(session, grant, [draft.sent.sequence for draft in late])
    before = _last_instant(session, grant, late[0].sent.sequence)
    for draft in late:
        sent = draft.sent
        # A number below one that had arrived by then was given before, unless the phone began to count anew.
        if sent.sequence < proved and sent.sequence not in taken:
            continue
        if not is_borne_out(draft.occurred_at, sent.uncertainty_ms, draft.received_at, grant.ends_at, before):
            draft.park(Reason.GRANT_DOUBTED)
        if draft.occurred_at <= draft.received_at:  # else a wrong clock's, which says nothing of the others
            before = max(draft.occurred_at, before or draft.occurred_at)


def _last_number(session: Session, grant: Grant) -> int:
    """Return the highest number among the user's scans on the device that had arrived when the token ended."""
    statement = select(func.max(SCAN.c.sequence)).where(*_of(grant), SCAN.c.received_at < grant.ends_at)
    return session.scalar(statement) or 0


def _taken_numbers(session: Session, grant: Grant, numbers: Collection[int]) -> set[int]:
    return set(session.scalars(select(SCAN.c.sequence).where(*_of(grant), SCAN.c.sequence.in_(numbers))))


def _last_instant(session: Session, grant: Grant, number: int) -> datetime | None:
    """Return when, at the latest, the phone made a scan that it numbered below *number*."""
    sound = SCAN.c.occurred_at <= SCAN.c.received_at
    latest: datetime | None = session.scalar(
        select(func.max(SCAN.c.occurred_at)).where(*_of(grant), SCAN.c.sequence < number, sound)
    )
    return latest


def _of(grant: Grant) -> tuple[ColumnElement[bool], ...]:
    return SCAN.c.user_id == grant.user_id, SCAN.c.device_id == grant.device
