"""The two conditions before any page: over plain HTTP only if the owner allows it, and not before the set-up.

Cost: nothing on a request over HTTPS to an installation that is set up; over HTTP one short query.
"""

from typing import Final

from flask import Flask, Response, abort, current_app, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.company.queries import current_company
from app.db import db
from app.web.errors import wants_json

# What has no secrets and makes no session: files, and the programs' manifest of them.
OPEN: Final = frozenset({"static", "web.manifest", "web.service_worker"})
BEFORE_SET_UP: Final = frozenset({"company.set_up_page", "company.set_up", "identity.choose_language"})
_IS_SET_UP: Final = "zhangshi_is_set_up"


def init_app(app: Flask) -> None:
    """Check every request before anything else looks at it."""
    app.before_request(_check)


def is_http_allowed() -> bool:
    """Return whether the application may be used in full over plain HTTP."""
    if current_app.config["HTTP_FULL"]:
        return True
    company = current_company(db.session())
    return company is not None and company.http_full


def _check() -> AnyResponse | None:
    if request.endpoint in OPEN:
        return None
    if not request.is_secure and not is_http_allowed():
        return _refuse_http()
    if request.endpoint not in BEFORE_SET_UP and not _is_set_up():
        return _ask_to_set_up()
    return None


def _is_set_up() -> bool:
    # A company is never removed, so a yes is remembered; a no is asked anew.
    if not current_app.extensions.get(_IS_SET_UP):
        current_app.extensions[_IS_SET_UP] = current_company(db.session()) is not None
    return bool(current_app.extensions[_IS_SET_UP])


def _ask_to_set_up() -> AnyResponse:
    if wants_json():
        abort(503)
    return redirect(url_for("company.set_up_page"), 303)


def _refuse_http() -> Response:
    if wants_json():
        abort(403)
    return make_response(render_template("company/plain_http.html", title=gettext("Open this page over HTTPS")), 403)
