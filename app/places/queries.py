"""What is asked about places: which one a code names, the tree, and the bins in the order in which one walks."""

from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Row, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from app.bulk import in_parts
from app.kernel.owncode import OwnKind, find_own_code
from app.places.models import Location
from app.places.rules import LEAVES, LocationKind, NoSuchPlace

_Warehouse = aliased(Location, name="warehouse")
_Parent = aliased(Location, name="parent")
WALK = (_Warehouse.natural_code, Location.walk, Location.natural_code, Location.id)


class PlaceFacts(Struct, frozen=True):
    """What a scan must know of a place: no database object, safe to keep and to send."""

    id: int
    kind: LocationKind
    code: str
    name: str
    warehouse_id: int | None
    active: bool


class Branch(Struct, frozen=True):
    """A warehouse or zone of the tree page: its bins, those in its zones included, and what it has below."""

    place: Location
    bins: int
    leaves: tuple[Location, ...]
    zones: "tuple[Branch, ...]"


_FACTS = select(Location.id, Location.kind, Location.code, Location.name, Location.warehouse_id, Location.active).where(
    Location.kind != LocationKind.END
)


def find_places_by_codes(session: Session, codes: Collection[str]) -> dict[str, PlaceFacts]:
    """Return the place that each of *codes* names as it stands or in capitals; what names none is left out."""
    forms = {form for code in codes for form in (code, code.upper())}
    if not forms:
        return {}
    found = {row.code: PlaceFacts(*row) for row in session.execute(_FACTS.where(Location.code.in_(forms)))}
    named = {code: found.get(code) or found.get(code.upper()) for code in codes}
    return {code: facts for code, facts in named.items() if facts}


def find_places(session: Session, place_ids: Collection[int]) -> dict[int, PlaceFacts]:
    """Return the places of these ids. One query."""
    if not place_ids:
        return {}
    return {row.id: PlaceFacts(*row) for row in session.execute(_FACTS.where(Location.id.in_(place_ids)))}


def taken_codes(session: Session, codes: Collection[str]) -> set[str]:
    """Return those of *codes* that a place has already."""
    statement = select(Location.code)
    return {code for part in in_parts(codes) for code in session.scalars(statement.where(Location.code.in_(part)))}


def get_place(session: Session, place_id: int) -> Location:
    """Return the place; the virtual ends are none of ours. Errors: NoSuchPlace."""
    place = session.get(Location, place_id)
    if place is None or place.kind is LocationKind.END:
        raise NoSuchPlace
    return place


def list_warehouses(session: Session) -> list[Location]:
    """Return the warehouses in use, the oldest first: the first one is the default."""
    statement = select(Location).where(Location.kind == LocationKind.WAREHOUSE, Location.active)
    return list(session.scalars(statement.order_by(Location.id)))


def list_bins(
    session: Session, *, warehouse_id: int | None = None, zone_id: int | None = None, place_ids: Collection[int] = ()
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the leaves in use (id, kind, code, name, warehouse_id, parent_id) in the order in which one walks.

    Of one warehouse, of one zone and the zones in it, or these *place_ids*; otherwise all.
    """
    statement = (
        select(Location.id, Location.kind, Location.code, Location.name, Location.warehouse_id, Location.parent_id)
        .join(_Warehouse, _Warehouse.id == Location.warehouse_id)
        .where(Location.kind.in_(LEAVES), Location.active)
        .order_by(*WALK)
    )
    if warehouse_id is not None:
        statement = statement.where(Location.warehouse_id == warehouse_id)
    if zone_id is not None:
        statement = statement.where(Location.parent_id.in_(below(session, zone_id)))
    if place_ids:
        statement = statement.where(Location.id.in_(place_ids))
    return session.execute(statement).all()


def below(session: Session, place_id: int) -> set[int]:
    """Return the ids of a place and of everything in it."""
    tree = select(Location.id).where(Location.id == place_id).cte("below", recursive=True)
    tree = tree.union_all(select(Location.id).join(tree, Location.parent_id == tree.c.id))
    return set(session.scalars(select(tree.c.id)))


def list_tree(session: Session) -> list[Branch]:
    """Return the warehouses with their zones and special places; bins are only counted. Two queries."""
    is_bin = Location.kind == LocationKind.BIN
    wanted = (~is_bin, Location.kind != LocationKind.END)
    places = session.scalars(select(Location).where(*wanted).order_by(Location.natural_code)).all()
    statement = select(Location.parent_id, func.count()).where(is_bin, Location.active).group_by(Location.parent_id)
    counts = {parent: count for parent, count in session.execute(statement)}  # noqa: C416  # rows are no pairs to dict()
    children: dict[int | None, list[Location]] = {}
    for place in places:
        children.setdefault(place.parent_id, []).append(place)
    return [_branch(place, children, counts) for place in children.get(None, [])]


def list_zones(session: Session, warehouse_id: int | None) -> list[Location]:
    """Return a warehouse and its zones, for choosing where a bin belongs."""
    wanted = and_(Location.warehouse_id == warehouse_id, Location.kind == LocationKind.ZONE)
    statement = select(Location).where((Location.id == warehouse_id) | wanted)
    return list(session.scalars(statement.order_by(Location.parent_id.is_not(None), Location.natural_code)))


def place_rows() -> Select[*tuple[Any, ...]]:
    """Return the statement of the list of places that hold goods."""
    return (
        select(
            Location.id,
            Location.kind,
            Location.code,
            Location.name,
            Location.walk,
            Location.active,
            _Parent.code.label("parent"),
            _Warehouse.code.label("warehouse"),
        )
        .join(_Warehouse, _Warehouse.id == Location.warehouse_id)
        .outerjoin(_Parent, _Parent.id == Location.parent_id)
        .where(Location.kind.in_(LEAVES))
    )


def is_named(word: str) -> ColumnElement[bool]:
    """Return the clause that keeps places which *word* names: part of a code or name, or a label of ours."""
    own = find_own_code(word)
    if own is not None and own.kind is OwnKind.BIN:
        return Location.id == own.id
    return Location.code.icontains(word, autoescape=True) | Location.name.icontains(word, autoescape=True)


def _branch(place: Location, children: dict[int | None, list[Location]], counts: dict[int | None, int]) -> Branch:
    inside = children.get(place.id, [])
    zones = tuple(_branch(child, children, counts) for child in inside if child.kind is LocationKind.ZONE)
    leaves = tuple(child for child in inside if child.kind in LEAVES)
    bins = counts.get(place.id, 0) + sum(zone.bins for zone in zones)
    return Branch(place, bins, leaves, zones)
