"""Reads of imports and their rows."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from app.identity.models import User
from app.imports.models import Import, ImportRow
from app.imports.rules import ENDED, KEPT, ImportState, NoSuchImport, RowsRemoved, RowState, rows_gone

HELD = 2_000


def get_import(session: Session, import_id: int) -> Import:
    """Return the import. Errors: NoSuchImport."""
    found = session.get(Import, import_id)
    if found is None:
        raise NoSuchImport
    return found


def count_applied(session: Session, kind: str) -> int:
    """Return how many imports of *kind* were taken over so far, whether or not they were taken back since."""
    were = (ImportState.APPLIED, ImportState.TAKEN_BACK)
    statement = select(func.count(Import.id)).where(Import.kind == kind, Import.state.in_(were))
    return session.scalar(statement) or 0


def import_rows(kinds: Collection[str]) -> Select[Any]:
    """Return the statement of the list of imports of these kinds, each with the name of who brought it."""
    columns: tuple[Any, ...] = (
        Import.id,
        Import.kind,
        Import.file_name,
        Import.state,
        Import.good,
        Import.bad,
        Import.created_at,
        User.name,
    )
    return select(*columns).join(User, User.id == Import.created_by).where(Import.kind.in_(kinds))


def bad_rows(import_id: int) -> Select[Any]:
    """Return the statement of the list of an import's rows with problems."""
    columns: tuple[Any, ...] = (ImportRow.number, ImportRow.cells, ImportRow.problems)
    return select(*columns).where(ImportRow.import_id == import_id, ImportRow.state == RowState.BAD)


def list_cells(session: Session, import_id: int, states: Sequence[RowState]) -> list[tuple[int, dict[str, str]]]:
    """Return (row id, cells) of the rows in one of *states*, in the file's order."""
    statement = (
        select(ImportRow.id, ImportRow.cells)
        .where(ImportRow.import_id == import_id, ImportRow.state.in_(states))
        .order_by(ImportRow.number)
    )
    return [(number, cells) for number, cells in session.execute(statement)]


def list_bad_rows(session: Session, import_id: int) -> Iterator[ImportRow]:
    """Yield the rows that have problems, in the file's order; some thousands at a time are held."""
    bad = select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.state == RowState.BAD)
    last = 0  # rows are numbered from 1 on, each number once a file
    while rows := session.scalars(bad.where(ImportRow.number > last).order_by(ImportRow.number).limit(HELD)).all():
        yield from rows
        last = rows[-1].number


def find_rows_gone(session: Session, found: Import, now: datetime) -> RowsRemoved | None:
    """Return what to say instead of the bad rows of the import, None while they are there to be shown."""
    missing = _missing_bad_rows(session, found) if found.state == ImportState.TAKEN_BACK else 0
    return rows_gone(found.state, found.good, missing, now - found.beat_at)


def _missing_bad_rows(session: Session, found: Import) -> int:
    is_bad = (ImportRow.import_id == found.id) & (ImportRow.state == RowState.BAD)
    return found.bad - (session.scalar(select(func.count(ImportRow.id)).where(is_bad)) or 0)


def is_left_over(now: datetime) -> ColumnElement[bool]:
    """Return the clause that keeps imports whose rows and file are kept no longer: rules.has_ended(), KEPT ago."""
    has_failed = (Import.state == ImportState.FAILED) & (Import.good == 0)
    return (Import.state.in_(ENDED) | has_failed) & (Import.beat_at < now - KEPT)


def list_left_over(session: Session, now: datetime) -> list[int]:
    """Return the imports whose rows and files are kept no longer."""
    return list(session.scalars(select(Import.id).where(is_left_over(now)).order_by(Import.id)))


def list_with_old_rows(session: Session, now: datetime) -> list[int]:
    """Return the imports that list_left_over() names whose rows are still there."""
    has_rows = exists().where(ImportRow.import_id == Import.id)
    return list(session.scalars(select(Import.id).where(is_left_over(now), has_rows).order_by(Import.id)))
