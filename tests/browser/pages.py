"""The addresses of every page, from the application's own map; a page whose place-holders nobody fills is an error."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.db import db
from app.identity.models import User
from app.partners.models import Partner
from app.places.models import Location

# What is no page: files, programs' answers, what leaves the page.
NOT_PAGES = ("/api/", "/static/", "/sw.js", "/manifest.webmanifest", "/ca.crt")


def _first(column: object) -> Callable[[Session], object]:
    return lambda session: session.scalar(select(column).order_by(column).limit(1))  # type: ignore[call-overload]  # a column


FILLINGS: dict[str, Callable[[Session], object]] = {
    "item_id": _first(Item.id),
    "partner_id": _first(Partner.id),
    "user_id": _first(User.id),
    "location_id": lambda session: session.scalar(select(Location.id).where(Location.kind == "bin").limit(1)),
}


def addresses(app: Flask) -> list[str]:
    """Return one address for every page of *app*."""
    found = []
    with app.app_context(), app.test_request_context():
        session = db.session()
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.rule.startswith(NOT_PAGES):
                continue
            values = {name: FILLINGS[name](session) for name in rule.arguments}
            found.append(app.url_map.bind("").build(rule.endpoint, values))
    return sorted(found)
