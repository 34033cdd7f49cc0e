"""The list of stocktakes."""

from collections.abc import Sequence
from typing import Any, Final

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.places.queries import list_warehouses
from app.stocktake.models import Stocktake
from app.stocktake.queries import name_scopes, stocktake_rows
from app.stocktake.rules import SCOPE_NAMES, STATE_NAMES, STATE_TONES
from app.web.listing import Column, Filter, Listing

NAMED: Final = 3  # of what a scope holds so many are named in a list


def stocktakes_listing(session: Session) -> Listing:
    """Return the list of stocktakes, the newest first."""
    warehouses = [(str(each.id), f"{each.code} {each.name}".strip()) for each in list_warehouses(session)]
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
        empty=_l("Plan the first one: choose a zone or a few bins and start counting with a phone."),
        prepare=scopes.read,
    )


class ScopeNames:
    """What the scopes in a list name, read for all its rows at once."""

    def __init__(self, session: Session) -> None:
        """Nothing is read before the rows are known."""
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
