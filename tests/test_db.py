"""The database's edge: pragmas, exact types, transactions."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from app.catalog.models import Item, Unit
from app.db import db, missing_triggers, transaction
from app.identity.models import AuditEvent
from app.kernel.exact import TooPrecise
from tests.conftest import Write


def test_every_sqlite_connection_is_set_up_to_keep_what_it_accepted(app: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        return
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 20_000,
        "recursive_triggers": 1,
    }
    connections = [db.engine.connect() for _ in range(3)]
    for connection in connections:
        for pragma, value in expected.items():
            assert connection.execute(text(f"PRAGMA {pragma}")).scalar() == value
        connection.close()


def test_a_command_holds_the_right_to_write_from_its_first_moment(app: Flask) -> None:
    if db.engine.dialect.name != "sqlite":
        return
    with transaction(), db.engine.connect() as other:
        other.exec_driver_sql("ROLLBACK")
        other.exec_driver_sql("PRAGMA busy_timeout=0")
        with pytest.raises(DBAPIError, match="locked"):
            other.exec_driver_sql("BEGIN IMMEDIATE")


def test_an_error_rolls_everything_back(write: Write) -> None:
    def half_done() -> None:
        with write() as session:
            session.add(Unit(name="箱"))
            session.flush()
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # ours, raised two lines above
        half_done()
    assert db.session.query(Unit).count() == 0


def test_a_transaction_inside_a_transaction_is_a_mistake_that_shows(write: Write) -> None:
    with write(), pytest.raises(RuntimeError), transaction():
        pass


def test_lost_digits_and_floats_are_refused(write: Write) -> None:
    def keep(price: object) -> None:
        with write() as session:
            unit = Unit(name="瓶")
            session.add(unit)
            session.flush()
            session.add(Item(code="1", name="x", unit_id=unit.id, sale_price=price))

    with pytest.raises(StatementError) as lost:
        keep(Decimal("1.1234567"))
    assert isinstance(lost.value.orig, TooPrecise)
    with pytest.raises(StatementError) as inexact:
        keep(1.5)
    assert isinstance(inexact.value.orig, TypeError)


def test_sums_and_differences_of_scaled_columns_keep_their_places(write: Write) -> None:
    with write() as session:
        unit = Unit(name="瓶")
        session.add(unit)
        session.flush()
        session.add(Item(code="1", name="x", unit_id=unit.id, minimum=Decimal("3.5"), safety=Decimal("1.25")))
    difference = func.sum(Item.minimum) - func.sum(Item.safety)
    row = db.session.execute(
        select(difference, func.max(Item.minimum + Decimal("0.5")), func.max(Item.safety - 1))
    ).one()
    assert tuple(row) == (Decimal("2.25"), Decimal(4), Decimal("0.25"))


def test_scaled_columns_are_never_multiplied_in_sql() -> None:
    with pytest.raises(TypeError, match="never multiplied"):
        select(Item.minimum * Item.safety)


def _audit(session: Session) -> None:
    session.add(AuditEvent(at=datetime.now(UTC), action="test", subject="test:1", details={}))


@pytest.mark.parametrize("verb", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
def test_append_only_tables_refuse_change(write: Write, verb: str) -> None:
    with write() as session:
        _audit(session)
    with pytest.raises(DBAPIError, match="append-only"), write() as session:
        session.execute(text(verb))
    assert missing_triggers(db.session()) == []
