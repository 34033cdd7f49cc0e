"""Scan grants: signed proof of who scanned on which device, given to a page and sent along with each scan.

Law: a scan is believed by its grant, not by the cookie it arrives with; a scan made before a user or device was
revoked stays that user's, one made after it is not.
"""

import hashlib
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, cast
from uuid import UUID

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from msgspec import Struct
from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from app.identity.access import Principal
from app.identity.models import Device, EndedEpoch, User
from app.identity.rules import SIGN_IN_LIFE, Role

SLOW_CLOCKS: Final = timedelta(days=1)

_USER, _ENDED, _DEVICE = (cast("Table", model.__table__) for model in (User, EndedEpoch, Device))
# Every scan asks this: built once, it costs a fifth of being built anew.
_FACTS = (
    select(_USER.c.name, _USER.c.roles, _USER.c.epoch, _ENDED.c.ended_at, _DEVICE.c.revoked_at)
    .select_from(_USER)
    .outerjoin(_ENDED, (_ENDED.c.user_id == _USER.c.id) & (_ENDED.c.epoch == bindparam("epoch")))
    .outerjoin(_DEVICE, _DEVICE.c.id == bindparam("device"))
    .where(_USER.c.id == bindparam("user"))
)


class Grant(Struct, frozen=True):
    """Who may scan on which device, from when until when (exclusive)."""

    user_id: int
    user_name: str
    roles: frozenset[Role]
    device: UUID
    begins_at: datetime
    ends_at: datetime

    def covers(self, at: datetime) -> bool:
        """Return whether a scan made *at* this instant is the user's."""
        return self.begins_at <= at < self.ends_at


class Present(Struct, frozen=True):
    """Who is signed in, on which device, as this very request found them: nothing of theirs has ended."""

    user: Principal
    device: UUID


def issue_grant(user: Principal, device: UUID, now: datetime) -> str:
    """Return the token that lets a page scan as *user* on *device*."""
    return str(_serializer(current_app.secret_key or "").dumps([user.id, user.epoch, device.hex, int(now.timestamp())]))


def find_grant(session: Session, text: str, present: Collection[Present] = ()) -> Grant | None:
    """Return what *text* grants as of now, None for one that we never gave; one query, none for those *present*."""
    try:
        user_id, epoch, device, issued_at = _read(text, current_app.secret_key or "")
    except BadSignature:
        return None
    begins_at, ends = issued_at - SLOW_CLOCKS, [issued_at + SIGN_IN_LIFE]
    for one in present:
        if (one.user.id, one.user.epoch, one.device) == (user_id, epoch, device):
            return Grant(user_id, one.user.name, one.user.roles, device, begins_at, ends[0])
    row = session.execute(_FACTS, {"user": user_id, "epoch": epoch, "device": device}).one_or_none()
    # An epoch that neither lasts nor ended was given before a restore, perhaps to another user of this id.
    if row is None or (row.ended_at is None and row.epoch != epoch):
        return None
    ends += [end for end in (row.ended_at, row.revoked_at) if end is not None]
    return Grant(user_id, row.name, frozenset(Role(role) for role in row.roles), device, begins_at, min(ends))


@lru_cache(maxsize=256)  # each comes with every scan made under it
def _read(text: str, key: str | bytes) -> tuple[int, int, UUID, datetime]:
    user_id, epoch, device_hex, issued = _serializer(key).loads(text)
    return user_id, epoch, UUID(device_hex), datetime.fromtimestamp(issued, UTC)


def _serializer(key: str | bytes) -> URLSafeSerializer:
    return URLSafeSerializer(key, salt="scan-grant", signer_kwargs={"digest_method": hashlib.sha256})
