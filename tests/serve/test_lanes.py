"""Scans one at a time and on one core of their own, everything else beside them."""

import os
import threading
from multiprocessing import get_context
from multiprocessing.connection import Connection

from werkzeug.test import Client

from app.serve.lanes import Cores, Lane

SCANS = "/scans"


class Application:
    """Answers with the cores its thread may use; may be told to wait."""

    def __init__(self) -> None:
        self.entered = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, _environ: object, start: object) -> list[bytes]:
        self.entered.release()
        assert self.go_on.wait(20)
        assert callable(start)
        start("200 OK", [])
        return [repr(sorted(os.sched_getaffinity(0))).encode()]


def test_scans_queue_and_other_requests_pass_them() -> None:
    application = Application()
    client = Client(Lane(application, SCANS, Cores()))
    application.go_on.clear()
    scans = [threading.Thread(target=client.post, args=(SCANS,)) for _ in range(3)]
    for scan in scans:
        scan.start()
    assert application.entered.acquire(timeout=20)
    page = threading.Thread(target=client.get, args=("/page",))
    page.start()
    assert application.entered.acquire(timeout=20)  # the page is in, beside the first scan
    assert not application.entered.acquire(timeout=0.2)  # no second scan is
    application.go_on.set()
    for thread in (page, *scans):
        thread.join(20)
    assert [application.entered.acquire(timeout=0) for _ in range(3)] == [True, True, False]


def test_scans_keep_to_one_core_and_what_the_same_thread_does_next_does_not() -> None:
    client = Client(Lane(Application(), SCANS, Cores()))
    everywhere = sorted(os.sched_getaffinity(0))
    assert len(eval(client.post(SCANS).text)) == 1  # noqa: S307  # our own list
    assert client.get("/page").text == repr(everywhere)


def _claim(cores: Cores, pipe: Connection) -> None:
    pipe.send(cores.claim())
    pipe.recv()


def test_no_two_processes_share_a_core_and_a_dead_ones_core_is_free_again() -> None:
    cores = Cores([4, 7])
    fork = get_context("fork")
    ours, theirs = fork.Pipe()
    first = fork.Process(target=_claim, args=(cores, theirs))
    first.start()
    taken = ours.recv()
    assert {taken, cores.claim()} == {4, 7}
    ours.send("end")
    first.join(20)
    ours, theirs = fork.Pipe()
    second = fork.Process(target=_claim, args=(cores, theirs))
    second.start()
    assert ours.recv() == taken
    ours.send("end")
    second.join(20)
