"""The list of the moves behind a number, and the cells of whatever names a move."""

from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, FromClause, select

from app.ledger.rules import Reason
from app.places.rules import END_NAMES, End
from app.stock.registry import document_title, find_document_url
from app.web.listing import Column, Filter, Listing

REASON_NAMES = {
    Reason.PRIMARY: _l("as reported"),
    Reason.BEYOND_BOOK: _l("beyond book"),
    Reason.GIVE_BACK: _l("given back"),
    Reason.DIFFERENCE: _l("count difference"),
}


def moves_listing(table: FromClause, title: str, *, of_item: bool, sees_cost: bool, sees_differences: bool) -> Listing:
    """Return the moves behind a number, the latest in the books on top; `of_item`: all of one item."""
    moves = table.c
    columns = [
        Column("document", _l("Document"), label=document_cell, link=_document_url, is_title=True),
        *([] if of_item else [Column("item", _l("Item"), link=_item_url)]),
        Column("occurred_at", _l("Moved at"), "instant", sort=moves.occurred_at),
        Column("way", _l("From → to"), label=_way),
        Column("lot", _l("Lot"), "code"),
        Column("quantity", _l("Quantity"), "quantity", link=posting_cell),
        Column("change", _l("Change"), "signed", link=posting_cell),
        *([Column("balance", _l("Balance after"), "quantity")] if of_item else []),
        Column("unit", _l("Unit")),
    ]
    if sees_cost:
        worth = None if sees_differences else value_unless_counted
        columns.append(Column("value", _l("Value"), "money", label=worth, link=posting_cell))
    columns.append(Column("reason", _l("Reason"), "badge", label=_reason, shade=lambda row: reason_shade(row.reason)))
    return Listing(
        name="moves",
        title=title,
        statement=select(table),
        columns=columns,
        search=(moves.key, moves.item, moves.lot, moves.source, moves.target),
        filters=[reason_filter(moves.reason)],
        order=(moves.id.desc(),),
        when=moves.occurred_at,
        empty=_l("Nothing was ever moved here."),
    )


def reason_filter(column: ColumnElement[Any]) -> Filter:
    """Return the filter of moves by why they were made."""
    return Filter("reason", _l("Reason"), list(REASON_NAMES.items()), lambda value: column == Reason(value))


def _document_url(row: Any) -> str:
    return find_document_url(row.kind, row.key) or posting_cell(row)


def posting_cell(row: Any) -> str:
    """Return where the posting of a row opens."""
    return url_for("stock.posting", seq=row.posting_seq)


def document_cell(row: Any) -> str:
    """Return what the document behind a row is called, with the number of its posting."""
    return f"{gettext(document_title(row.kind))} · {row.posting_seq}"


def shown_end(place_id: int, code: str) -> str:
    """Return what a move's end is called: a place of ours by its code, the outside by its name."""
    return str(gettext(END_NAMES[End(place_id)])) if place_id <= max(End) else code


def _way(row: Any) -> str:
    return f"{shown_end(row.source_id, row.source)} → {shown_end(row.target_id, row.target)}"


def value_unless_counted(move: Any) -> Any:
    """Return what a move was worth; what a count difference is worth is for who may see it."""
    return None if move.reason == Reason.DIFFERENCE else move.value


def _reason(row: Any) -> str:
    return str(REASON_NAMES[row.reason])


def reason_shade(reason: Reason | None) -> str:
    """Return the colour of a move's reason."""
    shades = {Reason.PRIMARY: "neutral", Reason.BEYOND_BOOK: "bad", Reason.DIFFERENCE: "warn"}
    return shades.get(reason, "calm") if reason else "calm"


def _item_url(row: Any) -> str:
    return url_for("catalog.item", item_id=row.item_id)
