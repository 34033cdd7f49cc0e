"""Commands on places; one that history names is switched off, never deleted."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.company.rules import SetUp
from app.identity.audit import audit, changes
from app.kernel.errors import RuleBroken
from app.kernel.text import one_line
from app.places import registry
from app.places.models import Location
from app.places.queries import below, find_places, find_places_by_codes, get_place, list_warehouses, taken_codes
from app.places.rules import (
    BRANCHES,
    EVERY_WAREHOUSE_HAS,
    FIRST_WAREHOUSE,
    LARGEST_WALK,
    LONGEST_NAME,
    BinRow,
    LocationKind,
    NoSuchPlace,
    NoSuchWarehouse,
    PlaceHoldsGoods,
    PlaceInOtherWarehouse,
    PlaceTaken,
    PlaceTextTooLong,
    PlaceTwice,
    WalkWrong,
    natural_key,
    normal_code,
)

SHOWN_PLACES = 5


def add_warehouse(session: Session, code: str, name: str, by: int | None, now: datetime) -> Location:
    """Add a warehouse with its dock, staging, quarantine and transit. Errors: those of normal_code, PlaceTaken."""
    warehouse = _make_warehouse(session, normal_code(code), name.strip())
    audit(session, by, "place.add", f"place:{warehouse.id}", {"code": warehouse.code, "kind": warehouse.kind}, now)
    return warehouse


def begin(session: Session, facts: SetUp) -> None:
    """Give a new company its first warehouse."""
    _make_warehouse(session, *FIRST_WAREHOUSE[facts.settings.locale])


def add_place(
    session: Session, kind: LocationKind, parent_id: int, code: str, name: str, by: int, now: datetime
) -> Location:
    """Add a zone or a leaf to a warehouse or zone. Errors: those of normal_code, NoSuchPlace, PlaceTaken."""
    parent = _get_branch(session, parent_id)
    place = _leaf(parent, normal_code(code), kind, name)
    with _only_owner_of(session, [place.code]):
        session.add(place)
    audit(session, by, "place.add", f"place:{place.id}", {"code": place.code, "kind": kind}, now)
    return place


def add_range(session: Session, parent_id: int, codes: Sequence[str], by: int, now: datetime) -> int:
    """Add a bin for each of *codes* (from rules.expand_range) and return how many. Errors: as add_place."""
    parent = _get_branch(session, parent_id)
    kept = [normal_code(code) for code in codes]
    with _only_owner_of(session, kept):
        session.add_all(_leaf(parent, code, LocationKind.BIN) for code in kept)
    details = {"first": kept[0], "last": kept[-1], "count": len(kept)}
    audit(session, by, "place.add_range", f"place:{parent.id}", details, now)
    return len(kept)


def edit_place(
    session: Session, place_id: int, code: str, name: str, parent_id: int | None, by: int, now: datetime
) -> Location:
    """Rename a place or put it into another zone of its warehouse; its label stays good.

    Errors: those of normal_code, NoSuchPlace, PlaceInOtherWarehouse, PlaceTaken.
    """
    place = _lock(session, place_id)
    before = _facts(session, place)
    after = {"code": normal_code(code), "name": name.strip(), "parent_id": _parent_for(session, place, parent_id)}
    with _only_owner_of(session, [str(after["code"])]):
        for key, value in after.items():
            setattr(place, key, value)
        place.natural_code = natural_key(place.code)
    audit(session, by, "place.edit", f"place:{place_id}", changes(before, _facts(session, place)), now)
    return place


def _facts(session: Session, place: Location) -> dict[str, object]:
    """Return what the audit trail keeps of a place."""
    parent = session.get(Location, place.parent_id) if place.parent_id else None
    return {"code": place.code, "name": place.name, "lies_in": parent.code if parent else None}


def set_active(session: Session, place_id: int, active: bool, by: int, now: datetime) -> None:
    """Switch a place on or off with everything in it. Errors: NoSuchPlace, PlaceHoldsGoods."""
    place = _lock(session, place_id)
    inside = below(session, place_id)
    if not active:
        _ensure_empty(session, inside)
    session.execute(update(Location).where(Location.id.in_(inside)).values(active=active))
    action = "place.activate" if active else "place.deactivate"
    audit(session, by, action, f"place:{place_id}", {"code": place.code, "places": len(inside)}, now)


def set_walk(session: Session, place_id: int, codes: Sequence[str], by: int, now: datetime) -> None:
    """Have counters walk the places in a warehouse or zone in the order of *codes*; what is not named comes first.

    Errors: NoSuchPlace, also for a code that lies elsewhere.
    """
    inside = below(session, place_id)
    named = find_places_by_codes(session, codes)
    if any(code not in named or named[code].id not in inside for code in codes):
        raise NoSuchPlace
    turns = {named[code].id: turn for turn, code in enumerate(codes, start=1)}
    session.execute(update(Location), [{"id": number, "walk": turns.get(number, 0)} for number in inside])
    audit(session, by, "place.walk", f"place:{place_id}", {"places": len(turns)}, now)


def check_bins(session: Session, rows: Sequence[BinRow]) -> list[list[RuleBroken]]:
    """Return the problems of each row: against the rules, against the other rows, against what is there already."""
    times = Counter(one_line(row.code) for row in rows)
    taken = taken_codes(session, times.keys())
    warehouses = _find_warehouses(session)
    zones = _zones_of(rows, warehouses)
    homes = {zone: warehouse_id for warehouse_id, zone in _known_zones(session)}
    others = taken_codes(session, {zone for _, zone in zones}) - homes.keys()
    for warehouse_id, zone in sorted(zones):
        homes.setdefault(zone, warehouse_id)  # a zone's code is its own: the first warehouse that names it has it
    return [
        [
            *_bin_problems(row, times, taken),
            *_zone_problems(row, warehouses.get(row.warehouse.casefold()), homes, others | times.keys()),
        ]
        for row in rows
    ]


def add_bins(session: Session, rows: Sequence[BinRow]) -> None:
    """Add bins that passed check_bins(), with the zones they name, in a handful of statements."""
    if not rows:
        return
    warehouses = _find_warehouses(session)
    zones = _ensure_zones(session, _zones_of(rows, warehouses))
    values = []
    for row in rows:
        warehouse_id, code = warehouses[row.warehouse.casefold()], normal_code(row.code)
        values.append(
            {
                "kind": LocationKind.BIN,
                "code": code,
                "natural_code": natural_key(code),
                "name": row.name.strip(),
                "parent_id": zones.get((warehouse_id, one_line(row.zone)), warehouse_id),
                "warehouse_id": warehouse_id,
                "walk": row.walk,
                "active": True,
            }
        )
    session.connection().execute(insert(Location), values)


def _bin_problems(row: BinRow, times: Counter[str], taken: set[str]) -> Iterator[RuleBroken]:
    try:
        code = normal_code(row.code)
    except RuleBroken as problem:
        yield problem
        return
    if len(row.name) > LONGEST_NAME:
        yield PlaceTextTooLong(code=f"{row.name[:30]}…", longest=LONGEST_NAME)
    if times[code] > 1:
        yield PlaceTwice(code=code)
    if code in taken:
        yield PlaceTaken(code=code)
    if not 0 <= row.walk <= LARGEST_WALK:
        yield WalkWrong(largest=LARGEST_WALK)


def _zone_problems(
    row: BinRow, warehouse_id: int | None, homes: Mapping[str, int], others: AbstractSet[str]
) -> Iterator[RuleBroken]:
    """Yield what keeps the row's bin from its warehouse and zone; *others* are codes that are no zones."""
    if warehouse_id is None:
        yield NoSuchWarehouse(warehouse=row.warehouse)
    zone = one_line(row.zone)
    if not zone:
        return
    try:
        normal_code(zone)
    except RuleBroken as problem:
        yield problem
    if zone in others or homes.get(zone, warehouse_id) != warehouse_id:
        yield PlaceTaken(code=zone)


def _find_warehouses(session: Session) -> dict[str, int]:
    """Return the warehouses by code and by name, case-folded; nothing at all names the first one."""
    warehouses = list_warehouses(session)
    times = Counter(warehouse.name.casefold() for warehouse in warehouses)
    found = {each.name.casefold(): each.id for each in warehouses if times[each.name.casefold()] == 1}
    found |= {each.code.casefold(): each.id for each in warehouses}
    return found | {"": warehouses[0].id} if warehouses else {}


def _zones_of(rows: Sequence[BinRow], warehouses: Mapping[str, int]) -> set[tuple[int, str]]:
    pairs = ((warehouses.get(row.warehouse.casefold()), one_line(row.zone)) for row in rows)
    return {(warehouse_id, zone) for warehouse_id, zone in pairs if warehouse_id and zone}


def _known_zones(session: Session) -> dict[tuple[int, str], int]:
    statement = select(Location.warehouse_id, Location.code, Location.id).where(Location.kind == LocationKind.ZONE)
    return {(warehouse_id or 0, code): number for warehouse_id, code, number in session.execute(statement)}


def _ensure_zones(session: Session, wanted: set[tuple[int, str]]) -> dict[tuple[int, str], int]:
    zones = _known_zones(session)
    for warehouse_id, code in sorted(wanted - zones.keys()):
        zone = Location(
            kind=LocationKind.ZONE, code=normal_code(code), parent_id=warehouse_id, warehouse_id=warehouse_id
        )
        with _only_owner_of(session, [zone.code]):
            session.add(zone)
        zones[warehouse_id, code] = zone.id
    return zones


def _make_warehouse(session: Session, code: str, name: str) -> Location:
    warehouse = Location(kind=LocationKind.WAREHOUSE, code=code, name=name)
    with _only_owner_of(session, [code, *(f"{code}-{ending}" for ending, _ in EVERY_WAREHOUSE_HAS)]):
        session.add(warehouse)
        session.flush()
        session.add_all(_leaf(warehouse, f"{code}-{ending}", kind) for ending, kind in EVERY_WAREHOUSE_HAS)
    return warehouse


def _leaf(parent: Location, code: str, kind: LocationKind, name: str = "") -> Location:
    warehouse_id = parent.id if parent.kind is LocationKind.WAREHOUSE else parent.warehouse_id
    return Location(kind=kind, code=code, name=name.strip(), parent_id=parent.id, warehouse_id=warehouse_id)


def _lock(session: Session, place_id: int) -> Location:
    place = session.scalar(select(Location).where(Location.id == place_id).with_for_update())
    if place is None or place.kind is LocationKind.END:
        raise NoSuchPlace
    return place


def _get_branch(session: Session, place_id: int) -> Location:
    place = get_place(session, place_id)
    if place.kind not in BRANCHES:
        raise NoSuchPlace
    return place


def _parent_for(session: Session, place: Location, parent_id: int | None) -> int | None:
    """Return the parent that *place* may have: a branch of its own warehouse, not within itself."""
    if place.kind is LocationKind.WAREHOUSE or parent_id is None or parent_id == place.parent_id:
        return place.parent_id
    parent = _get_branch(session, parent_id)
    warehouse_id = parent.id if parent.kind is LocationKind.WAREHOUSE else parent.warehouse_id
    if warehouse_id != place.warehouse_id or parent.id in below(session, place.id):
        raise PlaceInOtherWarehouse
    return parent.id


def _ensure_empty(session: Session, place_ids: set[int]) -> None:
    holding = registry.find_holding(session, place_ids)
    if holding:
        codes = sorted(facts.code for facts in find_places(session, holding).values())
        shown = ", ".join(codes[:SHOWN_PLACES]) + (" …" if len(codes) > SHOWN_PLACES else "")
        raise PlaceHoldsGoods(places=shown)


@contextmanager
def _only_owner_of(session: Session, codes: Sequence[str]) -> Iterator[None]:
    """Keep what the block adds or changes, or say which of *codes* another place has."""
    try:
        with session.begin_nested():
            yield
            session.flush()
    except IntegrityError as error:
        taken = sorted(taken_codes(session, codes), key=natural_key)
        if not taken:
            raise
        raise PlaceTaken(code=taken[0]) from error
