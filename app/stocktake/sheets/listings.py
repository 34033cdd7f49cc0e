"""The list of the bins whose sheets can be printed or entered."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.kernel.i18n import N_
from app.stocktake.assignment.queries import BinChoice
from app.web.listing import PAGE_SIZES, Column, Filter, RowListing

STATES: Final[dict[str, str]] = {
    "none": N_("not printed"),
    "printed": N_("printed"),
    "part": N_("entered in part"),
    "entered": N_("entered"),
}
TONES: Final = {"none": "neutral", "printed": "calm", "part": "warn", "entered": "good"}


def sheets_listing(
    number: str,
    choices: Sequence[BinChoice],
    printed: Mapping[tuple[int, int], Any],
    state: str,
    chosen: Callable[[BinChoice], bool] | None,
) -> RowListing:
    """Return the bins of stocktake *number* in the order of walking with their sheets (only those in a *state*).

    *chosen* says which are ticked; None: nothing can be printed.
    """

    def sheet(row: BinChoice) -> Any:
        return printed.get((row.bin.id, row.round))

    def state_of(row: BinChoice) -> str:
        found = sheet(row)
        if found is None:
            return "none"
        if not found.counter:
            return "printed"
        return "entered" if found.is_complete else "part"

    def sheet_url(row: BinChoice) -> str | None:
        found = sheet(row)
        return url_for("stocktake.sheet", sheet_id=found.id) if found else None

    columns = [
        Column("code", _l("Bin"), "code", label=_code, is_title=True),
        Column(
            "state",
            _l("State"),
            "badge",
            label=lambda row: gettext(STATES[state_of(row)]),
            shade=lambda row: TONES[state_of(row)],
        ),
        Column("assigned", _l("To be counted by"), label=_assigned, order=_assigned),
        Column("printed_at", _l("Printed at"), "instant", label=lambda row: getattr(sheet(row), "printed_at", None)),
        Column("sheet", _l("Sheet"), label=lambda row: gettext("Enter") if sheet(row) else "", link=sheet_url),
        Column("round", _l("Round"), "quantity", label=lambda row: row.round if row.round > 1 else None),
        Column("zone", _l("Zone"), "code", order=lambda row: row.zone),
    ]
    if chosen is not None:
        columns.insert(
            0, Column("bin", _l("Choose"), "check", label=lambda row: row.bin.id, says=_code, is_checked=chosen)
        )
    states = [(key, _l(name)) for key, name in STATES.items()]
    return RowListing(
        name=f"count-sheets-{number}",
        title=_l("Count sheets"),
        rows=[row for row in choices if not state or state_of(row) == state],
        columns=columns,
        search=lambda row: f"{row.bin.code} {row.zone} {_assigned(row)}",
        filters=[Filter("state", _l("State"), states)],
        empty=_l("Sheets can be printed once counting has begun."),
        size=PAGE_SIZES[-1],
    )


def _code(row: BinChoice) -> str:
    return row.bin.code


def _assigned(row: BinChoice) -> str:
    return row.assigned.name if row.assigned else ""
