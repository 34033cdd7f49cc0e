"""Reads photos in a process of its own, so that scans are not delayed and no picture can harm the server.

Law: one photo at a time, bounded in memory and time; the process is started by the first photo and ends when it has
been idle for a while. A photo that breaks a bound costs that process, and the photo gets a sentence.
"""

import multiprocessing
import os
import sys
import threading
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Final, cast

from msgspec import Struct

from app.kernel.errors import RuleBroken
from app.kernel.i18n import N_
from app.scanning.decode import decode

PATIENCE_S: Final = 20
START_S: Final = 60
IDLE_S: Final = 60
MEMORY: Final = 1024**3  # beyond what the process has when it starts
WAITING: Final = 2  # photos that may wait in one server process: each holds a thread that scans need too


class TooManyPhotos(RuleBroken):
    """Others are being read; scans come first."""

    message = N_("Other photos are being read; try again in a moment.")
    status = 429


class PhotoGaveUp(RuleBroken):
    """The picture broke a bound."""

    message = N_("This picture is too hard to read. Take it again, closer and with more light.")
    status = 422


class Found(Struct, frozen=True):
    """What the reader sends back: (text, symbology, gtin14) of each code, or a broken rule about the picture."""

    codes: tuple[tuple[str, str, str | None], ...] = ()
    problem: RuleBroken | None = None


class Darkroom:
    """Owns the reading process of one server process."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._waiting = threading.BoundedSemaphore(1 + WAITING)
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    def read(self, photo: bytes) -> Found:
        """Return the codes in *photo*.

        Errors: TooManyPhotos, PhotoGaveUp.
        """
        if not self._waiting.acquire(blocking=False):
            raise TooManyPhotos
        try:
            with self._turn:
                return self._ask(photo)
        finally:
            self._waiting.release()

    def close(self) -> None:
        """End the process."""
        process, pipe, self._process, self._pipe = self._process, self._pipe, None, None
        if pipe is not None:
            pipe.close()
        if process is not None:
            process.kill()
            process.join()

    def _ask(self, photo: bytes) -> Found:
        was_running = self._process is not None
        found = self._try(photo)
        if found is None and was_running:
            found = self._try(photo)  # it may just have ended for idleness
        if found is None:
            raise PhotoGaveUp
        return found

    def _try(self, photo: bytes) -> Found | None:
        """Return what the process found, None where it died: of its memory bound, or of a fault in a decoder.

        Errors: PhotoGaveUp where it takes too long.
        """
        try:
            pipe = self._open()
            pipe.send_bytes(photo)
            if pipe.poll(PATIENCE_S):
                return cast("Found", pipe.recv())
        except (OSError, EOFError):
            self.close()
            return None
        self.close()
        raise PhotoGaveUp

    def _open(self) -> Connection:
        if self._pipe is None or self._process is None or not self._process.is_alive():
            self.close()
            # Not a fork: threads of the server hold locks that a copy would wait for forever.
            context = multiprocessing.get_context("spawn")
            self._pipe, theirs = context.Pipe()
            self._process = context.Process(target=_serve, args=(theirs,), name="photos", daemon=True)
            self._process.start()
            theirs.close()
            if not (self._pipe.poll(START_S) and self._pipe.recv()):
                raise OSError("the reading process did not start")
        return self._pipe


def _serve(pipe: Connection) -> None:
    """Read photos until none came for a while."""
    _bound_memory()
    if hasattr(os, "nice"):
        os.nice(10)  # the processor is for scans first
    pipe.send(True)  # ready: from now on the time is the photo's
    while pipe.poll(IDLE_S):
        try:
            photo = pipe.recv_bytes()
        except EOFError:
            return
        pipe.send(_read(photo))


def _read(photo: bytes) -> Found:
    try:
        decoded = decode(photo)
    except RuleBroken as broken:
        return Found(problem=broken)
    except MemoryError:
        return Found(problem=PhotoGaveUp())
    codes = tuple((symbol.raw, symbol.symbology.value, symbol.gtin14) for symbol in decoded.symbols)
    return Found(codes, decoded.problem)


def _bound_memory() -> None:
    if sys.platform != "linux":
        return  # elsewhere the limit on pixels must do
    import resource  # noqa: PLC0415  # not on every system

    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # one read of a kernel file
        size = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
