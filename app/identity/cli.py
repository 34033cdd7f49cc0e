"""`flask users reset-password LOGIN`: the way back for those whom nobody else can help, a sole owner above all.

Whoever may run it holds the database anyway; that it was run stands in the audit trail.
"""

import click
from flask.cli import AppGroup

from app.db import db, run
from app.identity.passwords import make_password
from app.identity.queries import get_active_user
from app.identity.service import new_password_hash, reset_forgotten_password
from app.kernel.clock import utc_now
from app.kernel.errors import RuleBroken

users = AppGroup("users", help="The people who sign in.")


@users.command("reset-password")
@click.argument("login")
@click.option("--make", is_flag=True, help="Make a password and print it, instead of asking for one.")
def reset_password(login: str, *, make: bool) -> None:
    """Give the user LOGIN a new password, asked for without echo, and end all sessions of that user."""
    try:
        user = get_active_user(db.session(), login)
        password = make_password() if make else click.prompt("New password", hide_input=True, confirmation_prompt=True)
        new_hash = new_password_hash(password, user.login)
        run(lambda session: reset_forgotten_password(session, login, new_hash, utc_now(), must_change_password=make))
    except RuleBroken as error:
        raise click.ClickException(str(error)) from error
    if make:
        click.echo(f"New password: {password}")
        click.echo("It is asked to be replaced at the first sign-in: this terminal has shown it.")
    click.echo(f"{user.name} ({user.login}) is signed out everywhere and signs in with the new password.")
