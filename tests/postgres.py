"""A throw-away PostgreSQL: `cluster()` for whoever wants one of its own, `postgres_url()` for a whole test run.

Law: the server lives exactly as long as somebody uses it. Every process of a run holds a shared lock on one file; a
guard process, the server's parent, waits for the exclusive lock. The kernel drops locks of the dead, so even a killed
run leaves nothing behind.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO

PATIENCE_S = 30
# A socket's path holds 107 bytes and TMPDIR may be deep; the names made below are ours or cannot be guessed.
SOCKET_ROOT = Path("/tmp")  # noqa: S108  # see above
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_held: list[IO[str]] = []  # the shared locks of this process, kept open until it ends
_guards: list[subprocess.Popen[bytes]] = []


class PostgresFailed(Exception):
    """The server did not start; the message holds its log."""


def postgres_url() -> str | None:
    """Return the URL of this run's server, started if nobody has; None where there is none (`missing_reason`)."""
    given = os.environ.get("ZHANGSHI_TEST_POSTGRES")
    if given or missing_reason():
        return given
    return _shared_url()


def missing_reason() -> str | None:
    """Say why there is no server to be had, None if there is one."""
    if os.environ.get("ZHANGSHI_TEST_POSTGRES") or _bin_folder():
        return None
    return "PostgreSQL is not installed (no initdb under /usr/lib/postgresql/*/bin nor on PATH)"


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[str]:
    """Run a fresh cluster and yield its SQLAlchemy URL; `durable` flushes like a real one, for benchmarks."""
    bin_folder = _bin_folder()
    if bin_folder is None:
        raise PostgresFailed(missing_reason())
    folder = Path(tempfile.mkdtemp(prefix="zhangshi-pg-", dir=SOCKET_ROOT))
    try:
        _own(folder)
        _initialise(bin_folder, folder)
        server = _start(bin_folder, folder, () if durable else QUICK)
        try:
            _wait_until_ready(bin_folder, folder, server)
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            _stop(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _bin_folder() -> Path | None:
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda initdb: float(initdb.parts[-3]),
    )
    initdb = versions[-1] if versions else shutil.which("initdb")
    return Path(initdb).parent if initdb else None


@cache
def _account() -> str | None:
    """Name whom the server runs as: it refuses root; anybody else runs it as themselves."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _own(folder: Path) -> None:
    if account := _account():
        entry = pwd.getpwnam(account)
        os.chown(folder, entry.pw_uid, entry.pw_gid)


def _popen(command: list[str | Path], folder: Path, output: IO[str]) -> subprocess.Popen[str]:
    account = _account()
    entry = pwd.getpwnam(account) if account else None
    return subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # a Ctrl-C is for the tests; the server goes when they have gone
        user=entry.pw_uid if entry else None,
        group=entry.pw_gid if entry else None,
        extra_groups=[] if entry else None,
    )


def _initialise(bin_folder: Path, folder: Path) -> None:
    log = folder / "initdb.log"
    options = [
        "--no-sync",
        "--auth=trust",
        "--username=postgres",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
    ]
    with log.open("w") as output:
        code = _popen([bin_folder / "initdb", "-D", folder / "data", *options], folder, output).wait(PATIENCE_S)
    if code != 0:
        raise PostgresFailed(log.read_text())


def _start(bin_folder: Path, folder: Path, extra: tuple[str, ...]) -> subprocess.Popen[str]:
    settings = (
        "listen_addresses=",
        f"unix_socket_directories={folder}",
        "max_connections=200",
        *extra,
    )
    options = [part for setting in settings for part in ("-c", setting)]
    with (folder / "server.log").open("w") as output:
        return _popen([bin_folder / "postgres", "-D", folder / "data", *options], folder, output)


def _wait_until_ready(bin_folder: Path, folder: Path, server: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    ask: list[str | Path] = [
        bin_folder / "pg_isready",
        "-q",
        "-h",
        folder,
        "-U",
        "postgres",
    ]
    while subprocess.run(ask, check=False).returncode != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            raise PostgresFailed((folder / "server.log").read_text())
        time.sleep(0.05)


def _stop(server: subprocess.Popen[str]) -> None:
    server.send_signal(3)  # SIGQUIT, "immediate": nothing here is worth a checkpoint
    try:
        server.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _shared_url() -> str:
    """Join this run's server, or start it: the first to hold the `start` lock does."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    folder = SOCKET_ROOT / f"zhangshi-run-{os.geteuid()}-{run}"
    while True:
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid != os.geteuid():
            raise PostgresFailed(f"{folder} is somebody else's")
        with suppress(FileNotFoundError), (folder / "start").open("w") as start:
            fcntl.flock(start, fcntl.LOCK_EX)
            users = (folder / "users").open("w")
            fcntl.flock(users, fcntl.LOCK_SH)  # waits while a guard is clearing up
            _held.append(users)
            if not (folder / "url").exists() and folder.exists():
                _start_guard(folder)
            return (folder / "url").read_text()


def _start_guard(folder: Path) -> None:
    with (folder / "guard.log").open("w") as log:
        guard = subprocess.Popen(
            [sys.executable, __file__, folder],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _guards.append(guard)  # it outlives us: nobody waits for it, and collecting it would be called a leak
    deadline = time.monotonic() + 2 * PATIENCE_S
    while not (folder / "url").exists():
        if guard.poll() is not None or time.monotonic() > deadline:
            raise PostgresFailed((folder / "guard.log").read_text())
        time.sleep(0.05)


def _guard(folder: Path) -> None:
    """Keep a cluster up until no process of the run is left, then clear up."""
    with (folder / "users").open("w") as users:
        with cluster() as url:
            draft = folder / "url.new"
            draft.write_text(url)
            draft.rename(folder / "url")
            fcntl.flock(users, fcntl.LOCK_EX)
            (folder / "url").unlink()
        shutil.rmtree(folder)


if __name__ == "__main__":
    _guard(Path(sys.argv[1]))
