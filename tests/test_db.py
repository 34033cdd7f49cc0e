"""The database's edge: pragmas, exact types, transactions."""

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from app import create_app
from app.catalog.models import Item, Unit
from app.db import db, transaction
from app.identity.models import AuditEvent
from app.kernel.exact import TooPrecise
from app.triggers import missing_triggers
from tests.conftest import Write, run_on_postgres


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


def test_a_connection_whose_server_went_while_it_lay_idle_is_replaced(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.engine.dialect.name != "postgresql":
        return
    monkeypatch.setattr("app.db.IDLE_S", 0.0)
    with db.engine.connect() as first:
        number = first.scalar(text("SELECT pg_backend_pid()"))
    server = db.engine.url.render_as_string(hide_password=False)
    run_on_postgres(server, f"SELECT pg_terminate_backend({number}, 5000)")
    with db.engine.connect() as second:
        assert second.scalar(text("SELECT pg_backend_pid()")) != number


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
    session.add(AuditEvent(at=datetime.now(UTC), action="user.edit", subject="user:1", details={}))


@pytest.mark.parametrize("verb", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
def test_append_only_tables_refuse_change(write: Write, verb: str) -> None:
    with write() as session:
        _audit(session)
    with pytest.raises(DBAPIError, match="append-only"), write() as session:
        session.execute(text(verb))
    assert missing_triggers(db.session()) == []


def test_writers_wait_in_a_queue_and_none_finds_the_database_locked(app: Flask) -> None:
    inside, most, done = 0, 0, []
    lock, gate = threading.Lock(), threading.Barrier(8)

    def write(number: int) -> None:
        nonlocal inside, most
        gate.wait()
        with app.app_context(), transaction() as session:
            with lock:
                inside += 1
                most = max(most, inside)
            session.add(Unit(name=f"箱{number}"))
            session.flush()
            with lock:
                inside -= 1
                done.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == list(range(8))
    assert db.session.query(Unit).filter(Unit.name.startswith("箱")).count() == 8
    if db.engine.dialect.name == "sqlite":
        assert most == 1


def test_a_turn_excludes_another_process_on_the_same_file(app: Flask, tmp_path: Path) -> None:
    if db.engine.dialect.name != "sqlite":
        return
    turn = Path(str(db.engine.url.database) + "-turn")
    with transaction():
        probe = f"import fcntl; fcntl.flock(open({str(turn)!r}), fcntl.LOCK_EX | fcntl.LOCK_NB)"
        assert subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False).returncode == 1
    assert subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False).returncode == 0


def test_a_new_sqlite_file_and_what_lies_beside_it_are_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        app = create_app(tmp_path / "instance", SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path / 'new.db'}")
        result = app.test_cli_runner().invoke(args=["db", "upgrade"])
        assert result.exit_code == 0, result.output
        with app.app_context(), db.engine.connect() as connection:
            connection.execute(text("CREATE TABLE written (n int)"))
            connection.commit()
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("new.db*")}
        assert {"new.db", "new.db-wal", "new.db-shm"} <= set(modes)
        assert set(modes.values()) == {0o600}
    finally:
        os.umask(before)
        with app.app_context():
            db.engine.dispose()


def test_a_file_that_was_opened_to_others_stays_so(tmp_path: Path) -> None:
    kept = tmp_path / "kept.db"
    kept.touch()
    kept.chmod(0o640)
    app = create_app(tmp_path / "instance", SQLALCHEMY_DATABASE_URI=f"sqlite:///{kept}")
    with app.app_context():
        with db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        db.engine.dispose()
    assert kept.stat().st_mode & 0o777 == 0o640
