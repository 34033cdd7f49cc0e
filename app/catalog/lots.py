"""The lots that scans and imports name: found, or made where goods of a lot lie that nobody entered yet."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import cast

from sqlalchemy import Table, bindparam, select, tuple_, update
from sqlalchemy.orm import Session

from app.bulk import MOST_VALUES, in_parts
from app.catalog.models import Lot
from app.db import inserting

LOT = cast("Table", Lot.__table__)
LotKey = tuple[int, str]  # item id, lot code
KEYS = MOST_VALUES // 2  # a key is two values
LONGEST_LOT = 60
# Built once: scans of goods kept by lots ask it in every batch.
_BY_KEY = select(LOT.c.id, LOT.c.item_id, LOT.c.code).where(
    tuple_(LOT.c.item_id, LOT.c.code).in_(bindparam("keys", expanding=True))
)
_FILL_EXPIRY = update(LOT).where(LOT.c.id == bindparam("lot"), LOT.c.expiry.is_(None)).values(expiry=bindparam("day"))


def find_lots(session: Session, keys: Iterable[LotKey]) -> dict[LotKey, int]:
    """Return the ids of these lots; those nobody entered are left out."""
    found: dict[LotKey, int] = {}
    for part in in_parts(sorted(keys), KEYS):
        rows = session.execute(_BY_KEY, {"keys": part})
        found |= {(row.item_id, row.code): row.id for row in rows}
    return found


def find_expiries(session: Session, keys: Iterable[LotKey]) -> dict[LotKey, date | None]:
    """Return the expiry dates of these lots; those nobody entered are left out."""
    key = tuple_(LOT.c.item_id, LOT.c.code)
    found: dict[LotKey, date | None] = {}
    for part in in_parts(sorted(keys), KEYS):
        statement = select(LOT.c.item_id, LOT.c.code, LOT.c.expiry).where(key.in_(part))
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
