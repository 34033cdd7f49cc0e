"""The list of bins that are shared out among counters."""

from collections.abc import Collection, Sequence

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from msgspec import Struct

from app.stocktake.assignment.queries import BinChoice
from app.stocktake.rules import BIN_NAMES, BIN_TONES, BinState
from app.web.listing import PAGE_SIZES, Column, Filter, RowListing

NOBODY = "0"


class Narrowed(Struct, frozen=True):
    """Which bins are asked for: of a zone, in a state, of a counter ("0": nobody's); empty: all."""

    zone: str = ""
    state: str = ""
    whose: str = ""

    def holds(self, row: BinChoice) -> bool:
        """Return whether a bin is asked for."""
        whose = str(row.assigned.user_id) if row.assigned else NOBODY
        return self.zone in {"", row.zone} and self.state in {"", row.state} and self.whose in {"", whose}


def assignment_listing(
    number: str,
    choices: Sequence[BinChoice],
    counters: Sequence[tuple[int, str]],
    narrowed: Narrowed,
    chosen: Collection[int] | None,
) -> RowListing:
    """Return the bins of stocktake *number* in the order of walking; *chosen* are ticked, None: nothing can be."""
    columns = [
        Column("code", _l("Bin"), "code", label=_code, link=_bin, is_title=True),
        Column(
            "state",
            _l("State"),
            "badge",
            label=lambda row: gettext(BIN_NAMES[row.state]),
            shade=lambda row: BIN_TONES[row.state],
        ),
        Column("assigned", _l("To be counted by"), label=_assigned, order=_assigned),
        Column(
            "lines", _l("Lines"), "quantity", label=lambda row: row.bin.lines or None, order=lambda row: row.bin.lines
        ),
        Column("round", _l("Round"), "quantity", label=_later_round, order=lambda row: row.round),
        Column("zone", _l("Zone"), "code", order=lambda row: row.zone),
    ]
    if chosen is not None:
        columns.insert(
            0,
            Column(
                "bin",
                _l("Choose"),
                "check",
                # What is counted is nobody's to count.
                label=lambda row: None if row.state is BinState.CLOSED else row.bin.id,
                is_checked=lambda row: row.bin.id in chosen,
                says=_code,
            ),
        )
    zones = sorted({row.zone for row in choices})
    people = [(NOBODY, _l("anybody")), *((str(user), name) for user, name in counters)]
    states = [(state.value, _l(name)) for state, name in BIN_NAMES.items()]
    return RowListing(
        name=f"who-counts-what-{number}",
        title=_l("Who counts what"),
        rows=[row for row in choices if narrowed.holds(row)],
        columns=columns,
        search=lambda row: f"{row.bin.code} {row.zone} {_assigned(row)}",
        filters=[
            Filter("zone", _l("Zone"), [(zone, zone) for zone in zones]),
            Filter("state", _l("State"), states),
            Filter("whose", _l("To be counted by"), people),
        ],
        empty=_l("This stocktake takes the bins in which its items lie when it starts. Share them out then."),
        size=PAGE_SIZES[-1],
    )


def _later_round(row: BinChoice) -> int | None:
    return row.round if row.round > 1 else None  # the first one goes without saying


def _code(row: BinChoice) -> str:
    return row.bin.code


def _bin(row: BinChoice) -> str:
    return url_for("places.place", place_id=row.bin.id)


def _assigned(row: BinChoice) -> str:
    return row.assigned.name if row.assigned else ""
