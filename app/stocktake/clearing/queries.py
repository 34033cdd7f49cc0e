"""What is left of posted differences on 1901: by line, by stocktake; and what was cleared when, why and by whom."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from app.catalog.models import Item, Lot
from app.company.models import Account
from app.db import Money
from app.identity.models import User
from app.kernel.exact import ZERO
from app.ledger.models import CountAnchor, Entry, Move, Posting
from app.ledger.rules import Reason
from app.places.models import Location
from app.places.rules import End
from app.stocktake.clearing.models import StocktakeClearing, StocktakeClearingLine
from app.stocktake.clearing.rules import LineBalance, NoSuchClearing
from app.stocktake.models import Stocktake, StocktakeLine

_NOTHING = literal(ZERO, Money)
_Reversal = aliased(Posting)


def _lines(stocktake_ids: Collection[int] | None = None) -> Subquery:
    """Return each posted line that booked something, then or since: line_id, stocktake_id, booked, returned, cleared.

    As in `LineBalance`, `cleared` is above zero where it made up for a shortage.
    """
    # What 1901 took: goods that went back at a stated cost may have been worth less, the rest is their variance.
    amount = Move.value + Move.variance
    signed = case((Move.source_id == End.LOSS, amount), else_=-amount)
    booked = func.sum(case((Move.reason == Reason.DIFFERENCE, signed), else_=_NOTHING), type_=Money)
    returned = func.sum(case((Move.reason == Reason.DIFFERENCE, _NOTHING), else_=signed), type_=Money)
    made_up = case(
        (StocktakeClearing.is_surplus.is_(True), -StocktakeClearingLine.amount), else_=StocktakeClearingLine.amount
    )
    cleared = (
        select(StocktakeClearingLine.line_id, func.sum(made_up, type_=Money).label("cleared"))
        .join(StocktakeClearing, StocktakeClearing.id == StocktakeClearingLine.clearing_id)
        .where(_stands())
        .group_by(StocktakeClearingLine.line_id)
        .subquery("cleared_lines")
    )
    statement = (
        select(
            StocktakeLine.id.label("line_id"),
            StocktakeLine.stocktake_id,
            booked.label("booked"),
            returned.label("returned"),
            func.coalesce(cleared.c.cleared, _NOTHING, type_=Money).label("cleared"),
        )
        .join(CountAnchor, CountAnchor.key == StocktakeLine.anchor_key)
        .join(Move, Move.anchor_id == CountAnchor.id)
        .outerjoin(cleared, cleared.c.line_id == StocktakeLine.id)
        .group_by(StocktakeLine.id, StocktakeLine.stocktake_id, cleared.c.cleared)
    )
    if stocktake_ids is not None:
        statement = statement.where(StocktakeLine.stocktake_id.in_(stocktake_ids))
    return statement.subquery("posted_lines")


def _stands() -> ColumnElement[bool]:
    return ~select(_Reversal.seq).where(_Reversal.reverses == StocktakeClearing.posting_seq).exists()


def list_balances(session: Session, stocktake_id: int) -> list[LineBalance]:
    """Return what each posted line of a stocktake has on 1901, in the order of lines. One query."""
    lines = _lines([stocktake_id])
    columns = (lines.c.line_id, lines.c.booked, lines.c.returned, lines.c.cleared)
    is_known = or_(lines.c.booked != ZERO, lines.c.returned != ZERO)
    statement = select(*columns).where(is_known).order_by(lines.c.line_id)
    return [LineBalance(*row) for row in session.execute(statement)]


def list_names(session: Session, stocktake_id: int) -> dict[int, Any]:
    """Return what the posted lines of a stocktake are about, by line: place, item and lot with their names."""
    statement = (
        select(
            *(StocktakeLine.id, StocktakeLine.bin_id, StocktakeLine.item_id, StocktakeLine.lot_id),
            *(Item.name, Item.code, Lot.code.label("lot"), Location.code.label("bin")),
        )
        .join(Item, Item.id == StocktakeLine.item_id)
        .join(Lot, Lot.id == StocktakeLine.lot_id)
        .join(Location, Location.id == StocktakeLine.bin_id)
        .where(StocktakeLine.stocktake_id == stocktake_id, StocktakeLine.anchor_key.is_not(None))
    )
    return {row.id: row for row in session.execute(statement).all()}


def clearing_rows(
    stocktake_ids: Collection[int] | None = None,
) -> tuple[Select[*tuple[Any, ...]], Subquery]:
    """Return the statement of the list of posted stocktakes with what is left of each, and the totals behind it."""
    lines = _lines(stocktake_ids)
    net = lines.c.booked + lines.c.returned
    left = net + lines.c.cleared
    is_surplus = or_(net > ZERO, and_(net == ZERO, lines.c.booked > ZERO))  # as LineBalance has it

    def sums(name: str, of_shortages: ColumnElement[Any], of_surpluses: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.sum(case((is_surplus, of_surpluses), else_=of_shortages), type_=Money).label(name)

    totals = (
        select(
            lines.c.stocktake_id,
            sums("shortage", -net, _NOTHING),
            sums("surplus", _NOTHING, net),
            sums("cleared", lines.c.cleared, -lines.c.cleared),
            sums("shortage_left", -left, _NOTHING),
            sums("surplus_left", _NOTHING, left),
        )
        .where(or_(lines.c.booked != ZERO, lines.c.returned != ZERO))
        .group_by(lines.c.stocktake_id)
        .subquery("totals")
    )
    statement = select(
        *(Stocktake.id, Stocktake.number, Stocktake.posted_at, Stocktake.posting_seq),
        *(totals.c.shortage, totals.c.surplus, totals.c.cleared, totals.c.shortage_left, totals.c.surplus_left),
    ).join(totals, totals.c.stocktake_id == Stocktake.id)
    return statement, totals


def count_uncleared(session: Session, account: str) -> int:
    """Return how many posted stocktakes have something left on *account* (1901).

    Every start page of finance asks: what postings and clearings say as wholes comes first, lines are summed only of
    the few stocktakes where these differ, and of those that late facts gave something back.
    """
    wanted = _maybe_uncleared(session, account)
    if not wanted:
        return 0
    _, totals = clearing_rows(wanted)
    is_left = (totals.c.shortage_left != ZERO) | (totals.c.surplus_left != ZERO)
    return session.scalar(select(func.count()).select_from(totals).where(is_left)) or 0


def _maybe_uncleared(session: Session, account: str) -> list[int]:
    booked = (
        select(
            Stocktake.id,
            func.sum(Entry.debit, type_=Money).label("shortage"),
            func.sum(Entry.credit, type_=Money).label("surplus"),
        )
        .join(Entry, Entry.posting_seq == Stocktake.posting_seq)
        .where(Entry.account == account)
        .group_by(Stocktake.id)
    )
    cleared: dict[tuple[int, bool], Decimal] = {
        (number, is_surplus): amount
        for number, is_surplus, amount in session.execute(
            select(
                StocktakeClearing.stocktake_id,
                StocktakeClearing.is_surplus,
                func.sum(StocktakeClearing.amount, type_=Money),
            )
            .where(_stands())
            .group_by(StocktakeClearing.stocktake_id, StocktakeClearing.is_surplus)
        )
    }
    differing = {
        number
        for number, shortage, surplus in session.execute(booked)
        if (shortage, surplus) != (cleared.get((number, False), ZERO), cleared.get((number, True), ZERO))
    }
    given_back = (
        select(StocktakeLine.stocktake_id)
        .join(CountAnchor, CountAnchor.key == StocktakeLine.anchor_key)
        .join(Move, Move.anchor_id == CountAnchor.id)
        .where(Move.anchor_id.is_not(None), Move.cause_id.is_not(None))
        .distinct()
    )
    return sorted(differing | set(session.scalars(given_back)))


def find_clearing(session: Session, key: str) -> StocktakeClearing | None:
    """Return the clearing that was made by this key, None where there is none."""
    return session.scalar(select(StocktakeClearing).where(StocktakeClearing.key == key))


def get_clearing(session: Session, stocktake_id: int, clearing_id: int) -> StocktakeClearing:
    """Return a clearing of the stocktake. Errors: NoSuchClearing."""
    found = session.get(StocktakeClearing, clearing_id)
    if found is None or found.stocktake_id != stocktake_id:
        raise NoSuchClearing
    return found


def list_clearings(session: Session, stocktake_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the clearings of a stocktake, the latest first: (StocktakeClearing, Account, name, reversing posting)."""
    statement = (
        select(StocktakeClearing, Account, User.name, _Reversal.seq)
        .join(Account, Account.code == StocktakeClearing.account)
        .join(User, User.id == StocktakeClearing.by_id)
        .outerjoin(_Reversal, and_(_Reversal.reverses == StocktakeClearing.posting_seq))
        .where(StocktakeClearing.stocktake_id == stocktake_id)
        .order_by(StocktakeClearing.id.desc())
    )
    return session.execute(statement).all()
