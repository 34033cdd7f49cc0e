"""Saying where the classes end and how often each is counted."""

from datetime import datetime

from msgspec.structs import asdict
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.identity.audit import audit, changes
from app.stocktake.classes.models import StocktakePolicy
from app.stocktake.classes.queries import get_policy
from app.stocktake.classes.rules import Policy, ensure_policy


def save_policy(session: Session, policy: Policy, by: int, now: datetime) -> None:
    """Keep *policy*; it holds for what is proposed and classified from now on. Errors: PolicyInvalid."""
    ensure_policy(policy)
    before = get_policy(session)
    session.execute(update(StocktakePolicy).values(asdict(policy)))
    changed = changes(asdict(before), asdict(policy))
    if changed:
        audit(session, by, "stocktake.policy", "stocktake_policy", changed, now)
