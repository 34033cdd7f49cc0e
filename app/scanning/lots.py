"""The lots that scans name: found, or made where goods of a lot lie that nobody entered yet."""

from collections.abc import Iterable
from datetime import date
from typing import cast

from sqlalchemy import Table, bindparam, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.catalog.models import Lot
from app.scanning.drafts import Draft
from app.scanning.rules import Reason

LOT = cast("Table", Lot.__table__)
Key = tuple[int, str]
_BY_KEY = select(LOT.c.id, LOT.c.item_id, LOT.c.code).where(
    tuple_(LOT.c.item_id, LOT.c.code).in_(bindparam("keys", expanding=True))
)


def settle_lots(session: Session, drafts: Iterable[Draft]) -> None:
    """Give each scan of a lot-tracked item its lot; a new lot that must have an expiry date and has none is parked."""
    named = [
        (draft, (draft.pack.item_id, draft.lot_code))
        for draft in drafts
        if draft.pack and draft.pack.tracks_lots and draft.lot_code and draft.reason is None
    ]
    if not named:
        return
    known = _find_lots(session, {key for _, key in named})
    missing: dict[Key, date | None] = {}
    for draft, key in named:
        if key in known:
            continue
        if draft.pack and draft.pack.tracks_expiry and draft.expiry is None:
            draft.park(Reason.EXPIRY_MISSING)
        else:
            missing[key] = draft.expiry
    if missing:
        _add_lots(session, missing)
        known |= _find_lots(session, missing)
    for draft, key in named:
        draft.lot_id = known.get(key, draft.lot_id)


def _find_lots(session: Session, keys: Iterable[Key]) -> dict[Key, int]:
    rows = session.execute(_BY_KEY, {"keys": list(keys)})
    return {(row.item_id, row.code): row.id for row in rows}


def _add_lots(session: Session, lots: dict[Key, date | None]) -> None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    rows = [{"item_id": item_id, "code": code, "expiry": expiry} for (item_id, code), expiry in sorted(lots.items())]
    # Somebody may find the same lot at this moment: theirs is as good.
    session.execute(insert(LOT).on_conflict_do_nothing(), rows)
