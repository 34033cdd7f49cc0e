"""`flask jobs`: what a system's own timer may call instead of, or beside, the clock in the server."""

import click
from flask.cli import AppGroup

from app.company.queries import get_company
from app.db import db, transaction
from app.jobs import service
from app.jobs.registry import JOBS, get_job
from app.jobs.runner import run_due, run_job
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken

jobs_cli = AppGroup("jobs", help="Jobs that run by the clock.")


@jobs_cli.command("run")
@click.argument("name", required=False)
def run(name: str | None) -> None:
    """Run every due job, or the job NAME at once."""
    try:
        ran = run_due(utc_now()) if name is None else _run_now(name)
    except RuleBroken as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"ran: {', '.join(ran) or 'nothing'}")


@jobs_cli.command("list")
def list_jobs() -> None:
    """Name the jobs there are."""
    for job in JOBS.values():
        click.echo(f"{job.name}\t{job.title}")


def _run_now(name: str) -> list[str]:
    job, now, zone = get_job(name), utc_now(), get_company(db.session()).time_zone
    with transaction() as session:
        service.run_soon(session, job, now)
    return [name] if run_job(job, now, zone) else []
