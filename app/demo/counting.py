"""The demo's stocktakes at every stage, counted by two people through the same intake that phones use."""

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.models import Lot
from app.db import db, transaction
from app.identity.grants import issue_grant
from app.identity.models import Device, User
from app.identity.queries import find_principal
from app.kernel.exact import ZERO
from app.kernel.ids import uuid7
from app.kernel.owncode import OwnKind, make_own_code
from app.ledger.models import Balance
from app.places.models import Location
from app.scanning.intake import keep, prepare
from app.scanning.rules import ScanKind
from app.scanning.sent import SentScan
from app.stocktake.approval.rules import Choice, fingerprint
from app.stocktake.approval.service import approve, end_review, post
from app.stocktake.assignment.service import assign
from app.stocktake.queries import get_stocktake
from app.stocktake.report.queries import read_report
from app.stocktake.rules import Scope, ScopeKind, StocktakeState, Tolerance
from app.stocktake.schedules.rules import Rhythm, RhythmKind, ScheduleDraft
from app.stocktake.schedules.service import add_schedule, plan_turn
from app.stocktake.service import Plan, plan, start
from app.stocktake.sheets.service import print_sheets

# What a person finds beside the books, most often nothing.
SLIPS = tuple(map(Decimal, (0, 0, 0, 0, 0, -1, -3, 2)))
BINS_COUNTED_SO_FAR = 5
UNKNOWN_CODE = "6900000999998"


class Shelf(Struct, frozen=True):
    """What lies in a bin by the books."""

    bin_id: int
    item_id: int
    lot_id: int
    lot: str
    quantity: Decimal


def list_shelves(session: Session) -> list[Shelf]:
    """Return what lies in every bin."""
    rows = session.execute(
        select(Balance.location_id, Balance.item_id, Balance.lot_id, Lot.code, Balance.quantity)
        .join(Lot, Lot.id == Balance.lot_id)
        .where(Balance.quantity > 0)
        .order_by(Balance.location_id, Balance.item_id, Balance.lot_id)
    )
    return [Shelf(*row) for row in rows]


class Counter:
    """One person with one phone who counts what really lies in the bins."""

    def __init__(self, login: str, codes: Mapping[int, str]) -> None:
        session = db.session()
        self.codes = codes
        user_id = session.scalar(select(User.id).where(User.login == login))
        principal = find_principal(session, user_id, 0, None) if user_id else None
        if principal is None:
            raise LookupError(login)
        self.user = principal
        self.device = uuid7()
        self._sequence = count(1)
        with transaction() as fresh:
            moment = datetime.now(UTC)
            fresh.add(
                Device(id=self.device, name=login, first_seen_at=moment, last_seen_at=moment, last_user_id=principal.id)
            )

    def count_bin(
        self, stocktake_id: int, bin_id: int, found: Sequence[tuple[Shelf, Decimal]], at: datetime, strange: str = ""
    ) -> None:
        """Open the bin, set what was found, scan what nobody knows, close it."""
        label = make_own_code(OwnKind.BIN, bin_id)
        sent = [self._event(stocktake_id, ScanKind.OPEN_BIN, bin_id, at, raw=label)]
        for shelf, counted in found:
            at += timedelta(seconds=7)
            code, number = self.codes[shelf.item_id], str(counted)
            sent.append(self._event(stocktake_id, ScanKind.SET, bin_id, at, code, quantity=number, lot=shelf.lot))
        if strange:
            sent.append(self._event(stocktake_id, ScanKind.SCAN, bin_id, at, strange))
        sent.append(self._event(stocktake_id, ScanKind.CLOSE_BIN, bin_id, at + timedelta(seconds=9), raw=label))
        now = at + timedelta(seconds=15)  # a phone in reach of its network sends at once
        with transaction() as session:
            keep(session, prepare(session, sent, now), now)

    def _event(
        self,
        stocktake_id: int,
        kind: ScanKind,
        bin_id: int,
        at: datetime,
        raw: str,
        quantity: str | None = None,
        lot: str = "",
    ) -> SentScan:
        return SentScan(
            id=uuid7(int(at.timestamp() * 1000)),
            device=self.device,
            sequence=next(self._sequence),
            task=f"stocktake:{stocktake_id}",
            kind=kind,
            scanned_at=at,
            grant=issue_grant(self.user, self.device, at),
            raw=raw,
            lot=lot or None,
            location=bin_id,
            quantity=quantity,
            uncertainty_ms=120,
        )


def take_stock(
    zone: str, until: StocktakeState, at: datetime, counters: Sequence[Counter], chance: random.Random
) -> None:
    """Plan a stocktake of *zone* and take it as far as *until*."""
    number = _plan_zone(zone, _user("manager"), at)
    if until is not StocktakeState.DRAFT:
        _count_zone(number, zone, at, chance, counters, whole=until is not StocktakeState.COUNTING)
    if until in (StocktakeState.REVIEW, StocktakeState.POSTED):
        with transaction() as session:
            end_review(session, number, _user("manager"), at + timedelta(hours=1))
    if until is StocktakeState.POSTED:
        _approve_and_post(number, _user("owner"), at + timedelta(hours=1, minutes=30))


def plan_ahead(now: datetime, today: date) -> None:
    """Let counts come by themselves: zone D by the month and due today, twenty proposed bins by the week."""
    with transaction() as session:
        zone = session.scalars(select(Location).where(Location.code == "D")).one()
        warehouse = zone.warehouse_id or zone.id
        monthly = Rhythm(RhythmKind.MONTHS, month_day=today.day)
        weekly = Rhythm(RhythmKind.WEEKS, weekday=0)
        by_month = ScheduleDraft("日化区月盘", warehouse, Scope(ScopeKind.ZONE, (zone.id,)), monthly, today)
        proposed = Scope(ScopeKind.PROPOSED)
        by_week = ScheduleDraft("每周盘系统建议", warehouse, proposed, weekly, today + timedelta(days=1), most=20)
        due = add_schedule(session, replace(by_month, assigned_to=_user("warehouse")), _user("manager"), now)
        add_schedule(session, by_week, _user("manager"), now)
        plan_turn(session, due.id, due.next_due, today, now)


def _plan_zone(zone: str, by: int, at: datetime) -> int:
    with transaction() as session:
        place = session.scalars(select(Location).where(Location.code == zone)).one()
        scope = Scope(ScopeKind.ZONE, (place.id,))
        draft = Plan(place.warehouse_id or place.id, scope, tolerance=Tolerance(quantity=Decimal(20)))
        return plan(session, draft, by, at).id


def _count_zone(
    stocktake_id: int, zone: str, at: datetime, chance: random.Random, counters: Sequence[Counter], *, whole: bool
) -> None:
    with transaction() as session:
        start(session, stocktake_id, _user("manager"), at)
    shelves = list_shelves(db.session())
    bins = db.session.scalars(select(Location.id).where(Location.code.like(f"{zone}-%")).order_by(Location.code)).all()
    for turn, bin_id in enumerate(bins if whole else bins[:BINS_COUNTED_SO_FAR]):
        here = [shelf for shelf in shelves if shelf.bin_id == bin_id]
        found = [(shelf, max(ZERO, shelf.quantity + chance.choice(SLIPS))) for shelf in here]
        strange = "" if whole or turn else UNKNOWN_CODE
        counters[turn % 2].count_bin(stocktake_id, bin_id, found, at + timedelta(minutes=3 * turn + 1), strange)
    if not whole:
        left = bins[BINS_COUNTED_SO_FAR:]
        with transaction() as session:
            assign(session, stocktake_id, left[:6], [each.user.id for each in counters], _user("manager"), at)
        with transaction() as session:
            print_sheets(session, stocktake_id, left[6:8], _user("manager"), at)


def _approve_and_post(stocktake_id: int, by: int, now: datetime) -> None:
    with transaction() as session:
        report = read_report(session, get_stocktake(session, stocktake_id), now)
        seen = fingerprint(line for line in report.lines if line.can_approve)
        approve(session, stocktake_id, Choice(seen_all=seen), by, now)
    with transaction() as session:
        post(session, stocktake_id, by, now)


def _user(login: str) -> int:
    return db.session.scalars(select(User.id).where(User.login == login)).one()
