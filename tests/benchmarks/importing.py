"""Importing 100,000 items in one go: staging, checking and taking over, and how long the right to write is held.

`python -m tests.benchmarks.importing [ROWS] [sqlite|postgresql]…`. The baseline is bare SQLAlchemy Core inserting the
same items, packs and barcodes in one transaction, on a database of its own. Meanwhile another process writes a row
every 20 ms and tells how long it had to wait.
"""

import csv
import multiprocessing
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine, func, insert, select, text
from sqlalchemy.engine import make_url

from app import create_app
from app.catalog.models import Barcode, Item, Pack, Unit
from app.company.rules import Settings, SetUp, TaxStatus
from app.company.service import set_up
from app.db import db, transaction
from app.identity.models import AuditEvent, User
from app.identity.rules import Role
from app.identity.service import NewUser
from app.imports.queries import get_import
from app.imports.rules import ImportState
from app.imports.service import add_import, propose_columns, send_to_work, start_applying, start_staging, work
from app.kernel.gtin import check_digit
from tests.postgres import cluster

ZONE = "Asia/Shanghai"


def write_file(path: Path, rows: int) -> None:
    """Write a catalogue of *rows* items with valid GTINs."""
    with path.open("w", encoding="gb18030", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(["商品名称", "条码", "规格", "分类", "进价", "售价"])
        for number in range(rows):
            payload = f"6921{number:08d}"
            code = payload + check_digit(payload)
            sheet.writerow([f"商品{number}号", code, "500ml", f"分类{number % 50}", "2.35", "3.50"])


def measure(backend: str, rows: int) -> bool:
    """Print the figures of one database; say whether everything came in."""
    with databases(backend) as (ours, bare, folder):
        path = folder / "items.csv"
        write_file(path, rows)
        baseline = _bare(_opened(folder / "bare", bare), rows)
        app = _opened(folder / "ours", ours)
        with _writer_beside(folder / "ours", ours) as waits, app.app_context():
            staged, applied, count = _import(path)
            db.session.remove()
            db.engine.dispose()
    print(f"{backend}: {rows:,} items staged and checked in {staged:.1f} s, taken over in {applied:.1f} s")
    print(
        f"{backend}: bare Core inserts the same rows in {baseline:.1f} s: take-over at {baseline / applied:.0%} of it"
    )
    waited = f"p95 {_p95(waits):.0f} ms, at worst {max(waits):.0f} ms, of {len(waits):,} times"
    print(f"{backend}: another writer waited {waited}")
    return count == rows


def _p95(waits: Sequence[float]) -> float:
    return statistics.quantiles(waits, n=20)[-1]


@contextmanager
def _writer_beside(folder: Path, url: str) -> Iterator[list[float]]:
    """Yield the list that holds, at the end, how many ms each write of another process took."""
    waits: list[float] = []
    ours, theirs = multiprocessing.Pipe()
    writer = multiprocessing.get_context("spawn").Process(target=_write_on, args=(folder, url, theirs))
    writer.start()
    ours.recv()
    yield waits
    ours.send("stop")
    waits += ours.recv()
    writer.join()


def _write_on(folder: Path, url: str, pipe: Connection) -> None:
    app = create_app(folder, SQLALCHEMY_DATABASE_URI=url)
    waits = []
    with app.app_context():
        pipe.send("ready")
        while not pipe.poll():
            began = time.perf_counter()
            with transaction() as session:
                session.add(AuditEvent(at=datetime.now(UTC), action="bench", subject="bench:1", details={}))
            waits.append((time.perf_counter() - began) * 1000)
            time.sleep(0.02)
        db.session.remove()
        db.engine.dispose()
    pipe.send(waits)


def _import(path: Path) -> tuple[float, float, int]:
    now = datetime.now(UTC)
    began = time.perf_counter()
    with transaction() as session:
        by = session.scalars(select(User.id)).one()
        number = add_import(session, "items", path.name, by, now).id
    heading, columns = propose_columns(path, path.name, "items", {})
    with transaction() as session:
        start_staging(session, number, heading, columns, now)
        run = send_to_work(session, number, now)
    work(number, run, path, ZONE)
    staged = time.perf_counter() - began
    with transaction() as session:
        start_applying(session, number, now, only_good=False)
        run = send_to_work(session, number, now)
    began = time.perf_counter()
    work(number, run, path, ZONE)
    applied = time.perf_counter() - began
    if get_import(db.session(), number).state != ImportState.APPLIED:
        raise RuntimeError("the import was not taken over")
    return staged, applied, db.session.scalar(select(func.count(Item.id))) or 0


def _bare(app: Flask, rows: int) -> float:
    with app.app_context():
        unit = db.session.scalars(select(Unit.id).limit(1)).one()
        items, packs, codes = [], [], []
        for number in range(1, rows + 1):
            facts = {"purchase_price": Decimal("2.35"), "sale_price": Decimal("3.5"), "minimum": Decimal(0)}
            flags = {"tracks_lots": False, "tracks_expiry": False, "active": True, "own_fields": {}}
            words = {"code": f"B{number:07d}", "name": f"商品{number}号", "initials": f"sp{number}h", "spec": "500ml"}
            items.append(
                {"id": number, "unit_id": unit, "tax_rate": 1300, "safety": Decimal(0)} | words | facts | flags
            )
            packs.append({"id": number, "item_id": number, "unit_id": unit, "factor": Decimal(1)})
            codes.append({"code": f"{number:014d}", "pack_id": number})
        began = time.perf_counter()
        with transaction() as session:
            connection = session.connection()
            connection.execute(insert(Item), items)
            connection.execute(insert(Pack), packs)
            connection.execute(insert(Barcode), codes)
        took = time.perf_counter() - began
        db.session.remove()
        db.engine.dispose()
    return took


def _opened(folder: Path, url: str) -> Flask:
    folder.mkdir()
    app = create_app(folder, SQLALCHEMY_DATABASE_URI=url)
    with app.app_context():
        db.create_all()
        owner = NewUser.checked("owner", "Owner", "a long enough password", {Role.OWNER})
        with transaction() as session:
            set_up(session, SetUp(Settings("Bench", TaxStatus.GENERAL)), owner, datetime.now(UTC))
        db.session.remove()
        db.engine.dispose()
    return app


@contextmanager
def databases(backend: str) -> Iterator[tuple[str, str, Path]]:
    """Yield the URLs of two empty databases and a folder."""
    folder = Path(tempfile.mkdtemp(prefix="zhangshi-bench-"))
    try:
        if backend == "sqlite":
            yield f"sqlite:///{folder / 'ours.db'}", f"sqlite:///{folder / 'bare.db'}", folder
            return
        with cluster(durable=True) as server:
            engine = create_engine(server, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.execute(text("CREATE DATABASE ours"))
                connection.execute(text("CREATE DATABASE bare"))
            engine.dispose()
            urls = [
                make_url(server).set(database=name).render_as_string(hide_password=False) for name in ("ours", "bare")
            ]
            yield urls[0], urls[1], folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: Sequence[str]) -> int:
    """Measure what was asked for."""
    rows = next((int(argument) for argument in arguments if argument.isdigit()), 100_000)
    wanted = [argument for argument in arguments if not argument.isdigit()] or ["sqlite", "postgresql"]
    results = [measure(backend, rows) for backend in wanted]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
