"""Closing the books up to a day: from then on a late fact gets the first open day."""

from datetime import date, datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.company.queries import get_company
from app.identity.audit import audit
from app.ledger.chain import seal_closing
from app.ledger.models import Counter, PeriodClosing
from app.ledger.rules import ensure_closable


def close_period(session: Session, until: date, *, by: int, now: datetime) -> None:
    """Close every day up to and with *until*, which must be over; there is no opening again.

    The counter's lock makes it wait for postings under way and makes later ones see the new first open day.
    Errors: NotClosable, NotSetUp.
    """
    today = get_company(session).day_of(now)
    counter = session.execute(select(Counter.seq, Counter.open_from).where(Counter.id == 1).with_for_update()).one()
    ensure_closable(until, counter.open_from, today)
    closing = {"until": until, "after_seq": counter.seq, "by": by, "at": now}
    seal = seal_closing(session.connection(), closing)
    session.execute(insert(PeriodClosing), [closing | {"seal": seal}])
    session.execute(update(Counter).where(Counter.id == 1).values(open_from=until + timedelta(days=1)))
    day = until.isoformat()
    audit(session, by, "period.close", f"period:{day}", {"until": day}, now)
