"""Commands on files."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.files import store
from app.files.models import StoredFile
from app.files.rules import MIMETYPE, Picture


def keep_picture(session: Session, instance: Path, picture: Picture, by: int, now: datetime) -> int:
    """Keep a checked picture (made by rules.make_picture, outside the transaction) and return its file's id."""
    name, thumb = store.keep(instance, picture.content), store.keep(instance, picture.thumb)
    known = select(StoredFile.id).where(StoredFile.sha256 == name)
    found = session.scalar(known)
    if found is not None:
        return found
    row = StoredFile(
        sha256=name,
        thumb_sha256=thumb,
        mimetype=MIMETYPE,
        size=len(picture.content),
        width=picture.width,
        height=picture.height,
        added_by=by,
        added_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:  # somebody kept the same picture at this moment
        return session.execute(known).scalar_one()
    return row.id
