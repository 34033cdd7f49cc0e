"""From the command line to running processes: free ports, certificates, what the terminal shows, the supervisor."""

import time
from functools import partial
from pathlib import Path
from typing import Final

import click
from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app.company.models import Company
from app.db import db
from app.identity import setup_token
from app.serve.addresses import host_name, lan_addresses, port_is_free
from app.serve.banner import banner, terminal_locale
from app.serve.certificates import Certificates, Names, ensure
from app.serve.plan import Plan
from app.serve.servers import is_full_use_allowed, preload, run_clock, serve_application, serve_door
from app.serve.supervisor import Supervisor, Task

CERTIFICATE_CHECK_S: Final = 300
PORT_PATIENCE_S: Final = 3  # the server before us may still be answering its last requests


class Options(Struct, frozen=True):
    """What the command line says."""

    host: str
    port: int
    http_port: int
    workers: int
    threads: int
    no_tls: bool
    behind_proxy: bool


def start(app: Flask, options: Options) -> int:
    """Serve *app* until told to stop; return the exit code."""
    instance = Path(app.instance_path)
    with force_locale(terminal_locale()):
        plan = _plan(instance, options)
        token = _first_token(instance)
        click.echo(banner(plan, lan_addresses(), token, http_full=is_full_use_allowed(app)))
    # No connection may cross a fork: two processes would speak on it.
    db.session.remove()
    db.engine.dispose()
    preload(app)
    tasks: dict[str, Task] = {"application": partial(serve_application, plan), "clock": run_clock}
    if plan.http_port:
        tasks["door"] = partial(serve_door, plan)
    return Supervisor(tasks, CERTIFICATE_CHECK_S, Renewal(plan)).run()


def _plan(instance: Path, options: Options) -> Plan:
    plain = options.no_tls or options.behind_proxy
    http_port = 0 if plain else options.http_port
    for port in filter(None, (options.port, http_port)):
        _ensure_free(options.host, port)
    return Plan(
        instance,
        options.host,
        options.port,
        http_port,
        options.workers,
        options.threads,
        None if plain else _certificates(instance),
        options.behind_proxy,
    )


def _ensure_free(host: str, port: int) -> None:
    deadline = time.monotonic() + PORT_PATIENCE_S
    while not port_is_free(host, port):
        if time.monotonic() > deadline:
            raise click.ClickException(
                _("Port %(port)s is taken or not allowed. Choose another: make run PORT=… HTTP_PORT=…", port=port)
            )
        time.sleep(0.1)


def _certificates(instance: Path) -> Certificates:
    return ensure(instance / "tls", Names.of(host_name(), lan_addresses()))


class Renewal:
    """Issues a new certificate when the machine's address changed or the old one ends, and has the server use it."""

    def __init__(self, plan: Plan) -> None:
        self._instance = plan.instance
        self._serial = plan.certificates and plan.certificates.serial

    def __call__(self, supervisor: Supervisor) -> None:
        """Look once; replace the workers if there is something new for them."""
        if self._serial and (fresh := _certificates(self._instance)).serial != self._serial:
            self._serial = fresh.serial
            supervisor.reload("application")


def _first_token(instance: Path) -> str | None:
    """Return the token of the set-up page, None if the company is set up."""
    try:
        set_up = db.session.scalar(select(Company.id)) is not None
    except DBAPIError as error:  # a table or a column is missing
        raise click.ClickException(_("The database is not ready: run flask --app app db upgrade")) from error
    return None if set_up else setup_token.issue(instance)
