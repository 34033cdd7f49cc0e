"""An empty database of any revision: made by migrations, its guards put aside while rows are loaded and set up again.

Law: triggers and foreign keys are back, and hold for every row, before the transaction that loads ends.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, inspect, text

from app.backup.rules import BackupDamaged, NotUpgraded
from app.config import ROOT
from app.db import db

if TYPE_CHECKING:
    from alembic.script import ScriptDirectory

MIGRATIONS: Final = ROOT / "app" / "migrations"
VERSIONS: Final = "alembic_version"

_FOREIGN_KEYS = """
SELECT conrelid::regclass::text AS guarded, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS rule
FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""
# Each sequence goes on behind the highest number in its column, and not before where it stands.
_SEQUENCES = """
SELECT quote_ident(t.relname) AS guarded, quote_ident(a.attname) AS "column", s.oid::regclass::text AS sequence
FROM pg_class s
JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
JOIN pg_class t ON t.oid = d.refobjid
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE s.relkind = 'S' AND s.relnamespace = current_schema()::regnamespace
"""


def revision_of(connection: Connection) -> str | None:
    """Return the database's revision; None where tables were made without migrations."""
    from alembic.migration import MigrationContext  # noqa: PLC0415  # heavy, and a server that serves needs none of it

    return MigrationContext.configure(connection).get_current_revision()


def ensure_newest(connection: Connection) -> str | None:
    """Return the database's revision, which must be the program's."""
    revision = revision_of(connection)
    if revision is not None and revision != newest_revision():
        raise NotUpgraded
    return revision


def newest_revision() -> str | None:
    """Return the revision that the program of today works on."""
    return _scripts().get_current_head()


def make(connection: Connection, revision: str | None) -> None:
    """Make the tables of *revision* in an empty database."""
    if revision is None:
        db.metadata.create_all(connection)
    else:
        upgrade(connection, revision)


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to *revision*, in the transaction of *connection*."""
    from alembic.config import Config  # noqa: PLC0415  # see revision_of()
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415  # same

    scripts = _scripts()

    def steps(current: Any, _context: object) -> Any:
        return scripts._upgrade_revs(revision, current)  # noqa: SLF001  # what alembic's own command does

    with EnvironmentContext(Config(), scripts, fn=steps, destination_rev=revision) as context:
        context.configure(connection=connection, target_metadata=db.metadata, render_as_batch=True)
        context.run_migrations()


def drop_all(connection: Connection) -> None:
    """Remove every table."""
    if connection.dialect.name == "sqlite":
        raise TypeError("a SQLite database is replaced as a whole")
    names = inspect(connection).get_table_names()
    if names:
        quoted = ", ".join(connection.dialect.identifier_preparer.quote(name) for name in names)
        connection.execute(text(f"DROP TABLE {quoted} CASCADE"))


@contextmanager
def unguarded(connection: Connection) -> Iterator[None]:
    """Empty every table of what the schema began with, and put triggers and foreign keys aside meanwhile."""
    guards = _LiteGuards(connection) if connection.dialect.name == "sqlite" else _PostgresGuards(connection)
    guards.put_aside()
    yield
    guards.set_up()


class _LiteGuards:
    """SQLite: the connection enforces no foreign keys; they are checked at the end, as a whole."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        self.triggers = {row.name: row.sql for row in connection.execute(text(query))}

    def put_aside(self) -> None:
        for name in self.triggers:
            self.connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        for table in _tables(self.connection):
            self.connection.exec_driver_sql(f'DELETE FROM "{table}"')  # noqa: S608  # names from the database itself

    def set_up(self) -> None:
        for sql in self.triggers.values():
            self.connection.exec_driver_sql(sql)
        broken = self.connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken:
            raise BackupDamaged(where=f"{broken[0]} row {broken[1]} → {broken[2]}")


class _PostgresGuards:
    """PostgreSQL: foreign keys are dropped and made again, which checks every row; sequences go on."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.keys = connection.execute(text(_FOREIGN_KEYS)).all()
        quote = connection.dialect.identifier_preparer.quote
        self.tables = [quote(table) for table in _tables(connection)]

    def put_aside(self) -> None:
        for key in self.keys:
            self._run(f"ALTER TABLE {key.guarded} DROP CONSTRAINT {key.name}")
        for table in self.tables:
            self._run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        self._run(f"TRUNCATE {', '.join(self.tables)}")

    def set_up(self) -> None:
        for table in self.tables:
            self._run(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        for key in self.keys:
            self._run(f"ALTER TABLE {key.guarded} ADD CONSTRAINT {key.name} {key.rule}")
        for row in self.connection.execute(text(_SEQUENCES)).all():
            highest = f"(SELECT coalesce(max({row.column}), 0) + 1 FROM {row.guarded})"  # noqa: S608  # names from the database itself
            stands = f"(SELECT last_value + is_called::int FROM {row.sequence})"  # noqa: S608  # same
            self._run(f"SELECT setval('{row.sequence}', greatest({highest}, {stands}), false)")

    def _run(self, statement: str) -> None:
        self.connection.exec_driver_sql(statement)


def _tables(connection: Connection) -> list[str]:
    return [name for name in inspect(connection).get_table_names() if name != VERSIONS]


def _scripts() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory  # noqa: PLC0415  # see revision_of()

    return ScriptDirectory(str(MIGRATIONS))
