"""What is asked of the record of scans: those that count for a task, those that wait, and the lists of pages."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, Table, func, select
from sqlalchemy.orm import Session

from app.catalog.models import Item, Pack, Unit
from app.catalog.queries import find_packs_by_codes, is_named
from app.catalog.rules import PackFacts, shown_barcode
from app.identity.models import Device, User
from app.identity.queries import name_of
from app.places.models import Location
from app.scanning.models import Scan, ScanPhoto, ScanResolution
from app.scanning.rules import ScanDecision, ScanKind, ScanNotFound, ScanStatus, in_physical_order
from app.scanning.slips import Slip, slips_of
from app.scanning.tasks import TASKS, NewScan

CHOICES: Final = 30
LIKELY: Final = 6
SCAN = cast("Table", Scan.__table__)
RESOLUTION = cast("Table", ScanResolution.__table__)

_AS_SENT = (
    SCAN.c.id,
    SCAN.c.device_id,
    SCAN.c.sequence,
    SCAN.c.user_id,
    SCAN.c.task_id,
    SCAN.c.round,
    SCAN.c.kind,
    SCAN.c.undoes,
    SCAN.c.raw,
    SCAN.c.symbology,
    SCAN.c.item_id,
    SCAN.c.pack_id,
    SCAN.c.factor,
    SCAN.c.lot_id,
    SCAN.c.lot_code,
    SCAN.c.expiry,
    SCAN.c.location_id,
    SCAN.c.quantity,
    SCAN.c.occurred_at,
    SCAN.c.uncertainty_ms,
    SCAN.c.serial,
)
# What a person's decision says instead of the scan, where it says something.
_DECIDED = ("user_id", "item_id", "pack_id", "factor", "lot_id", "location_id", "quantity")
_AS_DECIDED = tuple(
    func.coalesce(RESOLUTION.c[column.name], column).label(column.name) if column.name in _DECIDED else column
    for column in _AS_SENT
)

_LISTED: tuple[Any, ...] = (
    Scan.id,
    Scan.occurred_at,
    Scan.received_at,
    Scan.kind,
    Scan.raw,
    Scan.symbology,
    Scan.detail,
    Scan.status,
    Scan.reason,
    Scan.quantity,
    Scan.task_kind,
    Scan.task_id,
    Scan.round,
    User.name.label("user_name"),
    Device.name.label("device_name"),
    Item.id.label("item_id"),
    Item.code.label("item_code"),
    Item.name.label("item_name"),
    Unit.name.label("pack_unit"),
    Location.code.label("location_code"),
    ScanResolution.decision,
)


def list_scans(session: Session, kind: str, task_id: int, location_ids: Collection[int] | None = None) -> list[NewScan]:
    """Return every scan that counts for a task as the hands made them, parked ones that a person let in included.

    Each phone stands in its own order, phones are merged by instant. Two queries, whatever the number.
    """
    accepted = _of_task(select(*_AS_SENT), kind, task_id, location_ids).where(SCAN.c.status == ScanStatus.ACCEPTED)
    let_in = (
        _of_task(select(*_AS_DECIDED), kind, task_id, None)
        .join(RESOLUTION, RESOLUTION.c.scan_id == SCAN.c.id)
        .where(RESOLUTION.c.decision != ScanDecision.DROP)
    )
    scans = [NewScan(*row) for row in session.execute(accepted)]
    decided = [NewScan(*row) for row in session.execute(let_in)]
    wanted = None if location_ids is None else set(location_ids)
    scans += [scan for scan in decided if wanted is None or scan.location_id in wanted]
    return in_physical_order(scans)


def list_parked(session: Session, kind: str, task_id: int) -> Sequence[Any]:
    """Return the scans of a task that wait for a person: id, kind, round, raw, reason, location_id, occurred_at."""
    columns = (SCAN.c.id, SCAN.c.kind, SCAN.c.round, SCAN.c.raw, SCAN.c.reason, SCAN.c.location_id, SCAN.c.occurred_at)
    statement = _waiting(_of_task(select(*columns), kind, task_id, None))
    return session.execute(statement.order_by(SCAN.c.received_at, SCAN.c.sequence)).all()


def count_parked(session: Session) -> int:
    """Return how many scans wait for a person."""
    return session.scalar(_waiting(select(func.count()).select_from(SCAN))) or 0


def find_waiting(session: Session, scan_id: UUID) -> Scan | None:
    """Return a parked scan nobody decided about, or None."""
    found: Scan | None = session.scalar(_waiting(select(Scan).where(Scan.id == scan_id)))
    return found


def get_scan(session: Session, scan_id: UUID) -> Scan:
    """Return the scan. Errors: ScanNotFound."""
    scan = session.get(Scan, scan_id)
    if scan is None:
        raise ScanNotFound
    return scan


def get_scan_row(session: Session, scan_id: UUID) -> Any:
    """Return the row of the list of scans that shows this one. Errors: ScanNotFound."""
    row = session.execute(scan_rows().where(Scan.id == scan_id)).one_or_none()
    if row is None:
        raise ScanNotFound
    return row


def find_resolution(session: Session, scan_id: UUID) -> ScanResolution | None:
    """Return what a person decided about a scan, or None."""
    return session.scalar(select(ScanResolution).where(ScanResolution.scan_id == scan_id))


def list_photos(session: Session, scan_id: UUID) -> Sequence[int]:
    """Return the files of the photos beside a scan, the first one first."""
    return session.scalars(select(ScanPhoto.file_id).where(ScanPhoto.scan_id == scan_id).order_by(ScanPhoto.id)).all()


def list_waiting(session: Session, reasons: Collection[str]) -> list[Scan]:
    """Return the waiting scans that were parked for one of *reasons*, as the phones made them."""
    statement = _waiting(select(Scan).where(Scan.reason.in_(reasons)))
    return list(session.scalars(statement.order_by(Scan.received_at, Scan.device_id, Scan.sequence)))


def list_packs_named(session: Session, words: str) -> Sequence[Any]:
    """Return packs of active items that *words* name, to choose from: id, item code, name and spec, unit, factor."""
    columns = (Pack.id, Item.code, Item.name, Item.spec, Unit.name.label("unit"), Pack.factor)
    statement = select(*columns).join(Item, Item.id == Pack.item_id).join(Unit, Unit.id == Pack.unit_id)
    for word in words.split():
        statement = statement.where(is_named(word))
    return session.execute(statement.where(Item.active).order_by(Item.name, Item.id, Pack.factor).limit(CHOICES)).all()


class Likely(Struct, frozen=True):
    """A pack whose code is one slip away from the one that nobody knows."""

    pack: PackFacts
    code: str
    slip: Slip


def list_likely(session: Session, text: str) -> list[Likely]:
    """Return what an unknown code may have been meant to be, the likeliest first. One query."""
    slips = slips_of(text)
    packs = find_packs_by_codes(session, slips) if slips else {}
    near = (Likely(packs[code], shown_barcode(code), slip) for code, slip in slips.items() if code in packs)
    return [each for each in near if each.pack.active][:LIKELY]


def list_neighbours(session: Session, scan: Scan, around: int = 3) -> Sequence[Any]:
    """Return what the same phone scanned just before and after: kind, raw, item name, occurred_at, sequence."""
    columns = (SCAN.c.id, SCAN.c.kind, SCAN.c.raw, SCAN.c.sequence, SCAN.c.occurred_at, Item.name.label("item"))
    on_phone = select(*columns).outerjoin(Item, Item.id == SCAN.c.item_id).where(SCAN.c.device_id == scan.device_id)
    of_task = on_phone.where(SCAN.c.task_kind == scan.task_kind, SCAN.c.task_id == scan.task_id)
    before = of_task.where(SCAN.c.sequence < scan.sequence).order_by(SCAN.c.sequence.desc()).limit(around)
    after = of_task.where(SCAN.c.sequence > scan.sequence).order_by(SCAN.c.sequence).limit(around)
    return [*reversed(session.execute(before).all()), *session.execute(after)]


def scan_rows() -> Select[Any]:
    """Return the statement of the list of scans: one row a scan, with what a person decided."""
    return (
        select(*_LISTED, task_name().label("task_name"))
        .outerjoin(ScanResolution, ScanResolution.scan_id == Scan.id)
        .outerjoin(User, User.id == Scan.user_id)
        .outerjoin(Device, Device.id == Scan.device_id)
        .outerjoin(Pack, Pack.id == func.coalesce(ScanResolution.pack_id, Scan.pack_id))
        .outerjoin(Unit, Unit.id == Pack.unit_id)
        .outerjoin(Item, Item.id == Pack.item_id)
        .outerjoin(Location, Location.id == func.coalesce(ScanResolution.location_id, Scan.location_id))
    )


def task_name() -> ColumnElement[Any]:
    """Return what people call the work that a scan was made for: its document's number."""
    return name_of(lambda kind: SCAN.c.task_kind == kind, lambda _kind: SCAN.c.task_id, TASKS)


def waiting_rows() -> Select[Any]:
    """Return the statement of the tray: scans that wait for a person."""
    return scan_rows().where(Scan.status == ScanStatus.PARKED, ScanResolution.id.is_(None), ~_is_taken_back())


def own_rows(user_id: int, since: datetime) -> Select[Any]:
    """Return the statement of one user's scans received *since*."""
    return scan_rows().where(Scan.user_id == user_id, Scan.received_at >= since)


def _of_task(statement: Select[Any], kind: str, task_id: int, location_ids: Collection[int] | None) -> Select[Any]:
    statement = statement.where(SCAN.c.task_kind == kind, SCAN.c.task_id == task_id)
    return statement if location_ids is None else statement.where(SCAN.c.location_id.in_(location_ids))


def _waiting(statement: Select[Any]) -> Select[Any]:
    nobody = ~select(RESOLUTION.c.id).where(RESOLUTION.c.scan_id == SCAN.c.id).exists()
    return statement.where(SCAN.c.status == ScanStatus.PARKED, nobody, ~_is_taken_back())


def _is_taken_back() -> ColumnElement[bool]:
    """Return the clause that keeps scans whose own maker took them back: nobody else has to look at those.

    Task and place are equal as well, so that an index finds the few rows that may be it.
    """
    undo = SCAN.alias("undo")
    return (
        select(undo.c.id)
        .where(
            undo.c.task_kind == SCAN.c.task_kind,
            undo.c.task_id == SCAN.c.task_id,
            undo.c.location_id == SCAN.c.location_id,
            undo.c.undoes == SCAN.c.id,
            undo.c.user_id == SCAN.c.user_id,
            undo.c.kind == ScanKind.UNDO,
            undo.c.status == ScanStatus.ACCEPTED,
        )
        .correlate(SCAN)
        .exists()
    )
