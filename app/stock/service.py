"""Commands on stock that move no goods."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.catalog.queries import get_item
from app.catalog.rules import ThresholdNegative
from app.identity.audit import audit, changes
from app.kernel.exact import ZERO
from app.places.queries import find_places
from app.stock.models import Threshold


class Limits(Struct, frozen=True):
    """A warehouse's own limits; None where the item's own hold."""

    minimum: Decimal | None
    safety: Decimal | None


def set_thresholds(session: Session, item_id: int, limits: Mapping[int, Limits], by: int, now: datetime) -> None:
    """Replace an item's limits by warehouse; where only one of the two is given, the other is the item's own.

    Errors: NoSuchItem, ThresholdNegative.
    """
    item = get_item(session, item_id)
    rows = [
        Threshold(
            item_id=item_id,
            warehouse_id=warehouse_id,
            minimum=item.minimum if limit.minimum is None else limit.minimum,
            safety=item.safety if limit.safety is None else limit.safety,
        )
        for warehouse_id, limit in sorted(limits.items())
        if limit != Limits(None, None)
    ]
    if any(row.minimum < ZERO or row.safety < ZERO for row in rows):
        raise ThresholdNegative
    before = _kept(session, item_id)
    session.execute(delete(Threshold).where(Threshold.item_id == item_id))
    session.add_all(rows)
    session.flush()
    after = {str(row.warehouse_id): [row.minimum, row.safety] for row in rows}
    if before != after:
        places = find_places(session, {int(key) for key in before.keys() | after.keys()})
        codes = {str(number): place.code for number, place in places.items()}
        old, new = ({code: kept.get(key) for key, code in codes.items()} for kept in (before, after))
        audit(session, by, "stock.threshold", f"item:{item_id}", changes(old, new), now)


def _kept(session: Session, item_id: int) -> dict[str, list[Decimal]]:
    columns = (Threshold.warehouse_id, Threshold.minimum, Threshold.safety)
    rows = session.execute(select(*columns).where(Threshold.item_id == item_id))
    return {str(warehouse_id): [minimum, safety] for warehouse_id, minimum, safety in rows}
