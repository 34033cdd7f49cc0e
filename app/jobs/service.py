"""Taking a job, giving it back, and writing down how it went; each step is a short transaction of its own.

Law: among any number of processes a due job is run by one. Whoever turns the lease over in a guarded UPDATE runs it;
the others change no row and leave it alone.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db import inserting
from app.jobs.models import JobRun, JobState
from app.jobs.registry import Job, on_failure
from app.jobs.rules import retry_at

KEPT: Final = timedelta(days=90)
NOTE_LENGTH: Final = 2000


def enrol(session: Session, jobs: Iterable[Job], now: datetime, time_zone: str) -> None:
    """Make a row for each job that has none; two processes may do so at once."""
    for job in jobs:
        first = job.schedule.next_run(now, time_zone)
        with suppress(IntegrityError), session.begin_nested():
            session.execute(insert(JobState).values(name=job.name, next_run_at=first))


def claim(session: Session, job: Job, runner: str, now: datetime) -> int | None:
    """Take *job* for *runner* if it is due and free; return the run's id, None if somebody else has it."""
    free = or_(JobState.lease_until.is_(None), JobState.lease_until <= now)
    due = (JobState.name == job.name) & (JobState.next_run_at <= now) & free
    taken = session.execute(update(JobState).where(due).values(lease_until=now + job.lease, leased_by=runner))
    if not _changed(taken):
        return None
    run = JobRun(job=job.name, started_at=now)
    session.add(run)
    session.flush()
    return run.id


def finish(session: Session, job: Job, runner: str, run_id: int, note: str, now: datetime, time_zone: str) -> None:
    """Write that a run ended well, and when the job runs next."""
    _close(session, run_id, succeeded=True, note=note, now=now)
    following = job.schedule.next_run(now, time_zone)
    _give_back(session, job, runner, next_run_at=following, failures=0)
    session.execute(delete(JobRun).where(JobRun.job == job.name, JobRun.started_at < now - KEPT))


def fail(session: Session, job: Job, runner: str, run_id: int, error: str, now: datetime, time_zone: str) -> None:
    """Write that a run failed, when it is tried again, and tell who should know."""
    _close(session, run_id, succeeded=False, note=error, now=now)
    failures = (session.scalar(select(JobState.failures).where(JobState.name == job.name)) or 0) + 1
    again = retry_at(job.schedule, failures, now, time_zone)
    _give_back(session, job, runner, next_run_at=again, failures=failures)
    for tell in on_failure:
        tell(session, job, error, now)


def run_soon(session: Session, job: Job, now: datetime) -> None:
    """Make *job* due at once, known to the clock already or not."""
    due = {"next_run_at": now}
    row = inserting(session.get_bind().dialect.name, JobState).values(name=job.name, failures=0, **due)
    session.execute(row.on_conflict_do_update(index_elements=[JobState.name], set_=due))


def _close(session: Session, run_id: int, *, succeeded: bool, note: str, now: datetime) -> None:
    run = session.get_one(JobRun, run_id)
    run.finished_at, run.succeeded, run.note = now, succeeded, note[:NOTE_LENGTH]


def _give_back(session: Session, job: Job, runner: str, **values: object) -> None:
    # Where the lease ran out meanwhile, the job is another runner's: its row is left alone.
    ours = (JobState.name == job.name) & (JobState.leased_by == runner)
    session.execute(update(JobState).where(ours).values(lease_until=None, leased_by=None, **values))


def _changed(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0
