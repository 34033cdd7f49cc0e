"""The portable form of a database: each table as lines of JSON, the same from SQLite and from PostgreSQL.

Law: values pass as they are stored. Scaled numbers stay integers, JSON stays the text it was, instants are UTC.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Enum,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    cast,
    insert,
    select,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from app.db import Scaled, UtcDateTime

CHUNK: Final = 2000


class TableFacts(msgspec.Struct):
    """One table of a backup: its columns with their kinds, its rows, the hash of its lines."""

    name: str
    columns: list[tuple[str, str]]
    rows: int = 0
    sha256: str = ""


# Which kind a column's type is, asked in this order; the Python type of its values, and the type that stores them.
KINDS: Final[tuple[tuple[tuple[type, ...], str], ...]] = (
    ((Scaled, Integer), "integer"),  # BigInteger is an Integer
    ((Boolean,), "boolean"),
    ((UtcDateTime,), "instant"),
    ((Date,), "day"),
    ((Uuid,), "uuid"),
    ((JSON,), "json"),
    ((LargeBinary,), "bytes"),
    ((Enum, String), "text"),  # Text is a String
)
VALUES: Final[dict[str, type]] = {
    "integer": int,
    "boolean": bool,
    "instant": datetime,
    "day": date,
    "uuid": UUID,
    "json": str,
    "bytes": bytes,
    "text": str,
}
STORED: Final[dict[str, Callable[[], TypeEngine[Any]]]] = {
    "integer": BigInteger,
    "boolean": Boolean,
    "instant": UtcDateTime,
    "day": Date,
    "uuid": Uuid,
    "json": lambda: JSON(none_as_null=True),
    "bytes": LargeBinary,
    "text": Text,
}


def facts_of(table: Table) -> TableFacts:
    """Return the table's facts before any row was read."""
    return TableFacts(str(table.name), [(str(column.name), _kind(column)) for column in table.columns])


def read_lines(connection: Connection, table: Table, facts: TableFacts) -> Iterator[bytes]:
    """Yield each row of *table* as a line of JSON, in the order of its key."""
    columns = [_as_stored(table.c[name], kind) for name, kind in facts.columns]
    query = select(*columns).order_by(*table.primary_key.columns)
    encode = msgspec.json.Encoder().encode
    for row in connection.execution_options(yield_per=CHUNK).execute(query):
        facts.rows += 1
        yield encode(tuple(row)) + b"\n"


def write_lines(connection: Connection, facts: TableFacts, lines: Iterable[bytes]) -> int:
    """Insert the rows in *lines*; return how many they were."""
    # Typed by the backup, not by today's models: an old backup meets the tables of its own time.
    columns = [Column(name, STORED[kind]()) for name, kind in facts.columns]
    statement = insert(Table(facts.name, MetaData(), *columns))
    decode = msgspec.json.Decoder(_row_type(facts)).decode
    names, rows = [name for name, _ in facts.columns], 0
    texts = [index for index, (_, kind) in enumerate(facts.columns) if kind == "json"]
    walk = iter(lines)
    while chunk := [_parsed(decode(line), texts) for line in islice(walk, CHUNK)]:
        connection.execute(statement, [dict(zip(names, row, strict=True)) for row in chunk])
        rows += len(chunk)
    return rows


def _row_type(facts: TableFacts) -> Any:
    return tuple.__class_getitem__(tuple(VALUES[kind] | None for _, kind in facts.columns))


def _kind(column: Column[Any]) -> str:
    for types, kind in KINDS:
        if isinstance(column.type, types):
            return kind
    raise TypeError(f"{column} is of a type that backups do not know: {column.type!r}")


def _as_stored(column: Any, kind: str) -> Any:
    if kind == "json":
        return cast(column, Text)
    return type_coerce(column, STORED[kind]())


def _parsed(row: Sequence[Any], texts: Sequence[int]) -> list[Any]:
    values = list(row)
    for index in texts:
        if values[index] is not None:
            # JSON's own null is a value, SQL's is none.
            values[index] = json.loads(values[index]) if values[index] != "null" else JSON.NULL
    return values
