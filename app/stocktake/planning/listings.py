"""The list of what to count next, each with its reasons in words."""

from collections.abc import Mapping
from typing import Any, Final

from flask import url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.kernel.i18n import N_
from app.places.listings import warehouse_choices
from app.stocktake.planning.queries import Candidate, Candidates
from app.stocktake.planning.rules import Reason, ReasonKind
from app.web.formats import money, quantity
from app.web.listing import Column, Filter, RowListing

CHOSEN = "chosen"
KIND_NAMES: Final[dict[ReasonKind, str]] = {
    ReasonKind.BEYOND_BOOK: N_("taken though the books had none"),
    ReasonKind.WRONG: N_("found wrong before"),
    ReasonKind.DUE: N_("due by class"),
    ReasonKind.NEVER: N_("never counted"),
    ReasonKind.VALUE: N_("worth more than most"),
}


def proposal_listing(
    session: Session, found: Candidates, only: ReasonKind | None = None, *, by_item: bool, values: bool
) -> RowListing:
    """Return what to count next (*only* for one kind of reason), what calls loudest on top.

    Values are for who may see cost.
    """

    def why(row: Candidate) -> str:
        lines = [f"+{each.points} {reason_text(each, found.items, values=values)}" for each in row.reasons]
        return "\n".join([*lines, gettext("planned in %(number)s already", number=row.busy)] if row.busy else lines)

    item, place = (_l("Item"), _item_url), (_l("Bin"), _place_url)
    title, link = item if by_item else place
    kind = "text" if by_item else "code"
    columns = [
        Column(CHOSEN, _l("Choose"), "check", label=lambda row: row.id, says=lambda row: row.code),
        Column("name", title, kind, label=_name(by_item=by_item), link=link, is_title=True, order=_order_of("code")),
        Column("score", _l("Points"), "quantity", order=_order_of("score")),
        Column("reasons", _l("Why"), "lines", label=why),
        Column("counted_at", _l("Last counted"), "instant", order=_instant),
        Column("lines", _l("Bins") if by_item else _l("Items there"), "quantity", order=_order_of("lines")),
    ]
    if values:
        columns.append(Column("value", _l("Value"), "money", order=_order_of("value")))
    warehouses = warehouse_choices(session)
    if len(warehouses) > 1:
        columns.append(
            Column("warehouse", _l("Warehouse"), "code", label=lambda row: ", ".join(row.warehouses.values()))
        )
    kinds = [(each.value, _l(name)) for each, name in KIND_NAMES.items()]
    filters = [Filter("why", _l("Why"), kinds)]
    if len(warehouses) > 1:
        filters.append(Filter("warehouse", _l("Warehouse"), warehouses))
    return RowListing(
        name="what-to-count-next",
        title=_l("What to count next"),
        rows=[row for row in found.rows if only is None or only in {reason.kind for reason in row.reasons}],
        columns=columns,
        search=lambda row: f"{row.code} {row.name}",
        filters=filters,
        empty=_l("Open a warehouse, add bins and enter what lies there: then this page says where to count first."),
    )


def reason_text(reason: Reason, items: Mapping[int, str], *, values: bool) -> str:
    """Return a reason as a sentence with its numbers."""
    match reason.kind:
        case ReasonKind.BEYOND_BOOK:
            text = ngettext(
                "%(num)s time goods were taken though the books had none: %(amount)s in all, not counted since",
                "%(num)s times goods were taken though the books had none: %(amount)s in all, not counted since",
                reason.number,
                amount=quantity(reason.amount),
            )
        case ReasonKind.WRONG:
            text = gettext(
                "%(wrong)s of %(lines)s lines counted in the last year were wrong",
                wrong=reason.number,
                lines=reason.whole,
            )
            if values:
                text = gettext("%(text)s, %(value)s in all", text=text, value=money(reason.amount))
        case ReasonKind.DUE:
            text = _due_text(reason, items)
        case ReasonKind.NEVER if reason.whole:
            text = gettext("%(never)s of %(lines)s lines were never counted", never=reason.number, lines=reason.whole)
        case ReasonKind.NEVER:
            text = gettext("nobody ever looked whether it is empty")
        case ReasonKind.VALUE:
            text = gettext("worth more than %(less)s of the %(others)s others", less=reason.number, others=reason.whole)
            if values:
                text = gettext("%(text)s: %(value)s", text=text, value=money(reason.amount))
    return str(text)


def _due_text(reason: Reason, items: Mapping[int, str]) -> str:
    if reason.item is None or reason.abc is None:
        return str(
            gettext("counted %(days)s days ago, due every %(rhythm)s days", days=reason.number, rhythm=reason.whole)
        )
    return str(
        gettext(
            "%(item)s is class %(abc)s: counted %(days)s days ago, due every %(rhythm)s days",
            item=items.get(reason.item, "?"),
            abc=reason.abc.name,
            days=reason.number,
            rhythm=reason.whole,
        )
    )


def _name(*, by_item: bool) -> Any:
    return lambda row: f"{row.name} {row.code}" if by_item else f"{row.code} {row.name}".strip()


def _order_of(key: str) -> Any:
    return lambda row: getattr(row, key)


def _instant(row: Candidate) -> tuple[bool, float]:
    return row.counted_at is not None, row.counted_at.timestamp() if row.counted_at else 0.0


def _item_url(row: Candidate) -> str:
    return url_for("catalog.item", item_id=row.id)


def _place_url(row: Candidate) -> str:
    return url_for("places.place", place_id=row.id)
