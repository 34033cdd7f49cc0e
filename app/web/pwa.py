"""What makes the site installable: its manifest, the service worker, and the page shown without a network.

Law: all three are the same for everybody; none of them reads or makes a session.
"""

from pathlib import Path
from typing import Final

from flask import Flask, Response, current_app, jsonify, make_response, render_template, send_from_directory, url_for
from flask_babel import get_locale, gettext

from app.web.marks import public
from app.web.shell import asset

THEME: Final = "#0d5c63"  # as in base.html
BACKGROUND: Final = "#ffffff"
ICONS: Final = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable-192.png", "192x192", "maskable"),
    ("icon-maskable-512.png", "512x512", "maskable"),
)


def init_app(app: Flask) -> None:
    """Register the three addresses, which browsers expect at the root of the site."""
    app.add_url_rule("/manifest.webmanifest", "web.manifest", manifest)
    app.add_url_rule("/sw.js", "web.service_worker", service_worker)
    app.add_url_rule("/offline", "web.offline", offline)


@public
def manifest() -> Response:
    """Return the manifest, by which a phone installs the site."""
    response = jsonify(
        id="/",
        name=gettext("Zhangshi"),
        short_name=gettext("Zhangshi"),
        description=gettext("The books match the shelves."),
        lang="zh-CN" if str(get_locale()) == "zh" else "en",
        start_url=url_for("web.start"),
        scope="/",
        display="standalone",
        theme_color=THEME,
        background_color=BACKGROUND,
        icons=[
            {"src": asset(name), "sizes": sizes, "purpose": purpose, "type": "image/png"}
            for name, sizes, purpose in ICONS
        ],
    )
    response.mimetype = "application/manifest+json"
    response.headers["Cache-Control"] = "no-cache"
    return response


@public
def service_worker() -> Response:
    """Give the service worker under an address from which it may look after the whole site."""
    built = Path(asset("sw.js")).name
    response = send_from_directory(current_app.static_folder or "", built, mimetype="text/javascript")
    response.headers["Service-Worker-Allowed"] = "/"
    response.headers["Cache-Control"] = "no-cache"  # a browser that keeps an old one never gets the new site
    return response


@public
def offline() -> Response:
    """Show the page that a phone keeps for when it has no network."""
    response = make_response(render_template("offline.html", locale=str(get_locale())))
    response.headers["Cache-Control"] = "no-cache"
    return response
