"""What a user's inbox holds."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.kernel.errors import NotFound
from app.notices.models import Notice


def count_unread(session: Session, user_id: int) -> int:
    """Return how many notices the user has not read."""
    query = select(func.count()).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    return session.scalar(query.select_from(Notice)) or 0


def get_notice(session: Session, user_id: int, notice_id: int) -> Notice:
    """Return a notice of this very user. Errors: NotFound."""
    notice = session.scalar(select(Notice).where(Notice.id == notice_id, Notice.user_id == user_id))
    if notice is None:
        raise NotFound
    return notice


def select_inbox(user_id: int) -> Select[Any]:
    """Return the statement of a user's inbox."""
    columns: tuple[Any, ...] = tuple(Notice.__table__.columns)
    return select(*columns).where(Notice.user_id == user_id)
