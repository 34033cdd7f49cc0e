"""`flask backup FILE` and `flask restore FILE`."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from app.backup.archive import Manifest
from app.backup.service import back_up
from app.backup.service import restore as restore_from
from app.db import db, transaction
from app.identity.service import begin_after_restore
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path))
@with_appcontext
def backup(file: Path) -> None:
    """Write everything to FILE while work goes on, and prove it by restoring it into a database of its own."""
    try:
        manifest = back_up(db.engine, Path(current_app.instance_path), file, utc_now())
    except RuleBroken as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{file}: {_told(manifest)}; restored on trial, the books are right.")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option("--replace", is_flag=True, help="Replace the data that this database holds.")
@with_appcontext
def restore(file: Path, *, replace: bool) -> None:
    """Load FILE, taken from SQLite or PostgreSQL, into this database. Stop the server first."""
    try:
        manifest = restore_from(db.engine, Path(current_app.instance_path), file, replace=replace)
        with transaction() as session:
            begin_after_restore(session, {"file": file.name, "taken_at": manifest.taken_at}, utc_now())
    except RuleBroken as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{db.engine.url.render_as_string()}: {_told(manifest)}, of {manifest.taken_at:%Y-%m-%d %H:%M} UTC.")
    click.echo("Everybody signs in anew.")


def _told(manifest: Manifest) -> str:
    rows = sum(table.rows for table in manifest.tables)
    return f"{rows} rows of {len(manifest.tables)} tables, {len(manifest.files)} files"
