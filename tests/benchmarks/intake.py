"""Durable scan intake over HTTP beside bare SQLAlchemy Core committing the same rows, in one run.

`python -m tests.benchmarks.intake [SECONDS] [sqlite|postgresql]…`: eight counters with kept connections count the bins
of one stocktake on the real server with two workers; one scan a request, then 50, then one while an import of
20,000 items is staged and taken over. The baseline is one loop in one process, one commit a row.
"""

import contextlib
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
from pathlib import Path

import msgspec
from flask import Flask
from sqlalchemy import insert

from app import create_app
from app.db import db
from app.scanning.intake import SCAN
from tests.benchmarks.bare import bare_engine
from tests.benchmarks.importing import write_file
from tests.benchmarks.shop import PHONES, Shop, make_row, make_scan, open_shop
from tests.postgres import cluster

ROOT = Path(__file__).resolve().parents[2]
BATCH = 50
IMPORTED = 20_000
LONGEST_IMPORT_S = 60.0
WARM_UP_S = 1.0
P95_MS = 50.0
_enough = multiprocessing.get_context("fork").Event()  # the phones are forked from here


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


def bare_core(app: Flask, shop: Shop, seconds: float) -> float:
    """Return how many of the same rows bare Core commits a second, one commit a row."""
    rows = [make_row(shop, number) for number in range(int(seconds * 3_000))]
    with app.app_context():
        engine, statement, done = bare_engine(), insert(SCAN), 0
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds and done < len(rows):
            with engine.begin() as connection:
                connection.execute(statement, rows[done])
            done += 1
        took = time.perf_counter() - begun
        engine.dispose()
        db.engine.dispose()
    return done / took


# --- the server -------------------------------------------------------------------------------------------------------


def _environment(folder: Path, url: str) -> dict[str, str]:
    own = {"ZHANGSHI_INSTANCE": str(folder), "ZHANGSHI_DATABASE_URL": url, "ZHANGSHI_HTTP_FULL": "1"}
    return os.environ | own


@contextlib.contextmanager
def server(folder: Path, url: str) -> Iterator[int]:
    """Run the server on plain HTTP with two workers; yield its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    options = ["--host", "127.0.0.1", "--port", str(port), "--http-port", "0", "--no-tls"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "app", "serve", *options],
            cwd=ROOT,
            env=_environment(folder, url),
            stdout=log,
            stderr=log,
        )
        try:
            _wait(port, folder / "server.log")
            yield port
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _wait(port: int, log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            Connection(port).ask(b"GET /api/v1/clock HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return
        time.sleep(0.05)
    raise RuntimeError(log.read_text())


# --- the phones -------------------------------------------------------------------------------------------------------


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


def phone(shop: Shop, port: int, number: int, first: int, batch: int, until: float, requests: int) -> Load:
    """Send scans, from the counter's *first* on, until the clock says *until*; the warm-up is not counted."""
    prepared = [_request(shop, number, first + index * batch, batch) for index in range(requests)]
    load = Load()
    connection = Connection(port)
    counted_from = time.time() + WARM_UP_S
    for request in prepared:
        begun = time.time()
        if begun >= until or _enough.is_set():
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


def _request(shop: Shop, number: int, first: int, batch: int) -> bytes:
    scans = [make_scan(shop, number, first + each) for each in range(batch)]
    body = msgspec.json.encode({"schema": 1, "events": scans})
    return (
        b"POST /api/v1/scans HTTP/1.1\r\nHost: localhost\r\nX-Zhangshi: 1\r\nContent-Type: application/json\r\n"
        + f"Cookie: {shop.counters[number].cookie}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )


def run_phones(
    shop: Shop,
    port: int,
    first: int,
    batch: int,
    seconds: float,
    rate: float,
    beside: "subprocess.Popen[bytes] | None" = None,
) -> Load:
    """Let all phones scan for *seconds*, or until *beside* is done; *rate*: no more scans a second are prepared."""
    requests = int((seconds + WARM_UP_S) * rate / batch / PHONES) + 20
    preparing = requests * batch * PHONES * 20e-6 + 1.0
    until = time.time() + preparing + WARM_UP_S + seconds
    with multiprocessing.get_context("fork").Pool(PHONES) as pool:
        wanted = [(shop, port, number, first, batch, until, requests) for number in range(PHONES)]
        asked = pool.starmap_async(phone, wanted, chunksize=1)
        if beside:
            beside.wait()
            _enough.set()
        loads = asked.get()
    _enough.clear()
    return Load(
        seconds=statistics.mean(load.seconds for load in loads),
        scans=sum(load.scans for load in loads),
        errors=sum(load.errors for load in loads),
        latencies_ms=[each for load in loads for each in load.latencies_ms],
    )


# --- the run ----------------------------------------------------------------------------------------------------------


def measure(backend: str, seconds: float) -> bool:
    """Measure on *backend*, print, and return whether the bar is held."""
    folder = Path(tempfile.mkdtemp(prefix="zhangshi-intake-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if backend == "sqlite":
            url = f"sqlite:///{folder / 'zhangshi.db'}"
        else:
            url = stack.enter_context(cluster(durable=True))
        app = create_app(folder, SQLALCHEMY_DATABASE_URI=url)
        shop = open_shop(app)
        base = bare_core(app, shop, seconds)
        print(f"{backend}: bare Core, one commit a row: {base:,.0f}/s")
        port = stack.enter_context(server(folder, url))
        held = _report(
            "one scan a request", run_phones(shop, port, 0, 1, seconds, base), base, bar=0.25, within_ms=P95_MS
        )
        # Bins that nobody has counted yet. 400 scans are always under way: that measures work done, not waiting.
        held &= _report(f"{BATCH} a request", run_phones(shop, port, 3_000, BATCH, seconds, 6 * base), base, bar=2.5)
        held &= _while_importing(shop, port, folder, url, base)
    return held


def _while_importing(shop: Shop, port: int, folder: Path, url: str, base: float) -> bool:
    file = folder / "items.csv"
    write_file(file, IMPORTED)
    command = [sys.executable, "-m", "flask", "--app", "app", "import", "items", str(file)]
    begun = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, env=_environment(folder, url), stdout=subprocess.DEVNULL) as importing:
        load = run_phones(shop, port, 4_500, 1, LONGEST_IMPORT_S, base, beside=importing)
    took = time.perf_counter() - begun
    done = importing.returncode == 0 and took < LONGEST_IMPORT_S  # or nobody scanned while the rows were taken over
    print(f"  an import of {IMPORTED:,} items beside: {took:.0f} s{'' if done else ', FAILED'}")
    return _report("one scan a request meanwhile", load, base, within_ms=P95_MS) and done


def _report(name: str, load: Load, base: float, *, bar: float = 0.0, within_ms: float | None = None) -> bool:
    ratio, p95 = load.rate / base, load.percentile(0.95)
    held = ratio >= bar and not load.errors and (within_ms is None or p95 <= within_ms)
    print(
        f"  {name}: {load.rate:,.0f} scans/s = {ratio:.2f} of bare Core{f' (bar {bar})' if bar else ''}, "
        f"p50 {load.percentile(0.5):.1f} ms, p95 {p95:.1f} ms{f' (bar {within_ms:.0f})' if within_ms else ''}, "
        f"worst {max(load.latencies_ms, default=0):.0f} ms, {load.errors} errors{'' if held else '  ← BELOW THE BAR'}"
    )
    return held


def main(arguments: Sequence[str]) -> int:
    """Run as the command line says."""
    seconds = float(arguments[0]) if arguments else 8.0
    held = [measure(backend, seconds) for backend in arguments[1:] or ("sqlite", "postgresql")]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
