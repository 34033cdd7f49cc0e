"""Which lot each scan is of."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy.orm import Session

from app.catalog.lots import LotKey, add_lots, find_lots
from app.scanning.drafts import Draft
from app.scanning.rules import Reason


def settle_lots(session: Session, drafts: Iterable[Draft]) -> None:
    """Give each scan of a lot-tracked item its lot; a new lot that must have an expiry date and has none is parked."""
    named = [
        (draft, (draft.pack.item_id, draft.lot_code))
        for draft in drafts
        if draft.pack and draft.pack.tracks_lots and draft.lot_code and draft.reason is None
    ]
    known = find_lots(session, {key for _, key in named})
    missing: dict[LotKey, date | None] = {}
    for draft, key in named:
        if key in known:
            continue
        if draft.pack and draft.pack.tracks_expiry and draft.expiry is None:
            draft.park(Reason.EXPIRY_MISSING)
        else:
            missing[key] = draft.expiry
    known |= add_lots(session, missing)
    for draft, key in named:
        draft.lot_id = known.get(key, draft.lot_id)
