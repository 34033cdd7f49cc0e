"""What is asked about files."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.files import store
from app.files.models import StoredFile
from app.files.rules import NoSuchFile


def get_file(session: Session, file_id: int) -> StoredFile:
    """Return the file's row. Errors: NoSuchFile."""
    file = session.get(StoredFile, file_id)
    if file is None:
        raise NoSuchFile
    return file


def find_missing(session: Session, instance: Path) -> Iterator[str]:
    """Yield the hashes of contents that rows name and the folder has lost; the nightly proof asks it."""
    for name, thumb in session.execute(select(StoredFile.sha256, StoredFile.thumb_sha256)):
        yield from (each for each in (name, thumb) if not store.path_of(instance, each).exists())
