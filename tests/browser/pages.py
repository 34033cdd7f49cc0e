"""The addresses of every page, from the application's own map; a place-holder that nobody fills is an error."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Category, Item
from app.company.models import OwnField
from app.db import db
from app.identity.models import Device, User
from app.imports.models import Import
from app.ledger.models import Posting
from app.partners.models import Partner
from app.places.models import Location
from app.scanning.models import Scan
from app.stocktake.models import Stocktake, StocktakeLine
from app.stocktake.schedules.models import StocktakeSchedule
from app.stocktake.sheets.models import StocktakeSheet

# Files, answers to programs, and pages that only somebody who is not signed in sees (looked at on their own).
NO_PAGES = frozenset(
    {
        "static",
        "files.show",
        "imports.bad_rows",
        "imports.template",
        "labels.items_pdf",
        "labels.places_pdf",
        "openapi.document",
        "stocktake.live",
        "stocktake.sheet_items",
        "stocktake.sheets_pdf",
        "web.manifest",
        "web.service_worker",
        "company.set_up_page",
        "identity.sign_in",
    }
)
PROGRAMS = "api."


def _all(column: Any, *only: Any) -> Callable[[Session], Sequence[Any]]:
    return lambda session: session.scalars(select(column).where(*only).order_by(column)).all()


def _one(column: Any, *only: Any) -> Callable[[Session], Sequence[Any]]:
    return lambda session: session.scalars(select(column).where(*only).order_by(column).limit(1)).all()


_reviewed = _one(Stocktake.id, Stocktake.state == "review")


def _line(session: Session) -> list[str]:
    [reviewed] = _reviewed(session)
    line = session.scalars(select(StocktakeLine).where(StocktakeLine.stocktake_id == reviewed).limit(1)).one()
    return [f"{line.bin_id}-{line.item_id}-{line.lot_id}"]


# By place-holder, or by endpoint and place-holder where a page takes only some.
FILLINGS: dict[str, Callable[[Session], Sequence[Any]]] = {
    "category_id": _one(Category.id),
    "field_id": _one(OwnField.id),
    "import_id": _all(Import.id),
    "item_id": _one(Item.id, Item.tracks_lots),
    "partner_id": _one(Partner.id),
    "place_id": _one(Location.id, Location.kind == "bin"),
    "places.new_place:place_id": _one(Location.id, Location.kind == "zone"),
    "places.new_range:place_id": _one(Location.id, Location.kind == "zone"),
    "places.walk:place_id": _one(Location.id, Location.kind == "zone"),
    "user_id": _one(User.id),
    "device_id": _one(Device.id),
    "scan_id": _one(Scan.id, Scan.status == "parked"),
    "seq": _one(Posting.seq, Posting.kind == "stocktake"),
    "name": lambda _: ["verify"],
    "stocktake_id": _all(Stocktake.id),
    "handheld.scan:stocktake_id": _one(Stocktake.id, Stocktake.state == "counting"),
    "stocktake.report:stocktake_id": _all(Stocktake.id, Stocktake.state != "draft"),
    "stocktake.line:stocktake_id": _reviewed,
    "schedule_id": _one(StocktakeSchedule.id),
    "stocktake.sheets:stocktake_id": _one(Stocktake.id, Stocktake.state == "counting"),
    "sheet_id": _one(StocktakeSheet.id),
    "line_key": _line,
}
# Faces of a page that its address alone does not show.
FACES: dict[str, Sequence[dict[str, str]]] = {
    "stock.posting": ({"lines": "counts"},),
    "stocktake.report": ({"show": "all"}, {"by": "bin"}, {"by": "counter"}),
    "stocktake.proposal": ({"by": "items"},),
    "stocktake.accuracy": ({"by": "counter"},),
    "stocktake.stocktakes": ({"q": "nothing is called so"},),
}


def addresses(app: Flask) -> list[str]:
    """Return the addresses of every page of *app*, several where a page has several faces."""
    found = []
    with app.app_context(), app.test_request_context():
        session = db.session()
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint in NO_PAGES or rule.endpoint.startswith(PROGRAMS):
                continue
            if rule.endpoint == "handheld.stocktake_view":
                continue
            bound = app.url_map.bind("")
            filled = _fillings(session, rule.endpoint, sorted(rule.arguments))
            found += [bound.build(rule.endpoint, values) for values in filled]
            found += [bound.build(rule.endpoint, filled[0] | face) for face in FACES.get(rule.endpoint, ())]
        session.close()
    return sorted(set(found))


def _fillings(session: Session, endpoint: str, names: Sequence[str]) -> list[dict[str, Any]]:
    filled: list[dict[str, Any]] = [{}]
    for name in names:
        fill = FILLINGS.get(f"{endpoint}:{name}") or FILLINGS[name]
        values = fill(session)
        if not values:
            raise LookupError(f"the demo has no {name} for {endpoint}")
        filled = [known | {name: value} for known in filled for value in values]
    return filled
