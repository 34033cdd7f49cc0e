"""An import's way: stage the file in short steps, check every row, apply all in one short transaction.

Law: staging never holds the right to write for long, so scans go on; applying happens once, whole or not at all.
"""

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import cast

from msgspec.structs import asdict
from sqlalchemy import ColumnElement, Table, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.bulk import as_stored, in_parts, insert_stored, refresh_statistics
from app.db import db, transaction
from app.identity.audit import audit
from app.imports.kinds import Applying, ReadRow, fields_of, get_kind
from app.imports.models import Import, ImportRow
from app.imports.queries import count_applied, get_import, list_cells
from app.imports.reading import Row as FileRow
from app.imports.reading import first_rows, read_rows
from app.imports.rules import (
    FOLLOWS,
    HasBadRows,
    ImportState,
    NothingToApply,
    Problem,
    RowState,
    WrongState,
    cell_problems,
    ensure_required,
    heading_row,
    match_columns,
)
from app.kernel.clock import business_day, utc_now
from app.kernel.errors import InvalidInput, RuleBroken
from app.kernel.i18n import N_

ROW = cast("Table", ImportRow.__table__)
ROW_COLUMNS = ("import_id", "number", "cells", "state", "problems", "words")
# Rows written in one step: some 10 ms with the right to write.
CHUNK = 1_000
# All rows are checked at once, in memory: some GB at this many.
MOST_ROWS = 300_000


# How often the rows are read: anew where somebody else was faster.
ATTEMPTS = 4


class TooManyRows(InvalidInput):
    """More rows than one import checks."""

    message = N_("The file has more than %(most)s rows. Split it.")


class Overtaken(RuleBroken):
    """Another import of this kind was taken over since the rows were read."""


class Replaced(RuleBroken):
    """Given up for dead: another process does the work."""


def add_import(session: Session, kind: str, file_name: str, by: int, now: datetime) -> Import:
    """Return a new import of *kind*; its file is kept by the caller under the import's id."""
    get_kind(kind)
    added = Import(
        kind=kind, file_name=file_name, state=ImportState.UPLOADED, created_by=by, created_at=now, beat_at=now
    )
    session.add(added)
    session.flush()
    return added


def propose_columns(path: Path, name: str, kind: str, titles: Mapping[str, str]) -> tuple[int, dict[str, int]]:
    """Return how many rows stand above the heading and which column holds which field. Errors: those of first_rows."""
    return match_rows(first_rows(path, name), kind, titles)


def match_rows(rows: Sequence[FileRow], kind: str, titles: Mapping[str, str]) -> tuple[int, dict[str, int]]:
    """Return the row of the headings and the columns matched by them, from the first rows of a file."""
    fields = fields_of(db.session(), get_kind(kind))
    number, headings = rows[heading_row([row for _, row in rows], fields, titles)]
    return number - 1, match_columns(headings, fields, titles)


def change_state(session: Session, import_id: int, to: ImportState, now: datetime, **values: object) -> None:
    """Move the import to state *to*, if it still is where that follows. Errors: WrongState."""
    before = [state for state, after in FOLLOWS.items() if to in after]
    changed = session.execute(
        update(Import)
        .where(Import.id == import_id, Import.state.in_(before))
        .values(state=to, beat_at=now, **values)
        .returning(Import.id)
    ).scalar()
    if changed is None:
        raise WrongState


def start_staging(session: Session, import_id: int, heading: int, columns: Mapping[str, int], now: datetime) -> None:
    """Accept which column is which; the rows are staged next. Errors: ColumnMissing, WrongState."""
    ensure_required(columns, get_kind(get_import(session, import_id).kind).fields)
    change_state(session, import_id, ImportState.STAGING, now, heading=heading, columns=dict(columns), failure=None)


def start_applying(session: Session, import_id: int, now: datetime, *, only_good: bool) -> None:
    """Ask for the rows to be taken over. Errors: HasBadRows, NothingToApply, WrongState."""
    found = get_import(session, import_id)
    if found.bad and not only_good:
        raise HasBadRows(bad=found.bad)
    if not found.good:
        raise NothingToApply
    change_state(session, import_id, ImportState.APPLYING, now, only_good=only_good, failure=None)


def discard(session: Session, import_id: int, now: datetime) -> None:
    """Give an import up; drop_rows() takes its staged rows away. Errors: WrongState."""
    change_state(session, import_id, ImportState.DISCARDED, now)


def drop_rows(import_id: int, *only: ColumnElement[bool]) -> int:
    """Delete the staged rows of an import, some at a time, in transactions of its own; return how many there were.

    *only* says of the import what must still be so at each step.
    """
    some = select(ImportRow.id).join(Import).where(ImportRow.import_id == import_id, *only).limit(CHUNK)
    dropping = delete(ImportRow).where(ImportRow.id.in_(some)).returning(ImportRow.id)
    total, gone = 0, CHUNK
    while gone == CHUNK:
        with transaction() as session:
            gone = len(session.scalars(dropping).all())
        total += gone
    return total


def take_back(session: Session, import_id: int, by: int, now: datetime, day: date) -> None:
    """Book back, as a whole, what an import of opening stock or balances brought; the file can then come anew.

    Errors: WrongState, also for imports of what is no booking.
    """
    found = get_import(session, import_id)
    undo = get_kind(found.kind).take_back
    if undo is None:
        raise WrongState
    change_state(session, import_id, ImportState.TAKEN_BACK, now)
    undo(session, Applying(by, now, day, key_of(import_id)))
    audit(session, by, "import.take_back", key_of(import_id), {"kind": found.kind, "file_name": found.file_name}, now)


def key_of(import_id: int) -> str:
    """Return under which key an import is booked, and the audit trail's name for it."""
    return f"import:{import_id}"


def send_to_work(session: Session, import_id: int, now: datetime) -> int:
    """Return the number of the run that a new process shall do; an older process stops at its next step."""
    statement = (
        update(Import).where(Import.id == import_id).values(run=Import.run + 1, beat_at=now).returning(Import.run)
    )
    return session.execute(statement).scalar_one()


def work(import_id: int, run: int, path: Path, time_zone: str, by: int | None = None) -> None:
    """Do what the import waits for, in transactions of its own; a broken rule or a bad file ends it as failed.

    *by* is who sent it to work, None whoever brought the file.
    """
    state = get_import(db.session(), import_id).state
    try:
        if state == ImportState.STAGING:
            _stage(import_id, run, path)
            _check(import_id, run)
        elif state == ImportState.APPLYING:
            _apply(import_id, run, time_zone, by)
    except Replaced:
        return
    except RuleBroken as error:
        _fail(import_id, error)
    except Exception:
        _fail(import_id, RuleBroken())
        raise


def _stage(import_id: int, run: int, path: Path) -> None:
    found = get_import(db.session(), import_id)
    with transaction() as session:
        _beat(session, import_id, run, staged=0)
    drop_rows(import_id)
    rows = read_rows(path, found.file_name)
    cells = ((number, _cells(row, found.columns)) for number, row in rows if number > found.heading + 1)
    staged = 0
    for chunk in in_parts(cells, CHUNK):
        staged += len(chunk)
        if staged > MOST_ROWS:
            raise TooManyRows(most=MOST_ROWS)
        rows_of_chunk = (_row_values(import_id, number, row) for number, row in chunk)
        ready = as_stored(ROW, ROW_COLUMNS, rows_of_chunk, db.engine.dialect)
        with transaction() as session:
            insert_stored(session.connection(), ROW, ROW_COLUMNS, ready)
            _beat(session, import_id, run, staged=staged)


def _row_values(import_id: int, number: int, cells: dict[str, str]) -> tuple[object, ...]:
    """Return the values of ROW_COLUMNS."""
    return import_id, number, cells, RowState.STAGED, [], " ".join(cells.values())[:1000]


def _beat(session: Session, import_id: int, run: int, **values: int) -> None:
    statement = update(Import).where(Import.id == import_id, Import.run == run).returning(Import.id)
    if session.execute(statement.values(beat_at=utc_now(), **values)).scalar() is None:
        raise Replaced


def _check(import_id: int, run: int) -> None:
    """Check all rows at once, for doubles can be far apart."""
    rows = list_cells(db.session(), import_id, [RowState.STAGED])
    bad = _bad_rows(rows, _read(import_id, rows))
    _show(import_id, run, bad, good=len(rows) - len(bad), bad_ones=len(bad))


def _show(import_id: int, run: int, bad: Sequence[dict[str, object]], *, good: int, bad_ones: int) -> None:
    """Keep which rows are bad and why, some at a time as when staging, then say that the check is done."""
    for chunk in in_parts(bad, CHUNK):
        with transaction() as session:
            _beat(session, import_id, run)
            session.execute(update(ImportRow), chunk)
    with transaction() as session:
        _beat(session, import_id, run)
        change_state(session, import_id, ImportState.CHECKED, utc_now(), good=good, bad=bad_ones)


def _read(import_id: int, rows: Sequence[tuple[int, dict[str, str]]]) -> list[ReadRow]:
    kind = get_kind(get_import(db.session(), import_id).kind)
    cells = [row for _, row in rows]
    read = kind.read(db.session(), cells)
    own = (cell_problems(row, kind.fields) for row in cells)
    return [ReadRow(row.draft, [*first, *row.problems]) for first, row in zip(own, read, strict=True)]


def _bad_rows(rows: Sequence[tuple[int, object]], read: Sequence[ReadRow]) -> list[dict[str, object]]:
    return [
        {"id": row_id, "state": RowState.BAD, "problems": [asdict(Problem.of(error)) for error in row.problems]}
        for (row_id, _), row in zip(rows, read, strict=True)
        if row.problems
    ]


def _apply(import_id: int, run: int, time_zone: str, by: int | None) -> None:
    """Take the good rows over; read them once more where somebody else's change came in between."""
    for left in reversed(range(ATTEMPTS)):
        try:
            _read_and_write(import_id, run, time_zone, by)
            break
        except (Overtaken, IntegrityError):
            if not left:
                raise
    with transaction() as session:
        refresh_statistics(session)


def _read_and_write(import_id: int, run: int, time_zone: str, by: int | None) -> None:
    """Read the good rows anew, then write: all that can be known before is known before the right to write is held.

    Errors: Overtaken, IntegrityError where what was read is no longer so.
    """
    found = get_import(db.session(), import_id)
    before = count_applied(db.session(), found.kind)
    rows = list_cells(db.session(), import_id, [RowState.STAGED])
    read = _read(import_id, rows)
    bad = _bad_rows(rows, read)
    if bad or len(rows) != found.good:
        # Something became wrong since the check, or a process that died was just marking it: shown, nothing taken over.
        good = len(rows) - len(bad)
        _show(import_id, run, bad, good=good, bad_ones=found.good + found.bad - good)
        return
    now = utc_now()
    how = Applying(by or found.created_by, now, business_day(now, time_zone), key_of(import_id))
    with _collecting_later(), transaction() as session:
        # The state first: of two processes at work on one import the second finds it applied and leaves.
        change_state(session, import_id, ImportState.APPLIED, now, applied=len(rows))
        _ensure_not_overtaken(session, found, before)
        get_kind(found.kind).apply(session, [row.draft for row in read], how)
        facts = {"kind": found.kind, "file_name": found.file_name, "rows": len(rows)}
        audit(session, how.by, "import.apply", key_of(import_id), facts, now)


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Look for no garbage while everybody waits: there is none, and looking through the rows takes as long again."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _ensure_not_overtaken(session: Session, found: Import, before: int) -> None:
    """Let imports of one kind be taken over one after another, each knowing what the one before brought."""
    twins = select(Import.id).where(Import.kind == found.kind, Import.state == ImportState.APPLYING)
    session.execute(twins.order_by(Import.id).with_for_update())
    if count_applied(session, found.kind) != before + 1:  # this one is counted
        raise Overtaken


def _fail(import_id: int, error: RuleBroken) -> None:
    with transaction() as session:
        change_state(session, import_id, ImportState.FAILED, utc_now(), failure=asdict(Problem.of(error)))


def _cells(row: Sequence[str], columns: Mapping[str, int]) -> dict[str, str]:
    return {key: row[index] for key, index in columns.items() if index < len(row) and row[index]}
