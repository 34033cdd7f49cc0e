"""The parent of the server's processes, with little tasks in place of servers."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from app.serve.supervisor import SETTLED_S, Supervisor

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked at through /proc")
PATIENCE_S = 10


def idle(folder: Path) -> None:
    """Leave a note with the process id and wait for the end."""
    (folder / str(os.getpid())).touch()
    signal.pause()


def die(folder: Path) -> None:
    (folder / str(os.getpid())).touch()
    raise SystemExit(3)


def note_reload(folder: Path) -> None:
    signal.signal(signal.SIGHUP, lambda *_: (folder / "reloaded").touch())
    while True:
        signal.pause()


def nothing(_: Supervisor) -> None:
    """Stand for a chore that finds nothing to do."""


def supervise(task: Callable[[], None], chore: Callable[[Supervisor], None], every_s: float) -> None:
    sys.exit(Supervisor({"task": task}, every_s, chore).run())


@pytest.fixture
def start() -> Iterator[Callable[..., multiprocessing.Process]]:
    """Run a supervisor in a process of its own; whatever is left of it is ended after the test."""
    context = multiprocessing.get_context("fork")
    started: list[multiprocessing.Process] = []

    def run(
        task: Callable[[], None], chore: Callable[[Supervisor], None] = nothing, every_s: float = 60
    ) -> multiprocessing.Process:
        process = context.Process(target=supervise, args=(task, chore, every_s))
        process.start()
        started.append(process)  # type: ignore[arg-type]  # a process of the fork context is one
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.join()


def pids(folder: Path) -> set[int]:
    return {int(path.name) for path in folder.iterdir() if path.name.isdigit()}


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_with_success(
    tmp_path: Path, start: Callable[..., multiprocessing.Process], number: signal.Signals
) -> None:
    supervisor = start(partial(idle, tmp_path))
    assert eventually(lambda: len(pids(tmp_path)) == 1)
    assert supervisor.pid
    os.kill(supervisor.pid, number)
    supervisor.join(PATIENCE_S)
    assert supervisor.exitcode == 0
    assert all(is_gone(pid) for pid in pids(tmp_path))


def test_what_cannot_even_start_ends_the_server_with_failure(
    tmp_path: Path, start: Callable[..., multiprocessing.Process]
) -> None:
    supervisor = start(partial(die, tmp_path))
    supervisor.join(PATIENCE_S)
    assert supervisor.exitcode == 1
    assert len(pids(tmp_path)) == 1


def test_what_had_settled_is_started_anew_when_it_dies(
    tmp_path: Path, start: Callable[..., multiprocessing.Process]
) -> None:
    start(partial(idle, tmp_path))
    assert eventually(lambda: len(pids(tmp_path)) == 1)
    time.sleep(SETTLED_S + 0.2)
    (pid,) = pids(tmp_path)
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: len(pids(tmp_path)) == 2)


def test_nothing_outlives_a_supervisor_that_was_killed(
    tmp_path: Path, start: Callable[..., multiprocessing.Process]
) -> None:
    supervisor = start(partial(idle, tmp_path))
    assert eventually(lambda: len(pids(tmp_path)) == 1)
    supervisor.kill()
    supervisor.join()
    assert eventually(lambda: all(is_gone(pid) for pid in pids(tmp_path)))


def reload_task(supervisor: Supervisor) -> None:
    supervisor.reload("task")


def test_the_chore_runs_by_the_clock_and_can_have_a_server_reload(
    tmp_path: Path, start: Callable[..., multiprocessing.Process]
) -> None:
    start(partial(note_reload, tmp_path), reload_task, 0.5)
    assert eventually((tmp_path / "reloaded").exists)
