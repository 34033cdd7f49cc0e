"""The JSON API's plumbing: typed bodies and answers, the guard against other sites, and what OpenAPI needs to know.

Law: an endpoint is a function from a typed body to a typed answer; its annotations are its documentation. Form CSRF
does not apply: no other site can send our header, and the browser says where a request comes from.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ClassVar, Final, ParamSpec, cast, get_type_hints
from urllib.parse import urlsplit

import msgspec
from flask import Blueprint, Response, request
from msgspec import Struct

from app.kernel.errors import Forbidden, InvalidInput
from app.kernel.i18n import N_
from app.web.shell import csrf

HEADER: Final = "X-Zhangshi"
BODY_LIMIT: Final = 1024 * 1024
JSON: Final = "application/json"
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

Parameters = ParamSpec("Parameters")


class CrossSite(Forbidden):
    """The request does not come from a page of ours."""

    message = N_("This request does not come from a page of this site.")


class NotJson(InvalidInput):
    """The body's type is not the one the API speaks."""

    message = N_("The API takes JSON: send Content-Type application/json.")


class BadBody(InvalidInput):
    """The body is not what the endpoint takes."""

    message = N_("The body cannot be read: %(problem)s")


class Problem(msgspec.Struct, frozen=True):
    """What an error says."""

    status: int
    title: str
    detail: str


class Operation(Struct, frozen=True):
    """An endpoint as OpenAPI tells of it."""

    answer: type[msgspec.Struct]
    body: type[msgspec.Struct] | None
    upload: str | None  # the one field of a multipart form that carries a file
    summary: str
    shapes: tuple[type[msgspec.Struct], ...]  # further structures that the body refers to by name
    refusals: tuple[int, ...]

    attribute: ClassVar[str] = "api_operation"


def protect(blueprint: Blueprint) -> None:
    """Guard every endpoint of *blueprint* against requests that other sites make the browser send."""
    csrf.exempt(blueprint)
    blueprint.before_request(ensure_own_page)


def ensure_own_page() -> None:
    """Refuse a changing request that no page of ours can have made."""
    if request.method in SAFE:
        return
    origin = request.headers.get("Origin")
    is_own = (
        request.headers.get(HEADER) == "1"
        and request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
        and (origin is None or urlsplit(origin).netloc == request.host)
    )
    if not is_own:
        raise CrossSite


def endpoint(
    *,
    upload: str | None = None,
    shapes: tuple[type[msgspec.Struct], ...] = (),
    refusals: tuple[int, ...] = (),
) -> Callable[[Callable[Parameters, msgspec.Struct]], Callable[Parameters, Response]]:
    """Make a view of a function that takes what the address names and, if it changes something, a typed `body`."""

    def make(function: Callable[Parameters, msgspec.Struct]) -> Callable[Parameters, Response]:
        hints = get_type_hints(function)
        body: type[msgspec.Struct] | None = hints.get("body")
        decoder = msgspec.json.Decoder(body) if body is not None else None
        summary = (function.__doc__ or "").strip().splitlines()[0]

        @wraps(function)
        def view(*arguments: Parameters.args, **named: Parameters.kwargs) -> Response:
            if decoder is not None:
                named["body"] = _read(decoder)
            return Response(msgspec.json.encode(function(*arguments, **named)), mimetype=JSON)

        operation = Operation(hints["return"], body, upload, summary, shapes, refusals)
        setattr(view, Operation.attribute, operation)
        return view

    return make


def _read(decoder: msgspec.json.Decoder[Any]) -> object:
    if request.mimetype != JSON:
        raise NotJson
    request.max_content_length = BODY_LIMIT
    try:
        return cast("object", decoder.decode(request.get_data(cache=False)))
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadBody(problem=str(error)) from error
