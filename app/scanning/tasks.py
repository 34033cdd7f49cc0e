"""Where a scan goes: the tasks that take scans, and what a code can be; both filled in wiring and nowhere else.

Law: a task decides, intake keeps. What a task writes stands in the same transaction as the scans that made it write.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from msgspec import Struct
from sqlalchemy.orm import Session

from app.scanning.rules import ScanKind

__all__ = ["REASONS", "TASKS", "NewScan", "ScanKind", "ScanTask", "Verdict"]


class NewScan(Struct, frozen=True):
    """A scan as a task sees it: the code resolved, the quantity in base units, the instant corrected."""

    id: UUID
    device_id: UUID
    sequence: int
    user_id: int
    task_id: int
    round: int
    kind: ScanKind
    undoes: UUID | None
    raw: str | None
    symbology: str | None
    item_id: int | None
    pack_id: int | None
    factor: Decimal | None
    lot_id: int  # 0: no lot
    lot_code: str | None
    expiry: date | None
    location_id: int | None
    quantity: Decimal | None  # in base units, the factor is in it
    occurred_at: datetime
    uncertainty_ms: int
    serial: str | None = None  # the one single thing that the code names, if it names one


class Verdict(Struct, frozen=True):
    """What a task says of a scan: taken, or parked with a word of `REASONS`; `counted` is what the phone shows.

    `counted` is the line's quantity so far (base units) where the counter may know it, else None.
    """

    accepted: bool
    reason: str | None = None
    counted: Decimal | None = None


class ScanTask(Protocol):
    """Work that scans are made for: a stocktake, later a receipt, a pick, a transfer."""

    def judge(self, session: Session, task_id: int, scans: Sequence[NewScan], now: datetime) -> Sequence[Verdict]:
        """Return one verdict a scan, in order; called inside the transaction that keeps the scans.

        The scans are new, of one task, in the phone's order, not yet stored, and mean something: items and bins exist.
        The task may write rows of its own. It never raises for what a phone sent: it parks.
        """
        ...


# By the word before the colon in a scan's task: "stocktake:12".
TASKS: dict[str, ScanTask] = {}
# Sentences (msgids) of the reasons for which tasks park scans.
REASONS: dict[str, str] = {}
