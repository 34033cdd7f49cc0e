"""Posting beside bare SQLAlchemy Core writing the same rows, and on hand while the past grows, in one run.

`python -m tests.benchmarks.posting [POSTINGS] [MOVES] [sqlite|postgresql]…`. A sale is a pick and a shipment with
revenue, VAT and receivable: posting, two moves, two balances, five entries, cost row, counter. A transfer is a posting,
a move, two balances, counter. One commit each, SQLite with synchronous=FULL, PostgreSQL flushing. Both sides take turns
in short rounds, each on a database of its own, so that a slow moment of the machine hits both.
"""

import contextlib
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Table, bindparam, create_engine, insert, text, update
from sqlalchemy.engine import make_url

from app import create_app
from app.catalog.models import Item, Unit
from app.company.models import Account, Company
from app.company.rules import ACCOUNTS, AccountRole, Chart, TaxStatus
from app.db import db, transaction
from app.identity.models import User
from app.ledger import models
from app.ledger.facts import EntryFact, MoveFact
from app.ledger.queries import on_hand
from app.ledger.rules import Reason, line_id
from app.ledger.service import post
from app.ledger.verify import verify
from app.partners.models import Partner
from app.places.models import Location
from app.places.rules import End, LocationKind
from tests.benchmarks.bare import bare_engine
from tests.postgres import cluster

BAR = 0.40
GROWTH_BAR = 1.3
ROUND = 100  # postings before the other side has its turn
ITEMS = 500
WAREHOUSE, BIN, STAGING, OTHER_BIN = 100, 101, 102, 103
NOW = datetime(2026, 6, 1, tzinfo=UTC)
TODAY = date(2026, 6, 1)
PLENTY = Decimal(1_000_000)
CODES = ACCOUNTS[Chart.SMALL]
QUANTITY, PRICE, TAX = Decimal(1), Decimal("10.00"), Decimal("1.30")
COST = Decimal("7.00")

Step = Callable[[int], None]


@dataclass(frozen=True)
class Kind:
    """A kind of fact: how our side posts it, and which rows the baseline writes for it."""

    name: str
    ours: Step
    bare: Step


# --- the shop -------------------------------------------------------------------------------------------------------


def open_shop(app: Flask) -> None:
    """Create every table, goods in plenty in a bin, and whom they are sold to."""
    db.create_all()
    with transaction() as session:
        session.add(Company(name="测试", chart=Chart.SMALL, tax_status=TaxStatus.GENERAL, set_up_at=NOW))
        session.add_all(
            Account(code=code, name=role, category="asset", direction="debit") for role, code in CODES.items()
        )
        session.add(User(id=1, login="bench", name="Bench", password_hash="!", roles=[], created_at=NOW))
        session.add(Partner(id=1, code="C", name="Customer", is_customer=True, is_supplier=True))
        session.add(Unit(id=1, name="瓶"))
        session.add(Location(id=WAREHOUSE, kind=LocationKind.WAREHOUSE, code="W"))
        session.flush()
        session.execute(
            insert(Item), [{"id": n, "code": f"SP{n}", "name": f"商品 {n}", "unit_id": 1} for n in range(1, ITEMS + 1)]
        )
        session.add_all(
            Location(id=place, kind=LocationKind.BIN, code=f"B{place}", parent_id=WAREHOUSE, warehouse_id=WAREHOUSE)
            for place in (BIN, STAGING, OTHER_BIN)
        )
    with transaction() as session:
        given = [
            MoveFact(item, PLENTY, End.OPENING, place, NOW, value=PLENTY * 7)
            for item in range(1, ITEMS + 1)
            for place in (BIN, STAGING, OTHER_BIN)
        ]
        post(session, "opening", "opening", given, by=1, effective_on=TODAY, now=NOW)
    assert app


def moment(number: int) -> datetime:
    """Facts arrive in the order in which they happen."""
    return NOW + timedelta(seconds=number + 1)


# --- our side -------------------------------------------------------------------------------------------------------


def sell(number: int) -> None:
    """Post a sale."""
    item, at = 1 + number % ITEMS, moment(number)
    moves = [MoveFact(item, QUANTITY, BIN, STAGING, at), MoveFact(item, QUANTITY, STAGING, End.CUSTOMER, at)]
    entries = [
        EntryFact(AccountRole.RECEIVABLE, debit=PRICE + TAX, partner=1, due_on=TODAY),
        EntryFact(AccountRole.REVENUE, credit=PRICE),
        EntryFact(AccountRole.OUTPUT_VAT, credit=TAX),
    ]
    with transaction() as session:
        post(session, "shipment", f"sale:{number}", moves, (), entries, by=1, effective_on=TODAY, now=at)


def transfer(number: int) -> None:
    """Post a transfer."""
    at = moment(number)
    with transaction() as session:
        moves = [MoveFact(1 + number % ITEMS, QUANTITY, BIN, OTHER_BIN, at)]
        post(session, "transfer", f"transfer:{number}", moves, by=1, effective_on=TODAY, now=at)


# --- the baseline: the same rows, known beforehand ------------------------------------------------------------------


def _table(model: type[Any]) -> Table:
    table: Table = model.__table__
    return table


POSTING, MOVE, ENTRY = _table(models.Posting), _table(models.Move), _table(models.Entry)
BALANCE, COST_ROW, COUNTER = _table(models.Balance), _table(models.Cost), _table(models.Counter)
_change_balance = (
    update(BALANCE)
    .where(
        BALANCE.c.item_id == bindparam("item"), BALANCE.c.lot_id == 0, BALANCE.c.location_id == bindparam("location")
    )
    .values(
        quantity=BALANCE.c.quantity + bindparam("change", type_=BALANCE.c.quantity.type), last_moved_at=bindparam("at")
    )
)
_change_cost = (
    update(COST_ROW)
    .where(COST_ROW.c.item_id == bindparam("item"))
    .values(
        quantity=COST_ROW.c.quantity - bindparam("gone", type_=COST_ROW.c.quantity.type),
        value=COST_ROW.c.value - bindparam("worth", type_=COST_ROW.c.value.type),
        last_price=bindparam("price", type_=COST_ROW.c.last_price.type),
    )
)
_take_number = update(COUNTER).values(seq=COUNTER.c.seq + 1)


def _posting_row(seq: int, kind: str, at: datetime) -> dict[str, Any]:
    return {
        "seq": seq,
        "kind": kind,
        "key": f"{kind}:{seq}",
        "digest": "0" * 64,
        "by": 1,
        "recorded_at": at,
        "effective_on": TODAY,
        "reverses": None,
        "seal": "0" * 64,
    }


def _move_row(seq: int, line: int, item: int, ends: tuple[int, int], at: datetime) -> dict[str, Any]:
    return {
        "id": line_id(seq, line),
        "posting_seq": seq,
        "line": line,
        "item_id": item,
        "lot_id": 0,
        "source_id": ends[0],
        "target_id": ends[1],
        "quantity": QUANTITY,
        "occurred_at": at,
        "reason": Reason.PRIMARY,
        "value": COST if End.CUSTOMER in ends else None,
        "variance": Decimal(0),
        "account": None,
        "cause_id": None,
        "anchor_id": None,
        "gives_back_id": None,
    }


def _entry_row(seq: int, line: int, role: AccountRole, debit: Decimal, credit: Decimal) -> dict[str, Any]:
    owed = role is AccountRole.RECEIVABLE
    return {
        "id": line_id(seq, line),
        "posting_seq": seq,
        "account": CODES[role],
        "debit": debit,
        "credit": credit,
        "partner_id": 1 if owed else None,
        "due_on": TODAY if owed else None,
        "derived": line > 4,
    }


class Bare:
    """Bare Core on one engine; it begins where the shop's opening left off."""

    def __init__(self, app: Flask) -> None:
        with app.app_context():
            self.engine = bare_engine()
        self.seq = count(2)

    def sell(self, number: int) -> None:
        """Write a sale's rows."""
        seq, item, at, zero = next(self.seq), 1 + number % ITEMS, moment(number), Decimal(0)
        entries = [
            (AccountRole.RECEIVABLE, PRICE + TAX, zero),
            (AccountRole.REVENUE, zero, PRICE),
            (AccountRole.OUTPUT_VAT, zero, TAX),
            (AccountRole.COST_OF_SALES, COST, zero),
            (AccountRole.INVENTORY, zero, COST),
        ]
        ends = ((BIN, STAGING), (STAGING, End.CUSTOMER.value))
        with self.engine.begin() as connection:
            connection.execute(
                _change_balance,
                [
                    {"item": item, "location": BIN, "change": -QUANTITY, "at": at},
                    {"item": item, "location": STAGING, "change": Decimal(0), "at": at},
                ],
            )
            connection.execute(_change_cost, {"item": item, "gone": QUANTITY, "worth": COST, "price": COST})
            connection.execute(_take_number)
            connection.execute(insert(MOVE), [_move_row(seq, line, item, pair, at) for line, pair in enumerate(ends)])
            connection.execute(insert(ENTRY), [_entry_row(seq, 2 + line, *entry) for line, entry in enumerate(entries)])
            connection.execute(insert(POSTING), _posting_row(seq, "shipment", at))

    def transfer(self, number: int) -> None:
        """Write a transfer's rows."""
        seq, item, at = next(self.seq), 1 + number % ITEMS, moment(number)
        with self.engine.begin() as connection:
            connection.execute(
                _change_balance,
                [
                    {"item": item, "location": BIN, "change": -QUANTITY, "at": at},
                    {"item": item, "location": OTHER_BIN, "change": QUANTITY, "at": at},
                ],
            )
            connection.execute(_take_number)
            connection.execute(insert(MOVE), _move_row(seq, 0, item, (BIN, OTHER_BIN), at))
            connection.execute(insert(POSTING), _posting_row(seq, "transfer", at))


# --- the runs -------------------------------------------------------------------------------------------------------


def _time(step: Step, first: int) -> float:
    begun = time.perf_counter()
    for number in range(first, first + ROUND):
        step(number)
    return time.perf_counter() - begun


def compare(kind: Kind, ours: Flask, bare: Flask, postings: int, first: int) -> bool:
    """Let both sides take turns, print, and return whether the bar is held."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for start in range(first, first + postings, ROUND):
        for is_ours, app, step in ((True, ours, kind.ours), (False, bare, kind.bare)):
            with app.app_context():
                times[is_ours].append(_time(step, start))
                db.session.remove()
    fast, slow = ROUND / statistics.median(times[False]), ROUND / statistics.median(times[True])
    ratio = statistics.median(b / a for a, b in zip(times[True], times[False], strict=True))
    held = ratio >= BAR
    print(
        f"  {kind.name}: {slow:,.0f}/s posted, {fast:,.0f}/s bare Core: {ratio:.2f} (bar {BAR})"
        f"{'' if held else '  ← BELOW THE BAR'}"
    )
    return held


def grow(app: Flask, moves: Sequence[int]) -> bool:
    """Print what on hand costs after so many moves, and return whether it stays the same."""
    with app.app_context():
        first = None
        held = True
        for goal in moves:
            _add_moves(goal)
            took = _on_hand_us()
            first = first or took
            held &= took <= first * GROWTH_BAR
            print(f"  on hand after {goal:>9,} more moves: {took:.0f} µs = {took / first:.2f} (bar {GROWTH_BAR})")
        begun = time.perf_counter()
        breaches = verify(db.session())
        print(f"  ledger verify then: {time.perf_counter() - begun:.1f} s, {len(breaches)} breaches")
        db.session.remove()
    return held and not breaches


def _add_moves(goal: int) -> None:
    """Post transfers, a thousand moves each, until there are *goal* of them."""
    have = db.session().execute(text("SELECT count(*) FROM ledger_posting WHERE kind = 'growth'")).scalar_one() * 1000
    db.session.remove()
    for number in range(have // 1000, goal // 1000):
        at = NOW + timedelta(days=1, seconds=number)
        ends = (BIN, OTHER_BIN) if number % 2 else (OTHER_BIN, BIN)
        moves = [MoveFact(1 + line % ITEMS, QUANTITY, *ends, at) for line in range(1000)]
        with transaction() as session:
            post(session, "growth", f"growth:{number}", moves, by=1, effective_on=TODAY, now=at)


def _on_hand_us() -> float:
    samples = []
    for number in range(900):
        session = db.session()
        begun = time.perf_counter()
        on_hand(session, [1 + number % ITEMS])
        samples.append(time.perf_counter() - begun)
        db.session.remove()
    return min(samples) * 1e6  # the quickest: others have the machine in between, growth would slow it too


@contextlib.contextmanager
def two_databases(backend: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the URLs of two empty databases."""
    if backend == "sqlite":
        yield f"sqlite:///{folder / 'ours.db'}", f"sqlite:///{folder / 'bare.db'}"
        return
    with cluster(durable=True) as server:
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name in ("ours", "bare"):
                connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        urls = [make_url(server).set(database=name).render_as_string(hide_password=False) for name in ("ours", "bare")]
        yield urls[0], urls[1]


def measure(backend: str, postings: int, moves: int) -> bool:
    """Measure on *backend* and return whether the bars are held."""
    print(f"{backend}:")
    folder = Path(tempfile.mkdtemp(prefix="zhangshi-posting-"))
    try:
        with two_databases(backend, folder) as urls:
            apps = [
                create_app(folder / name, SQLALCHEMY_DATABASE_URI=url) for name, url in zip("ab", urls, strict=True)
            ]
            for app in apps:
                with app.app_context():
                    open_shop(app)
            ours, other = apps
            bare = Bare(other)
            held = compare(Kind("sale", sell, bare.sell), ours, other, postings, 0)
            held &= compare(Kind("transfer", transfer, bare.transfer), ours, other, postings, postings)
            held &= grow(ours, [goal for goal in (0, 100_000, 1_000_000) if goal <= moves])
            bare.engine.dispose()
            for app in apps:
                with app.app_context():
                    db.engine.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return held


def main(arguments: Sequence[str]) -> int:
    """Run as the command line says."""
    numbers = [int(each) for each in arguments if each.isdigit()]
    postings, moves = (*numbers, 2_000, 1_000_000)[:2] if len(numbers) < 2 else numbers[:2]
    backends = [each for each in arguments if not each.isdigit()] or ["sqlite", "postgresql"]
    held = [measure(backend, postings, moves) for backend in backends]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
