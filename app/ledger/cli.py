"""`flask ledger verify`: prove the books, or name each breach and fail."""

import sys

import click
from flask.cli import AppGroup

from app.db import db
from app.ledger.verify import INVARIANTS, OTHERS, verify

ledger = AppGroup("ledger", help="The append-only ledgers.")


@ledger.command("verify")
def verify_command() -> None:
    """Check every invariant of the ledgers; exit with 1 and name each breach."""
    breaches = verify(db.session())
    for breach in breaches:
        click.echo(f"{breach.invariant}: {breach.where}", err=True)
    if breaches:
        sys.exit(1)
    click.echo(f"The books are right: {len(INVARIANTS) + len(OTHERS)} invariants hold.")
