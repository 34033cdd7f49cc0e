"""Scan grants: signed proof of who scanned on which device, given to a page and sent along with each scan.

Law: a scan is believed by its grant, not by the cookie it arrives with; a scan made before a user or device was
revoked stays that user's, one made after it is not.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.access import Principal
from app.identity.models import Device, EndedEpoch, User
from app.identity.rules import Role

LIFE: Final = timedelta(days=30)  # as long as a sign-in lasts
SLOW_CLOCKS: Final = timedelta(days=1)


@dataclass(frozen=True)
class Grant:
    """Who may scan on which device, from when until when (exclusive)."""

    user_id: int
    user_name: str
    roles: frozenset[Role]
    device: UUID
    begins_at: datetime
    ends_at: datetime

    def covers(self, at: datetime) -> bool:
        """Say whether a scan made *at* this instant is the user's."""
        return self.begins_at <= at < self.ends_at


def issue_grant(user: Principal, device: UUID, now: datetime) -> str:
    """Return the token that lets a page scan as *user* on *device*."""
    return str(_serializer().dumps([user.id, user.epoch, device.hex, int(now.timestamp())]))


def find_grant(session: Session, text: str) -> Grant | None:
    """Return what *text* grants as of now, None for one that we never gave; one query."""
    try:
        user_id, epoch, device, issued = _serializer().loads(text)
    except BadSignature:
        return None
    row = session.execute(_facts(user_id, epoch, UUID(device))).one_or_none()
    if row is None:
        return None
    issued_at = datetime.fromtimestamp(issued, UTC)
    ends = [issued_at + LIFE, row.ended_at, row.revoked_at]
    return Grant(
        user_id=user_id,
        user_name=row.name,
        roles=frozenset(Role(role) for role in row.roles),
        device=UUID(device),
        begins_at=issued_at - SLOW_CLOCKS,
        ends_at=min(end for end in ends if end is not None),
    )


def read_grant(session: Session, text: str, at: datetime) -> Grant | None:
    """Return the grant of a scan made *at* this instant, None where it must be parked."""
    grant = find_grant(session, text)
    return grant if grant is not None and grant.covers(at) else None


def _facts(user_id: int, epoch: int, device: UUID) -> Any:
    ended = (EndedEpoch.user_id == User.id) & (EndedEpoch.epoch == epoch)
    return (
        select(User.name, User.roles, EndedEpoch.ended_at, Device.revoked_at)
        .select_from(User)
        .outerjoin(EndedEpoch, ended)
        .outerjoin(Device, Device.id == device)
        .where(User.id == user_id)
    )


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(
        current_app.secret_key or "", salt="scan-grant", signer_kwargs={"digest_method": hashlib.sha256}
    )
