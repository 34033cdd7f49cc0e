"""How the jobs went, and running one now."""

from flask import Blueprint, Response, flash, redirect, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.db import db, transaction
from app.identity.access import Permission, may
from app.jobs import service
from app.jobs.listings import OVERVIEW, runs_listing
from app.jobs.registry import get_job
from app.kernel.clock import utc_now
from app.web.listing import answer

bp = Blueprint("jobs", __name__)


@bp.get("/jobs")
@may(Permission.MANAGE_COMPANY)
def overview() -> Response:
    """List the jobs, each with its last run."""
    return answer(db.session(), OVERVIEW, "jobs/overview.html")


@bp.get("/jobs/<name>")
@may(Permission.MANAGE_COMPANY)
def runs(name: str) -> Response:
    """List the runs of one job."""
    job = get_job(name)
    return answer(db.session(), runs_listing(job), "jobs/runs.html", job=job)


@bp.post("/jobs/<name>/run")
@may(Permission.MANAGE_COMPANY)
def run_now(name: str) -> AnyResponse:
    """Make a job due at once; the clock takes it at its next look."""
    job = get_job(name)
    with transaction() as session:
        service.run_soon(session, job, utc_now())
    flash(gettext("The job starts within half a minute."), "success")
    return redirect(url_for("jobs.runs", name=name), 303)
