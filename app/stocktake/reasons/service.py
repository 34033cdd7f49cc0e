"""Commands on a company's own reasons."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.identity.audit import audit
from app.stocktake.reasons.models import StocktakeReason
from app.stocktake.reasons.queries import get_own_reason
from app.stocktake.reasons.rules import ReasonTaken, clean_name


def add_reason(session: Session, typed: str, by: int, now: datetime) -> StocktakeReason:
    """Add a reason of the company's own. Errors: ReasonNameMissing, ReasonTaken."""
    name = clean_name(typed)
    if session.scalar(select(StocktakeReason.id).where(StocktakeReason.name == name)):
        raise ReasonTaken(name=name)
    reason = StocktakeReason(name=name)
    session.add(reason)
    try:
        session.flush()
    except IntegrityError as error:  # somebody added the same at this moment
        raise ReasonTaken(name=name) from error
    audit(session, by, "stocktake.reason_add", f"stocktake_reason:{reason.id}", {"name": name}, now)
    return reason


def set_active(session: Session, reason_id: int, wanted: bool, by: int, now: datetime) -> None:
    """Offer a reason again, or no more. Errors: NoSuchReason."""
    reason = get_own_reason(session, reason_id)
    guarded = update(StocktakeReason).where(StocktakeReason.id == reason_id, StocktakeReason.active.is_(not wanted))
    changed = session.execute(guarded.values(active=wanted).returning(StocktakeReason.id)).first()
    if changed:
        action = "stocktake.reason_restore" if wanted else "stocktake.reason_retire"
        audit(session, by, action, f"stocktake_reason:{reason_id}", {"name": reason.name}, now)
