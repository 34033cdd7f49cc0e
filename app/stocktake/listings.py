"""The list of stocktakes, and the list of the bins of one."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.places.listings import warehouse_choices
from app.stocktake.models import Stocktake
from app.stocktake.queries import BinView, StocktakeView, name_scopes, stocktake_rows
from app.stocktake.rules import BIN_NAMES, BIN_TONES, SCOPE_NAMES, STATE_NAMES, STATE_TONES, BinState
from app.web.listing import Column, Filter, Listing, RowListing

NAMED: Final = 3  # of what a scope holds so many are named in a list


def stocktakes_listing(session: Session) -> Listing:
    """Return the list of stocktakes, the newest first."""
    warehouses = warehouse_choices(session)
    scopes = ScopeNames(session)
    states = [(state.value, _l(name)) for state, name in STATE_NAMES.items()]
    return Listing(
        name="stocktakes",
        title=_l("Stocktakes"),
        statement=stocktake_rows(),
        columns=[
            Column("number", _l("Stocktake number"), "code", sort=Stocktake.number, link=_url, is_title=True),
            Column("state", _l("State"), "badge", label=_state, shade=_shade, sort=Stocktake.state),
            Column("warehouse", _l("Warehouse"), "code"),
            Column("scope_kind", _l("Scope"), label=lambda row: scopes.text(row, _scope(row))),
            Column("closed", _l("Bins counted"), label=_bins),
            Column("created_at", _l("Planned at"), "instant", sort=Stocktake.created_at),
            Column("created_by", _l("Planned by")),
            Column("note", _l("Note")),
        ],
        search=(Stocktake.number, Stocktake.note),
        filters=[
            Filter("state", _l("State"), states, lambda value: Stocktake.state == value),
            Filter("warehouse", _l("Warehouse"), warehouses, lambda value: Stocktake.warehouse_id == int(value)),
        ],
        order=(Stocktake.id.desc(),),
        when=Stocktake.created_at,
        empty=_l("Plan the first one: choose a zone or a few bins and start counting with a phone."),
        prepare=scopes.read,
    )


def bins_listing(view: StocktakeView, state: str, now: datetime, *, sees_report: bool, may_free: bool) -> RowListing:
    """Return the bins of a stocktake in the order of walking (only those in a *state*); who may, frees leased ones."""
    number = view.row.id

    def opens(row: BinView) -> str | None:
        # A blind counter is not led to what the books say.
        return url_for("stocktake.report", stocktake_id=number, bin=row.id, show="all") if sees_report else None

    def frees(row: BinView) -> str | None:
        is_leased = row.state is BinState.OPEN and row.lease_until is not None and row.lease_until > now
        return url_for("stocktake.free_bin", stocktake_id=number, bin_id=row.id) if is_leased else None

    columns = [
        Column("code", _l("Bin"), "code", link=opens, is_title=True),
        Column("name", _l("Place name"), order=lambda row: row.name),
        Column("state", _l("State"), "badge", label=_bin_state, shade=lambda row: BIN_TONES[row.state]),
        Column("round", _l("Round"), "quantity", label=_later_round, order=lambda row: row.round),
        Column("counter", _l("Counted by"), order=lambda row: row.counter or ""),
        Column("opened_at", _l("Opened at"), "instant", order=_moment("opened_at")),
        Column("closed_at", _l("Closed at"), "instant", order=_moment("closed_at")),
    ]
    if may_free:
        columns.append(Column("action", _l("Action"), "post", label=_free, link=frees, says=_ask_to_free))
    states = [(each.value, _l(name)) for each, name in BIN_NAMES.items()]
    return RowListing(
        name=f"bins-{view.row.number}",
        title=view.row.number,
        rows=[row for row in view.bins if state in {"", row.state}],
        columns=columns,
        search=lambda row: f"{row.code} {row.name} {row.counter or ''}",
        filters=[Filter("state", _l("State"), states)],
        empty=_l("The bins stand here once counting has begun."),
    )


def _later_round(row: BinView) -> int | None:
    return row.round if row.round > 1 else None  # the first one goes without saying


def _free(_row: BinView) -> str:
    return str(gettext("Free the bin"))


def _ask_to_free(_row: BinView) -> str:
    return str(gettext("Let somebody else count this bin? Both counts are kept and compared."))


def _bin_state(row: BinView) -> str:
    return str(gettext(BIN_NAMES[row.state]))


def _moment(key: str) -> Callable[[BinView], float]:
    def order(row: BinView) -> float:
        moment: datetime | None = getattr(row, key)
        return moment.timestamp() if moment else 0.0

    return order


class ScopeNames:
    """What the scopes in a list name, read for all its rows at once."""

    def __init__(self, session: Session) -> None:
        """Begin with no names: they are read once the rows of the page are known."""
        self.session = session
        self.names: dict[int, list[str]] = {}

    def read(self, rows: Sequence[Any]) -> None:
        """Read what the scopes of *rows* (id, scope_kind, scope_ids) name."""
        self.names = name_scopes(self.session, rows, NAMED)

    def text(self, row: Any, kind: str) -> str:
        """Return the scope of a row in words: its *kind*, and the first of what it holds."""
        names = self.names.get(row.id, [])
        more = len(row.scope_ids) - NAMED
        shown = gettext(", ").join(names) + (f" +{more}" if more > 0 else "")
        return f"{kind}{gettext(': ')}{shown}" if names else kind


def _url(row: Any) -> str:
    return url_for("stocktake.show", stocktake_id=row.id)


def _scope(row: Any) -> str:
    return str(gettext("Spot count") if row.spot_bin_id else gettext(SCOPE_NAMES[row.scope_kind]))


def _state(row: Any) -> str:
    return str(gettext(STATE_NAMES[row.state]))


def _shade(row: Any) -> str:
    return STATE_TONES[row.state]


def _bins(row: Any) -> str:
    return f"{row.closed} / {row.bins}" if row.bins else ""
