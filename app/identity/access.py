"""Who is asking, and the decorators by which every view names what it takes; a view that names nothing is refused."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Final, cast

from flask import Flask, Response, abort, current_app, redirect, request, url_for
from flask_login import UserMixin
from flask_login import current_user as _current_user
from msgspec import Struct

from app.identity.rules import Permission, Role, permissions_of
from app.web.errors import wants_json
from app.web.marks import View, public, signed_in

__all__ = ["Permission", "Principal", "current_user", "may", "public", "required_permissions", "signed_in"]

# All that a password which somebody else gave is good for.
FOR_A_GIVEN_PASSWORD: Final = frozenset({"identity.own_password", "identity.change_password", "identity.sign_out"})


class Principal(Struct, UserMixin, frozen=True, dict=True):  # type: ignore[misc]  # flask-login ships no types
    """The signed-in user as a request knows them: plain values, no database object."""

    id: int
    login: str
    name: str
    roles: frozenset[Role]
    locale: str | None
    theme: str
    epoch: int
    must_change_password: bool = False

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        """Everything this user may do."""
        return permissions_of(self.roles)

    def get_id(self) -> str:
        """Return what the session keeps: a raised epoch makes it worthless."""
        return f"{self.id}.{self.epoch}"

    def may(self, permission: Permission | str) -> bool:
        """Return whether the user may do this."""
        return permission in self.permissions


if TYPE_CHECKING:
    current_user: Principal
else:
    current_user = _current_user


def may(*permissions: Permission) -> Callable[[View], View]:
    """Require one of *permissions* of whoever asks for the decorated view."""

    def mark(view: View) -> View:
        view.required_permissions = frozenset(permissions)  # type: ignore[attr-defined]  # a mark on the function
        return view

    return mark


def required_permissions(endpoint: str) -> frozenset[Permission] | None:
    """Return what *endpoint* takes: any one of these, an empty set = signed in; None = public.

    Errors: LookupError where the view names nothing.
    """
    view = current_app.view_functions[endpoint]
    if endpoint == "static" or getattr(view, "is_public", False):
        return None
    required: frozenset[Permission] | None = getattr(view, "required_permissions", None)
    if required is None:
        raise LookupError(f"{endpoint} names no permission")
    return required


def init_app(app: Flask) -> None:
    """Check every request before its view runs."""
    app.before_request(_check)


def _check() -> Response | None:
    if request.endpoint is None:
        return None
    required = required_permissions(request.endpoint)
    if required is None:
        return None
    if not _current_user.is_authenticated:
        return _lead_to("identity.sign_in")
    if _current_user.must_change_password and request.endpoint not in FOR_A_GIVEN_PASSWORD:
        return _lead_to("identity.own_password")
    if required and not required & current_user.permissions:
        abort(403)
    return None


def _lead_to(endpoint: str) -> Response:
    """Ask for what is missing before this request, which a page comes back to; a phone keeps what it has to send."""
    if wants_json():
        abort(401)
    here = request.full_path.rstrip("?") if request.method == "GET" else None
    return cast("Response", redirect(url_for(endpoint, next=here)))
