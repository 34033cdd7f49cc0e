"""From the start of the server, as `make run` starts it, to its first answer; and the memory of two workers.

`python -m tests.benchmarks.start [ROUNDS]`. The bare side only imports what every such program imports; both sides take
turns, and the best round counts, since a busy machine can only slow one down. Memory is read after every worker has
answered pages: RSS counts a shared page in each process, PSS shares it out, so PSS is what the machine gives.
"""

import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app import create_app
from app.db import db

ROOT = Path(__file__).resolve().parents[2]
BARE = "import flask, flask_sqlalchemy, sqlalchemy.orm; flask.Flask('bare')"
START_S, MEMORY_MB = 1.2, 200  # the bars
PATIENCE_S = 60
TRUSTING = ssl._create_unverified_context()  # noqa: S323, SLF001  # what is measured is ours, on this machine


def main() -> int:
    """Print the best of so many rounds; return the exit code."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    starts, bares, memory = [], [], {}
    with tempfile.TemporaryDirectory() as folder:
        _make_books(Path(folder))
        for _ in range(rounds):
            bares.append(_bare())
            with _served(Path(folder)) as (port, process, seconds):
                starts.append(seconds)
                memory = _memory_of_workers(port, process)
    start, resident, own = min(starts), memory["Rss"] / 1024, memory["Pss"] / 1024
    print(f"start of the server to its first answer: {start:.2f} s (best of {rounds}; bar {START_S})")
    print(f"bare import of Flask and SQLAlchemy:     {min(bares):.2f} s ({start / min(bares):.1f} times that)")
    print(f"two workers: RSS {resident:.0f} MB (bar {MEMORY_MB}), PSS {own:.0f} MB")
    return 0 if start <= START_S and resident <= MEMORY_MB else 1


def _make_books(folder: Path) -> None:
    app = create_app(folder)
    with app.app_context():
        db.create_all()
        db.session.remove()
        db.engine.dispose()


def _bare() -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", BARE], check=True, env=_environment())
    return time.perf_counter() - begin


def _environment() -> dict[str, str]:
    """Return the environment of an ordinary machine, which keeps what it has compiled: from the second start on."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@contextmanager
def _served(folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes], float]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "app.serve", "--host", "127.0.0.1", "--port", str(port), "--http-port", "0"]
    begin = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=_environment() | {"ZHANGSHI_INSTANCE": str(folder)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not _answers(port):
            if process.poll() is not None or time.perf_counter() - begin > PATIENCE_S:
                raise RuntimeError(f"the server did not start (exit code {process.poll()})")
            time.sleep(0.005)
        yield port, process, time.perf_counter() - begin
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(port: int, path: str = "/trust") -> bool:
    try:
        with urllib.request.urlopen(f"https://127.0.0.1:{port}{path}", context=TRUSTING, timeout=5):
            return True
    except urllib.error.HTTPError as answer:
        answer.close()
        return True
    except OSError:
        return False


def _memory_of_workers(port: int, process: subprocess.Popen[bytes]) -> dict[str, int]:
    """Return kB of the two processes that answer: the grandchildren that come in a pair."""
    for _ in range(40):
        _answers(port, "/setup")
    children = {pid: _children(pid) for pid in _children(process.pid)}
    workers = max(children.values(), key=len)
    total = {"Rss": 0, "Pss": 0}
    for worker in workers:
        for line in Path(f"/proc/{worker}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in total:
                total[name] += int(value.split()[0])
    return total


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


if __name__ == "__main__":
    sys.exit(main())
