"""One posting as a page shows it: its goods, its money and its counts with their names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.catalog.models import Item, Lot, Unit
from app.company.models import Account
from app.company.queries import get_company
from app.company.rules import ACCOUNTS, AccountRole
from app.identity.models import User
from app.ledger.models import CountAnchor, Entry, Posting
from app.ledger.queries import get_posting
from app.ledger.rules import Reason, ids_of
from app.partners.models import Partner
from app.places.models import Location
from app.stock.queries import moves_behind

Rows = Sequence[Row[*tuple[Any, ...]]]


@dataclass(frozen=True)
class WholePosting:
    """A posting with everything it booked."""

    posting: Posting
    by: str
    moves: Rows
    entries: Rows
    counts: Rows
    is_of_differences: bool  # all its money is what count differences are worth


def read_posting(session: Session, seq: int) -> WholePosting:
    """Return the posting of this number. Errors: UnknownPosting."""
    posting = get_posting(session, seq)
    by = session.scalar(select(User.name).where(User.id == posting.by)) or ""
    moves = moves_behind(posting_seq=seq)
    rows = session.execute(select(moves).order_by(moves.c.id)).all()
    entries, loss = _entries(session, seq), ACCOUNTS[get_company(session).chart][AccountRole.LOSS]
    reasons, accounts = {row.reason for row in rows}, {row.account for row in entries}
    of_differences = loss in accounts and Reason.PRIMARY not in reasons
    return WholePosting(posting, by, rows, entries, _counts(session, seq), of_differences)


def _entries(session: Session, seq: int) -> Rows:
    statement = (
        select(
            Entry.account,
            Account.name,
            Account.name_en,
            Entry.debit,
            Entry.credit,
            Partner.name.label("partner"),
            Entry.due_on,
        )
        .join(Account, Account.code == Entry.account)
        .outerjoin(Partner, Partner.id == Entry.partner_id)
        .where(Entry.id.between(*ids_of(seq)))
    )
    return session.execute(statement.order_by(Entry.id)).all()


def _counts(session: Session, seq: int) -> Rows:
    statement = (
        select(
            Item.id.label("item_id"),
            Item.name.label("item"),
            Unit.name.label("unit"),
            Lot.code.label("lot"),
            Location.id.label("place_id"),
            Location.code.label("place"),
            CountAnchor.counted_at,
            CountAnchor.counted,
            CountAnchor.book,
        )
        .join(Item, Item.id == CountAnchor.item_id)
        .join(Unit, Unit.id == Item.unit_id)
        .join(Lot, Lot.id == CountAnchor.lot_id)
        .join(Location, Location.id == CountAnchor.location_id)
        .where(CountAnchor.id.between(*ids_of(seq)))
    )
    return session.execute(statement.order_by(CountAnchor.id)).all()
