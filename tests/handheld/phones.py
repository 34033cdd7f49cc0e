"""Phones, the goods they scan, and a task that takes their scans: what the tests of intake share."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, cast
from uuid import UUID, uuid4

from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.kernel.exact import ZERO
from app.kernel.ids import uuid7
from app.scanning.rules import ScanKind
from app.scanning.tasks import NewScan, Verdict

BOTTLE = "6901234567892"
CARTON = "16901234567899"  # 24 bottles
CHEESE = "6951234567897"  # by lot and expiry
NUTS = "6971234567895"  # by the kilogram

Json = dict[str, Any]


@dataclass
class Goods:
    """Ids of what the tests scan."""

    bottle: int
    bottle_pack: int
    carton_pack: int
    cheese: int
    cheese_pack: int
    nuts: int
    bins: tuple[int, ...]


@dataclass
class Tally:
    """A task that takes every scan, adds up what it was given for good, and can be told to park or to break."""

    seen: list[NewScan] = field(default_factory=list)
    parks: str | None = None
    breaks_on: str | None = None
    waits_for: threading.Event | None = None
    groups: list[int] = field(default_factory=list)  # how many scans it was asked about at a time

    def judge(  # the protocol names what this one does not need
        self,
        session: Session,
        task_id: int,  # noqa: ARG002  # see above
        scans: Sequence[NewScan],
        now: datetime,  # noqa: ARG002  # see above
    ) -> Sequence[Verdict]:
        self.groups.append(len(scans))
        if self.waits_for is not None:
            assert self.waits_for.wait(20)
        if any(scan.raw == self.breaks_on for scan in scans if scan.raw):
            raise ZeroDivisionError("a fault in the task")
        # What is undone was not given: a task keeps what it makes of scans in the transaction that keeps the scans.
        event.listen(session, "after_commit", lambda _: self.seen.extend(scans), once=True)
        if self.parks:
            return [Verdict(accepted=False, reason=self.parks)] * len(scans)
        return [Verdict(accepted=True, counted=_counted(scan, [*self.seen, *scans])) for scan in scans]


def _counted(scan: NewScan, seen: Sequence[NewScan]) -> Decimal | None:
    if scan.item_id is None:
        return None
    return sum((one.quantity or ZERO for one in seen if one.item_id == scan.item_id), ZERO)


@dataclass
class Phone:
    """A phone of one user: makes events as the scan page does and sends them."""

    client: FlaskClient
    user_id: int
    device: UUID
    grant: str
    task: str = "tally:1"
    numbers: Any = field(default_factory=count)

    def event(self, raw: str | None = BOTTLE, kind: str = "scan", **other: object) -> Json:
        """Return an event as the page stores it; *other* replaces its fields."""
        event: Json = {
            "id": str(uuid7()),
            "device": str(self.device),
            "sequence": next(self.numbers),
            "grant": self.grant,
            "task": self.task,
            "round": 1,
            "kind": kind,
            "undoes": None,
            "raw": raw,
            "symbology": None,
            "candidate": None,
            "lot": None,
            "expiry": None,
            "location": None,
            "quantity": "1.000" if kind == "scan" else None,
            "scanned_at": datetime.now(UTC).isoformat(),
            "clock_offset_ms": 0,
            "uncertainty_ms": 20,
            "elapsed_ms": 1000,
        }
        return event | other

    def send(self, *events: object, status: int = 200) -> list[Json]:
        """Send *events* in one request; return the answers."""
        response = self.client.post("/api/v1/scans", json={"schema": 1, "events": events}, headers={"X-Zhangshi": "1"})
        assert response.status_code == status, response.get_data(as_text=True)
        body = cast("Json", response.get_json())
        return cast("list[Json]", body["answers"]) if status == 200 else [body]

    def scan(self, raw: str | None = BOTTLE, kind: str = ScanKind.SCAN, **other: object) -> Json:
        """Make one event, send it, return its answer."""
        return self.send(self.event(raw, kind, **other))[0]


def ago(**span: float) -> str:
    """Return the instant that lies so far back, as a phone writes it."""
    return (datetime.now(UTC) - timedelta(**span)).isoformat()


def new_device() -> UUID:
    """Return the id of a phone nobody saw before."""
    return uuid4()


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what other threads do. Errors: AssertionError after 20 s."""
    pause = threading.Event()
    for _ in range(2_000):
        if is_so():
            return
        pause.wait(0.01)
    raise AssertionError("waited for 20 s")
