"""Keeps requests for one address to one core of a process, where wandering from core to core they only hinder.

Cost: threads that compute share one interpreter; let loose on all cores, eight that take scans pass a third of their
time handing it, and what the cores' caches hold, around.
"""

import os
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Cores:
    """The cores of this machine, each for one process at a time; made before the processes fork."""

    def __init__(self, cores: Iterable[int] | None = None) -> None:
        self.all = sorted(cores or (os.sched_getaffinity(0) if sys.platform == "linux" else ()))
        # A claim is a lock on one byte of this file, and ends with its process.
        self._claims, path = tempfile.mkstemp()
        Path(path).unlink()

    def __del__(self) -> None:
        os.close(self._claims)

    def claim(self) -> int | None:
        """Return a core that no other process has, for as long as this one lives; None where there is none left."""
        for number, core in enumerate(self.all if len(self.all) > 1 else []):
            try:
                fcntl.lockf(self._claims, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
            except OSError:
                continue
            return core
        return None


class OnOneCore:
    """WSGI middleware: requests for *path* are answered on one core, all others anywhere."""

    def __init__(self, app: "WSGIApplication", path: str, cores: Cores) -> None:
        self._app = app
        self._path = path
        self._everywhere = cores.all
        self._core = cores.claim()
        self._thread = threading.local()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request as WSGI wants it."""
        is_ours = environ["PATH_INFO"] == self._path
        if self._core is not None and is_ours != getattr(self._thread, "keeps", False):
            # A process that a thread starts keeps to its core as well: no other request may find it so.
            os.sched_setaffinity(0, {self._core} if is_ours else self._everywhere)
            self._thread.keeps = is_ours
        return self._app(environ, start_response)


if sys.platform != "win32":
    import fcntl
