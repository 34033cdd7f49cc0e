"""A stocktake of 20,000 lines beside the same of 2,000: counting through the intake, report, approval, posting.

`python -m tests.benchmarks.stocktake [sqlite|postgresql]…`. Every bin holds ten items; one line in twenty differs, half
too many, half too few. Each size runs in a process of its own on a database of its own, so that its memory is its own.
"""

import contextlib
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

import msgspec
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, insert, select

from app import create_app
from app.catalog.models import Barcode, Item, Pack, Unit
from app.company.models import Account, Company
from app.company.rules import ACCOUNTS, Chart, TaxStatus
from app.db import db, run, transaction
from app.handheld.service import receive
from app.identity.grants import Present, issue_grant
from app.identity.models import Device, User
from app.identity.queries import principal_of
from app.identity.rules import Role
from app.kernel.gtin import check_digit
from app.kernel.ids import uuid7
from app.ledger.facts import MoveFact
from app.ledger.models import CountAnchor, Move
from app.ledger.service import post
from app.ledger.verify import verify
from app.places.models import Location
from app.places.rules import End, LocationKind
from app.scanning.rules import ScanStatus
from app.serve.collecting import collect_rarely
from app.stocktake.approval import service as approval
from app.stocktake.approval.rules import Choice, fingerprint
from app.stocktake.queries import get_stocktake
from app.stocktake.report.queries import read_report
from app.stocktake.rules import Scope, ScopeKind
from app.stocktake.service import Plan, plan, start
from tests.postgres import cluster

SIZES = (2_000, 20_000)
RUNS = 2
PER_BIN = 10
COUNTERS = 3
BATCH = 50
DIFFER = 20  # one line in so many
DECIDE_S = 1.0
LINE_MS = 10.0
GROWTH = 12.0
STATEMENTS = 20
GROWTH_MB = 300
BOOKED = 40
Result = TypeVar("Result")


@dataclass
class Store:
    """A shop of so many lines, and who counts and decides."""

    app: Flask
    codes: list[str]
    bins: list[int]
    devices: list[tuple[Present, str]]  # who counts with which phone, and their token
    manager: int
    stocktake: int


@dataclass
class Figures:
    """What one run took, in seconds; memory in megabytes."""

    lines: int
    steps: dict[str, float] = field(default_factory=dict)
    statements: int = 0
    differing: int = 0
    moves: int = 0
    anchors: int = 0
    base_mb: float = 0.0
    peak_mb: float = 0.0
    breaches: int = 0

    @property
    def decided_s(self) -> float:
        """The time of those who decide: report, approval, posting."""
        return sum(self.steps[name] for name in ("report", "approve", "post"))


# --- the shop -------------------------------------------------------------------------------------------------------


def open_store(app: Flask, lines: int) -> Store:
    """Create every table, the goods in their bins, people, and a stocktake of everything under way."""
    now = datetime.now(UTC)
    db.create_all()
    with transaction() as session:
        session.add(Company(name="测试", chart=Chart.SMALL, tax_status=TaxStatus.GENERAL, set_up_at=now))
        session.add_all(
            Account(code=code, name=role, category="asset", direction="debit")
            for role, code in ACCOUNTS[Chart.SMALL].items()
        )
        people = [
            User(login=f"user{n}", name=f"User {n}", password_hash="!", roles=[Role.MANAGER], created_at=now)
            for n in range(COUNTERS + 1)
        ]
        unit, warehouse = Unit(name="瓶"), Location(kind=LocationKind.WAREHOUSE, code="W")
        session.add_all([*people, unit, warehouse])
        session.flush()
        codes = [body + check_digit(body) for body in (f"690{n:09d}" for n in range(lines))]
        numbers = range(1, lines + 1)  # a fresh database numbers items and packs from 1 on, in this order
        session.execute(
            insert(Item),
            [{"code": f"SP{n}", "name": f"商品 {n}", "unit_id": unit.id, "own_fields": {}} for n in numbers],
        )
        session.execute(insert(Pack), [{"item_id": n, "unit_id": unit.id, "factor": Decimal(1)} for n in numbers])
        session.execute(
            insert(Barcode), [{"code": f"0{code}", "pack_id": n} for n, code in zip(numbers, codes, strict=True)]
        )
        places = [
            {"kind": LocationKind.BIN, "code": f"B-{n}", "parent_id": warehouse.id, "warehouse_id": warehouse.id}
            for n in range(lines // PER_BIN)
        ]
        bins = list(session.scalars(insert(Location).returning(Location.id, sort_by_parameter_order=True), places))
        devices = []
        for user in people[:COUNTERS]:
            device = uuid4()
            session.add(Device(id=device, first_seen_at=now, last_seen_at=now))
            who = Present(principal_of(user), device)
            devices.append((who, issue_grant(who.user, device, now)))
        manager, by = people[COUNTERS].id, people[0].id
    yesterday = now - timedelta(days=1)
    with transaction() as session:
        facts = [
            MoveFact(n, Decimal(BOOKED), End.OPENING, bins[(n - 1) // PER_BIN], yesterday, value=Decimal(n % 97 + 1))
            for n in numbers
        ]
        post(session, "opening", "opening", facts, by=by, effective_on=yesterday.date(), now=now)
    with transaction() as session:
        number = plan(session, Plan(warehouse.id, Scope(ScopeKind.WAREHOUSE)), manager, now).id
    return Store(app, codes, bins, devices, manager, number)


Batch = tuple[Present, list[msgspec.Raw]]


def scans_of(store: Store) -> list[Batch]:
    """Return the batches that the phones send: each bin opened, its ten items typed, closed."""
    batches: list[Batch] = []
    at = datetime.now(UTC).isoformat()
    sequences = [0] * COUNTERS
    waiting: list[list[msgspec.Raw]] = [[] for _ in range(COUNTERS)]
    for number, bin_id in enumerate(store.bins):
        who = number % COUNTERS
        for kind, code, quantity in _acts(store, number):
            sequences[who] += 1
            waiting[who].append(_event(store, who, sequences[who], at, kind, code, quantity, bin_id))
        if len(waiting[who]) + PER_BIN + 2 > BATCH:
            batches.append((store.devices[who][0], waiting[who]))
            waiting[who] = []
    return batches + [(present, rest) for (present, _), rest in zip(store.devices, waiting, strict=True) if rest]


def _acts(store: Store, bin_number: int) -> Iterator[tuple[str, str | None, str | None]]:
    yield "open_bin", None, None
    for place in range(PER_BIN):
        line = bin_number * PER_BIN + place
        counted = BOOKED + (0 if line % DIFFER else 3 if line // DIFFER % 2 else -3)
        yield "set", store.codes[line], f"{counted}.000"
    yield "close_bin", None, None


def _event(
    store: Store, who: int, sequence: int, at: str, kind: str, code: str | None, quantity: str | None, bin_id: int
) -> msgspec.Raw:
    present, grant = store.devices[who]
    return msgspec.Raw(
        msgspec.json.encode(
            {
                "id": str(uuid7()),
                "device": str(present.device),
                "sequence": sequence,
                "grant": grant,
                "task": f"stocktake:{store.stocktake}",
                "kind": kind,
                "raw": code,
                "location": bin_id,
                "quantity": quantity,
                "scanned_at": at,
                "uncertainty_ms": 40,
            }
        )
    )


def _signed_in(store: Store) -> FlaskClient:
    client, device = store.app.test_client(), uuid4()
    with transaction() as session:
        session.add(Device(id=device, first_seen_at=datetime.now(UTC), last_seen_at=datetime.now(UTC)))
    with client.session_transaction() as browser:
        browser["_user_id"] = f"{store.manager}.0"
        browser["_fresh"] = True
        browser["device"] = str(device)
        browser["day"] = int(time.time()) // 86400
    return client


# --- one run --------------------------------------------------------------------------------------------------------


def _start(store: Store) -> None:
    run(lambda session: start(session, store.stocktake, store.manager, datetime.now(UTC)))


def _count(batches: Sequence[Batch]) -> None:
    for present, batch in batches:
        taken = receive(batch, datetime.now(UTC), present)
        if any(one.status is not ScanStatus.ACCEPTED for one in taken):
            raise RuntimeError("a scan was parked")
        db.session.remove()


def _finish(store: Store) -> None:
    run(lambda session: approval.end_review(session, store.stocktake, store.manager, datetime.now(UTC)))


def _report(store: Store, client: FlaskClient) -> int:
    """Ask for the report's page; return how many statements it took."""
    sent: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    answer = client.get(f"/stocktakes/{store.stocktake}/report")
    event.remove(db.engine, "before_cursor_execute", hear)
    if answer.status_code != 200:  # a page is a page
        raise RuntimeError(answer.get_data(as_text=True))
    return len([statement for statement in sent if not statement.startswith(("BEGIN", "ROLLBACK"))])


def _approve(store: Store, seen: str) -> None:
    choice = Choice(seen_all=seen)
    run(lambda session: approval.approve(session, store.stocktake, choice, store.manager, datetime.now(UTC)))


def _post(store: Store) -> None:
    run(lambda session: approval.post(session, store.stocktake, store.manager, datetime.now(UTC)))


def measure(url: str, folder: Path, lines: int) -> Figures:
    """Run one stocktake of so many lines."""
    app = create_app(folder, SQLALCHEMY_DATABASE_URI=url, TESTING=True, WTF_CSRF_ENABLED=False, HTTP_FULL=True)
    figures = Figures(lines)
    collect_rarely()  # as the server does
    with app.app_context():
        store = open_store(app, lines)
        client = _signed_in(store)
        _time(figures, "start", lambda: _start(store))
        batches = scans_of(store)
        figures.base_mb = _peak_mb()
        _time(figures, "count", lambda: _count(batches))
        _time(figures, "finish", lambda: _finish(store))
        figures.statements = _time(figures, "report", lambda: _report(store, client))
        db.session.remove()
        found = read_report(db.session(), get_stocktake(db.session(), store.stocktake), datetime.now(UTC)).lines
        seen = fingerprint(line for line in found if line.can_approve)
        figures.differing = sum(line.differs for line in found)
        del found
        _time(figures, "approve", lambda: _approve(store, seen))
        _time(figures, "post", lambda: _post(store))
        figures.peak_mb = _peak_mb()
        session = db.session()
        of_it = select(func.count()).select_from(Move).where(Move.posting_seq > 1)
        figures.moves = session.scalar(of_it) or 0
        figures.anchors = session.scalar(select(func.count()).select_from(CountAnchor)) or 0
        figures.breaches = len(verify(session))
        db.session.remove()
        db.engine.dispose()
    return figures


def _time(figures: Figures, name: str, step: Callable[[], Result]) -> Result:
    begun = time.perf_counter()
    result = step()
    figures.steps[name] = time.perf_counter() - begun
    return result


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- the runs -------------------------------------------------------------------------------------------------------


Bar = tuple[str, bool]  # what was measured, and whether that is good enough


def compare(backend: str) -> bool:
    """Measure both sizes on *backend*, print, and return whether the bars are held."""
    print(f"{backend}:")
    small, large = (_best([_in_own_process(backend, lines) for _ in range(RUNS)]) for lines in SIZES)
    decided = f"{small.lines:,} lines: report, approve, post {small.decided_s:.2f} s (bar {DECIDE_S:.0f})"
    bars = [(decided, small.decided_s < DECIDE_S), *_bars_of(small), *_bars_of(large)]
    for name, took in large.steps.items():
        growth = took / small.steps[name]
        text = f"{name}: {small.steps[name]:.2f} s, {took:.2f} s: {growth:.1f} times (bar {GROWTH:.0f})"
        bars.append((text, growth <= GROWTH))
    grown = large.peak_mb - large.base_mb
    bars.append((f"{large.lines:,} lines: {grown:.0f} MB more than before (bar {GROWTH_MB})", grown <= GROWTH_MB))
    for text, held in bars:
        print(f"  {text}{'' if held else '  ← BELOW THE BAR'}", flush=True)
    return all(held for _, held in bars)


def _bars_of(figures: Figures) -> list[Bar]:
    a_line = figures.steps["count"] / figures.lines * 1000
    written = (
        f"{figures.moves:,} moves and {figures.anchors:,} counts written, {figures.differing:,} lines differ, "
        f"{figures.breaches} breaches"
    )
    is_lean = figures.moves == figures.differing > 0 and figures.anchors == figures.lines and not figures.breaches
    bars = [
        (f"{a_line:.2f} ms a counted line (bar {LINE_MS:.0f})", a_line < LINE_MS),
        (written, is_lean),
        (f"the report takes {figures.statements} statements (bar {STATEMENTS})", figures.statements <= STATEMENTS),
    ]
    return [(f"{figures.lines:,} lines: {text}", held) for text, held in bars]


def _best(runs: Sequence[Figures]) -> Figures:
    """Return the figures with the quickest of each step: others have the machine in between."""
    quickest = {name: min(run.steps[name] for run in runs) for name in runs[0].steps}
    return replace(runs[-1], steps=quickest)


def _in_own_process(backend: str, lines: int) -> Figures:
    folder = Path(tempfile.mkdtemp(prefix="zhangshi-stocktake-"))
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        url = (
            f"sqlite:///{folder / 'zhangshi.db'}" if backend == "sqlite" else stack.enter_context(cluster(durable=True))
        )
        command = [sys.executable, "-m", "tests.benchmarks.stocktake", "one", url, str(folder), str(lines)]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Figures(**json.loads(answer.stdout.splitlines()[-1]))


def main(arguments: Sequence[str]) -> int:
    """Run as the command line says."""
    if arguments[:1] == ["one"]:
        url, folder, lines = arguments[1:]
        print(json.dumps(asdict(measure(url, Path(folder), int(lines)))))
        return 0
    held = [compare(backend) for backend in arguments or ("sqlite", "postgresql")]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
