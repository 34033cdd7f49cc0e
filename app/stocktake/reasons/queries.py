"""What is asked about reasons: a company's own, and what every reason is called."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.stocktake.reasons.models import StocktakeReason
from app.stocktake.reasons.rules import OWN, REASON_NAMES, NoSuchReason, own_key


def list_own_reasons(session: Session) -> Sequence[StocktakeReason]:
    """Return the company's own reasons, those in use first."""
    order = (StocktakeReason.active.desc(), StocktakeReason.name)
    return session.scalars(select(StocktakeReason).order_by(*order)).all()


def get_own_reason(session: Session, reason_id: int) -> StocktakeReason:
    """Return a company's own reason. Errors: NoSuchReason."""
    reason = session.get(StocktakeReason, reason_id)
    if reason is None:
        raise NoSuchReason
    return reason


class Reasons(Struct, frozen=True):
    """What each reason is called in the reader's language, by the word an approval keeps; `offered`: those in use."""

    names: Mapping[str, str]
    offered: Mapping[str, str]


def read_reasons(session: Session) -> Reasons:
    """Return every reason with its name. One query."""
    common = {reason.value: str(gettext(name)) for reason, name in REASON_NAMES.items()}
    own = list_own_reasons(session)
    return Reasons(
        names=common | {own_key(reason.id): reason.name for reason in own},
        offered=common | {own_key(reason.id): reason.name for reason in own if reason.active},
    )


def trail_word(session: Session, key: str) -> str:
    """Return what the audit trail keeps of a reason: a company's own by its name, a common one by its word.

    The trail's readers see common words in their own language; an own reason has one name for everybody.
    """
    return get_own_reason(session, int(key.removeprefix(OWN))).name if key.startswith(OWN) else key
