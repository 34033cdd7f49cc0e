"""post(), the only writer of the ledgers, and reverse().

A receipt of 12 bottles at 3.50 with 13 % VAT, then one of them sold, then the bin counted:

    with transaction() as session:
        post(session, "receipt", "receipt:17",
             moves=[MoveFact(item=1, quantity=Decimal(12), source=End.SUPPLIER, target=dock, occurred_at=now,
                             value=Decimal("42.00"))],
             entries=[EntryFact(AccountRole.INPUT_VAT, debit=Decimal("5.46")),
                      EntryFact(AccountRole.PAYABLE, credit=Decimal("47.46"), partner=3, due_on=due)],
             by=user, effective_on=today, now=now)
    with transaction() as session:
        posted = post(session, "shipment", "scan:0190…",
                      moves=[MoveFact(item=1, quantity=Decimal(1), source=bin, target=End.CUSTOMER, occurred_at=at)],
                      entries=[…revenue, VAT, receivable…], by=user, effective_on=today, now=now)
        posted.values  # (Decimal("3.50"),): what the goods cost; Dr cost of sales, Cr inventory are booked already
    with transaction() as session:
        post(session, "stocktake", "stocktake:4", counts=[CountFact(item=1, location=bin, counted=Decimal(10),
             counted_at=closed_at, key="stocktake:4:line:9", expected_difference=Decimal(-1))], by=…, …)

Law: one post() a transaction, or `post_all`, which locks for all of them at once: locks taken in two goes could
wait for each other.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Column, Connection, Table, bindparam, func, select, update
from sqlalchemy.orm import Session

from app.company.models import Account, Company
from app.company.rules import ACCOUNTS, NotSetUp
from app.kernel.errors import RuleBroken
from app.kernel.exact import ZERO, ensure_fits
from app.ledger import holding, planning
from app.ledger.booking import Booking, book, derive, ensure_balanced, ensure_may_stand_against, fall_due
from app.ledger.costing import Cost, Revalued, items_to_value, revalue, value_plan
from app.ledger.digest import digest
from app.ledger.facts import CountFact, Draft, EntryFact, MoveFact, Posted, RevaluationFact, named_in
from app.ledger.history import load_history
from app.ledger.models import Counter, Move, Posting
from app.ledger.reversing import mirror
from app.ledger.rules import (
    AlreadyReversed,
    Key,
    KeyTaken,
    UnknownAccount,
    UnknownPartner,
    ensure_facts,
    ensure_size,
    ids_of,
)
from app.ledger.shelf import Shelf
from app.ledger.writing import write_posting
from app.partners.models import Partner

_company, _posting, _counter, _account, _partner = (
    cast("Table", model.__table__) for model in (Company, Posting, Counter, Account, Partner)
)
# The company's chart and, if the key is taken, the posting that has it: one row in one statement.
_look_up = (
    select(_company.c.chart, _posting.c.seq, _posting.c.kind, _posting.c.digest, _posting.c.effective_on)
    .join_from(_company, _posting, _posting.c.key == bindparam("key"), isouter=True)
    .where(_company.c.id == 1)
)
# The same, and of how many of the accounts and partners that a posting names there is a row.
_look_up_named = _look_up.add_columns(
    select(func.count())
    .where(_account.c.code.in_(bindparam("codes", expanding=True)))
    .scalar_subquery()
    .label("codes"),
    select(func.count())
    .where(_partner.c.id.in_(bindparam("partners", expanding=True)))
    .scalar_subquery()
    .label("partners"),
)
_take_number = (
    update(_counter)
    .values(seq=_counter.c.seq + 1)
    .where(_counter.c.id == 1)
    .returning(_counter.c.seq, _counter.c.open_from)
)
_last, _twin, _undone = (cast("Table", Posting.__table__).alias(name) for name in ("last", "twin", "undone"))
# Asked once the counter is held: what others have committed while this posting waited for it.
_ask_before = (
    select(_last.c.seal, _twin.c.seq.label("twin"), _twin.c.kind, _undone.c.seq.label("undone"))
    .select_from(_counter)
    .outerjoin(_last, _last.c.seq == _counter.c.seq - 1)
    .outerjoin(_twin, _twin.c.key == bindparam("key"))
    .outerjoin(_undone, _undone.c.reverses == bindparam("reverses"))
    .where(_counter.c.id == 1)
)
_give_back_number = update(_counter).values(seq=_counter.c.seq - 1).where(_counter.c.id == 1)
_hold_counter = select(_counter.c.seq).where(_counter.c.id == 1).with_for_update()


def post(  # noqa: PLR0913  # a fact has these parts; each is named where it is given
    session: Session,
    kind: str,
    key: str,
    moves: Sequence[MoveFact] = (),
    revaluations: Sequence[RevaluationFact] = (),
    entries: Sequence[EntryFact] = (),
    counts: Sequence[CountFact] = (),
    *,
    by: int,
    effective_on: date,
    now: datetime,
) -> Posted:
    """Enter one business fact into the ledgers of goods, money and counts at once.

    The same key with the same content is the same posting: it is answered again, nothing is written. A day in a
    closed period becomes the first open one; what is said to have happened after *now* happened now.
    Errors: KeyTaken, CountOutdated, MissingCost, NotBalanced, TooLarge, Impossible…, Unknown…, WrongPlace, NotSetUp.
    """
    draft = Draft(kind, key, moves, revaluations, entries, counts)
    return _post(session, draft, by, effective_on, now)


def post_all(session: Session, drafts: Sequence[Draft], *, by: int, effective_on: date, now: datetime) -> list[Posted]:
    """Post several facts in one transaction, in their order, locking for all of them first."""
    connection = session.connection()
    moves = [move for draft in drafts for move in draft.moves]
    counts = [count for draft in drafts for count in draft.counts]
    holding.hold_balances(connection, planning.keys_of(moves, counts))
    items = {fact.item for fact in moves} | {fact.item for fact in counts}
    items |= {fact.item for draft in drafts for fact in draft.revaluations}
    holding.hold_costs(connection, sorted(items))
    return [_post(session, draft, by, effective_on, now) for draft in drafts]


def reverse(session: Session, seq: int, key: str, *, by: int, effective_on: date, now: datetime) -> Posted:
    """Enter the mirror of posting *seq*, dated when the original happened; what it derived is derived anew.

    Errors: UnknownPosting, AlreadyReversed, NotReversible for counts and for reversals.
    """
    return _post(session, mirror(session, seq, key), by, effective_on, now)


def _post(session: Session, draft: Draft, by: int, effective_on: date, now: datetime) -> Posted:
    ensure_size(len(draft.moves) + len(draft.revaluations) + len(draft.entries) + len(draft.counts))
    content = digest(draft)
    draft = _not_after(draft, now)
    ensure_facts(draft)
    connection = session.connection()
    shelves = holding.hold_balances(connection, planning.keys_of(draft.moves, draft.counts))
    if not shelves:
        _hold_something(connection, draft)
    known = _find_known(connection, draft)
    if known.seq is not None:
        return _repeat(connection, draft, content, known)
    outcome = _work_out(connection, draft, shelves, ACCOUNTS[known.chart])
    _ensure_fits(shelves.values(), outcome)
    number = connection.execute(_take_number).one()
    previous = _seal_before(connection, draft)
    # From here on nothing is refused any more: whoever catches a broken rule above has written nothing.
    effective_on = max(effective_on, number.open_from or effective_on)
    fall_due(outcome.bookings, ACCOUNTS[known.chart], effective_on)
    header = {"digest": content, "by": by, "recorded_at": now, "effective_on": effective_on}
    write_posting(connection, number.seq, draft, outcome.plan, outcome.revalued, outcome.bookings, header, previous)
    holding.keep_balances(connection, shelves.values())
    holding.keep_costs(connection, outcome.costs)
    return Posted(number.seq, effective_on, outcome.plan.values(len(draft.moves)))


def _find_known(connection: Connection, draft: Draft) -> Any:
    """Return the chart and the posting of this key. Errors: NotSetUp, UnknownAccount, UnknownPartner."""
    codes, partners = named_in(draft)
    if not codes and not partners:
        known = connection.execute(_look_up, {"key": draft.key}).one_or_none()
    else:
        # Thousands of partners come with opening balances alone; those beyond a statement's bounds take more of them.
        asked = {"codes": codes[: holding.CHUNK], "partners": partners[: holding.CHUNK]}
        known = connection.execute(_look_up_named, {"key": draft.key, **asked}).one_or_none()
    if known is None:
        raise NotSetUp
    if codes and (known.codes < len(codes)):
        _ensure_all(connection, _account.c.code, codes, lambda code: UnknownAccount(account=code))
    if partners and (known.partners < len(partners)):
        _ensure_all(connection, _partner.c.id, partners, lambda partner: UnknownPartner(partner=partner))
    return known


def _ensure_all(
    connection: Connection, column: Column[Any], named: Sequence[Any], error: Callable[[Any], RuleBroken]
) -> None:
    """Refuse the first of *named* that is in no row."""
    for start in range(0, len(named), holding.CHUNK):
        chunk = named[start : start + holding.CHUNK]
        there = set(connection.scalars(select(column).where(column.in_(chunk))))
        for each in chunk:
            if each not in there:
                raise error(each)


def _seal_before(connection: Connection, draft: Draft) -> str:
    """Return the seal of the last posting; refuse what another one, of other goods, was faster to say."""
    before = connection.execute(_ask_before, {"key": draft.key, "reverses": draft.reverses}).one()
    if before.twin is not None or before.undone is not None:
        connection.execute(_give_back_number)
    if before.twin is not None:
        raise KeyTaken(key=draft.key, seq=before.twin, kind=before.kind, other=draft.kind)
    if before.undone is not None:
        raise AlreadyReversed(seq=draft.reverses, by=before.undone)
    return before.seal or ""


class _Outcome(Struct, frozen=True):
    """All that a draft means, before any of it is written."""

    plan: planning.Plan
    costs: dict[int, Cost]
    revalued: list[Revalued]
    bookings: list[Booking]


def _work_out(
    connection: Connection, draft: Draft, shelves: Mapping[Key, Shelf], accounts: planning.Accounts
) -> _Outcome:
    if late := planning.late_keys(draft.moves, draft.counts, shelves):
        load_history(connection, late, shelves)
    plan = planning.plan(draft.moves, draft.counts, shelves, accounts)
    costs = holding.hold_costs(connection, items_to_value(plan, draft.revaluations))
    value_plan(plan, draft.counts, costs)
    revalued = revalue(draft.revaluations, costs, accounts)
    ensure_may_stand_against([*(line.account for line in plan.lines), *(each.account for each in revalued)], accounts)
    bookings = derive(plan.lines, revalued, accounts) + book(draft.entries, accounts)
    ensure_balanced(bookings)
    return _Outcome(plan, costs, revalued, bookings)


def _ensure_fits(shelves: Iterable[Shelf], outcome: _Outcome) -> None:
    """Refuse sums, products and averages of what was given that the books cannot carry."""
    for shelf in shelves:
        ensure_fits(shelf.quantity)
    for cost in outcome.costs.values():
        for kept in (cost.quantity, cost.value, cost.last_price or ZERO):
            ensure_fits(kept)
    for line in outcome.plan.lines:
        ensure_fits(line.quantity)
        ensure_fits(line.value or ZERO)
        ensure_fits(line.variance)
    for booking in outcome.bookings:
        ensure_fits(max(booking.debit, booking.credit))


def _hold_something(connection: Connection, draft: Draft) -> None:
    """Make a posting without goods wait for its twin of the same key, without upsetting the order of locks."""
    if draft.revaluations:
        holding.hold_costs(connection, sorted({fact.item for fact in draft.revaluations}))
    else:
        connection.execute(_hold_counter)


def _not_after(draft: Draft, now: datetime) -> Draft:
    if all(move.occurred_at <= now for move in draft.moves) and all(count.counted_at <= now for count in draft.counts):
        return draft
    return replace(
        draft,
        moves=[replace(move, occurred_at=min(move.occurred_at, now)) for move in draft.moves],
        counts=[replace(count, counted_at=min(count.counted_at, now)) for count in draft.counts],
    )


def _repeat(connection: Connection, draft: Draft, content: str, known: Any) -> Posted:
    if known.digest != content:
        raise KeyTaken(key=draft.key, seq=known.seq, kind=known.kind, other=draft.kind)
    given = select(Move.value).where(Move.id.between(*ids_of(known.seq)), Move.line.is_not(None)).order_by(Move.line)
    return Posted(known.seq, known.effective_on, tuple(connection.scalars(given)), is_repeat=True)
