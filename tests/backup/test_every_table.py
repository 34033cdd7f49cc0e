"""Nothing is forgotten: a row in every table there is comes through a backup, and through every step of migrations.

A table that is new is filled here by itself; only what its constraints ask beyond types must be said in `FITTING`.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import JSON, Connection, Engine, Enum, insert, inspect, select

from app.backup import schema, service
from app.backup.portable import TableFacts, facts_of, read_lines, write_lines
from app.backup.service import back_up, restore
from app.catalog.models import Item
from app.company.rules import AccountRole
from app.db import Scaled, UtcDateTime, db, transaction, writing
from app.identity.models import User
from app.ledger.facts import RevaluationFact
from app.ledger.seals import missing_seals
from app.ledger.service import post
from app.triggers import missing_triggers
from tests.backup import test_backup
from tests.backup.test_backup import contents, instance_of

NOW: Final = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
REVISIONS: Final = (
    *("0001", "0002_scan_photo", "0003_recurring_counts"),
    *("0004_decisions", "0005_running_counts", "0006_sealed_postings"),
    *("0007_bin_notes", "0008_ended_sessions"),
)
VALUES: Final[dict[type, object]] = {
    int: 1,
    str: "条",
    bool: True,
    bytes: b"\x00\xff" * 8,
    date: NOW.date(),
    UUID: UUID(int=5),
}
OURS: Final[dict[type, object]] = {Scaled: Decimal(1), UtcDateTime: NOW}
FITTING: Final[dict[str, Mapping[str, object]]] = {
    "stored_file": {"sha256": "a" * 64, "thumb_sha256": "b" * 64},
    "stocktake_transfer": {"source_id": 1, "target_id": 2},
    "stocktake_schedule": {"scope_kind": "zone", "most": None},
    "scan": {"status": "parked"},
    "stocktake": {"state": "posted"},
    "stocktake_bin": {"state": "closed"},
    "stocktake_line": {"state": "posted"},
    "stocktake_approval": {"counted": Decimal(1), "book": Decimal(1), "difference": Decimal(0)},
    "stocktake_result": {"month": "2026-11"},
    "stocktake_policy": {"share_b": 95},
}
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
used, empty = test_backup.used, test_backup.empty


def fill_every_table(engine: Engine) -> None:
    """Give every empty table a row."""
    with writing(engine).begin() as connection:
        for table in db.metadata.sorted_tables:
            if connection.execute(select(table).limit(1)).first() is None:
                row = {column.name: _value(connection, column) for column in table.columns}
                connection.execute(insert(table), [row | dict(FITTING.get(table.name, {}))])


def _value(connection: Connection, column: Any) -> object:
    for key in column.foreign_keys:
        return connection.scalar(select(key.column).order_by(key.column.desc()).limit(1))
    if isinstance(column.type, Enum):
        return next(iter(column.type.enum_class or column.type.enums))
    if isinstance(column.type, JSON):
        return {"件": ["é", None, "0.10"]}
    known = next((value for kind, value in OURS.items() if isinstance(column.type, kind)), None)
    return known or VALUES[column.type.python_type]


@pytest.fixture
def full(used: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An installation with a row in every table; what the rows say together makes no sense, and nothing asks it."""
    monkeypatch.setattr(service, "proofs", [])
    with transaction() as session:
        item, by = session.scalar(select(Item.id)) or 0, session.scalar(select(User.id)) or 0
        revaluation = RevaluationFact(item, Decimal(1), account=AccountRole.OTHER_INCOME)
        post(session, "test", "dearer", revaluations=[revaluation], by=by, effective_on=NOW.date(), now=NOW)
    fill_every_table(db.engine)
    assert [name for name, rows in contents(db.engine).items() if not rows] == []
    return used


def test_every_table_comes_back(full: Flask, empty: Flask, tmp_path: Path) -> None:
    before = contents(db.engine)
    back_up(db.engine, instance_of(full), tmp_path / "backup.zip", NOW)
    with empty.app_context():
        restore(db.engine, instance_of(empty), tmp_path / "backup.zip", replace=False)
        assert contents(db.engine) == before
        assert missing_triggers(db.session()) + missing_seals(db.session()) == []
        db.session.remove()


Lines = dict[str, list[bytes]]


def _older(connection: Connection) -> list[TableFacts]:
    """Every table that the database has, with the columns that it has there."""
    found, columns = inspect(connection), []
    for facts in map(facts_of, db.metadata.sorted_tables):
        if found.has_table(facts.name):
            there = {column["name"] for column in found.get_columns(facts.name)}
            columns.append(TableFacts(facts.name, [pair for pair in facts.columns if pair[0] in there]))
    return columns


def _lines(connection: Connection, tables: list[TableFacts]) -> Lines:
    return {facts.name: list(read_lines(connection, db.metadata.tables[facts.name], facts)) for facts in tables}


@ON_SQLITE
@pytest.mark.parametrize("revision", REVISIONS)
def test_an_upgrade_keeps_every_row_of_every_older_version(full: Flask, empty: Flask, revision: str) -> None:
    assert full
    rows_of = db.engine
    with empty.app_context():
        upgrade(revision=revision)
        with writing(db.engine).begin() as connection, rows_of.connect() as source:
            older = _older(connection)
            before = _lines(source, older)
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            with schema.unguarded(connection):
                for facts in older:
                    assert write_lines(connection, facts, before[facts.name]) > 0
        upgrade()
        with writing(db.engine).begin() as connection:
            assert _lines(connection, older) == before
        assert missing_triggers(db.session()) + missing_seals(db.session()) == []
        db.session.remove()


@ON_SQLITE
def test_every_revision_but_the_last_is_among_them(app: Flask) -> None:
    assert app
    assert len(list((schema.MIGRATIONS / "versions").glob("*.py"))) == len(REVISIONS) + 1
