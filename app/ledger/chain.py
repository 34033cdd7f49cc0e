"""The chain of postings: each carries a seal over all that it says and over the seal of the one before.

The triggers refuse a change; the chain tells of one that was made behind their back. Whatever was altered, added or
taken out breaks it at that posting: who owes, when it falls due and who posted it no less than amounts. Closings of
periods are a chain of their own, each sealed together with the last posting before it.

Law: what is sealed is a row as both databases keep it (scaled numbers, UTC), and what is empty is left out, so that a
column added later leaves old seals as they are.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, cast

from sqlalchemy import Boolean, Connection, Date, Table, inspect, text

from app.db import Scaled, UtcDateTime
from app.kernel.exact import to_scaled
from app.ledger.models import FACTS, PeriodClosing, Posting
from app.ledger.rules import LINES

CHUNK = 500  # postings looked at together
POSTING, CLOSING = cast("Table", Posting.__table__), cast("Table", PeriodClosing.__table__)
_LINES = tuple(cast("Table", model.__table__) for model in FACTS)
# The seal itself, and a number that the database gives while the row is written.
_UNSEALED = {POSTING: {"seal"}, CLOSING: {"seal", "id"}}

Rows = Iterable[tuple[Table, Mapping[str, Any]]]


def seal_posting(previous: str, posting: Mapping[str, Any], lines: Rows) -> str:
    """Return the seal of a posting about to be written, behind the *previous* one's; rows as the models have them."""
    contents = sorted((row["id"], _content_of(table, row)) for table, row in lines)
    return _seal(previous, _content_of(POSTING, posting), *(content for _, content in contents))


def seal_closing(connection: Connection, closing: Mapping[str, Any]) -> str:
    """Return the seal of a period's closing about to be written."""
    previous = connection.execute(text("SELECT seal FROM ledger_period ORDER BY until DESC LIMIT 1")).scalar() or ""
    return _seal(previous, _content_of(CLOSING, closing), _seal_at(connection, closing["after_seq"]))


def broken_postings(connection: Connection) -> Iterator[int]:
    """Yield the postings that are not as they were sealed."""
    previous = ""
    for seq, seal, contents in _postings(connection, _columns):
        if seal != _seal(previous, *contents):
            yield seq
        previous = seal


def broken_closings(connection: Connection) -> Iterator[str]:
    """Yield the last days of the closings that are not as they were sealed."""
    previous = ""
    for until, seal, contents in _closings(connection):
        if seal != _seal(previous, *contents):
            yield until
        previous = seal


def seal_everything(connection: Connection) -> None:
    """Seal what stands in the books of a time that knew no seals, or not all columns of today."""
    there = {table: {each["name"] for each in inspect(connection).get_columns(table.name)} for table in _LINES}

    def known(table: Table) -> Sequence[str]:
        return [name for name in _columns(table) if name in there.get(table, (name,))]

    previous = ""
    for seq, _, contents in _postings(connection, known):
        previous = _seal(previous, *contents)
        connection.execute(
            text("UPDATE ledger_posting SET seal = :seal WHERE seq = :seq"), {"seal": previous, "seq": seq}
        )
    previous = ""
    for until, _, contents in _closings(connection):
        previous = _seal(previous, *contents)
        row = {"seal": previous, "until": until}
        connection.execute(text("UPDATE ledger_period SET seal = :seal WHERE until = :until"), row)


def _postings(
    connection: Connection, columns: Callable[[Table], Sequence[str]]
) -> Iterator[tuple[int, str, list[str]]]:
    """Yield number, seal and contents of each posting; a bounded number of postings is in memory at a time.

    Others may write meanwhile: what was there when this began does not change, and nothing later is looked at.
    """
    last = connection.execute(text("SELECT coalesce(max(seq), 0) FROM ledger_posting")).scalar_one()
    for first in range(1, last + 1, CHUNK):
        end = min(first + CHUNK, last + 1)
        lines: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for table in _LINES:
            between = f"WHERE id >= {first * LINES} AND id < {end * LINES}"
            for number, content in _read(connection, table, columns(table), ("id",), between):
                lines[number // LINES].append((number, content))
        between = f"WHERE seq >= {first} AND seq < {end} ORDER BY seq"
        for seq, seal, content in list(_read(connection, POSTING, columns(POSTING), ("seq", "seal"), between)):
            yield seq, seal, [content, *(line for _, line in sorted(lines[seq]))]


def _closings(connection: Connection) -> Iterator[tuple[str, str, list[str]]]:
    told = ("until", "seal", "after_seq")
    for until, seal, after_seq, content in list(_read(connection, CLOSING, _columns(CLOSING), told, "ORDER BY until")):
        yield until, seal, [content, _seal_at(connection, after_seq)]


def _seal(previous: str, *contents: str) -> str:
    return hashlib.sha256("\n".join((previous, *contents)).encode()).hexdigest()


def _seal_at(connection: Connection, seq: int) -> str:
    return connection.execute(text("SELECT seal FROM ledger_posting WHERE seq = :seq"), {"seq": seq}).scalar() or ""


def _read(
    connection: Connection, table: Table, names: Sequence[str], told: Sequence[str], which: str
) -> Iterator[tuple[Any, ...]]:
    """Yield the columns that are to be *told*, and the content that the columns of these *names* make."""
    columns = ", ".join(f'"{name}"' for name in (*told, *names))
    # SQLite answers in the form that is sealed; PostgreSQL's days, instants and yes or no have types of their own.
    typed = [] if connection.dialect.name == "sqlite" else [n for n, name in enumerate(names) if name in _typed(table)]
    for row in connection.execute(text(f"SELECT {columns} FROM {table.name} {which}")):  # noqa: S608  # our own names
        values = list(row[len(told) :])
        for at in typed:
            values[at] = _as_kept(values[at], 0)
        yield *row[: len(told)], _content(table, names, values)


def _content_of(table: Table, row: Mapping[str, Any]) -> str:
    names, places = _columns(table), _places(table)
    return _content(table, names, [_as_kept(row.get(name), places.get(name, 0)) for name in names])


def _content(table: Table, names: Sequence[str], values: Sequence[Any]) -> str:
    pairs = zip(names, values, strict=True)
    return f"{table.name};" + ";".join([f"{name}={value!r}" for name, value in pairs if value is not None])


@cache
def _typed(table: Table) -> frozenset[str]:
    return frozenset(each.name for each in table.c if isinstance(each.type, Date | UtcDateTime | Boolean))


@cache
def _columns(table: Table) -> tuple[str, ...]:
    return tuple(sorted(column.name for column in table.c if column.name not in _UNSEALED.get(table, ())))


@cache
def _places(table: Table) -> dict[str, int]:
    return {column.name: column.type.places for column in table.c if isinstance(column.type, Scaled)}


def _as_kept(value: Any, places: int) -> int | str | None:
    """Return a value in the form that both databases and the code have in common."""
    match value:
        case None | str():
            return None if value is None else str(value)
        case Decimal():
            return to_scaled(value, places)
        case int():
            return int(value)
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        case date():
            return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in which it is sealed")
