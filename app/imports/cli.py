"""`flask import KIND FILE`: the same import from a terminal, and the process that works for the page."""

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext
from flask_babel import force_locale

from app.company.queries import find_company
from app.db import db, transaction
from app.identity.queries import get_active_user, users_who_may
from app.identity.rules import Permission
from app.imports.queries import get_import, list_bad_rows
from app.imports.rules import ImportState
from app.imports.runner import file_of
from app.imports.service import (
    add_import,
    discard,
    drop_rows,
    propose_columns,
    send_to_work,
    start_applying,
    start_staging,
    work,
)
from app.imports.titles import other_titles
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken
from app.web.words import said, sentence

MOST_SHOWN = 50
NICENESS = 10  # the processor is for scans first


@click.command("import")
@click.argument("kind")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check every row and write nothing to the books.")
@click.option("--only-good", is_flag=True, help="Take the good rows over although others have problems.")
@click.option("--as", "login", help="The user it is booked under; without, the first owner.")
@with_appcontext
def import_command(kind: str, file: Path, *, dry_run: bool, only_good: bool, login: str | None) -> None:
    """Import FILE (XLSX, XLS, ODS or CSV) as KIND."""
    os.nice(NICENESS)
    with force_locale("en"):
        try:
            import_id = _stage(kind, file, _whose(login))
            bad = _report(import_id)
            if dry_run:
                with transaction() as session:
                    discard(session, import_id, utc_now())
                drop_rows(import_id)
                file_of(current_app, import_id).unlink(missing_ok=True)
            elif not bad or only_good:
                _apply(import_id, only_good=only_good)
        except RuleBroken as error:
            raise click.ClickException(sentence(error)) from error
    sys.exit(1 if bad and not only_good else 0)


@click.command("import-work", hidden=True)
@click.argument("import_id", type=int)
@click.argument("run", type=int)
@click.argument("by", type=int)
@with_appcontext
def work_command(import_id: int, run: int, by: int) -> None:
    """Do what an import waits for, gently: people scan on the same machine."""
    os.nice(NICENESS)
    with suppress(OSError):  # Linux weighs sessions against each other, whatever is nice within them; this is our own
        Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")
    work(import_id, run, file_of(current_app, import_id), _time_zone(), by)


def _whose(login: str | None) -> int:
    owners = users_who_may(db.session(), Permission.MANAGE_COMPANY)
    if login is None:
        if not owners:
            raise click.ClickException("Set the company up first: there is no user yet.")
        return owners[0]
    return get_active_user(db.session(), login).id


def _stage(kind: str, file: Path, by: int) -> int:
    with transaction() as session:
        import_id = add_import(session, kind, file.name, by, utc_now()).id
    kept = file_of(current_app, import_id)
    kept.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, kept)
    heading, columns = propose_columns(kept, file.name, kind, other_titles(kind))
    with transaction() as session:
        start_staging(session, import_id, heading, columns, utc_now())
        run = send_to_work(session, import_id, utc_now())
    work(import_id, run, kept, _time_zone())
    return import_id


def _report(import_id: int) -> int:
    found = get_import(db.session(), import_id)
    if found.state == ImportState.FAILED and found.failure:
        raise click.ClickException(said(found.failure))
    for shown, row in enumerate(list_bad_rows(db.session(), import_id)):
        if shown == MOST_SHOWN:
            click.echo(f"… and {found.bad - shown} more")
            break
        reasons = "; ".join(said(p) for p in row.problems)
        click.echo(f"row {row.number}: {reasons}")
    click.echo(f"{found.good} good, {found.bad} bad")
    return found.bad


def _apply(import_id: int, *, only_good: bool) -> None:
    with transaction() as session:
        start_applying(session, import_id, utc_now(), only_good=only_good)
        run = send_to_work(session, import_id, utc_now())
    work(import_id, run, file_of(current_app, import_id), _time_zone())
    found = get_import(db.session(), import_id)
    if found.state != ImportState.APPLIED:
        failure = found.failure or {"message": RuleBroken.message, "params": {}}
        raise click.ClickException(said(failure))
    click.echo(f"{found.applied} rows taken over")


def _time_zone() -> str:
    company = find_company(db.session())
    return company.time_zone if company else "UTC"
