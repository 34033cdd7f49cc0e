"""The lists on the page of one posting: the goods it moved and the counts it took."""

from collections.abc import Callable
from typing import Any

from flask import url_for
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, FromClause, or_, select

from app.catalog.models import Item
from app.catalog.queries import is_named
from app.places.rules import End
from app.stock.move_lists import REASON_NAMES, reason_filter, reason_shade, shown_end
from app.stock.postings import counts_of
from app.stock.queries import moves_behind
from app.web.listing import Column, Filter, Listing


def goods_listing(seq: int, title: str, *, sees_cost: bool) -> Listing:
    """Return the moves of a posting in the order in which it names them."""
    table = moves_behind(posting_seq=seq)
    moves = table.c
    columns = [
        Column("item", _l("Item"), sort=moves.item, link=_item_moves, is_title=True),
        Column("lot", _l("Lot"), "code", sort=moves.lot),
        Column("source", _l("From"), "code", sort=moves.source, label=_end("source"), link=_end_url("source")),
        Column("target", _l("To"), "code", sort=moves.target, label=_end("target"), link=_end_url("target")),
        Column("quantity", _l("Quantity"), "quantity", sort=moves.quantity, link=_key_moves),
        Column("unit", _l("Unit")),
        *([Column("value", _l("Value"), "money", sort=moves.value, link=_item_moves)] if sees_cost else []),
        Column(
            "reason",
            _l("Reason"),
            "badge",
            label=lambda row: str(REASON_NAMES[row.reason]),
            shade=lambda row: reason_shade(row.reason),
        ),
    ]
    return Listing(
        name=f"posting-{seq}-goods",
        title=title,
        statement=select(table),
        columns=columns,
        filters=[reason_filter(moves.reason)],
        order=(moves.id,),
        search_clause=_names_line(table, "lot", "source", "target"),
    )


def counts_listing(seq: int, title: str) -> Listing:
    """Return the counts of a posting in the order in which it names them."""
    table = counts_of(seq)
    counts = table.c
    is_different = counts.counted != counts.book
    choices: list[tuple[str, object]] = [("differ", _l("other than the books")), ("match", _l("as in the books"))]
    return Listing(
        name=f"posting-{seq}-counts",
        title=title,
        statement=select(table),
        columns=[
            Column("item", _l("Item"), sort=counts.item, link=_counted_moves, is_title=True),
            Column("place", _l("Bin"), "code", sort=counts.natural_code, link=_place_url),
            Column("lot", _l("Lot"), "code", sort=counts.lot),
            Column("counted_at", _l("Counted at"), "instant", sort=counts.counted_at),
            Column("book", _l("Book"), "quantity", sort=counts.book, link=_counted_moves),
            Column("counted", _l("Counted qty"), "quantity", sort=counts.counted, link=_counted_moves),
            Column("unit", _l("Unit")),
        ],
        filters=[
            Filter("result", _l("Result"), choices, lambda value: is_different if value == "differ" else ~is_different),
        ],
        order=(counts.id,),
        search_clause=_names_line(table, "lot", "place"),
    )


def _names_line(table: FromClause, *names: str) -> Callable[[str], ColumnElement[bool]]:
    """Return the clause by which a word finds a line: what names its item, or part of its lot or place."""

    def clause(word: str) -> ColumnElement[bool]:
        item = table.c.item_id.in_(select(Item.id).where(is_named(word)))
        return or_(item, *(table.c[name].icontains(word, autoescape=True) for name in names))

    return clause


def _end(side: str) -> Callable[[Any], str]:
    return lambda row: shown_end(getattr(row, f"{side}_id"), getattr(row, side))


def _end_url(side: str) -> Callable[[Any], str | None]:
    def address(row: Any) -> str | None:
        place_id = getattr(row, f"{side}_id")
        return url_for("places.place", place_id=place_id) if place_id > max(End) else None

    return address


def _item_moves(row: Any) -> str:
    return url_for("stock.moves", item=row.item_id)


def _key_moves(row: Any) -> str:
    place_id = row.target_id if row.target_id > max(End) else row.source_id
    return url_for("stock.moves", item=row.item_id, place=place_id, lot=row.lot_id or None)


def _counted_moves(row: Any) -> str:
    return url_for("stock.moves", item=row.item_id, place=row.place_id, lot=row.lot_id or None)


def _place_url(row: Any) -> str:
    return url_for("places.place", place_id=row.place_id)
