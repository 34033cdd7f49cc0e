"""Triggers: tables that are append-only, and whether the triggers that guard tables are still in force.

Law: the database itself refuses to change a fact, whoever asks.
"""

from sqlalchemy import FromClause, event, text
from sqlalchemy.orm import Session
from sqlalchemy.schema import DDL

_append_only: list[str] = []

_PG_REFUSE = """
CREATE OR REPLACE FUNCTION zhangshi_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
"""

_LITE_TRIGGERS = "SELECT sql FROM sqlite_master WHERE type = 'trigger'"
_PG_TRIGGERS = """
SELECT c.relname, t.tgname, p.proname, p.prosrc, t.tgtype
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
WHERE t.tgenabled IN ('O', 'A') AND NOT t.tgisinternal AND t.tgqual IS NULL AND t.tgattr = ''
"""
_PG_ON_CHANGE = 2 + 8 + 16 + 32  # before DELETE, UPDATE, TRUNCATE; for each statement


def append_only(table: FromClause) -> None:
    """Have both databases refuse UPDATE, DELETE and TRUNCATE on *table*."""
    name = str(table.description)
    _append_only.append(name)
    for dialect in ("sqlite", "postgresql"):
        for statement in append_only_ddl(name, dialect):
            on_create(table, statement, dialect)


def on_create(table: FromClause, statement: str, dialect: str) -> None:
    """Run *statement* on *dialect* after *table* was created."""
    ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]  # SQLAlchemy left it untyped
    event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


def append_only_ddl(table: str, dialect: str) -> list[str]:
    """Return the statements that make *table* append-only; a migration that recreates the table runs them again."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for verb in ("update", "delete")
        ]
    return [
        _PG_REFUSE,
        (
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION zhangshi_refuse_change()"
        ),
    ]


def missing_triggers(session: Session) -> list[str]:
    """Return the append-only tables whose triggers are absent, switched off or not what they should be."""
    found = read_triggers(session)
    if session.get_bind().dialect.name == "sqlite":
        return [t for t in _append_only if not {lite_trigger(sql) for sql in append_only_ddl(t, "sqlite")} <= found]
    refuses = ("zhangshi_refuse_change", body_of(_PG_REFUSE), _PG_ON_CHANGE)
    return [t for t in _append_only if (t, f"{t}_no_change", *refuses) not in found]


def read_triggers(session: Session) -> set[tuple[str | int, ...]]:
    """Return what triggers there are and in force: SQLite's as lite_trigger(), else table, name, function, body, type.

    The type is PostgreSQL's own sum of when a trigger fires.
    """
    if session.get_bind().dialect.name == "sqlite":
        return {lite_trigger(row[0]) for row in session.execute(text(_LITE_TRIGGERS))}
    return {tuple(row) for row in session.execute(text(_PG_TRIGGERS))}


def lite_trigger(sql: str) -> tuple[str]:
    """Return a trigger's statement without what SQLite itself rewrites when a table is renamed: quotes and spaces."""
    return (" ".join(sql.replace('"', "").split()),)


def body_of(function: str) -> str:
    """Return the body of a PostgreSQL function as its statement gives it."""
    return function.split("$$")[1]
