"""The list of jobs, each with its last run, and the list of the runs of one."""

from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.jobs.models import JobRun, JobState
from app.jobs.queries import select_jobs, select_runs
from app.jobs.registry import JOBS, Job
from app.jobs.rules import Daily, Schedule
from app.web.listing import Column, Listing


def _title(row: Any) -> str:
    return str(gettext(JOBS[row.name].title)) if row.name in JOBS else str(row.name)


def _schedule(row: Any) -> str:
    return schedule_text(JOBS[row.name].schedule) if row.name in JOBS else ""


def schedule_text(schedule: Schedule) -> str:
    """Return a schedule in words."""
    if isinstance(schedule, Daily):
        return str(gettext("daily at %(time)s", time=f"{schedule.at:%H:%M}"))
    return str(gettext("every %(minutes)s min", minutes=int(schedule.interval.total_seconds() // 60)))


def _outcome(row: Any) -> str:
    if row.started_at is None:
        return str(gettext("Not yet"))
    if row.finished_at is None:
        return str(gettext("Running"))
    return str(gettext("Done") if row.succeeded else gettext("Failed"))


def _shade(row: Any) -> str:
    if row.started_at is None or row.finished_at is None:
        return "calm"
    return "good" if row.succeeded else "bad"


_OUTCOME = Column("succeeded", _l("Result"), "badge", label=_outcome, shade=_shade)

OVERVIEW = Listing(
    name="jobs",
    title=_l("Scheduled jobs"),
    statement=select_jobs(),
    columns=(
        Column("name", _l("Job"), label=_title, link=lambda row: url_for("jobs.runs", name=row.name), is_title=True),
        Column("schedule", _l("Runs"), label=_schedule),
        _OUTCOME,
        Column("started_at", _l("Last run"), "instant", sort=JobRun.started_at),
        Column("next_run_at", _l("Next run"), "instant", sort=JobState.next_run_at),
        Column("note", _l("Note")),
    ),
    order=(JobState.name,),
    empty=_l("The jobs appear here as soon as the server's clock has looked at them once."),
)


def runs_listing(job: Job) -> Listing:
    """Return the list of the runs of one job, the latest first."""
    return Listing(
        name=f"job-{job.name}",
        title=gettext(job.title),
        statement=select_runs(job.name),
        columns=(
            Column("started_at", _l("Started"), "instant", sort=JobRun.started_at, is_title=True),
            Column("finished_at", _l("Finished"), "instant", sort=JobRun.finished_at),
            _OUTCOME,
            Column("note", _l("Note")),
        ),
        order=(JobRun.id.desc(),),
        when=JobRun.started_at,
        empty=_l("This job has not run yet."),
    )
