"""The jobs there are and who hears of failures; both are filled in wiring and nowhere else."""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy.orm import Session

from app.jobs.rules import JobUnknown, Schedule


class Job(Struct, frozen=True):
    """What runs by the clock: `run(now)` opens its own transactions and returns a line for the page, or raises.

    *lease* is how long a run may take before another process believes its runner dead and starts anew; a job's work
    must bear being done again after that.
    """

    name: str
    title: str  # msgid
    schedule: Schedule
    run: Callable[[datetime], str | None]
    lease: timedelta = timedelta(hours=1)


JOBS: dict[str, Job] = {}
# Called in the transaction that records the failure, with the job, the error's words and the instant.
on_failure: list[Callable[[Session, Job, str, datetime], None]] = []


def register(*jobs: Job) -> None:
    """Add *jobs*; one name means one job."""
    JOBS.update({job.name: job for job in jobs})


def get_job(name: str) -> Job:
    """Return the job of that name. Errors: JobUnknown."""
    try:
        return JOBS[name]
    except KeyError:
        raise JobUnknown(name=name) from None
