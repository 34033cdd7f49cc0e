"""How migrations run: in one transaction, on SQLite with foreign keys checked at the end instead of at every step."""

from typing import Literal

from alembic import context
from sqlalchemy import BigInteger, Connection, DateTime, text

from app.db import Scaled, UtcDateTime, db, writing

# Any 64-bit number, the same in every process: two upgrades at once would run the same steps twice.
UPGRADE_LOCK = 7_226_045_112


def run() -> None:
    """Run the wanted steps on the application's own engine."""
    engine = writing(db.engine)
    with engine.connect() as connection:
        lite = connection.dialect.name == "sqlite"
        if lite:
            # Rebuilding a table drops the old one; enforced keys would take its children with it.
            _pragma(connection, "foreign_keys=OFF")
        try:
            _upgrade(connection, lite=lite)
        finally:
            if lite:
                connection.rollback()  # the check of the keys began a transaction, in which the pragma is ignored
                _pragma(connection, "foreign_keys=ON")


def _upgrade(connection: Connection, *, lite: bool) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        compare_type=_differs,
        render_item=_render,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        if not lite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": UPGRADE_LOCK})
        context.run_migrations()
        if lite and (broken := connection.execute(text("PRAGMA foreign_key_check")).first()):
            raise RuntimeError(f"a migration left a row without its parent: {tuple(broken)}")


def _render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our column types as what the database sees, so that a migration stands without the application."""
    if kind != "type":
        return False
    if isinstance(item, Scaled):
        return "sa.BigInteger()"
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else False


def _differs(_context: object, _found: object, _wanted: object, found: object, wanted: object) -> bool | None:
    """Compare types by what the database sees; None leaves it to Alembic."""
    return False if isinstance(wanted, Scaled | UtcDateTime) and isinstance(found, BigInteger | DateTime) else None


def _pragma(connection: Connection, setting: str) -> None:
    # Outside a transaction, else SQLite ignores it: straight to the driver.
    connection.connection.driver_connection.execute(f"PRAGMA {setting}")  # type: ignore[union-attr]  # it is connected


run()
