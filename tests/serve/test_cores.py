"""Scans on one core, everything else anywhere."""

import os
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from werkzeug.test import Client

from app.serve.cores import Cores, OnOneCore

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

SCANS = "/scans"


def application(_environ: object, start: "StartResponse") -> list[bytes]:
    """Answer with the cores that the thread may use."""
    start("200 OK", [])
    return [repr(sorted(os.sched_getaffinity(0))).encode()]


def test_scans_keep_to_one_core_and_what_the_same_thread_does_next_does_not() -> None:
    client = Client(OnOneCore(application, SCANS, Cores()))
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
