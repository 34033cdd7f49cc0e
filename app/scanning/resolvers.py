"""The things that codes name from the first day: packs by barcode or label, bins by label or code."""

from collections.abc import Collection
from functools import lru_cache
from typing import cast

from sqlalchemy import Select, Table, literal, or_, select
from sqlalchemy.orm import Session

from app.bulk import named, one_of, padded
from app.catalog.queries import find_packs, find_packs_by_codes
from app.kernel.owncode import OwnKind
from app.places.models import Location
from app.places.rules import LEAVES
from app.scanning.meanings import BIN, PACK, BinFacts, Meaning
from app.scanning.parse import ParsedCode

_LOCATION = cast("Table", Location.__table__)
# The kinds as they stand: as values they would be written into the statement anew each time.
_LEAVES = select(_LOCATION.c.id, _LOCATION.c.code).where(_LOCATION.c.kind.in_(map(literal, sorted(LEAVES))))


def resolve_packs(session: Session, codes: Collection[ParsedCode]) -> dict[str, list[Meaning]]:
    """Return the packs that codes name: the whole code first, then the GTIN inside it, or our own label."""
    keys = {key for code in codes if code.own is None for key in _keys(code)}
    packs = find_packs_by_codes(session, keys)
    labelled = find_packs(session, {code.own.id for code in codes if code.own and code.own.kind is OwnKind.PACK})
    found: dict[str, list[Meaning]] = {}
    for code in codes:
        if code.own is not None:
            named = [labelled[code.own.id]] if code.own.kind is OwnKind.PACK and code.own.id in labelled else []
        else:
            named = [packs[key] for key in _keys(code) if key in packs]
        distinct = {pack.pack_id: Meaning(PACK, pack.pack_id, pack=pack) for pack in named}
        if distinct:
            found[code.text] = list(distinct.values())
    return found


def resolve_bins(session: Session, codes: Collection[ParsedCode]) -> dict[str, list[Meaning]]:
    """Return the places that codes name: our own label, or the place's code as it stands."""
    ids = padded({code.own.id for code in codes if code.own and code.own.kind is OwnKind.BIN})
    texts = padded({code.text for code in codes if code.own is None})
    statement = _by_id_or_code(len(ids), len(texts))
    rows = session.execute(statement, named("id", ids) | named("code", texts)).all()
    by_id = {row.id: Meaning(BIN, row.id, bin=BinFacts(row.id, row.code)) for row in rows}
    by_code = {row.code: by_id[row.id] for row in rows}
    found = {}
    for code in codes:
        bin_ = by_id.get(code.own.id) if code.own and code.own.kind is OwnKind.BIN else by_code.get(code.text)
        if bin_ is not None:
            found[code.text] = [bin_]
    return found


def find_bins(session: Session, ids: Collection[int]) -> dict[int, BinFacts]:
    """Return the places that hold goods, of these ids. One query."""
    if not ids:
        return {}
    wanted = padded(ids)
    rows = session.execute(_by_id(len(wanted)), named("id", wanted))
    return {row.id: BinFacts(row.id, row.code) for row in rows}


@lru_cache(maxsize=32)
def _by_id(places: int) -> Select[tuple[int, str]]:
    return _LEAVES.where(one_of(_LOCATION.c.id, "id", places))


@lru_cache(maxsize=32)
def _by_id_or_code(ids: int, codes: int) -> Select[tuple[int, str]]:
    return _LEAVES.where(or_(one_of(_LOCATION.c.id, "id", ids), one_of(_LOCATION.c.code, "code", codes)))


def _keys(code: ParsedCode) -> list[str]:
    """Return the forms under which the catalogue may hold *code*, exact first."""
    return [code.key] if code.gtin14 in {None, code.key} else [code.key, str(code.gtin14)]
