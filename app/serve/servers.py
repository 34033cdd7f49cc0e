"""What the processes do: the application on HTTPS, the plain door beside it, and the clock that runs jobs.

Cost: the application is loaded once, before the processes fork, so its memory is shared and a worker starts at once.
"""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from flask import Flask
from granian.constants import Interfaces, SSLProtocols
from granian.log import LogLevels
from granian.server.mp import MPServer
from werkzeug.middleware.proxy_fix import ProxyFix

from app.company.gate import is_http_allowed
from app.config import ROOT
from app.handheld.api import SCANS
from app.jobs.runner import start_clock
from app.serve.assets import Assets
from app.serve.cores import Cores, OnOneCore
from app.serve.door import Front, Trust, make_page
from app.serve.plan import Plan

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# A connection that idles counts too: phones and browsers keep theirs open, so this is no measure of work.
CONNECTIONS: Final = 1024
PATIENCE_S: Final = 10
NICENESS: Final = 10  # people scan on the same machine
SET_DEATH_SIGNAL: Final = 1  # prctl's PR_SET_PDEATHSIG
_loaded: list[Flask] = []
_cores = Cores()


def preload(app: Flask) -> None:
    """Keep *app* for the processes that fork from this one."""
    _loaded[:] = [app]


def application() -> Flask:
    """Return the application: inherited where processes fork, made anew where they cannot."""
    if not _loaded:
        from app import create_app  # noqa: PLC0415  # the root of the package knows every floor, this one included

        preload(create_app(migrations=False))
    return _loaded[0]


def serve_application(plan: Plan) -> None:
    """Serve the application until told to stop; over TLS if *plan* has certificates."""
    _server(plan, plan.port, plan.workers, secure=plan.certificates is not None).serve(
        target_loader=partial(load_application, plan), wrap_loader=False
    )


def serve_door(plan: Plan) -> None:
    """Serve the plain door until told to stop; one worker is plenty for it."""
    _server(plan, plan.http_port, 1, secure=False).serve(target_loader=partial(load_door, plan), wrap_loader=False)


def run_clock() -> None:
    """Run what is due by the clock until told to stop: in a process apart, so that no job slows an answer."""
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    clock = start_clock(application())
    told.wait()
    clock.stop()


def load_application(plan: Plan) -> "WSGIApplication":
    """Return what a worker of the application serves."""
    return _load(plan, lambda: True)


def load_door(plan: Plan) -> "WSGIApplication":
    """Return what the worker of the plain door serves."""
    return _load(plan, partial(is_full_use_allowed, application()))


def is_full_use_allowed(app: Flask) -> bool:
    """Return whether the owner lets the application be used over plain HTTP."""
    with app.app_context():
        return is_http_allowed()


def die_with_parent() -> None:
    """Have the system end this process when its parent is gone, however it went: no orphan holds a port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_DEATH_SIGNAL, signal.SIGTERM)


def _load(plan: Plan, is_open: Callable[[], bool]) -> "WSGIApplication":
    die_with_parent()
    front: WSGIApplication = OnOneCore(application(), SCANS, _cores)
    if plan.certificates:
        trust = Trust(plan.certificates.authority, plan.certificates.fingerprint, plan.port)
        front = Front(front, make_page(trust), is_open)
    if plan.behind_proxy:
        front = ProxyFix(front, x_for=1, x_proto=1, x_host=1)
    return Assets(front, ROOT / "static" / "dist")


def _server(plan: Plan, port: int, workers: int, *, secure: bool) -> MPServer:
    certificates = plan.certificates if secure else None
    return MPServer(
        "app",
        address=plan.host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=plan.threads,
        backpressure=CONNECTIONS,
        runtime_blocking_threads=1,  # they read files for granian; ours are read by Assets
        websockets=False,
        log_level=LogLevels.error,
        ssl_cert=certificates.chain if certificates else None,
        ssl_key=certificates.key if certificates else None,
        ssl_protocol_min=SSLProtocols.tls12,  # Android before 10 knows no newer one
        respawn_failed_workers=True,
        respawn_interval=1,
        workers_kill_timeout=PATIENCE_S,
    )
