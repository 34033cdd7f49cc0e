"""`flask demo load`: the demo company, once; `flask demo sign-ins`: who may sign in to it."""

import click
from flask.cli import AppGroup

from app.company.queries import current_company
from app.db import db

demo_cli = AppGroup("demo", help="A company to try everything with.")


@demo_cli.command("load")
def load() -> None:
    """Fill an empty installation with the demo company; one that is filled stays as it is."""
    from app.demo.load import load_demo  # noqa: PLC0415  # the server needs none of it

    if current_company(db.session()) is None:
        load_demo()
    _print_sign_ins()


@demo_cli.command("sign-ins")
def sign_ins() -> None:
    """Print who may sign in to the demo."""
    _print_sign_ins()


def _print_sign_ins() -> None:
    from app.demo.load import PASSWORD, PEOPLE  # noqa: PLC0415  # the server needs none of it

    click.echo(f"Password for all: {PASSWORD}")
    for login, name, role in PEOPLE:
        click.echo(f"  {login:<12} {name} ({role.value})")
