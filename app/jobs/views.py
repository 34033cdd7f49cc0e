"""How the jobs went, and running one now."""

from datetime import time
from typing import Any

from flask import Blueprint, Response, flash, redirect, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from app.db import db, transaction
from app.identity.access import Permission, may
from app.jobs import service
from app.jobs.models import JobRun, JobState
from app.jobs.queries import select_jobs, select_runs
from app.jobs.registry import JOBS, get_job
from app.jobs.rules import Daily, Schedule
from app.kernel.clock import utc_now
from app.web.listing import Column, Listing, answer

bp = Blueprint("jobs", __name__)


def _title(row: Any) -> str:
    return str(gettext(JOBS[row.name].title)) if row.name in JOBS else str(row.name)


def _schedule(row: Any) -> str:
    return said(JOBS[row.name].schedule) if row.name in JOBS else ""


def said(schedule: Schedule) -> str:
    """Return a schedule in words."""
    if isinstance(schedule, Daily):
        return str(gettext("daily at %(time)s", time=_clock(schedule.at)))
    return str(gettext("every %(minutes)s min", minutes=int(schedule.interval.total_seconds() // 60)))


def _clock(at: time) -> str:
    return at.strftime("%H:%M")


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


def _runs(name: str) -> Listing:
    return Listing(
        name=f"job-{name}",
        title=gettext(get_job(name).title),
        statement=select_runs(name),
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


@bp.get("/jobs")
@may(Permission.MANAGE_COMPANY)
def overview() -> Response:
    """List the jobs, each with its last run."""
    return answer(db.session(), OVERVIEW, "jobs/overview.html")


@bp.get("/jobs/<name>")
@may(Permission.MANAGE_COMPANY)
def runs(name: str) -> Response:
    """List the runs of one job."""
    return answer(db.session(), _runs(name), "jobs/runs.html", job=get_job(name))


@bp.post("/jobs/<name>/run")
@may(Permission.MANAGE_COMPANY)
def run_now(name: str) -> AnyResponse:
    """Make a job due at once; the clock takes it at its next look."""
    job = get_job(name)
    with transaction() as session:
        service.run_soon(session, job, utc_now())
    flash(gettext("The job starts within half a minute."), "success")
    return redirect(url_for("jobs.runs", name=name), 303)
