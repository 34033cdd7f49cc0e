"""What is due, and how jobs went."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.jobs.models import JobRun, JobState


def list_known(session: Session) -> set[str]:
    """Return the names of the jobs that the database knows."""
    return set(session.scalars(select(JobState.name)))


def list_due(session: Session, now: datetime) -> list[str]:
    """Return the names of the jobs that somebody should run now."""
    free = or_(JobState.lease_until.is_(None), JobState.lease_until <= now)
    query = select(JobState.name).where(JobState.next_run_at <= now, free)
    return list(session.scalars(query.order_by(JobState.next_run_at, JobState.name)))


def select_jobs() -> Select[Any]:
    """Return the statement of the list of jobs, each with its last run."""
    last = select(JobRun.job, func.max(JobRun.id).label("id")).group_by(JobRun.job).subquery()
    columns: tuple[Any, ...] = (
        JobState.name,
        JobState.next_run_at,
        JobState.lease_until,
        JobRun.started_at,
        JobRun.finished_at,
        JobRun.succeeded,
        JobRun.note,
    )
    return (
        select(*columns)
        .select_from(JobState)
        .outerjoin(last, last.c.job == JobState.name)
        .outerjoin(JobRun, and_(JobRun.id == last.c.id))
    )


def select_runs(job: str) -> Select[Any]:
    """Return the statement of the runs of one job."""
    columns: tuple[Any, ...] = tuple(JobRun.__table__.columns)
    return select(*columns).where(JobRun.job == job)
