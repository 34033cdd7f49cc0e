"""`flask serve` as a whole: real processes, real TLS, judged from outside."""

import http.client
import os
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.identity import setup_token

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30


@dataclass
class Served:
    """A running `flask serve`: its process, ports and what it printed."""

    process: subprocess.Popen[bytes]
    instance: Path
    port: int
    http_port: int
    output: Path

    def https(self) -> http.client.HTTPSConnection:
        """Return a connection of a phone that trusts this installation's authority and nothing else."""
        trusting = ssl.create_default_context(cafile=self.instance / "tls" / "ca.crt")
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=PATIENCE_S, context=trusting)

    def http(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=PATIENCE_S)

    def is_up(self) -> bool:
        try:
            return fetch(self.https(), "/trust")[0] == fetch(self.http(), "/trust")[0] == 200
        except OSError:
            return False


def fetch(connection: http.client.HTTPConnection, path: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    with closing(connection):
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def instance(tmp_path: Path, sqlite_template: Path) -> Path:
    """An installation whose company is set up."""
    folder = tmp_path / "instance"
    folder.mkdir()
    shutil.copy(sqlite_template, folder / "zhangshi.db")
    return folder


def launch(instance: Path, *options: str, ports: tuple[int, int] | None = None) -> Served:
    port, http_port = ports or free_ports()
    output = instance / "output"
    command = [sys.executable, "-m", "flask", "--app", "app", "serve", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--http-port", str(http_port), *options]
    environment = os.environ | {"ZHANGSHI_INSTANCE": str(instance), "LANG": "en_GB.UTF-8", "PYTHONIOENCODING": "utf-8"}
    for name in ("LC_ALL", "LC_MESSAGES", "ZHANGSHI_DATABASE_URL"):
        environment.pop(name, None)
    with output.open("wb") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=file, start_new_session=True)
    return Served(process, instance, port, http_port, output)


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Served]:
    """One running server for the tests that only look at it."""
    folder = tmp_path_factory.mktemp("looked-at")
    shutil.copy(sqlite_template, folder / "zhangshi.db")
    served = launch(folder)
    until(lambda: served.is_up() or served.process.poll() is not None)
    yield served
    os.killpg(served.process.pid, signal.SIGKILL)
    served.process.wait()


@pytest.fixture
def serve(instance: Path) -> Iterator[Callable[[], Served]]:
    """Start the server and wait until it answers; every process of it is ended after the test."""
    started: list[Served] = []

    def start() -> Served:
        started.append(launch(instance))
        until(lambda: started[-1].is_up() or started[-1].process.poll() is not None)
        assert started[-1].process.poll() is None, started[-1].output.read_text()
        return started[-1]

    yield start
    for served in started:
        if served.process.poll() is None:
            os.killpg(served.process.pid, signal.SIGKILL)
        served.process.wait()


def workers(served: Served) -> list[int]:
    """Return the processes that answer on HTTPS: grandchildren of the server, two of a kind."""
    children = {pid: _children(pid) for pid in _children(served.process.pid)}
    return max(children.values(), key=len)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_phone_comes_in_by_the_plain_door_and_goes_on_by_https(looked_at: Served) -> None:
    status, headers, _ = fetch(looked_at.http(), "/")
    assert (status, headers["Location"]) == (303, "/trust")
    status, _, page = fetch(looked_at.http(), "/trust")
    assert status == 200
    assert f"https://127.0.0.1:{looked_at.port}/".encode() in page
    authority = fetch(looked_at.http(), "/ca.crt")[2]
    assert authority == (looked_at.instance / "tls" / "ca.crt").read_bytes()
    assert fetch(looked_at.https(), "/trust")[0] == 200


def test_both_protocols_of_https_are_spoken(looked_at: Served) -> None:
    trusting = ssl.create_default_context(cafile=looked_at.instance / "tls" / "ca.crt")
    trusting.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", looked_at.port)) as raw,
        trusting.wrap_socket(raw, server_hostname="localhost") as spoken,
    ):
        assert spoken.selected_alpn_protocol() == "h2"
        assert spoken.version() == "TLSv1.3"


def test_the_terminal_shows_addresses_a_code_and_the_fingerprint(looked_at: Served) -> None:
    told = looked_at.output.read_text()
    assert f"https://127.0.0.1:{looked_at.port}/" in told
    assert f"http://127.0.0.1:{looked_at.http_port}/" in told
    assert "▄▄▄▄▄" in told
    assert re.search(r"\b([0-9A-F]{2}:){31}[0-9A-F]{2}\b", told)
    assert "token" not in told


def test_the_first_visit_needs_the_token_that_the_terminal_shows(instance: Path, serve: Callable[[], Served]) -> None:
    with closing(sqlite3.connect(instance / "zhangshi.db")) as books:
        books.execute("DELETE FROM company")
        books.commit()
    told = serve().output.read_text()
    token = re.search(r"/setup\?token=(\S+)", told)
    assert token
    assert setup_token.check(instance, token[1])


def test_the_owner_may_open_the_plain_door_for_everything(instance: Path, serve: Callable[[], Served]) -> None:
    served = serve()
    assert fetch(served.http(), "/")[1]["Location"] == "/trust"
    with closing(sqlite3.connect(instance / "zhangshi.db")) as books:
        books.execute("UPDATE company SET http_full = 1")
        books.commit()
    assert fetch(served.http(), "/")[1]["Location"] != "/trust"


def test_a_taken_port_is_named_and_nothing_starts(instance: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        served = launch(instance, ports=(taken, free_ports()[0]))
        assert served.process.wait(PATIENCE_S) == 1
    told = served.output.read_text()
    assert f"Port {taken} is taken" in told
    assert "Traceback" not in told


def test_a_database_without_tables_is_named_and_nothing_starts(instance: Path) -> None:
    (instance / "zhangshi.db").unlink()
    served = launch(instance)
    assert served.process.wait(PATIENCE_S) == 1
    told = served.output.read_text()
    assert "flask --app app db upgrade" in told
    assert "Traceback" not in told


def test_ctrl_c_ends_every_process_and_frees_the_ports(serve: Callable[[], Served]) -> None:
    served = serve()
    os.killpg(served.process.pid, signal.SIGINT)
    assert served.process.wait(PATIENCE_S) == 0
    assert "Traceback" not in served.output.read_text()
    with pytest.raises(ProcessLookupError):
        os.killpg(served.process.pid, 0)
    again = launch(served.instance, ports=(served.port, served.http_port))
    try:
        until(again.is_up)
    finally:
        os.killpg(again.process.pid, signal.SIGKILL)
        again.process.wait()


def test_a_worker_that_dies_is_replaced_and_the_others_go_on(serve: Callable[[], Served]) -> None:
    served = serve()
    before = workers(served)
    assert len(before) == 2
    time.sleep(6)  # granian takes a second death within 5.5 s of a start for a crash loop
    os.kill(before[0], signal.SIGKILL)
    until(lambda: before[0] not in workers(served) and len(workers(served)) == 2)
    until(served.is_up)
    assert served.process.poll() is None


def test_no_process_holds_the_port_when_the_server_was_killed(serve: Callable[[], Served]) -> None:
    served = serve()
    served.process.kill()
    served.process.wait()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

        def is_free() -> bool:
            try:
                probe.bind(("127.0.0.1", served.port))
            except OSError:
                return False
            return True

        until(is_free)


@pytest.mark.parametrize("option", ["--no-tls", "--behind-proxy"])
def test_without_tls_it_speaks_plain_http_and_has_no_door(instance: Path, option: str) -> None:
    served = launch(instance, option)
    try:
        plain = http.client.HTTPConnection
        until(lambda: _answers(plain("127.0.0.1", served.port)))
        assert not (instance / "tls").exists()
        assert not _answers(served.http())
    finally:
        os.killpg(served.process.pid, signal.SIGKILL)
        served.process.wait()


def _answers(connection: http.client.HTTPConnection) -> bool:
    try:
        fetch(connection, "/")
    except OSError:
        return False
    return True
