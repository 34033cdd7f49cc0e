"""What people call the things that a report speaks of: bins and their zones, lots, counters, categories, reasons."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from msgspec import Struct, field
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.bulk import in_parts
from app.catalog.models import Lot
from app.catalog.queries import list_categories
from app.identity.models import User
from app.places.models import Location
from app.places.rules import LEAVES, LocationKind
from app.stocktake.reasons.queries import Reasons, read_reasons
from app.stocktake.report.queries import ItemLabel, Report

NO_ITEM: Final = ItemLabel("?", "?", "", "")
_Parent = aliased(Location)


class Names(Struct, frozen=True):
    """What people call bins (docks and the like among them), zones, lots, counters, categories, reasons."""

    bins: Mapping[int, str]
    lots: Mapping[int, str]
    users: Mapping[int, str]
    zones: Mapping[int, str] = field(default_factory=dict)
    zone_of: Mapping[int, int] = field(default_factory=dict)  # the zone (or warehouse) that a bin lies in
    categories: Mapping[int, str] = field(default_factory=dict)
    reasons: Reasons = field(default_factory=lambda: Reasons({}, {}))


def read_names(session: Session, report: Report) -> Names:
    """Return what the report's things are called. Five statements for a report in one go."""
    bins = {line.place.bin for line in report.lines} | {key.bin for key in report.counts}
    lots = {line.place.lot for line in report.lines} - {0}
    users = {key.counter for key in report.counts}
    places = _read_places(session, bins)
    return Names(
        bins={number: code for number, code, _, _ in places},
        lots=_names(session, Lot.id, Lot.code, lots),
        users=_names(session, User.id, User.name, users),
        zones={zone: code for _, _, zone, code in places},
        zone_of={number: zone for number, _, zone, _ in places},
        categories={node.id: node.path for node in list_categories(session)},
        reasons=read_reasons(session),
    )


def _read_places(session: Session, wanted: Collection[int]) -> list[tuple[int, str, int, str]]:
    """Return each bin, and every place that is none, with its code and the zone (or warehouse) that it lies in."""
    statement = select(Location.id, Location.code, _Parent.id, _Parent.code).join(
        _Parent, _Parent.id == Location.parent_id
    )
    found: list[tuple[int, str, int, str]] = []
    is_none = Location.kind.in_(sorted(LEAVES - {LocationKind.BIN}))
    for part in in_parts(sorted(wanted)):
        rows = session.execute(statement.where(Location.id.in_(part) | is_none))
        found += [(number, code, zone, zone_code) for number, code, zone, zone_code in rows]
    return found


def _names(session: Session, key: Any, name: Any, wanted: Collection[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for part in in_parts(sorted(wanted)):
        rows = session.execute(select(key, name).where(key.in_(part)))
        found.update((number, text) for number, text in rows)
    return found
