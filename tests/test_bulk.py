"""Many rows at once are the rows that were given, on both databases."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Column, Date, LargeBinary, MetaData, Table, Text, Uuid, select

from app.bulk import as_stored, insert_stored, padded
from app.catalog.queries import find_packs
from app.db import BigId, Quantity, UtcDateTime, db, word, writing
from app.scanning.rules import ScanKind

STRANGE = ["", "a,b", '"quoted"', "back\\slash", "{braces}", "NULL", "null", "换行\n", "it's", "%s", "\t", None]
COLUMNS = ("id", "text", "kind", "day", "at", "amount", "raw")
THINGS = Table(
    "bulk_thing",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("text", Text),
    Column("kind", word(ScanKind)),
    Column("day", Date),
    Column("at", UtcDateTime),
    Column("amount", Quantity),
    Column("raw", LargeBinary),
    Column("number", BigId),
)


def rows(first: int, count: int) -> list[tuple[Any, ...]]:
    numbers = range(first, first + count)
    instant = datetime(2026, 11, 26, 8, 30, 1, 250_000, tzinfo=UTC)
    return [
        (
            UUID(int=n),
            STRANGE[n % len(STRANGE)],
            ScanKind.SCAN if n % 2 else None,
            date(2026, 2, 28) if n % 3 else None,
            instant if n % 5 else None,
            Decimal(n) / 8 if n % 7 else None,
            bytes([n % 256, 0, 92, 39]) if n % 4 else None,
        )
        for n in numbers
    ]


@pytest.mark.parametrize("count", [0, 1, 2, 60, 12_000])
def test_what_comes_out_is_what_went_in(app: Flask, count: int) -> None:
    given = rows(0, count)
    with writing(db.engine).begin() as connection:
        THINGS.create(connection)
        stored = as_stored(THINGS, COLUMNS, given, connection.dialect)
        assert insert_stored(connection, THINGS, COLUMNS, stored) == count
        kept = connection.execute(select(*(THINGS.c[name] for name in COLUMNS)).order_by(THINGS.c.id)).all()
        assert [tuple(row) for row in kept] == given
        connection.rollback()


@pytest.mark.parametrize(("known", "count", "fresh"), [(0, 3, 3), (1, 1, 0), (3, 10, 7), (10, 10, 0)])
def test_rows_that_are_there_are_left_out_and_not_counted(app: Flask, known: int, count: int, fresh: int) -> None:
    with writing(db.engine).begin() as connection:
        THINGS.create(connection)
        insert_stored(connection, THINGS, COLUMNS, as_stored(THINGS, COLUMNS, rows(0, known), connection.dialect))
        again = as_stored(THINGS, COLUMNS, rows(0, count), connection.dialect)
        assert insert_stored(connection, THINGS, COLUMNS, again, once="id") == fresh
        assert len(connection.execute(select(THINGS.c.id)).all()) == max(known, count)
        connection.rollback()


def test_more_values_than_scans_bring_are_looked_for_as_well(app: Flask) -> None:
    """As a report does: SQLite takes 32,766 values, PostgreSQL twice as many."""
    assert find_packs(db.session(), range(1, 32_001)) == {}


def test_values_are_padded_to_few_sizes_with_what_is_among_them_anyway() -> None:
    for count in (*range(1, 300), 1_024, 1_025, 20_000):
        values = list(range(count))
        places = padded(values)
        assert places[:count] == values
        assert set(places) == set(values)
        assert count <= len(places) < 4 * count
    assert {len(padded(range(count))) for count in range(300)} == {0, 1, 4, 16, 64, 256, 1_024}
