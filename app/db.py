"""The database's edge: engine set-up, exact column types, and transaction(), the only commit.

Law: nothing else commits. Reads use `db.session`, which never writes; a command runs in `transaction()`,
which begins by taking the right to write, so that what it reads is what it changes.
"""

import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Dialect,
    Enum,
    Integer,
    MetaData,
    Table,
    TypeDecorator,
    event,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql import operators

from app.kernel.exact import MONEY_PLACES, PRICE_PLACES, QUANTITY_PLACES, from_scaled, to_scaled
from app.turns import turn

BUSY_TIMEOUT_MS: Final = 20_000
# PostgreSQL: deadlock_detected, serialization_failure. Both mean "nothing happened, try again".
RETRYABLE_SQLSTATES: Final = frozenset({"40P01", "40001"})
_WRITE_OPTION: Final = "zhangshi_write"
IDLE_S = 1.0

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every model; constraint names are fixed so that migrations can name them on both databases."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base)

BigId = BigInteger().with_variant(Integer, "sqlite")


def word(words: type[StrEnum]) -> Enum:
    """Return the column type of a closed set of words, kept as text and read back as the enum."""
    return Enum(words, native_enum=False, length=24, values_callable=lambda members: [m.value for m in members])


class Scaled(TypeDecorator[Decimal]):
    """A decimal with a fixed number of places, kept as a scaled BIGINT; floats and lost digits are errors."""

    impl = BigInteger
    cache_ok = True

    class Comparator(TypeDecorator.Comparator[Decimal]):
        """Sums and differences keep their places; products are refused: int64 would overflow unseen."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            if op in (operators.mul, operators.truediv, operators.floordiv):
                raise TypeError("scaled columns are never multiplied or divided in SQL")
            result = super().operate(op, *other, **kwargs)
            return type_coerce(result, self.type) if op in (operators.add, operators.sub) else result

    comparator_factory = Comparator

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        return None if value is None else to_scaled(value, self.places)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else from_scaled(value, self.places)


Quantity = Scaled(QUANTITY_PLACES)
Money = Scaled(MONEY_PLACES)
Price = Scaled(PRICE_PLACES)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, UTC in the database; a naive datetime is an error."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("a naive datetime names no instant")
        instant = value.astimezone(UTC)
        return instant if dialect.name == "postgresql" else instant.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


# --- engine -------------------------------------------------------------------------------------------------------


def init_app(app: Flask) -> None:
    """Bind the database to *app* and set its engine up."""
    uri = str(app.config["SQLALCHEMY_DATABASE_URI"])
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", _engine_options(uri))
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "do_connect", _keep_private)
            event.listen(db.engine, "connect", _set_up_sqlite)
            event.listen(db.engine, "begin", _begin_sqlite)
        else:
            event.listen(db.engine, "checkin", _note_return)
            event.listen(db.engine, "checkout", _ensure_alive)


def _engine_options(uri: str) -> dict[str, object]:
    if uri.startswith("sqlite"):
        return {"pool_size": 20, "max_overflow": 0}
    # Each statement sees what is committed by then, inside a transaction or not: reading needs none around it, which
    # would be two more ways to the server and back.
    return {"pool_size": 10, "max_overflow": 10, "isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}


def _begin_postgres(connection: Connection) -> None:
    # From here to the return into the pool the driver sends BEGIN before the first statement. Cost: the engine's own
    # isolation levels do the same at three times the price.
    connection.connection.driver_connection.autocommit = False  # type: ignore[union-attr]  # psycopg's, and open


def _note_return(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["returned_at"] = time.monotonic()
    if connection is not None and not connection.closed and not connection.autocommit:
        connection.autocommit = True


def _ensure_alive(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    """Ask a connection that lay idle whether its server is still there; one used a moment ago is not asked again."""
    if time.monotonic() - record.info.get("returned_at", math.inf) <= IDLE_S:
        return
    dialect = db.engine.dialect
    try:
        dialect.do_ping(connection)
    except dialect.loaded_dbapi.Error as gone:
        raise DisconnectionError from gone  # the pool opens another one


_making = threading.Lock()


def _keep_private(_dialect: Dialect, _record: object, arguments: Sequence[Any], _options: object) -> None:
    # Left to SQLite, a new file would be as open as the caller's umask; its -wal and -shm take their mode from it.
    # One that is there keeps its mode: somebody may have opened it to a group on purpose.
    path = str(arguments[0])
    if path not in {"", ":memory:"} and not path.startswith("file:"):
        # Only a new file is ever opened here: closing one drops all locks that this process holds on it.
        with _making, suppress(FileExistsError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _set_up_sqlite(connection: Any, record: object) -> None:
    # The driver must not begin transactions by itself: _begin_sqlite says which kind.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # an accepted scan survives a power cut; NORMAL may lose the last commits
        "foreign_keys=ON",
        "recursive_triggers=ON",  # else INSERT OR REPLACE would delete without firing the append-only triggers
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "cache_size=-16000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns to writing fails at once when another has written: commands begin IMMEDIATE.
    write = connection.get_execution_options().get(_WRITE_OPTION, False)
    # Straight to the driver: as a statement of SQLAlchemy's it would cost ten times as much.
    connection.connection.driver_connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")  # type: ignore[union-attr]  # open


# --- transactions -------------------------------------------------------------------------------------------------

Result = TypeVar("Result")
_running = threading.local()


@contextmanager
def transaction() -> Iterator[Session]:
    """Yield a session that may write; commit at the end, roll everything back on an error.

    What `db.session` read before is over when a command starts: its objects stay readable but detached.
    """
    if getattr(_running, "command", False):
        raise RuntimeError("a command runs in one transaction: transaction() inside transaction()")
    db.session.remove()
    engine = db.engine
    _running.command = True
    try:
        with turn(engine), Session(writing(engine), expire_on_commit=False) as session, session.begin():
            session.connection()  # begins now, not at the first statement: nothing is read before the right to write
            yield session
    finally:
        _running.command = False


def run(command: Callable[[Session], Result], attempts: int = 4) -> Result:
    """Return what *command* returns from a transaction, run anew where the database undid it for others' sake."""
    for left in reversed(range(attempts)):
        try:
            with transaction() as session:
                return command(session)
        except DBAPIError as error:
            if not left or not is_undone(error):
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def inserting(dialect: str, table: type[Base] | Table) -> "sqlite.Insert":
    """Return an INSERT into *table* in the given *dialect* (its name), which can say ON CONFLICT."""
    return cast("sqlite.Insert", (postgresql if dialect == "postgresql" else sqlite).insert(table))


def is_undone(error: DBAPIError) -> bool:
    """Return whether the database undid a transaction for others' sake, so that it may be run anew."""
    return getattr(error.orig, "sqlstate", None) in RETRYABLE_SQLSTATES


@lru_cache(maxsize=4)
def writing(engine: Engine) -> Engine:
    """Return *engine* for whoever writes: with transactions that have the right to from their first moment."""
    writer = engine.execution_options(**{_WRITE_OPTION: True})
    if engine.dialect.name == "postgresql":
        event.listen(writer, "begin", _begin_postgres)
    return writer
