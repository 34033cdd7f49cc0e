"""Many rows or values at once: inserted as the driver has them, looked for by statements that are planned once.

Cost: what SQLAlchemy does for each row takes as long as the database, and a row that comes to PostgreSQL by itself
twice as long as one of an array.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, Dialect, Table, bindparam, text
from sqlalchemy.orm import Session

CHUNK: Final = 5_000
# How many values one IN list holds: well below the parameters that one statement of either database takes.
MOST_VALUES: Final = 10_000
_SIZES: Final = (1, 4, 16, 64, 256, 1_024)

Value = TypeVar("Value")


def as_stored(
    table: Table, columns: Sequence[str], rows: Iterable[Iterable[Any]], dialect: Dialect
) -> list[tuple[Any, ...]]:
    """Return *rows*, values of *columns*, as the database keeps them: for insert_stored().

    Cost: turning values takes most of a big insert's time; this part of it needs no right to write.
    """
    binders = _binders(table, tuple(columns), dialect)
    return [tuple(bind(value) if bind else value for bind, value in zip(binders, row, strict=True)) for row in rows]


def insert_stored(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    once: str | None = None,
) -> int:
    """Insert rows whose values the database keeps as they are (see as_stored); return how many were inserted.

    Where the table has a row with the same *once*, theirs is left out.
    """
    inserted = 0
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        is_array = connection.dialect.name == "postgresql" and len(chunk) > 1
        statement = _insert(table, tuple(columns), once, connection.dialect, is_array=is_array)
        given: Any = tuple(map(list, zip(*chunk, strict=True))) if is_array else list(chunk)
        done = connection.exec_driver_sql(statement, given, execution_options={"preserve_rowcount": True})
        inserted += done.rowcount
    return inserted


@lru_cache(maxsize=64)
def _binders(table: Table, columns: tuple[str, ...], dialect: Dialect) -> list[Callable[[Any], Any] | None]:
    return [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns]


@lru_cache(maxsize=64)
def _insert(table: Table, columns: tuple[str, ...], once: str | None, dialect: Dialect, *, is_array: bool) -> str:
    place = "?" if dialect.paramstyle == "qmark" else "%s"
    rows = f"VALUES ({', '.join([place] * len(columns))})"
    if is_array:
        arrays = ", ".join(f"%s::{_type(table, name, dialect)}[]" for name in columns)
        rows = f"SELECT * FROM unnest({arrays})"  # noqa: S608  # our own words
    skipping = f" ON CONFLICT ({once}) DO NOTHING" if once else ""
    return f"INSERT INTO {table.name} ({', '.join(columns)}) {rows}{skipping}"


def _type(table: Table, column: str, dialect: Dialect) -> str:
    return table.c[column].type.dialect_impl(dialect).compile(dialect)


def in_parts(values: Iterable[Value], size: int = MOST_VALUES) -> Iterator[list[Value]]:
    """Yield *values* in their order, as lists of at most *size*."""
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part


def one_of(column: ColumnElement[Value], name: str, places: int) -> ColumnElement[bool]:
    """Return that *column* is one of as many values as there are *places*: given later, by named().

    Cost: SQLAlchemy's own place for a list is written out anew at each execution, for a tenth of what a scan costs.
    """
    return column.in_([bindparam(f"{name}_{number}", type_=column.type) for number in range(places)])


def named(name: str, values: Sequence[object]) -> dict[str, object]:
    """Return *values* as the parameters of one_of()."""
    return {f"{name}_{number}": value for number, value in enumerate(values)}


def padded(values: Iterable[Value]) -> list[Value]:
    """Return *values* for one_of(), the last repeated up to the next power of four; above 1,024 as they are.

    Cost: each number of places is a statement of its own, and PostgreSQL plans each on each connection six times
    before it keeps the plan, which takes ten times as long as finding fifty rows.
    """
    found = list(values)
    places = next((size for size in _SIZES if size >= len(found)), len(found))
    return found + found[-1:] * (places - len(found))


def refresh_statistics(session: Session) -> None:
    """Have PostgreSQL learn what its tables hold, after many rows came at once: by itself it does so a minute later.

    Not of tables that hold next to nothing: knowing that, it would plan to read them whole, and keep the plan while
    they fill.
    """
    if session.get_bind().dialect.name == "postgresql":
        tables = session.scalars(text(_PG_FILLED)).all()
        if tables:
            session.execute(text(f"ANALYZE {', '.join(tables)}"))


_PG_FILLED = """
SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND pg_relation_size(oid) >= 10 * 8192
"""
