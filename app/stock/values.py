"""What an item's goods are worth, step by step: the moves over our border and the revaluations that made it so."""

from decimal import Decimal
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import FromClause, case, func, literal, null, select, union_all

from app.db import Money, Quantity
from app.kernel.exact import ZERO, round_price
from app.ledger.models import Move, Posting, Revaluation
from app.ledger.rules import Reason
from app.places.rules import End
from app.stock.move_lists import REASON_NAMES, document_cell, posting_cell, reason_shade, value_unless_counted
from app.web.listing import Column, Listing


def value_steps(item_id: int) -> FromClause:
    """Return each change of what the item's goods are worth, with quantity and value after it, in the books' order.

    A move within our own places changes nothing: goods are valued all together.
    """
    comes_in = Move.target_id > max(End)
    moved = select(
        Move.id,
        Move.posting_seq,
        Move.reason,
        case((comes_in, Move.quantity), else_=-Move.quantity).label("quantity"),
        case((comes_in, Move.value), else_=-Move.value).label("value"),
    ).where(Move.item_id == item_id, comes_in != (Move.source_id > max(End)))
    revalued = select(
        Revaluation.id,
        Revaluation.posting_seq,
        null().label("reason"),
        literal(ZERO, Quantity).label("quantity"),
        Revaluation.value,
    ).where(Revaluation.item_id == item_id)
    steps = union_all(moved, revalued).subquery("steps")
    statement = select(
        steps,
        func.sum(steps.c.quantity, type_=Quantity).over(order_by=steps.c.id).label("quantity_after"),
        func.sum(steps.c.value, type_=Money).over(order_by=steps.c.id).label("value_after"),
        Posting.kind,
        Posting.key,
        Posting.effective_on,
    ).join(Posting, Posting.seq == steps.c.posting_seq)
    return statement.subquery("value_steps")


def value_listing(item_id: int, title: str, *, sees_differences: bool) -> Listing:
    """Return the steps to what an item's goods are worth, the latest on top.

    Who may not see what count differences are worth sees no sums either: they would tell.
    """
    table = value_steps(item_id)
    steps = table.c
    columns = [
        Column("document", _l("Document"), label=document_cell, link=posting_cell, is_title=True),
        Column("effective_on", _l("Business day"), "day", sort=steps.effective_on),
        Column("quantity", _l("Quantity"), "signed", link=posting_cell),
        Column(
            "value", _l("Value"), "money", label=None if sees_differences else value_unless_counted, link=posting_cell
        ),
    ]
    if sees_differences:
        columns += [
            Column("quantity_after", _l("On hand after"), "quantity"),
            Column("value_after", _l("Value after"), "money"),
            Column("average", _l("Average cost after"), "price", label=_average),
        ]
    columns.append(Column("reason", _l("Reason"), "badge", label=_reason, shade=lambda row: reason_shade(row.reason)))
    return Listing(
        name="value",
        title=title,
        statement=select(table),
        columns=columns,
        search=(steps.key,),
        order=(steps.id.desc(),),
        empty=_l("No goods of this item ever came or went."),
    )


def _average(row: Any) -> Decimal | None:
    return round_price(row.value_after / row.quantity_after) if row.quantity_after else None


def _reason(row: Any) -> str:
    return str(REASON_NAMES[Reason(row.reason)]) if row.reason else str(gettext("revalued"))
