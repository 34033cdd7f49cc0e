"""The plain-HTTP door: the authority's certificate, how to trust it, and the way on to HTTPS; nothing else.

Law: nothing a person typed and nothing of the books passes here unless the owner switched full use over HTTP on. The
page stands on a little application of its own, which has no session and no database.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, render_template, request
from flask_babel import get_locale
from msgspec import Struct

from app.config import ROOT
from app.web import shell, words

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PAGE: Final = "/trust"
CERTIFICATE: Final = "/ca.crt"
PORT: Final = re.compile(r":\d+$")
SYSTEMS: Final = {  # as browsers name them, the telling word first: HarmonyOS calls itself Android too
    "harmony": ("HarmonyOS", "OpenHarmony", "ArkWeb"),
    "android": ("Android",),
    "ios": ("iPhone", "iPad"),
    "windows": ("Windows",),
    "mac": ("Macintosh",),
}


class Trust(Struct, frozen=True):
    """What the page tells: the authority's file and fingerprint, and where HTTPS is."""

    authority: Path
    fingerprint: str
    https_port: int


class Front:
    """WSGI: the trust page and certificate for everybody, the application for whom *is_open* lets through."""

    def __init__(self, app: "WSGIApplication", page: "WSGIApplication", is_open: Callable[[], bool]) -> None:
        self._app = app
        self._page = page
        self._is_open = is_open

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request as WSGI wants it."""
        if environ["PATH_INFO"] in (PAGE, CERTIFICATE):
            return self._page(environ, start_response)
        if self._is_open():
            return self._app(environ, start_response)
        start_response("303 See Other", [("Location", PAGE), ("Content-Length", "0"), ("Cache-Control", "no-store")])
        return []


def make_page(trust: Trust) -> Flask:
    """Return the little application that shows *trust*."""
    page = Flask(
        "app.serve",
        static_folder=str(ROOT / "static" / "dist"),
        static_url_path="/static",
        template_folder=str(ROOT / "templates"),
    )
    page.config["BABEL_TRANSLATION_DIRECTORIES"] = str(ROOT / "app" / "translations")
    words.init_app(page, lambda: request.args.get("lang"))
    page.jinja_env.globals["asset"] = shell.asset
    page.after_request(_headers)
    page.add_url_rule(PAGE, view_func=lambda: _show(trust), endpoint="trust")
    page.add_url_rule(CERTIFICATE, view_func=lambda: _certificate(trust), endpoint="certificate")
    return page


def system_of(user_agent: str) -> str:
    """Return which of SYSTEMS a browser runs on; unknown ones are shown the first steps of all."""
    return next((name for name, marks in SYSTEMS.items() if any(mark in user_agent for mark in marks)), "")


def _show(trust: Trust) -> str:
    return render_template(
        "serve/trust.html",
        fingerprint=trust.fingerprint,
        https=f"https://{PORT.sub('', request.host)}:{trust.https_port}/",
        system=system_of(request.user_agent.string),
        locale=str(get_locale()),
        theme="auto",
    )


def _certificate(trust: Trust) -> Response:
    # Phones open their certificate installer for this type only, and only for a file with this ending.
    response = Response(trust.authority.read_bytes(), mimetype="application/x-x509-ca-cert")
    response.headers["Content-Disposition"] = "attachment; filename=zhangshi-ca.crt"
    return response


def _headers(response: Response) -> Response:
    response.headers.update(shell.HEADERS)
    response.headers["Cache-Control"] = "no-store"
    return response
