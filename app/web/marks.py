"""Marks by which a view says who may ask for it; identity checks them before any view runs."""

from collections.abc import Callable
from typing import TypeVar

View = TypeVar("View", bound=Callable[..., object])


def signed_in(view: View) -> View:
    """Open the decorated view to every signed-in user."""
    view.required_permissions = frozenset()  # type: ignore[attr-defined]  # a mark on the function
    return view


def public(view: View) -> View:
    """Open the decorated view to everybody."""
    view.is_public = True  # type: ignore[attr-defined]  # a mark on the function
    return view
