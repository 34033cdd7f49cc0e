"""Backups: the same file from both databases, restored into both; damaged ones and used databases are refused."""

import json
import os
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Engine, event, func, inspect, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from app import create_app
from app.backup import schema
from app.backup.archive import MANIFEST, Reader
from app.backup.rules import BackupDamaged, BackupExists, HoldsData, NotABackup, NotUpgraded
from app.backup.service import back_up, back_up_nightly, prove, restore
from app.company.numbers import next_number
from app.db import db, transaction
from app.demo.load import load_demo
from app.files import store
from app.identity.audit import audit
from app.identity.grants import find_grant, issue_grant
from app.identity.models import AuditEvent, Device
from app.identity.queries import find_principal
from app.identity.rules import Role
from app.identity.service import NewUser, create_user
from app.kernel.clock import utc_now
from app.kernel.ids import uuid7
from app.ledger.verify import verify
from app.places.models import Location
from app.places.rules import LocationKind
from app.triggers import missing_triggers
from tests.conftest import BACKENDS, SignIn, Write, run_on_postgres
from tests.ledger.conftest import open_shop

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
AWKWARD = {"name": '引号"和\n换行', "code": "📦", "spec": None, "factor": "0.10"}


@pytest.fixture(params=BACKENDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An application on a database without any table, on each backend in turn."""
    folder = tmp_path / "empty"
    url = f"sqlite:///{folder / 'zhangshi.db'}"
    if request.param == "postgresql":
        template = make_url(request.getfixturevalue("postgres_template"))
        server = template.set(database="postgres").render_as_string(hide_password=False)
        url = template.set(database=f"zs_empty_{os.getpid()}").render_as_string(hide_password=False)
        run_on_postgres(server, f'CREATE DATABASE "zs_empty_{os.getpid()}"')
    other = create_app(folder, SQLALCHEMY_DATABASE_URI=url, TESTING=True)
    yield other
    with other.app_context():
        db.engine.dispose()
    if request.param == "postgresql":
        run_on_postgres(server, f'DROP DATABASE "zs_empty_{os.getpid()}" WITH (FORCE)')


@pytest.fixture
def used(app: Flask, write: Write) -> Flask:
    """An installation that has traded: postings, a count, a number given, an audit trail, a picture."""
    shop = open_shop(write)
    shop.receive("r1", "12", "42.00", 1)
    shop.issue("s1", "5", 2)
    shop.count("c1", "6", 3)
    store.keep(Path(app.instance_path), b"a picture")
    with write() as session:
        next_number(session, "PD", date(2026, 11, 23))
        session.add(Device(id=uuid7(), name="手机", first_seen_at=NOW, last_seen_at=NOW))
        audit(session, shop.user, "user.edit", "user:1", AWKWARD, NOW)
        # A child whose parent comes later in the order of keys.
        late = Location(id=900, kind=LocationKind.ZONE, code="Z9", parent_id=100, warehouse_id=100)
        session.add(late)
        session.flush()
        session.get_one(Location, shop.bin_a).parent_id = 900
    return app


def contents(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, as the models read it."""
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in db.metadata.tables.values()
        }


def instance_of(app: Flask) -> Path:
    return Path(app.instance_path)


def test_what_was_backed_up_comes_back_whole_in_either_database(used: Flask, empty: Flask, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    manifest = back_up(db.engine, instance_of(used), file, NOW)
    before = contents(db.engine)
    assert {table.name: table.rows for table in manifest.tables} == {name: len(rows) for name, rows in before.items()}
    with empty.app_context():
        restore(db.engine, instance_of(empty), file, replace=False)
        assert contents(db.engine) == before
        assert missing_triggers(db.session()) == []
        assert verify(db.session()) == []
        assert store.read(instance_of(empty), sha256(b"a picture").hexdigest()) == b"a picture"
        db.session.remove()


def test_a_restored_database_works_on_and_guards_its_tables(used: Flask, empty: Flask, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    back_up(db.engine, instance_of(used), file, NOW)
    with empty.app_context():
        restore(db.engine, instance_of(empty), file, replace=False)
        with transaction() as session:
            audit(session, None, "user.edit", "user:1", {}, NOW)
            place = Location(kind=LocationKind.ZONE, code="NEW", parent_id=100, warehouse_id=100)
            session.add(place)
            session.flush()
            assert place.id > 900
            assert next_number(session, "PD", date(2026, 11, 23)) == "PD20261123-0002"
        with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
            session.execute(text("DELETE FROM audit_event"))
        with pytest.raises(DBAPIError, match=r"(?i)foreign key"), transaction() as session:
            session.execute(text("UPDATE location SET parent_id = 12345 WHERE id = 900"))


def test_the_json_kept_is_the_json_that_was_there(used: Flask, empty: Flask, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    back_up(db.engine, instance_of(used), file, NOW)
    with empty.app_context():
        restore(db.engine, instance_of(empty), file, replace=False)
        newest = select(AuditEvent.details).order_by(AuditEvent.id.desc()).limit(1)
        assert db.session.scalar(newest) == AWKWARD
        db.session.remove()


def test_a_database_in_use_is_replaced_only_when_told_so(used: Flask, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    back_up(db.engine, instance_of(used), file, NOW)
    before = contents(db.engine)
    with transaction() as session:
        audit(session, None, "user.edit", "user:2", {}, NOW)
    with pytest.raises(HoldsData):
        restore(db.engine, instance_of(used), file, replace=False)
    assert len(contents(db.engine)["audit_event"]) == len(before["audit_event"]) + 1
    restore(db.engine, instance_of(used), file, replace=True)
    assert contents(db.engine) == before


def test_work_goes_on_while_a_backup_reads_one_moment(used: Flask, tmp_path: Path) -> None:
    before = len(contents(db.engine)["audit_event"])
    meanwhile = threading.Event()

    def write_another() -> None:
        with used.app_context(), transaction() as session:
            audit(session, None, "user.edit", "user:3", {}, NOW)

    @event.listens_for(db.engine, "after_cursor_execute")
    def interfere(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "FROM account" in statement and not meanwhile.is_set():
            meanwhile.set()
            writer = threading.Thread(target=write_another)
            writer.start()
            writer.join()

    manifest = back_up(db.engine, instance_of(used), tmp_path / "backup.zip", NOW)
    event.remove(db.engine, "after_cursor_execute", interfere)
    rows = {table.name: table.rows for table in manifest.tables}
    assert (meanwhile.is_set(), rows["audit_event"]) == (True, before)
    assert len(contents(db.engine)["audit_event"]) == before + 1


def rewritten(file: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """A copy of the backup in which one entry is another."""
    copy = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(copy, "w") as new:
        for entry in old.namelist():
            content = old.read(entry)
            new.writestr(entry, change(content) if entry == name else content)
    return copy


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_damaged_backup_is_found_out_and_changes_nothing(used: Flask, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    back_up(db.engine, instance_of(used), file, NOW)
    before = contents(db.engine)
    one_fen_more = rewritten(file, "tables/ledger_entry.jsonl", lambda lines: lines.replace(b"4200", b"4300"))
    with pytest.raises(BackupDamaged, match="ledger_entry"):
        restore(db.engine, instance_of(used), one_fen_more, replace=True)
    cut = file.with_name("cut.zip")
    cut.write_bytes(file.read_bytes()[:-400])
    with pytest.raises(NotABackup):
        restore(db.engine, instance_of(used), cut, replace=True)
    assert contents(db.engine) == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_whose_books_do_not_add_up_does_not_pass_for_one(used: Flask, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    back_up(db.engine, instance_of(used), file, NOW)

    def shift(lines: bytes) -> bytes:
        return lines.replace(b"4200", b"4300")

    forged = rewritten(file, "tables/ledger_entry.jsonl", shift)
    with Reader(forged) as reader:
        lines = shift(zipfile.ZipFile(file).read("tables/ledger_entry.jsonl"))
        manifest = json.loads(zipfile.ZipFile(file).read(MANIFEST))
        assert reader.manifest.product == "zhangshi"
    for table in manifest["tables"]:
        if table["name"] == "ledger_entry":
            table["sha256"] = sha256(lines).hexdigest()
    file.unlink()
    forged.rename(file)
    resealed = rewritten(file, MANIFEST, lambda _old: json.dumps(manifest).encode())
    with pytest.raises(BackupDamaged):
        prove(resealed, tmp_path)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_outside_the_kept_folders_is_never_written(used: Flask, tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    manifest = back_up(db.engine, instance_of(used), file, NOW)
    inside = manifest.files[0].path
    with zipfile.ZipFile(file) as archive:
        told = archive.read(MANIFEST).replace(inside.encode(), b"files/../secret_key")
    renamed = rewritten(file, MANIFEST, lambda _old: told)
    with zipfile.ZipFile(renamed, "a") as archive:
        archive.writestr("files/../secret_key", b"a picture")
    with pytest.raises(BackupDamaged):
        restore(db.engine, instance_of(used), renamed, replace=True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_overwrites_nothing(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "backup.zip").write_text("another")
    with pytest.raises(BackupExists):
        back_up(db.engine, instance_of(app), tmp_path / "backup.zip", NOW)
    assert (tmp_path / "backup.zip").read_text() == "another"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_is_closed_to_other_users_of_the_machine(app: Flask, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        back_up(db.engine, instance_of(app), tmp_path / "backup.zip", NOW)
    finally:
        os.umask(before)
    assert (tmp_path / "backup.zip").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_fortnight_of_nightly_backups_is_kept(app: Flask) -> None:
    folder = instance_of(app) / "backups"
    folder.mkdir()
    for day in range(1, 20):
        (folder / f"zhangshi-202610{day:02}-030000.zip").touch()
    name = back_up_nightly(db.engine, instance_of(app), NOW)
    kept = sorted(path.name for path in folder.iterdir())
    assert (len(kept), kept[0], kept[-1]) == (14, "zhangshi-20261007-030000.zip", name)


def test_the_commands_say_what_they_did(used: Flask, empty: Flask, tmp_path: Path) -> None:
    db.session.remove()
    file = str(tmp_path / "backup.zip")
    done = used.test_cli_runner().invoke(args=["backup", file])
    assert (done.exit_code, "the books are right" in done.output) == (0, True), done.output
    refused = used.test_cli_runner().invoke(args=["restore", file])
    assert (refused.exit_code, "--replace" in refused.output) == (1, True)
    with empty.app_context():  # a command runs on the application whose context it finds
        restored = empty.test_cli_runner().invoke(args=["restore", file])
        assert restored.exit_code == 0, restored.output
        with db.engine.connect() as connection:
            assert connection.scalar(select(func.count()).select_from(AuditEvent))


def test_a_restore_is_in_the_audit_trail_and_no_cookie_or_grant_from_before_it_is_anybodys(
    app: Flask, sign_in: SignIn, make_user: Callable[..., int], tmp_path: Path
) -> None:
    file, here = str(tmp_path / "backup.zip"), make_user("owner")
    old_owner = sign_in(user_id=here)
    assert app.test_cli_runner().invoke(args=["backup", file]).exit_code == 0
    number = _new_user(Role.VIEWER)
    old_guest = sign_in(user_id=number)
    guest, kept = find_principal(db.session(), number, 0, None), find_principal(db.session(), here, 0, None)
    assert guest
    assert kept
    db.session.remove()
    of_the_guest, of_the_owner = (issue_grant(user, uuid7(), NOW) for user in (guest, kept))
    restored = app.test_cli_runner().invoke(args=["restore", file, "--replace"])
    assert (restored.exit_code, "signs in anew" in restored.output) == (0, True), restored.output
    assert _new_user(Role.OWNER) == number  # the id of somebody whom the restore took back
    assert [client.get("/users").status_code for client in (old_owner, old_guest)] == [302, 302]
    session = db.session()
    assert find_grant(session, of_the_guest) is None
    still = find_grant(session, of_the_owner)
    assert still is not None
    assert (still.user_id, still.covers(NOW), still.covers(utc_now())) == (here, True, False)
    newest = select(AuditEvent).where(AuditEvent.action == "backup.restore")
    assert session.scalars(newest).one().details["file"] == "backup.zip"


def _new_user(role: Role) -> int:
    with transaction() as session:
        return create_user(session, NewUser("guest", "客", "!", frozenset({role})), None, NOW).id


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Migrations with one more step than there are: what a newer version of the program brings."""
    folder = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, folder)
    newest = schema.newest_revision()
    (folder / "versions" / "later.py").write_text(
        f"""
import sqlalchemy as sa
from alembic import op

revision = "later"
down_revision = "{newest}"


def upgrade():
    with op.batch_alter_table("device") as table:
        table.add_column(sa.Column("colour", sa.String(10), nullable=False, server_default="grey"))
"""
    )
    monkeypatch.setattr(schema, "MIGRATIONS", folder)
    return folder


def test_a_backup_of_an_older_version_comes_back_brought_up_to_date(
    empty: Flask, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    file, old = tmp_path / "backup.zip", tmp_path / "old"
    migrated = create_app(old, SQLALCHEMY_DATABASE_URI=f"sqlite:///{old / 'zhangshi.db'}", TESTING=True)
    with migrated.app_context():
        upgrade()
        load_demo()
        manifest = back_up(db.engine, old, file, NOW)
        before = contents(db.engine)
        db.session.remove()
        db.engine.dispose()
    assert manifest.revision == schema.newest_revision()
    request.getfixturevalue("later")
    with empty.app_context():
        restore(db.engine, instance_of(empty), file, replace=False)
        assert contents(db.engine) == before
        assert missing_triggers(db.session()) == []
        with db.engine.connect() as connection:
            assert schema.revision_of(connection) == "later"
            assert "colour" in {column["name"] for column in inspect(connection).get_columns("device")}
        with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
            session.execute(text("DELETE FROM ledger_move"))


def test_a_database_that_was_not_upgraded_is_not_backed_up(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    old = tmp_path / "old"
    migrated = create_app(old, SQLALCHEMY_DATABASE_URI=f"sqlite:///{old / 'zhangshi.db'}", TESTING=True)
    with migrated.app_context():
        upgrade()
        request.getfixturevalue("later")
        with pytest.raises(NotUpgraded):
            back_up(db.engine, old, tmp_path / "backup.zip", NOW)
        db.engine.dispose()
    assert not list(tmp_path.glob("backup*"))
