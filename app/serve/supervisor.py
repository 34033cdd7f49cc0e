"""The parent of the server's processes: starts them, restarts one that died, renews the certificate, stops them all."""

import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Final

from app.serve.collecting import collect_rarely
from app.serve.servers import PATIENCE_S, die_with_parent

if TYPE_CHECKING:
    from multiprocessing.context import ForkContext, SpawnContext
    from multiprocessing.process import BaseProcess

SETTLED_S: Final = 5.0  # a process that dies sooner would only die again
Task = Callable[[], None]


class Supervisor:
    """Runs named tasks, each in a process of its own, until a signal comes or one of them cannot stay up."""

    def __init__(self, tasks: Mapping[str, Task], every_s: float, chore: Callable[["Supervisor"], None]) -> None:
        self._tasks = tasks
        self._every_s = every_s
        self._chore = chore
        self._context: ForkContext | SpawnContext = (
            multiprocessing.get_context("fork") if sys.platform == "linux" else multiprocessing.get_context("spawn")
        )
        self._running: dict[str, tuple[BaseProcess, float]] = {}
        self._wake, self._waker = socket.socketpair()
        self._stopping = False

    def run(self) -> int:
        """Keep the tasks running; return the exit code."""
        self._listen()
        collect_rarely()
        for name in self._tasks:
            self._start(name)
        failed = False
        next_chore = time.monotonic() + self._every_s
        while not self._stopping and not failed:
            self._sleep(next_chore - time.monotonic())
            failed = not self._replace_the_dead()
            if time.monotonic() >= next_chore and not self._stopping:
                self._chore(self)
                next_chore = time.monotonic() + self._every_s
        self._stop_all()
        return 1 if failed else 0

    def reload(self, name: str) -> None:
        """Have the server called *name* replace its workers one by one, which read the certificate anew."""
        process, _ = self._running[name]
        if process.pid and hasattr(signal, "SIGHUP"):
            os.kill(process.pid, signal.SIGHUP)

    def _listen(self) -> None:
        self._waker.setblocking(False)
        self._wake.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._stop)

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _start(self, name: str) -> None:
        process = self._context.Process(name=f"zhangshi-{name}", target=_child, args=(self._tasks[name],))
        process.start()
        self._running[name] = (process, time.monotonic())

    def _sleep(self, seconds: float) -> None:
        wait([self._wake, *(process.sentinel for process, _ in self._running.values())], max(seconds, 0))
        try:
            self._wake.recv(4096)
        except BlockingIOError:
            return

    def _replace_the_dead(self) -> bool:
        """Start what died anew; False if something cannot stay up."""
        for name, (process, started) in list(self._running.items()):
            if process.is_alive() or self._stopping:
                continue
            if time.monotonic() - started < SETTLED_S:
                return False
            self._start(name)
        return True

    def _stop_all(self) -> None:
        processes = [process for process, _ in self._running.values()]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + PATIENCE_S + 2
        for process in processes:
            process.join(max(deadline - time.monotonic(), 0))
            if process.is_alive():
                process.kill()
                process.join()


def _child(task: Task) -> None:
    die_with_parent()
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        # Ctrl+C goes to every process of the terminal. A granian worker hangs when our SIGTERM meets that SIGINT
        # inside its handler, so only the supervisor hears it.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    if sys.platform == "linux":
        multiprocessing.set_start_method("fork", force=True)  # for the workers that the task starts in turn
    task()
