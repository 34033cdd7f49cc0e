"""Taking a backup while work goes on, proving it, and restoring one; each is all or nothing.

Law: a backup is good only once it was restored into a database of its own and the books there proved themselves.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from app.backup import schema
from app.backup.archive import FileFacts, Manifest, Reader, Writer
from app.backup.portable import facts_of, read_lines, write_lines
from app.backup.rules import BackupDamaged, BackupExists, HoldsData, superfluous
from app.db import db, writing
from app.triggers import missing_triggers

# What must hold in a restored database (the ledger's invariants); each returns a sentence per breach. Filled in wiring.
proofs: list[Callable[[Session], Iterable[str]]] = []
KEPT_FOLDERS: Final = ("files",)
NIGHTLY: Final = "backups"


def back_up(engine: Engine, instance: Path, target: Path, now: datetime) -> Manifest:
    """Write a proven backup of everything to *target*."""
    if target.exists():
        raise BackupExists(path=target)
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        manifest = _write(engine, instance, fresh, now)
        prove(fresh, instance)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    return manifest


def prove(path: Path, scratch: Path) -> None:
    """Restore the backup into a SQLite database of its own under *scratch* and check everything there."""
    with Reader(path) as reader, tempfile.TemporaryDirectory(dir=scratch) as folder:
        for file in reader.manifest.files:
            reader.content(file)
        _fill_lite(Path(folder) / "proof.db", reader)


def restore(engine: Engine, instance: Path, path: Path, *, replace: bool) -> Manifest:
    """Replace the database's contents by the backup's, in one step; a refused one changes nothing."""
    with Reader(path) as reader:
        if not replace and _holds_data(engine):
            raise HoldsData
        _restore_files(reader, instance)
        if engine.dialect.name == "sqlite":
            _restore_lite(engine, instance, reader)
        else:
            _restore_postgres(engine, reader)
        return reader.manifest


def back_up_nightly(engine: Engine, instance: Path, now: datetime) -> str:
    """Keep a dated backup in the instance folder, remove those beyond a fortnight; return its name."""
    folder = instance / NIGHTLY
    name = f"zhangshi-{now:%Y%m%d-%H%M%S}.zip"
    back_up(engine, instance, folder / name, now)
    for old in superfluous([path.name for path in folder.glob("zhangshi-*.zip")]):
        (folder / old).unlink(missing_ok=True)
    return name


# --- writing ------------------------------------------------------------------------------------------------------


def _write(engine: Engine, instance: Path, path: Path, now: datetime) -> Manifest:
    # One snapshot for all tables: SQLite's WAL gives a reader one by itself, PostgreSQL is asked for it.
    options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
    with _new_file(path) as file, engine.connect().execution_options(**options) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET TRANSACTION READ ONLY"))
        with Writer(file, schema.ensure_newest(connection), now) as writer:
            for table in db.metadata.tables.values():
                facts = facts_of(table)
                writer.add_table(facts, read_lines(connection, table, facts))
            _write_files(writer, instance)
            manifest = writer.finish()
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _new_file(path: Path) -> BinaryIO:
    """Open a file that only its owner may read: the books and the hashes of passwords are nobody else's."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")


def _write_files(writer: Writer, instance: Path) -> None:
    # After the rows: a file is on disk before the row that names it.
    for folder in KEPT_FOLDERS:
        for kept in sorted((instance / folder).rglob("*")):
            if kept.is_file():
                writer.add_file(instance, kept)


# --- restoring ----------------------------------------------------------------------------------------------------


def _holds_data(engine: Engine) -> bool:
    with engine.connect() as connection:
        if not inspect(connection).has_table("company"):
            return False
        return connection.execute(text("SELECT 1 FROM company")).first() is not None


def _restore_lite(engine: Engine, instance: Path, reader: Reader) -> None:
    with tempfile.TemporaryDirectory(dir=instance) as folder:
        fresh = Path(folder) / "fresh.db"
        _fill_lite(fresh, reader)
        # SQLite's own copy: the pages change under one lock, so that readers see all of the old or all of the new.
        live = engine.raw_connection()
        with closing(live), closing(sqlite3.connect(fresh)) as source:
            source.backup(live.driver_connection)  # type: ignore[arg-type]  # a sqlite3 connection on this engine
    engine.dispose()


def _restore_postgres(engine: Engine, reader: Reader) -> None:
    with writing(engine).begin() as connection:
        schema.drop_all(connection)
        _fill(connection, reader)


def _fill_lite(path: Path, reader: Reader) -> None:
    engine = _scratch_engine(path)
    try:
        with engine.begin() as connection:
            _fill(connection, reader)
    finally:
        engine.dispose()


def _fill(connection: Connection, reader: Reader) -> None:
    """Make the tables of the backup's time, load them, bring them up to date, and check everything."""
    manifest = reader.manifest
    schema.make(connection, manifest.revision)
    with schema.unguarded(connection):
        for table in manifest.tables:
            if write_lines(connection, table, reader.lines(table)) != table.rows:
                raise BackupDamaged(where=table.name)
    if manifest.revision is not None:
        schema.upgrade(connection)
    with Session(bind=connection, join_transaction_mode="create_savepoint") as session:
        breaches = missing_triggers(session) + [each for proof in proofs for each in proof(session)]
    if breaches:
        raise BackupDamaged(where="; ".join(breaches))


def _restore_files(reader: Reader, instance: Path) -> None:
    # Before the rows that name them. Names are hashes of the contents, so nothing that is there is overwritten.
    for file in reader.manifest.files:
        _restore_file(reader.content(file), instance, file)


def _restore_file(content: bytes, instance: Path, file: FileFacts) -> None:
    target = (instance / file.path).resolve()
    if not any(target.is_relative_to((instance / folder).resolve()) for folder in KEPT_FOLDERS):
        raise BackupDamaged(where=file.path)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        fresh.write_bytes(content)
        shutil.move(fresh, target)


def _scratch_engine(path: Path) -> Engine:
    """Return an engine on a new file that nobody else opens: no journal to survive a crash, keys checked at the end."""
    engine = create_engine(f"sqlite:///{path}", poolclass=StaticPool)

    def set_up(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=MEMORY", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-64000"):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return engine
