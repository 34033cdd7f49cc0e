"""A small shop to count: goods in bins, people with phones, and the commands of a stocktake with little to say."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from app.db import db
from app.ledger.facts import MoveFact
from app.ledger.queries import balances
from app.ledger.service import post as post_to_ledger
from app.places.rules import End
from app.stocktake.approval import service as approval
from app.stocktake.approval.rules import Choice, fingerprint
from app.stocktake.causes.rules import Place
from app.stocktake.models import Stocktake
from app.stocktake.queries import get_stocktake
from app.stocktake.report.queries import Report, read_report
from app.stocktake.report.rules import Line
from app.stocktake.rules import Scope, ScopeKind, Tolerance
from app.stocktake.service import Plan, ask_recount, plan, start
from tests.conftest import Write
from tests.handheld.phones import Phone

TEA, TEA_CARTON, COLA, NUTS, MILK = "6901234567892", "16901234567899", "6901234567908", "6971234567895", "6951234567897"


def now() -> datetime:
    return datetime.now(UTC)


def facts(*values: object) -> tuple[object, ...]:
    """What is compared with plain numbers: a Decimal equals the int it stands for."""
    return values


@dataclass
class Shop:
    """Ids of what the tests count, and who counts and decides."""

    write: Write
    make_phone: Callable[..., Phone]
    warehouse: int
    zone: int
    bins: tuple[int, ...]
    tea: int
    cola: int
    nuts: int
    milk: int
    owner: int
    manager: int
    posted: list[str] = field(default_factory=list)

    # --- books ---

    def stock(self, item: int, bin_id: int, quantity: str | int, value: str | int, lot: int = 0) -> None:
        """Goods that were there before: opening stock, an hour ago."""
        fact = MoveFact(
            item=item,
            lot=lot,
            quantity=Decimal(quantity),
            source=End.OPENING,
            target=bin_id,
            value=Decimal(value),
            occurred_at=now() - timedelta(hours=1),
        )
        self._post("opening", fact)

    def move(self, item: int, source: int, target: int, quantity: str | int, at: datetime | None = None) -> None:
        """Goods that go from place to place, now or at an instant."""
        self._post("transfer", MoveFact(item, Decimal(quantity), source, target, at or now()))

    def _post(self, kind: str, fact: MoveFact) -> None:
        key = f"test:{len(self.posted)}"
        self.posted.append(key)
        with self.write() as session:
            moment = now()
            post_to_ledger(session, kind, key, [fact], by=self.owner, effective_on=moment.date(), now=moment)

    def on_hand(self, item: int, bin_id: int) -> Decimal:
        """What the books have there now."""
        db.session.remove()
        return sum((row.quantity for row in balances(db.session(), item=item, location=bin_id)), Decimal(0))

    # --- stocktake ---

    def plan(self, *bins: int, ago: timedelta = timedelta(0), **how: Any) -> int:
        """Plan and start a stocktake of *bins* (none: of the whole warehouse), begun so long ago."""
        number = self.draft(*bins, **how)
        with self.write() as session:
            start(session, number, self.owner, now() - ago)
        return number

    def draft(self, *bins: int, tolerance: Tolerance | None = None, scope: Scope | None = None, **how: Any) -> int:
        """Plan a stocktake without starting it."""
        scope = scope or (Scope(ScopeKind.BINS, bins) if bins else Scope(ScopeKind.WAREHOUSE))
        with self.write() as session:
            wanted = Plan(self.warehouse, scope, tolerance=tolerance or Tolerance(), **how)
            return plan(session, wanted, self.owner, now()).id

    def counter(self, stocktake: int) -> "Counter":
        """Somebody from the warehouse with a phone."""
        phone = self.make_phone("warehouse")
        phone.task = f"stocktake:{stocktake}"
        return Counter(phone)

    def get(self, stocktake: int) -> Stocktake:
        """The stocktake as it stands."""
        db.session.remove()
        return get_stocktake(db.session(), stocktake)

    def report(self, stocktake: int) -> Report:
        """The report as of now."""
        row = self.get(stocktake)
        return read_report(db.session(), row, now())

    def line(self, stocktake: int, bin_id: int, item: int, lot: int = 0) -> Line:
        """One line of the report."""
        found = self.report(stocktake).find(Place(bin_id, item, lot))
        assert found is not None
        return found

    def finish(self, stocktake: int) -> None:
        with self.write() as session:
            approval.end_review(session, stocktake, self.owner, now())

    def approve_all(self, stocktake: int, by: int | None = None) -> int:
        """Approve everything there is to approve, as it stands."""
        seen = fingerprint(line for line in self.report(stocktake).lines if line.can_approve)
        return self.approve(stocktake, Choice(seen_all=seen), by)

    def approve(self, stocktake: int, choice: Choice, by: int | None = None) -> int:
        with self.write() as session:
            return approval.approve(session, stocktake, choice, by or self.manager, now())

    def approve_line(self, stocktake: int, bin_id: int, item: int, seen: int | str, **how: Any) -> int:
        return self.approve(stocktake, Choice(seen={Place(bin_id, item, 0): Decimal(seen)}, **how))

    def recount(self, stocktake: int, *places: Place) -> list[int]:
        with self.write() as session:
            return ask_recount(session, stocktake, places, self.manager, now())

    def post(self, stocktake: int, by: int | None = None) -> approval.PostOutcome:
        with self.write() as session:
            return approval.post(session, stocktake, by or self.manager, now())


@dataclass
class Counter:
    """Somebody counting with a phone."""

    phone: Phone

    @property
    def id(self) -> int:
        """Who it is."""
        return self.phone.user_id

    def open(self, bin_id: int, **other: Any) -> dict[str, Any]:
        return self.phone.scan(None, "open_bin", location=bin_id, **other)

    def close(self, bin_id: int, **other: Any) -> dict[str, Any]:
        return self.phone.scan(None, "close_bin", location=bin_id, **other)

    def scan(self, bin_id: int, code: str, quantity: str = "1.000", **other: Any) -> dict[str, Any]:
        return self.phone.scan(code, location=bin_id, quantity=quantity, **other)

    def set(self, bin_id: int, code: str, quantity: str, **other: Any) -> dict[str, Any]:
        return self.phone.scan(code, "set", location=bin_id, quantity=quantity, **other)

    def zero(self, bin_id: int, code: str, **other: Any) -> dict[str, Any]:
        return self.phone.scan(code, "zero", location=bin_id, **other)

    def undo(self, bin_id: int, event: str, **other: Any) -> dict[str, Any]:
        return self.phone.scan(None, "undo", location=bin_id, undoes=event, **other)

    def count(self, bin_id: int, counted: Sequence[tuple[str, int | str]], **other: Any) -> list[dict[str, Any]]:
        """Open a bin, set what lies there, close it: in one request."""
        make = self.phone.event
        opening = make(None, "open_bin", location=bin_id, **other)
        sets = [make(code, "set", location=bin_id, quantity=f"{quantity}", **other) for code, quantity in counted]
        return self.phone.send(opening, *sets, make(None, "close_bin", location=bin_id, **other))
