"""Who writes to SQLite next: the order of those who wait, over threads and processes."""

import os
import sys
import threading
from contextlib import AbstractContextManager, nullcontext
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Engine


class _Turns:
    """The queue of those who want to write to one SQLite file: threads by a lock, processes by a lock on a file.

    SQLite itself has no queue: who finds the database locked sleeps, longer each time, and may be overtaken for
    seconds. Its own lock still rules; this one decides nothing but the order.
    """

    def __init__(self, database: str) -> None:
        self._thread = threading.Lock()
        self._file = os.open(f"{database}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __del__(self) -> None:
        os.close(self._file)

    def __enter__(self) -> None:
        self._thread.acquire()
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
        except BaseException:
            self._thread.release()
            raise

    def __exit__(self, *_: object) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._thread.release()


_turns: WeakKeyDictionary[Engine, _Turns] = WeakKeyDictionary()


def turn(engine: Engine) -> AbstractContextManager[None]:
    """Return the turn to wait for before writing; PostgreSQL queues by itself."""
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database or database == ":memory:" or sys.platform == "win32":
        return nullcontext()
    turns = _turns.get(engine)
    if turns is None:
        # Two threads may both make one: their two open files exclude each other as well.
        turns = _turns[engine] = _Turns(database)
    return turns


if sys.platform != "win32":
    import fcntl

    # On a file that it inherits a forked process would share its parent's turn.
    os.register_at_fork(after_in_child=_turns.clear)
