"""Reads of imports and their rows."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.imports.models import Import, ImportRow
from app.imports.rules import RowState
from app.kernel.errors import NotFound
from app.kernel.i18n import N_


class NoSuchImport(NotFound):
    """No import with this id."""

    message = N_("There is no such import.")


def get_import(session: Session, import_id: int) -> Import:
    """Return the import. Errors: NoSuchImport."""
    found = session.get(Import, import_id)
    if found is None:
        raise NoSuchImport
    return found


def list_cells(session: Session, import_id: int, states: Sequence[RowState]) -> list[tuple[int, dict[str, str]]]:
    """Return (row id, cells) of the rows in one of *states*, in the file's order."""
    statement = (
        select(ImportRow.id, ImportRow.cells)
        .where(ImportRow.import_id == import_id, ImportRow.state.in_(states))
        .order_by(ImportRow.number)
    )
    return [(number, cells) for number, cells in session.execute(statement)]


def list_bad_rows(session: Session, import_id: int) -> Iterator[ImportRow]:
    """Yield the rows that have problems, in the file's order."""
    statement = select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.state == RowState.BAD)
    yield from session.scalars(statement.order_by(ImportRow.number).execution_options(yield_per=2000))
