"""The list of the notes of a stocktake, which blind counters read too: nothing in it says what the books expect."""

from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l

from app.catalog.models import Item, Lot
from app.identity.models import User
from app.places.models import Location
from app.stocktake.causes.rules import Place
from app.stocktake.notes.models import StocktakeNote
from app.stocktake.notes.queries import note_rows
from app.stocktake.report.keys import key_of
from app.web.listing import Column, Filter, Listing


def notes_listing(stocktake_id: int, number: str, *, sees_lines: bool) -> Listing:
    """Return the list of what people saw, the latest first; an item opens its line for who sees the report."""

    def bin_page(row: Any) -> str | None:
        # A blind counter is not led to what the books say.
        return url_for("places.place", place_id=row.bin_id) if sees_lines else None

    def line(row: Any) -> str | None:
        if not (sees_lines and row.item_id):
            return None
        place = Place(row.bin_id, row.item_id, row.lot_id)
        return url_for("stocktake.line", stocktake_id=stocktake_id, line_key=key_of(place))

    return Listing(
        name=f"notes-{number}",
        title=_l("Notes and photos"),
        statement=note_rows(stocktake_id),
        columns=[
            Column("bin", _l("Bin"), "code", sort=Location.natural_code, link=bin_page, is_title=True),
            Column("item", _l("Item"), sort=Item.name, link=line),
            Column("lot", _l("Lot"), "code"),
            Column("text", _l("Note")),
            Column("file_id", _l("Photo"), "photo", label=_thumb, link=_photo),
            Column("by", _l("Who"), sort=User.name),
            Column("at", _l("When"), "instant", sort=StocktakeNote.at),
        ],
        search=(Location.code, Item.name, Item.code, Lot.code, StocktakeNote.text, User.name),
        filters=[
            Filter(
                "about",
                _l("About"),
                [("item", _l("one item")), ("bin", _l("the whole bin")), ("photo", _l("with a photo"))],
                _ABOUT.__getitem__,
            )
        ],
        order=(StocktakeNote.id.desc(),),
        empty=_l("What somebody saw at the shelf stands here: words and photos, with who and when."),
    )


_ABOUT = {
    "item": StocktakeNote.item_id.is_not(None),
    "bin": StocktakeNote.item_id.is_(None),
    "photo": StocktakeNote.file_id.is_not(None),
}


def _photo(row: Any) -> str | None:
    return url_for("files.show", file_id=row.file_id, size="full") if row.file_id else None


def _thumb(row: Any) -> str | None:
    return url_for("files.show", file_id=row.file_id, size="thumb") if row.file_id else None
