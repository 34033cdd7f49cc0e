"""Runs what is due: from a thread of every serving process, or once from the command line.

Law: a job runs outside any transaction and opens its own; whatever it raises is written down, tried again and told.
"""

import logging
import os
import socket
import threading
import time
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from flask import Flask

from app.company.queries import find_company
from app.db import db, transaction
from app.jobs import service
from app.jobs.queries import list_due, list_known
from app.jobs.registry import JOBS, Job
from app.kernel.clock import utc_now

TICK_S: Final = 20.0
log = logging.getLogger(__name__)


def run_due(now: datetime) -> list[str]:
    """Run every job that is due and free, one after another; return the names of those that ran here."""
    company = find_company(db.session())
    if company is None:
        return []
    _enrol(now, company.time_zone)
    due = [JOBS[name] for name in list_due(db.session(), now) if name in JOBS]
    return [job.name for job in due if run_job(job, now, company.time_zone)]


def run_job(job: Job, now: datetime, time_zone: str) -> bool:
    """Run *job* if no other process has it; say whether it ran here."""
    runner = f"{socket.gethostname()[:20]}:{os.getpid()}:{uuid4().hex[:8]}"
    with transaction() as session:
        run_id = service.claim(session, job, runner, now)
    if run_id is None:
        return False
    started = time.monotonic()
    try:
        note = job.run(now) or ""
    except Exception as error:  # whatever a job raises, the clock goes on
        log.exception("job %s failed", job.name)
        ended = now + timedelta(seconds=time.monotonic() - started)
        with transaction() as session:
            told = f"{type(error).__name__}: {error}"
            service.fail(session, job, runner, run_id, told, ended, time_zone)
    else:
        ended = now + timedelta(seconds=time.monotonic() - started)
        with transaction() as session:
            service.finish(session, job, runner, run_id, note, ended, time_zone)
    return True


def _enrol(now: datetime, time_zone: str) -> None:
    known = list_known(db.session())
    if missing := [job for job in JOBS.values() if job.name not in known]:
        with transaction() as session:
            service.enrol(session, missing, now, time_zone)


class Clock:
    """A thread that looks every few seconds whether a job is due; started once in each serving process."""

    def __init__(self, app: Flask, tick_s: float = TICK_S) -> None:
        self._app = app
        self._tick_s = tick_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> "Clock":
        """Begin; a daemon thread, since its leases outlive it and let another process go on."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End after the job that runs now."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._tick_s):
            with self._app.app_context():
                try:
                    run_due(utc_now())
                except Exception:  # the database may be away for a while: look again at the next tick
                    log.exception("the clock could not look for due jobs")


def start_clock(app: Flask) -> Clock:
    """Start the clock of this process."""
    return Clock(app).start()
