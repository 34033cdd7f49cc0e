"""Lists of past counts: added up, and the counted lines behind each number."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from msgspec.structs import fields
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.catalog.queries import list_categories
from app.ledger.models import CountAnchor
from app.places.listings import warehouse_choices
from app.places.models import Location
from app.stocktake.accuracy.models import StocktakeResult
from app.stocktake.accuracy.queries import Only, grouped, lines_behind
from app.stocktake.accuracy.rules import BY_NAMES, By, Outcome, first_month
from app.stocktake.models import Stocktake
from app.web.addresses import row_number
from app.web.listing import Column, Filter, Listing

FILTERED = frozenset({"since", "warehouse", "category"})
PERIODS = (3, 6, 12)
NUMBERS = frozenset({"stocktake", "warehouse", "zone", "bin", "category", "category_only", "item", "counter"})


def asked(*, decides: bool) -> Only:
    """Return which past counts the request's query asks for; those of one person only for who plans and decides."""
    names = NUMBERS if decides else NUMBERS - {"counter"}
    given: dict[str, Any] = {name: request.args.get(name, type=row_number) for name in names}
    return Only(
        **given,
        month=request.args.get("month") or None,
        since=request.args.get("since") or None,
        wrong=request.args.get("wrong") == "1",
    )


def words_of(only: Only) -> dict[str, str]:
    """Return what narrows *only*, as a query says it."""
    given = {each.name: getattr(only, each.name) for each in fields(only)}
    return {name: "1" if value is True else str(value) for name, value in given.items() if value not in (None, False)}


def outcome_of(row: Any) -> Outcome:
    """Return the totals of one group."""
    return Outcome(row.lines, int(row.matching), row.book, row.off, row.book_value, row.off_value)


def accuracy_listing(session: Session, by: By, only: Only, today: date, *, values: bool) -> Listing:
    """Return how right the books were, by month, by place and so on; values only for who may see cost."""
    statement = grouped(session, by, only)
    columns = statement.selected_columns

    def behind(row: Any, *, wrong: bool = False) -> str:
        group = "category_only" if by is By.CATEGORY else by.value
        narrowed = words_of(only) | {group: str(row.id or 0)} | ({"wrong": "1"} if wrong else {})
        return f"{url_for('stocktake.results')}?{urlencode(narrowed)}"

    def opens(row: Any) -> str:
        if by is By.STOCKTAKE:
            return url_for("stocktake.report", stocktake_id=row.id, show="all")
        return behind(row)

    shown = [
        Column("label", _l(BY_NAMES[by]), sort=columns["place"], label=_label, link=opens, is_title=True),
        Column("by_lines", _l("Right lines"), "percent", label=lambda row: outcome_of(row).by_lines),
        Column("by_pieces", _l("Right pieces"), "percent", label=lambda row: outcome_of(row).by_pieces),
        *(
            [Column("by_value", _l("Right value"), "percent", label=lambda row: outcome_of(row).by_value)]
            if values
            else []
        ),
        Column("lines", _l("Lines"), "quantity", sort=columns["lines"], link=behind),
        Column("wrong", _l("Wrong"), "quantity", label=_wrong, link=lambda row: behind(row, wrong=True)),
    ]
    if values:
        shown += [
            Column("loss", _l("Shortage"), "money", sort=columns["loss"]),
            Column("surplus", _l("Surplus"), "money", sort=columns["surplus"]),
            Column("net", _l("Net"), "money", label=lambda row: row.surplus - row.loss),
            Column("explained", _l("Explained"), "money", label=_explained),
        ]
    newest_first = by in {By.MONTH, By.STOCKTAKE}
    return Listing(
        name=f"accuracy-{by}",
        title=_l("Accuracy"),
        statement=statement,
        columns=shown,
        search=() if by is By.MONTH else (columns["label"],),
        filters=_filters(session, today),
        order=(columns["place"].desc() if newest_first else columns["place"], columns["id"]),
        empty=_l("Post the first stocktake: from then on this page says how right the books were."),
    )


def results_listing(session: Session, only: Only, today: date, *, values: bool) -> Listing:
    """Return the counted lines behind a number, the latest first."""
    statement, late = lines_behind(session, only)
    shown = [
        Column("item", _l("Item"), sort=Item.name, label=_goods, link=_line_url, is_title=True),
        Column("bin", _l("Bin"), "code", sort=Location.natural_code, link=_place_url),
        Column("book", _l("Book"), "quantity", sort=CountAnchor.book),
        Column("counted", _l("Counted qty"), "quantity", sort=CountAnchor.counted),
        Column("difference", _l("Difference"), "signed", sort=statement.selected_columns["difference"]),
        *([Column("value", _l("Value"), "money", sort=StocktakeResult.difference_value)] if values else []),
        Column("explained", _l("Explained"), "signed", sort=late.c.quantity),
        Column("counted_at", _l("Counted at"), "instant", sort=CountAnchor.counted_at, link=_stocktake_url),
        Column("counter", _l("Counted by")),
    ]
    wrong = [("1", _l("Only differences"))]
    return Listing(
        name="counted-lines",
        title=_l("Counted lines"),
        statement=statement,
        columns=shown,
        search=(Item.name, Item.code, Location.code, Stocktake.number),
        filters=[*_filters(session, today), Filter("wrong", _l("Lines"), wrong)],
        order=(CountAnchor.counted_at.desc(), CountAnchor.id),
        when=CountAnchor.counted_at,
        empty=_l("No line was counted here yet."),
    )


def _filters(session: Session, today: date) -> list[Filter]:
    """Return the filters; the statement was made for what was chosen already."""
    warehouses = warehouse_choices(session)
    categories = [(str(node.id), node.path) for node in list_categories(session)]
    periods = [(first_month(today, months), _l("last %(months)s months", months=months)) for months in PERIODS]
    filters: list[tuple[str, object, Sequence[tuple[str, object]]]] = [
        ("since", _l("Period"), periods),
        ("warehouse", _l("Warehouse"), warehouses),
        ("category", _l("Category"), categories),
    ]
    return [Filter(key, str(title), choices) for key, title, choices in filters if len(choices) > 1]


def _label(row: Any) -> str:
    return str(row.label) if row.label is not None else str(gettext("none"))


def _goods(row: Any) -> str:
    return f"{row.item} · {row.lot}" if row.lot else str(row.item)


def _by_value(row: Any) -> Decimal | None:
    return outcome_of(row).by_value


def _wrong(row: Any) -> int:
    return int(row.lines - row.matching)


def _explained(row: Any) -> Any:
    return row.explained or None


def _line_url(row: Any) -> str:
    key = f"{row.location_id}-{row.item_id}-{row.lot_id}"
    return url_for("stocktake.line", stocktake_id=row.stocktake_id, line_key=key)


def _place_url(row: Any) -> str:
    return url_for("places.place", place_id=row.location_id)


def _stocktake_url(row: Any) -> str:
    return url_for("stocktake.report", stocktake_id=row.stocktake_id, show="all")
