"""`flask serve`: everything a phone on the network needs, from one command."""

import sys

import click
from flask import current_app
from flask.cli import with_appcontext


@click.command("serve")
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")  # noqa: S104  # phones come in
@click.option("--port", default=8443, show_default=True, help="Port of HTTPS.")
@click.option("--http-port", default=8080, show_default=True, help="Port of the plain door; 0 for none.")
@click.option("--workers", default=2, show_default=True, help="Processes that answer.")
@click.option("--threads", default=8, show_default=True, help="Requests that one process answers at a time.")
@click.option("--no-tls", is_flag=True, help="Plain HTTP on --port and nothing else.")
@click.option("--behind-proxy", is_flag=True, help="The same, believing the X-Forwarded headers of one proxy in front.")
@with_appcontext
def serve(**options: int | str | bool) -> None:
    """Serve on HTTPS with a certificate of this installation's own authority, and the plain door beside it."""
    from app.serve.start import Options, start  # noqa: PLC0415  # granian and cryptography load for this command alone

    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # what the proxy stands for
    sys.exit(start(app, Options(**options)))  # type: ignore[arg-type]  # click has seen to their types
