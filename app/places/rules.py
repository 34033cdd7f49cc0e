"""Kinds of places and what they mean for goods: internal leaves hold valued goods, virtual ends are the outside."""

from enum import IntEnum, StrEnum


class LocationKind(StrEnum):
    """What a place is; only leaves hold goods."""

    WAREHOUSE = "warehouse"
    ZONE = "zone"
    BIN = "bin"
    DOCK = "dock"
    STAGING = "staging"
    QUARANTINE = "quarantine"
    TRANSIT = "transit"
    END = "end"


class End(IntEnum):
    """The virtual ends: their ids are fixed in every database, so that the hot path needs no look-up."""

    SUPPLIER = 1
    CUSTOMER = 2
    LOSS = 3
    SCRAP = 4
    CONSUMPTION = 5
    OPENING = 6


BRANCHES = frozenset({LocationKind.WAREHOUSE, LocationKind.ZONE})
LEAVES = frozenset(
    {LocationKind.BIN, LocationKind.DOCK, LocationKind.STAGING, LocationKind.QUARANTINE, LocationKind.TRANSIT}
)
# Quarantine and staging hold goods that nobody may promise; transit is on the road.
AVAILABLE = frozenset({LocationKind.BIN, LocationKind.DOCK})


def is_internal(location_id: int) -> bool:
    """Say whether the place belongs to us (its goods are valued), from its id alone."""
    return location_id > max(End)
