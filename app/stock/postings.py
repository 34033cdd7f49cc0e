"""One posting as a page shows it: its goods and its counts as lists with totals, its money whole."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, FromClause, Row, case, func, select
from sqlalchemy.orm import Session

from app.catalog.models import Item, Lot, Unit
from app.company.models import Account
from app.company.queries import get_company
from app.company.rules import ACCOUNTS, AccountRole
from app.db import Money
from app.identity.models import User
from app.kernel.exact import ZERO
from app.ledger.models import CountAnchor, Entry, Move, Posting
from app.ledger.queries import get_posting
from app.ledger.rules import Reason, ids_of
from app.partners.models import Partner
from app.places.models import Location
from app.places.rules import End

Rows = Sequence[Row[*tuple[Any, ...]]]


class Goods(Struct, frozen=True):
    """What all moves of a posting are together; `came` and `went` are what those over our border were worth."""

    lines: int
    items: int
    came: Decimal
    went: Decimal


class Counts(Struct, frozen=True):
    """How many counts a posting has, and how many of them were other than the books."""

    lines: int
    differ: int


class WholePosting(Struct, frozen=True):
    """A posting with what it booked: its goods and counts as totals, for they may be a hundred thousand lines."""

    posting: Posting
    by: str
    goods: Goods
    counts: Counts
    entries: Rows
    is_of_differences: bool  # all its money is what count differences are worth


def read_posting(session: Session, seq: int) -> WholePosting:
    """Return the posting of this number. Errors: UnknownPosting."""
    posting = get_posting(session, seq)
    by = session.scalar(select(User.name).where(User.id == posting.by)) or ""
    goods, has_primary = _goods(session, seq)
    entries, loss = _entries(session, seq), ACCOUNTS[get_company(session).chart][AccountRole.LOSS]
    of_differences = loss in {row.account for row in entries} and not has_primary
    return WholePosting(posting, by, goods, _counts(session, seq), entries, of_differences)


def _goods(session: Session, seq: int) -> tuple[Goods, bool]:
    statement = select(
        func.count(Move.id),
        func.count(Move.item_id.distinct()),
        _worth(Move.source_id <= max(End)),
        _worth(Move.target_id <= max(End)),
        func.count(case((Move.reason == Reason.PRIMARY, 1))),
    ).where(Move.id.between(*ids_of(seq)))
    lines, items, came, went, primary = session.execute(statement).one()
    return Goods(lines, items, came or ZERO, went or ZERO), bool(primary)


def _worth(wanted: ColumnElement[bool]) -> ColumnElement[Decimal]:
    return func.sum(case((wanted, Move.value)), type_=Money)


def _counts(session: Session, seq: int) -> Counts:
    differ = func.count(case((CountAnchor.counted != CountAnchor.book, 1)))
    statement = select(func.count(CountAnchor.id), differ).where(CountAnchor.id.between(*ids_of(seq)))
    return Counts(*session.execute(statement).one())


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


def counts_of(seq: int) -> FromClause:
    """Return the counts of a posting as a table."""
    statement = (
        select(
            CountAnchor.id,
            Item.id.label("item_id"),
            Item.name.label("item"),
            Unit.name.label("unit"),
            Lot.id.label("lot_id"),
            Lot.code.label("lot"),
            Location.id.label("place_id"),
            Location.code.label("place"),
            Location.natural_code,
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
    return statement.subquery("counts")
