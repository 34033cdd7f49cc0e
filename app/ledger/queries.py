"""Reading the ledgers: on hand, books as of an instant, moves and entries behind every number.

On hand is read from kept balances, never summed from history: it costs the same after a million moves.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.bulk import in_parts
from app.identity.models import User
from app.kernel.exact import ZERO
from app.ledger import history
from app.ledger.costing import Cost
from app.ledger.models import Balance, CountAnchor, Entry, Move, PeriodClosing, Posting
from app.ledger.models import Cost as CostRow
from app.ledger.rules import Key, Reason, UnknownPosting, ids_of
from app.places.models import Location
from app.places.rules import LocationKind


class BeyondBook(Struct, frozen=True):
    """Goods that moved though the books had none; `counted` tells that a count has looked there since."""

    move: int
    posting: int
    key: Key
    occurred_at: datetime
    quantity: Decimal
    open: Decimal
    value: Decimal
    counted: bool


def on_hand(
    session: Session,
    items: Iterable[int],
    *,
    warehouse: int | None = None,
    kinds: Iterable[LocationKind] | None = None,
) -> dict[int, Decimal]:
    """Return the quantity of each item in our places, in all or in one warehouse, in all kinds or in some."""
    wanted = sorted(set(items))
    found: dict[int, Decimal] = dict.fromkeys(wanted, ZERO)
    total = func.sum(Balance.quantity, type_=Balance.quantity.type)
    query = select(Balance.item_id, total).group_by(Balance.item_id)
    if warehouse is not None or kinds is not None:
        query = query.join(Location, Location.id == Balance.location_id)
    if warehouse is not None:
        query = query.where(Location.warehouse_id == warehouse)
    if kinds is not None:
        query = query.where(Location.kind.in_(sorted(kinds)))
    for part in in_parts(wanted):
        rows = session.execute(query.where(Balance.item_id.in_(part)))
        found.update((item, quantity) for item, quantity in rows)
    return found


def balances(
    session: Session, *, item: int | None = None, location: int | None = None, with_empty: bool = False
) -> Sequence[Balance]:
    """Return the balances of an item, of a place, or of both, in the order of keys."""
    query = select(Balance).order_by(Balance.item_id, Balance.lot_id, Balance.location_id)
    if item is not None:
        query = query.where(Balance.item_id == item)
    if location is not None:
        query = query.where(Balance.location_id == location)
    if not with_empty:
        query = query.where(Balance.quantity > 0)
    return session.scalars(query).all()


def books_as_of(session: Session, instants: Mapping[Key, datetime]) -> dict[Key, Decimal]:
    """Return what the books say lay there at each key's own instant, by when goods moved; one query for all."""
    return history.books_as_of(session.connection(), instants)


def costs(session: Session, items: Iterable[int]) -> dict[int, Cost]:
    """Return quantity, value and last price of items; an item that never moved costs nothing known."""
    wanted = sorted(set(items))
    found = {item: Cost() for item in wanted}
    for part in in_parts(wanted):
        query = select(CostRow).where(CostRow.item_id.in_(part))
        found.update((row.item_id, Cost(row.quantity, row.value, row.last_price)) for row in session.scalars(query))
    return found


def moves(*, item: int | None = None, location: int | None = None, posting: int | None = None) -> Select[Move, Posting]:
    """Return the statement of the moves behind a number, newest first: (Move, Posting) rows.

    A place is reached through its balances, which know every item that ever lay there.
    """
    query = select(Move, Posting).join(Posting, Posting.seq == Move.posting_seq).order_by(Move.id.desc())
    if posting is not None:
        query = query.where(Move.id.between(*ids_of(posting)))
    if location is not None:
        here = or_(Move.source_id == Balance.location_id, Move.target_id == Balance.location_id)
        of_key = and_(Balance.item_id == Move.item_id, Balance.lot_id == Move.lot_id, here)
        query = query.join(Balance, of_key).where(Balance.location_id == location)
    if item is not None:
        query = query.where(Move.item_id == item)
    return query


def entries(*, account: str | None = None, posting: int | None = None) -> Select[Entry, Posting]:
    """Return the statement of the entries behind an amount, newest first: (Entry, Posting) rows."""
    query = select(Entry, Posting).join(Posting, Posting.seq == Entry.posting_seq).order_by(Entry.id.desc())
    if posting is not None:
        query = query.where(Entry.id.between(*ids_of(posting)))
    if account is not None:
        query = query.where(Entry.account == account)
    return query


def account_balance(session: Session, account: str) -> Decimal:
    """Return debit minus credit of an account."""
    net = func.sum(Entry.debit - Entry.credit, type_=Entry.debit.type)
    return session.scalar(select(net).where(Entry.account == account)) or ZERO


def get_posting(session: Session, seq: int) -> Posting:
    """Return a posting by its number."""
    posting = session.get(Posting, seq)
    if posting is None:
        raise UnknownPosting(seq=seq)
    return posting


def get_posting_keyed(session: Session, key: str) -> Posting:
    """Return the posting of a fact by the fact's key. Errors: UnknownPosting."""
    posting = session.scalar(select(Posting).where(Posting.key == key))
    if posting is None:
        raise UnknownPosting(seq=key)
    return posting


def select_closings() -> Select[Any]:
    """Return the statement of the list of closed periods, each with the name of who closed it."""
    columns: tuple[Any, ...] = (PeriodClosing.until, PeriodClosing.after_seq, PeriodClosing.at, User.name)
    return select(*columns).join(User, User.id == PeriodClosing.by)


def list_beyond_book(session: Session, *, uncounted_only: bool = True) -> list[BeyondBook]:
    """Return the goods that moved beyond book and are not explained yet, newest first.

    A late receipt explains by giving back; a count since then settles what lies there, whatever the cause was.
    """
    back = Move.__table__.alias("back")
    returned = (
        select(func.sum(back.c.quantity, type_=back.c.quantity.type))
        .where(back.c.gives_back_id == Move.id)
        .scalar_subquery()
    )
    counted = (
        select(CountAnchor.id)
        .where(
            CountAnchor.item_id == Move.item_id,
            CountAnchor.lot_id == Move.lot_id,
            CountAnchor.location_id == Move.target_id,
            CountAnchor.counted_at >= Move.occurred_at,
        )
        .exists()
    )
    query = select(Move, returned.label("returned"), counted.label("counted"))
    query = query.where(Move.reason == Reason.BEYOND_BOOK).order_by(Move.occurred_at.desc(), Move.id.desc())
    if uncounted_only:
        query = query.where(~counted)
    rows = [
        BeyondBook(
            move=row.Move.id,
            posting=row.Move.posting_seq,
            key=Key(row.Move.item_id, row.Move.lot_id, row.Move.target_id),
            occurred_at=row.Move.occurred_at,
            quantity=row.Move.quantity,
            open=row.Move.quantity - (row.returned or ZERO),
            value=row.Move.value,
            counted=row.counted,
        )
        for row in session.execute(query)
    ]
    return [row for row in rows if row.open]
