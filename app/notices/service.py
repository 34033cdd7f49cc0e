"""Telling users what they should know, once each, and what they have read of it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.db import inserting
from app.identity.queries import users_who_may
from app.identity.rules import Permission
from app.notices.kinds import KINDS
from app.notices.models import Notice
from app.notices.queries import get_notice


def notify(
    session: Session,
    to: Permission | int,
    kind: str,
    key: str,
    now: datetime,
    params: Mapping[str, str | int] | None = None,
    link: str = "",
    subject: str = "",
) -> int:
    """Tell the user *to*, or all active users who hold the permission *to*; return how many are new to it.

    *key* makes it once: telling the same key again changes nothing, read or not. *params* fill the kind's message.
    """
    if kind not in KINDS:
        raise LookupError(f"nobody registered notices of kind {kind}")
    users = users_who_may(session, to) if isinstance(to, Permission) else [to]
    if not users:
        return 0
    facts = {"kind": kind, "key": key, "params": dict(params or {}), "link": link, "subject": subject}
    # The database decides who is new: two processes may tell the same thing at the same moment.
    rows = [{"user_id": user, "created_at": now, **facts} for user in users]
    insert = inserting(session.get_bind().dialect.name, Notice).values(rows)
    told = session.execute(insert.on_conflict_do_nothing().returning(Notice.id))
    return len(told.all())


def read_notice(session: Session, user_id: int, notice_id: int, now: datetime) -> str:
    """Mark a notice read; return where it leads."""
    notice = get_notice(session, user_id, notice_id)
    notice.read_at = notice.read_at or now
    return notice.link


def read_all(session: Session, user_id: int, now: datetime) -> None:
    """Mark every notice of a user read."""
    unread = (Notice.user_id == user_id) & Notice.read_at.is_(None)
    session.execute(update(Notice).where(unread).values(read_at=now))


def settle(session: Session, subject: str, now: datetime) -> None:
    """Mark what was told about *subject* read for everybody, because it is done."""
    unread = (Notice.subject == subject) & Notice.read_at.is_(None)
    session.execute(update(Notice).where(unread).values(read_at=now))
