"""Durable scan intake over HTTP beside bare SQLAlchemy Core committing the same rows, in one run.

`python -m tests.benchmarks.intake [SECONDS] [sqlite|postgresql]…`: eight phones with kept connections against the real
server with two workers; one scan a request, then 50. The baseline is one loop in one process, one commit a row.
"""

import contextlib
import json
import multiprocessing
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import insert
from sqlalchemy.orm import Session

from app import create_app
from app.catalog.models import Barcode, Item, Pack, Unit
from app.company.models import Company
from app.company.rules import Chart, TaxStatus
from app.db import db, transaction
from app.identity.grants import issue_grant
from app.identity.models import Device, User
from app.identity.queries import principal_of
from app.identity.rules import Role
from app.kernel.gtin import check_digit
from app.kernel.ids import uuid7
from app.places.models import Location
from app.places.rules import LocationKind
from app.scanning.drafts import Draft
from app.scanning.intake import SCAN
from app.scanning.sent import SentScan, digest_of
from app.scanning.tasks import TASKS, NewScan, Verdict
from tests.postgres import cluster

PHONES = 8
ITEMS = 2_000
BINS = 40
BATCH = 50
WARM_UP_S = 1.0


@dataclass(frozen=True)
class Shop:
    """What the phones need to know."""

    cookie: str
    grants: tuple[tuple[UUID, str], ...]
    codes: tuple[str, ...]
    bins: tuple[int, ...]


@dataclass
class Load:
    """What one load did."""

    seconds: float = 0.0
    scans: int = 0
    errors: int = 0
    latencies_ms: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.scans / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class TakesAll:
    """A task without rules of its own, so that intake itself is measured."""

    def judge(self, _session: Session, _task_id: int, scans: Sequence[NewScan], _now: datetime) -> Sequence[Verdict]:
        return [Verdict(accepted=True, counted=scan.quantity) for scan in scans]


# --- the shop -------------------------------------------------------------------------------------------------------


def open_shop(app: Flask) -> Shop:
    """Create every table, a user, goods with barcodes and bins."""
    now = datetime.now(UTC)
    with app.app_context():
        db.create_all()
        with transaction() as session:
            session.add(Company(name="测试", chart=Chart.SMALL, tax_status=TaxStatus.GENERAL, set_up_at=now))
            user = User(login="bench", name="Bench", password_hash="!", roles=[Role.WAREHOUSE], created_at=now)
            session.add(user)
            session.flush()
            codes, bins = _add_goods(session), _add_bins(session)
            grants = []
            for _ in range(PHONES):
                device = uuid4()
                session.add(Device(id=device, first_seen_at=now, last_seen_at=now))
                grants.append((device, issue_grant(principal_of(user), device, now)))
        shop = Shop(_cookie(app, user.id), tuple(grants), codes, bins)
        db.session.remove()
        db.engine.dispose()
    return shop


def _add_goods(session: Session) -> tuple[str, ...]:
    unit = Unit(name="瓶")
    session.add(unit)
    session.flush()
    payloads = [f"690{number:09d}" for number in range(ITEMS)]
    numbers = range(1, ITEMS + 1)
    session.execute(
        insert(Item), [{"id": n, "code": f"SP{n}", "name": f"商品 {n}", "unit_id": unit.id} for n in numbers]
    )
    session.execute(insert(Pack), [{"id": n, "item_id": n, "unit_id": unit.id, "factor": Decimal(1)} for n in numbers])
    codes = tuple(payload + check_digit(payload) for payload in payloads)
    session.execute(
        insert(Barcode), [{"code": f"0{code}", "pack_id": n} for n, code in zip(numbers, codes, strict=True)]
    )
    return codes


def _add_bins(session: Session) -> tuple[int, ...]:
    warehouse = Location(kind=LocationKind.WAREHOUSE, code="W")
    session.add(warehouse)
    session.flush()
    bins = [
        Location(kind=LocationKind.BIN, code=f"A-{n}", parent_id=warehouse.id, warehouse_id=warehouse.id)
        for n in range(BINS)
    ]
    session.add_all(bins)
    session.flush()
    return tuple(each.id for each in bins)


def _cookie(app: Flask, user_id: int) -> str:
    client = app.test_client()
    with client.session_transaction() as browser:
        browser["_user_id"] = f"{user_id}.0"
        browser["_fresh"] = True
        browser["day"] = int(time.time()) // 86400
    cookie = client.get_cookie("zhangshi")
    assert cookie
    return f"zhangshi={cookie.value}"


def make_event(shop: Shop, phone: int, number: int) -> dict[str, object]:
    """Return a scan as a phone sends it."""
    device, grant = shop.grants[phone]
    return {
        "id": str(uuid7()),
        "device": str(device),
        "sequence": number,
        "grant": grant,
        "task": "bench:1",
        "round": 1,
        "kind": "scan",
        "undoes": None,
        "raw": shop.codes[(phone * 131 + number * 7) % ITEMS],
        "symbology": "EAN-13",
        "candidate": None,
        "lot": None,
        "expiry": None,
        "location": shop.bins[(phone + number // 50) % BINS],
        "quantity": "1.000",
        "scanned_at": datetime.now(UTC).isoformat(),
        "clock_offset_ms": 12,
        "uncertainty_ms": 40,
        "elapsed_ms": 5000,
    }


# --- the baseline ---------------------------------------------------------------------------------------------------


def bare_core(app: Flask, shop: Shop, seconds: float) -> float:
    """Return how many of the same rows bare Core commits a second, one commit a row."""
    from app.db import _writer  # noqa: PLC0415,PLC2701  # the very engine that intake writes through

    now = datetime.now(UTC)
    rows = []
    for number in range(20_000):
        event = make_event(shop, number % PHONES, number) | {"scanned_at": now}
        sent = SentScan(**{k: UUID(v) if k in {"id", "device"} else v for k, v in event.items()})
        draft = Draft(sent, sent.id, digest_of(sent), now, now, user_id=1, quantity=Decimal("1.000"))
        row = dict(draft.as_row()) | {"item_id": 1 + number % ITEMS, "pack_id": 1 + number % ITEMS}
        rows.append(row | {"factor": Decimal(1), "location_id": sent.location, "counted": Decimal("1.000")})
    with app.app_context():
        engine = _writer(db.engine)
        statement = insert(SCAN)
        done, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < seconds and done < len(rows):
            with engine.begin() as connection:
                connection.execute(statement, rows[done])
            done += 1
        took = time.perf_counter() - begun
        db.engine.dispose()
    return done / took


# --- the server -----------------------------------------------------------------------------------------------------


def serve(port: int) -> int:
    """Serve the application of the environment's installation, with the task that takes all."""
    from app.serve.start import Options, start  # noqa: PLC0415  # granian loads in the server alone

    app = create_app()
    TASKS["bench"] = TakesAll()
    with app.app_context():
        return start(app, Options("127.0.0.1", port, 0, 2, 8, no_tls=True))


@contextlib.contextmanager
def server(folder: Path, url: str) -> Iterator[tuple[int, subprocess.Popen[bytes], float]]:
    """Run the server; yield its port, process, and seconds to its first answer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = os.environ | {"ZHANGSHI_INSTANCE": str(folder), "ZHANGSHI_DATABASE_URL": url, "ZHANGSHI_HTTP_FULL": "1"}
    begun = time.perf_counter()
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, "serve", str(port)], env=environment, stdout=log, stderr=log
        )
        try:
            _wait(port, folder / "server.log")
            yield port, process, time.perf_counter() - begun
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _wait(port: int, log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            Connection(port).ask(b"GET /api/v1/clock HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return
        time.sleep(0.01)
    raise RuntimeError(log.read_text())


def worker_memory(parent: int) -> list[tuple[int, float, float]]:
    """Return pid, proportional and resident megabytes of *parent* and every process under it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _descends(int(entry.name), parent):
            rollup = dict(
                line.split(":", 1) for line in (entry / "smaps_rollup").read_text().splitlines()[1:] if ":" in line
            )
            found.append((int(entry.name), *(int(rollup[key].split()[0]) / 1024 for key in ("Pss", "Rss"))))
    return sorted(found)


def _descends(pid: int, parent: int) -> bool:
    while pid > 1:
        if pid == parent:
            return True
        try:
            pid = int((Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except FileNotFoundError:
            return False
    return False


# --- the phones -----------------------------------------------------------------------------------------------------


class Connection:
    """A kept HTTP/1.1 connection that costs next to nothing: the server and the phones share the processor."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send *request*, return status and body."""
        self._socket.sendall(request)
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        head = received[:end].lower()
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        while len(received) < end + 4 + length:
            received += self._more()
        return int(received[9:12]), received[end + 4 :]

    def _more(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionError("closed")
        return data


def phone(shop: Shop, port: int, number: int, batch: int, until: float, requests: int) -> Load:
    """Send scans until the clock says *until*; what is sent before warming up has ended is not counted."""
    prepared = []
    for index in range(requests):
        events = [make_event(shop, number, index * batch + each) for each in range(batch)]
        body = json.dumps({"schema": 1, "events": events}).encode()
        prepared.append(
            b"POST /api/v1/scans HTTP/1.1\r\nHost: localhost\r\nX-Zhangshi: 1\r\nContent-Type: application/json\r\n"
            + f"Cookie: {shop.cookie}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
    load = Load()
    connection = Connection(port)
    counted_from = time.time() + WARM_UP_S
    for request in prepared:
        begun = time.time()
        if begun >= until:
            break
        status, answer = connection.ask(request)
        if begun < counted_from:
            continue
        load.latencies_ms.append((time.time() - begun) * 1000)
        taken = answer.count(b'"status":"accepted"')
        load.scans += taken
        load.errors += status != 200 or taken != batch
        load.seconds = time.time() - counted_from
    return load


def run_phones(shop: Shop, port: int, batch: int, seconds: float, rate: float) -> Load:
    """Let all phones scan for *seconds*; *rate* is an upper bound of scans a second, for what to prepare."""
    requests = int(seconds * rate / batch / PHONES * 2) + 50
    preparing = requests * batch * PHONES * 25e-6 + 1.0
    until = time.time() + preparing + WARM_UP_S + seconds
    with multiprocessing.get_context("fork").Pool(PHONES) as pool:
        loads = pool.starmap(phone, [(shop, port, number, batch, until, requests) for number in range(PHONES)])
    return Load(
        seconds=statistics.mean(load.seconds for load in loads),
        scans=sum(load.scans for load in loads),
        errors=sum(load.errors for load in loads),
        latencies_ms=[each for load in loads for each in load.latencies_ms],
    )


# --- the run --------------------------------------------------------------------------------------------------------


def measure(backend: str, seconds: float) -> bool:
    """Measure on *backend*, print, and return whether the bar is held."""
    folder = Path(tempfile.mkdtemp(prefix="zhangshi-intake-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        url = (
            f"sqlite:///{folder / 'zhangshi.db'}" if backend == "sqlite" else stack.enter_context(cluster(durable=True))
        )
        app = create_app(folder, SQLALCHEMY_DATABASE_URI=url)
        shop = open_shop(app)
        base = bare_core(app, shop, seconds)
        print(f"{backend}: bare Core, one commit a row: {base:,.0f}/s")
        with server(folder, url) as (port, process, started):
            singles = run_phones(shop, port, 1, seconds, base)
            batches = run_phones(shop, port, BATCH, seconds, 4 * base)
            held = _report("one scan a request", singles, base, 0.25)
            held &= _report(f"{BATCH} scans a request", batches, base, 2.5)
            for pid, pss, rss in worker_memory(process.pid):
                print(f"  process {pid}: {pss:.0f} MB proportional, {rss:.0f} MB resident")
            print(f"  started in {started:.2f} s")
    return held


def _report(name: str, load: Load, base: float, bar: float) -> bool:
    ratio, p50, p95 = load.rate / base, load.percentile(0.5), load.percentile(0.95)
    worst = max(load.latencies_ms, default=0)
    held = ratio >= bar and p95 <= 50 and not load.errors  # noqa: PLR2004  # the bar, in milliseconds
    print(
        f"  {name}: {load.rate:,.0f} scans/s = {ratio:.2f} of bare Core (bar {bar}), p50 {p50:.1f} ms, "
        f"p95 {p95:.1f} ms, worst {worst:.0f} ms, {load.errors} errors{'' if held else '  ← BELOW THE BAR'}"
    )
    return held


def main(arguments: Sequence[str]) -> int:
    """Run as the command line says."""
    if arguments[:1] == ["serve"]:
        return serve(int(arguments[1]))
    seconds = float(arguments[0]) if arguments else 8.0
    held = [measure(backend, seconds) for backend in arguments[1:] or ("sqlite", "postgresql")]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
