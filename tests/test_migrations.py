"""Migrations make what the models say, triggers and first rows included, and keep the data of a filled database."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Connection, MetaData, Table, func, select, text

from app import create_app
from app.db import db, writing
from app.demo.load import load_demo
from app.ledger.models import Move, Posting
from app.ledger.seals import missing_seals
from app.ledger.verify import verify
from app.scanning.models import Scan
from app.triggers import missing_triggers

LATER = '''
"""Later"""

import sqlalchemy as sa
from alembic import op

revision = "later"
down_revision = "{head}"


def upgrade():
    with op.batch_alter_table("item") as batch:
        batch.add_column(sa.Column("colour", sa.String(20), nullable=False, server_default="red"))
        batch.alter_column("spec", type_=sa.String(120))
    op.add_column("ledger_posting", sa.Column("memo", sa.String(20)))
'''


@pytest.fixture
def fresh(empty_database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database without a table."""
    app = create_app(tmp_path, SQLALCHEMY_DATABASE_URI=empty_database_url, TESTING=True)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def _shape(connection: Connection) -> set[tuple[str, ...]]:
    """Return triggers and the rows that a new database begins with."""
    if connection.dialect.name == "sqlite":
        triggers = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    else:
        triggers = "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal"
    found = {tuple(map(str, row)) for row in connection.execute(text(triggers))}
    for table in ("location", "lot", "ledger_counter"):
        found |= {(table, *map(str, row)) for row in connection.execute(text(f"SELECT * FROM {table}"))}  # noqa: S608  # our own tables
    return found


def test_migrations_make_exactly_what_the_models_say(fresh: Flask) -> None:
    assert fresh
    upgrade()
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, db.metadata) == []
        migrated = _shape(connection)
    assert missing_triggers(db.session()) == []
    assert missing_seals(db.session()) == []
    db.session.remove()
    with writing(db.engine).begin() as connection:
        db.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
    db.create_all()
    with db.engine.connect() as connection:
        assert _shape(connection) == migrated


def test_ids_begin_where_the_code_expects_them(fresh: Flask) -> None:
    assert fresh
    upgrade()
    load_demo()
    assert db.session.scalar(text("SELECT min(id) FROM location WHERE kind <> 'end'")) > 6
    assert db.session.scalar(text("SELECT min(id) FROM lot WHERE item_id IS NOT NULL")) == 1


def test_an_upgrade_keeps_everything_that_a_filled_database_holds(fresh: Flask, tmp_path: Path) -> None:
    upgrade()
    load_demo()
    before = [db.session.scalar(select(func.count()).select_from(model)) for model in (Move, Posting, Scan)]
    head = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    db.session.remove()
    later = tmp_path / "migrations"
    later.mkdir()
    original = Path(fresh.root_path) / "migrations"
    for name in ("env.py", "script.py.mako", "alembic.ini"):
        (later / name).write_text((original / name).read_text(encoding="utf-8"), encoding="utf-8")
    (later / "versions").mkdir()
    for step in (original / "versions").glob("*.py"):
        (later / "versions" / step.name).write_text(step.read_text(encoding="utf-8"), encoding="utf-8")
    (later / "versions" / "later.py").write_text(LATER.format(head=head), encoding="utf-8")
    upgrade(directory=str(later))
    assert db.session.scalar(text("SELECT count(*) FROM item WHERE colour = 'red'")) > 0
    assert [db.session.scalar(select(func.count()).select_from(model)) for model in (Move, Posting, Scan)] == before
    assert verify(db.session()) == []
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalar(text("PRAGMA foreign_keys")) == 1


def _turn(table: Table) -> int:
    """Return when a table is written."""
    return 1 if table.name == "ledger_posting" else 2 if table.name.startswith("stocktake") else 0


def _refill(connection: Connection, table: Table, rows: Sequence[Any]) -> None:
    """Write what a table held, as far as this revision knows it; the rows it begins with say what they said last."""
    keys = list(table.primary_key.columns)
    known = {tuple(row) for row in connection.execute(select(*keys))}
    fresh = []
    for row in rows:
        values = {column.name: row[column.name] for column in table.columns}
        if tuple(row[key.name] for key in keys) not in known:
            fresh.append(values)
        elif table.name == "ledger_counter":
            connection.execute(table.update().values(**values))
    if fresh and table.name != "alembic_version":
        connection.execute(table.insert(), fresh)


def test_a_database_filled_at_the_first_revision_comes_to_the_last_with_its_rows_and_triggers(fresh: Flask) -> None:
    assert fresh
    upgrade()
    load_demo()
    db.session.remove()
    held, first = MetaData(), MetaData()
    with writing(db.engine).begin() as connection:
        held.reflect(connection)
        rows = {table.name: connection.execute(select(table)).mappings().all() for table in held.sorted_tables}
        db.metadata.drop_all(connection)
        connection.execute(text("DROP TABLE alembic_version"))
    upgrade(revision="0001")
    with writing(db.engine).begin() as connection:
        first.reflect(connection)
        # A posting seals its lines by its row, which therefore comes after them, and before what names it.
        for table in sorted(first.sorted_tables, key=_turn):
            _refill(connection, table, rows[table.name])
    upgrade()
    for table in first.sorted_tables:
        assert len(rows[table.name]) == db.session.scalar(select(func.count()).select_from(table))
    assert missing_triggers(db.session()) == []
    assert missing_seals(db.session()) == []
    assert verify(db.session()) == []
