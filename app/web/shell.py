"""The page shell: hashed assets, security headers, CSRF, and what every template may use."""

import json
from functools import cache
from pathlib import Path

from flask import Flask, Response, current_app, request, url_for
from flask_wtf.csrf import CSRFProtect
from markupsafe import Markup

from app.web.formats import FILTERS
from app.web.words import LOCALES

csrf = CSRFProtect()

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
        "media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=()",
}


def init_app(app: Flask) -> None:
    """Register CSRF protection, headers, and the names templates use."""
    csrf.init_app(app)
    app.after_request(_headers)
    app.jinja_env.filters.update(FILTERS)
    app.jinja_env.globals.update(asset=asset, icon=icon, LOCALES=LOCALES)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _headers(response: Response) -> Response:
    own = set(map(str.lower, response.headers.keys()))
    for name, value in HEADERS.items():
        if name.lower() not in own:
            response.headers.add(name, value)
    # No Strict-Transport-Security: it would shut the plain door of this host's name, where phones get the certificate.
    if "Cache-Control" not in response.headers and request.endpoint != "static":
        # Pages show the stock of this moment and of this user: no cache keeps them.
        response.headers["Cache-Control"] = "no-store"
    return response


def asset(name: str) -> str:
    """Return the URL of the built file that *name* stands for (static/dist/manifest.json maps one to the other)."""
    manifest = _manifest(Path(current_app.static_folder or ""), bool(current_app.testing or current_app.debug))
    return url_for("static", filename=manifest.get(name, name))


def _manifest(folder: Path, fresh: bool) -> dict[str, str]:
    if fresh:
        _read_manifest.cache_clear()
    return _read_manifest(folder)


@cache
def _read_manifest(folder: Path) -> dict[str, str]:
    path = folder / "manifest.json"
    if not path.exists():
        return {}
    names: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return names


def icon(name: str) -> Markup:
    """Return the inlined SVG of *name*; it is decoration, so screen readers skip it."""
    return Markup(_icon_svg(Path(current_app.static_folder or "") / "icons" / f"{name}.svg"))  # noqa: S704  # our file


@cache
def _icon_svg(path: Path) -> str:
    # Without built assets pages still answer, bare; a name that icons.txt lacks is an error.
    return path.read_text(encoding="utf-8") if path.parent.exists() else ""
