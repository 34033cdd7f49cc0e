"""Closing the books up to a day: from then on a late fact gets the first open day."""

from datetime import date, datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.company.models import Company
from app.kernel.clock import business_day
from app.kernel.i18n import N_
from app.ledger.chain import seal_closing
from app.ledger.models import Counter, PeriodClosing
from app.ledger.rules import NotSetUp, ensure_closable

# What the audit trail calls it.
ACTIONS = {"period.close": N_("Period closed")}
SUBJECTS = {"period": N_("Period up to")}
WORDS = {"until": N_("Until")}


def close_period(session: Session, until: date, *, by: int, now: datetime) -> None:
    """Close every day up to and with *until*, which must be over; there is no opening again.

    The counter's lock makes it wait for postings under way and makes later ones see the new first open day.
    """
    time_zone = session.scalar(select(Company.time_zone))
    if time_zone is None:
        raise NotSetUp
    counter = session.execute(select(Counter.seq, Counter.open_from).where(Counter.id == 1).with_for_update()).one()
    ensure_closable(until, counter.open_from, business_day(now, time_zone))
    closing = {"until": until, "after_seq": counter.seq, "by": by, "at": now}
    seal = seal_closing(session.connection(), closing)
    session.execute(insert(PeriodClosing), [closing | {"seal": seal}])
    session.execute(update(Counter).where(Counter.id == 1).values(open_from=until + timedelta(days=1)))
