"""The lots that scans and imports name: found, or made where goods of a lot lie that nobody entered yet."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import cast

from sqlalchemy import Table, bindparam, select, tuple_, update
from sqlalchemy.orm import Session

from app.catalog.models import Lot
from app.db import inserting

LOT = cast("Table", Lot.__table__)
LotKey = tuple[int, str]  # item id, lot code
CHUNK = 5_000
LONGEST_LOT = 60
# Built once: scans of goods kept by lots ask it in every batch.
_BY_KEY = select(LOT.c.id, LOT.c.item_id, LOT.c.code).where(
    tuple_(LOT.c.item_id, LOT.c.code).in_(bindparam("keys", expanding=True))
)
_FILL_EXPIRY = update(LOT).where(LOT.c.id == bindparam("lot"), LOT.c.expiry.is_(None)).values(expiry=bindparam("day"))


def find_lots(session: Session, keys: Iterable[LotKey]) -> dict[LotKey, int]:
    """Return the ids of these lots; those nobody entered are left out."""
    wanted = sorted(keys)
    found: dict[LotKey, int] = {}
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(_BY_KEY, {"keys": wanted[start : start + CHUNK]})
        found |= {(row.item_id, row.code): row.id for row in rows}
    return found


def find_expiries(session: Session, keys: Iterable[LotKey]) -> dict[LotKey, date | None]:
    """Return the expiry dates of these lots; those nobody entered are left out."""
    wanted = sorted(keys)
    key = tuple_(LOT.c.item_id, LOT.c.code)
    found: dict[LotKey, date | None] = {}
    for start in range(0, len(wanted), CHUNK):
        statement = select(LOT.c.item_id, LOT.c.code, LOT.c.expiry).where(key.in_(wanted[start : start + CHUNK]))
        found |= {(item_id, code): expiry for item_id, code, expiry in session.execute(statement)}
    return found


def ensure_lots(session: Session, lots: Mapping[LotKey, date | None]) -> dict[LotKey, int]:
    """Return the ids of these lots; missing ones are made with their expiry dates, a missing date is filled in."""
    known = find_lots(session, lots)
    dated = [{"lot": known[key], "day": expiry} for key, expiry in lots.items() if expiry and key in known]
    if dated:
        session.execute(_FILL_EXPIRY, dated)
    return known | add_lots(session, {key: expiry for key, expiry in lots.items() if key not in known})


def add_lots(session: Session, lots: Mapping[LotKey, date | None]) -> dict[LotKey, int]:
    """Make lots that were not there a moment ago, with their expiry dates; return their ids."""
    if not lots:
        return {}
    rows = [{"item_id": item_id, "code": code, "expiry": expiry} for (item_id, code), expiry in sorted(lots.items())]
    # Somebody may find the same lot at this moment: theirs is as good.
    session.execute(inserting(session.get_bind().dialect.name, LOT).on_conflict_do_nothing(), rows)
    return find_lots(session, lots)
