"""Answers to what went wrong: a page for people, a problem document for programs, nothing lost of what was typed."""

from flask import Flask, Response, abort, current_app, jsonify, make_response, redirect, render_template, request
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.kernel.errors import RuleBroken
from app.kernel.i18n import N_
from app.web.words import sentence

TITLES = {
    400: N_("That could not be understood"),
    401: N_("Please sign in"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("This address only takes forms"),
    409: N_("That is not possible now"),
    413: N_("Too large"),
    429: N_("Too many attempts"),
    500: N_("Something broke on our side"),
}
HINTS = {
    404: N_("The page may have moved, or the link is incomplete."),
    413: N_("The file is larger than this server accepts."),
    500: N_("The error was written to the log. Nothing was half saved: a command is kept whole or not at all."),
}


def init_app(app: Flask) -> None:
    """Register the answers, and refuse what nothing can answer."""
    app.before_request(_refuse_nul)
    app.register_error_handler(RuleBroken, _rule_broken)
    app.register_error_handler(CSRFError, _csrf)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(500, lambda _error: _answer(500, None))


def _refuse_nul() -> None:
    """Refuse a text that no database keeps, wherever it was typed; nobody types it by mistake."""
    # What programs send is checked where it is read: a photo's form must not be read before its size is.
    sources = [request.args] if wants_json() else [request.args, request.form]
    texts = (text for source in sources for values in source.listvalues() for text in values)
    if any("\0" in text for text in (*(request.view_args or {}).values(), *texts) if isinstance(text, str)):
        abort(400)


def wants_json() -> bool:
    """Return whether the request came from a program."""
    return request.path.startswith("/api/")


def _rule_broken(error: RuleBroken) -> Response:
    return _answer(error.status, sentence(error))


def _csrf(_error: CSRFError) -> Response:
    return _answer(400, gettext("This form was open for too long. Go back, reload the page and send it again."))


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    if error.code == MethodNotAllowed.code and request.method == "GET" and not wants_json() and (page := _page_above()):
        return make_response(redirect(page, 303))
    return _answer(error.code or 500, None)


def _page_above() -> str | None:
    """Return the page to which a form's address belongs: a refused form stands under it, and people open it anew."""
    adapter, path = current_app.create_url_adapter(request), request.path
    while adapter is not None and (path := path.rpartition("/")[0]):
        if adapter.test(path, "GET"):
            return path
    return None


def _answer(status: int, detail: str | None) -> Response:
    title = gettext(TITLES.get(status, TITLES[500]))
    detail = detail or (gettext(HINTS[status]) if status in HINTS else "")
    if wants_json():
        problem = {"status": status, "title": title, "detail": detail}
        return make_response(jsonify(problem), status)
    return make_response(render_template("error.html", status=status, title=title, detail=detail), status)
