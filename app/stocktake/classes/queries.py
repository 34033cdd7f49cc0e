"""Which class each item is in, from the value that left us, else from what lies here: always four statements."""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.db import Money
from app.kernel.exact import ZERO
from app.ledger.models import Cost, Move, Posting
from app.ledger.rules import line_id
from app.places.rules import End
from app.stocktake.classes.models import StocktakePolicy
from app.stocktake.classes.rules import AbcClass, Policy, classify

# Where goods go that were used or sold; what comes back from there was not.
_USED = (End.CUSTOMER, End.CONSUMPTION)


def get_policy(session: Session) -> Policy:
    """Return where the classes end and how often each is counted."""
    return session.get_one(StocktakePolicy, 1).policy


def item_classes(session: Session, policy: Policy, now: datetime) -> dict[int, AbcClass]:
    """Return the class of each item in use."""
    worth = _left(session, now - timedelta(days=policy.window_days))
    if not any(value > ZERO for value in worth.values()):
        worth = dict(session.execute(select(Cost.item_id, Cost.value)).all())
    items = session.scalars(select(Item.id).where(Item.active))
    return classify({item: worth.get(item, ZERO) for item in items}, policy)


def items_in_classes(session: Session, wanted: Collection[int], now: datetime) -> list[int]:
    """Return the items that are in these classes now."""
    classes = item_classes(session, get_policy(session), now)
    return sorted(item for item, abc in classes.items() if abc in wanted)


def _left(session: Session, since: datetime) -> dict[int, Decimal]:
    """Return the value of each item's goods that were used or sold since an instant, less what came back.

    Moves are numbered by their postings, and those are found by their day: only the period's own moves are walked.
    """
    a_day_before = since.date() - timedelta(days=1)
    first = session.scalar(select(func.min(Posting.seq)).where(Posting.effective_on >= a_day_before))
    if first is None:
        return {}
    value = func.sum(case((Move.target_id.in_(_USED), Move.value), else_=-Move.value), type_=Money)
    statement = (
        select(Move.item_id, value)
        .where(
            Move.id >= line_id(first, 0),
            Move.occurred_at >= since,
            Move.target_id.in_(_USED) | Move.source_id.in_(_USED),
        )
        .group_by(Move.item_id)
    )
    return dict(session.execute(statement).all())
