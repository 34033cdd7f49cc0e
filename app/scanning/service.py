"""What a person decides about parked scans: what the code was, take it as it is, or drop it.

Law: a scan flows in once, with the instant at which it was made; its task judges it as it would have then.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from msgspec import Struct
from sqlalchemy import CursorResult, Table, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.catalog.queries import find_packs
from app.catalog.rules import NoSuchPack, PackFacts
from app.catalog.service import add_barcode
from app.db import inserting
from app.files.rules import Picture
from app.files.service import keep_picture
from app.identity.audit import audit
from app.kernel.exact import plain
from app.scanning.drafts import COUNTING, Draft
from app.scanning.intake import judge, parse_code, resolve
from app.scanning.lots import settle_lots
from app.scanning.models import Scan, ScanPhoto, ScanResolution
from app.scanning.queries import find_waiting, list_photos, list_waiting
from app.scanning.resolvers import find_bins
from app.scanning.rules import (
    EnoughPhotos,
    NoteMissing,
    NothingToBind,
    NotParked,
    Reason,
    ScanDecision,
    StillParked,
)
from app.scanning.sent import SentScan

RESOLUTION, PHOTO = (cast("Table", model.__table__) for model in (ScanResolution, ScanPhoto))
MOST_PHOTOS = 4
# Parked because of what the code says: they may flow in by themselves once somebody says what it is.
OF_THE_CODE = frozenset({Reason.UNKNOWN_CODE, Reason.DAMAGED_CODE, Reason.AMBIGUOUS})


class Flow(Struct, frozen=True):
    """How many scans flowed in, and how many like them still wait."""

    taken: int
    waiting: int


def bind(session: Session, scan_id: UUID, pack_id: int, by: int, now: datetime, *, remember: bool) -> Flow:
    """Say that a scan was of this pack; with *remember* its code names the pack from now on, and all like it flow in.

    Errors: NotParked, NothingToBind, NoSuchPack, StillParked, those of add_barcode.
    """
    scan = _waiting(session, scan_id)
    pack = find_packs(session, [pack_id]).get(pack_id)
    if pack is None:
        raise NoSuchPack
    if scan.kind not in COUNTING or not scan.raw:
        raise NothingToBind
    [draft] = _reopen(session, [scan], by)
    draft.code, draft.pack = parse_code(scan.raw, scan.symbology, scan.received_at.date()), pack
    if remember:
        add_barcode(session, pack_id, draft.code.gtin14 or draft.code.text, by, now, any_check_digit=True)
    draft.count()
    _decide_one(session, draft, ScanDecision.BIND, by, now)
    details = {"raw": scan.raw, "item": pack.item_code, "unit": pack.unit, "remembered": remember}
    audit(session, by, "scan.bind", f"scan:{scan_id}", details, now)
    others = settle_waiting(session, by, now) if remember else Flow(0, 0)
    return Flow(1 + others.taken, others.waiting)


def take(session: Session, scan_id: UUID, by: int, now: datetime) -> None:
    """Let a scan in as it stands: whoever decides answers for what parked it.

    Errors: NotParked, StillParked.
    """
    drafts = _reopen(session, [_waiting(session, scan_id)], by)
    resolve(session, drafts)
    _decide_one(session, drafts[0], ScanDecision.TAKE, by, now)
    audit(session, by, "scan.take", f"scan:{scan_id}", {}, now)


def drop(session: Session, scan_id: UUID, note: str, by: int, now: datetime) -> None:
    """Say that a scan counts for nothing, and why.

    Errors: NoteMissing, NotParked.
    """
    note = note.strip()
    if not note:
        raise NoteMissing
    scan = _waiting(session, scan_id)
    row = {"scan_id": scan.id, "decision": ScanDecision.DROP, "user_id": scan.user_id or by, "note": note}
    if not _keep(session, [row | {"decided_by": by, "decided_at": now}]):
        raise NotParked
    audit(session, by, "scan.drop", f"scan:{scan_id}", {"note": note, "raw": scan.raw}, now)


def add_photo(session: Session, instance: Path, scan_id: UUID, picture: Picture, by: int, now: datetime) -> None:
    """Lay a photo of the goods beside a scan that waits; the same photo again changes nothing.

    Errors: NotParked, EnoughPhotos.
    """
    scan = _waiting(session, scan_id)
    photos, file_id = list_photos(session, scan.id), keep_picture(session, instance, picture, by, now)
    if file_id in photos:
        return
    if len(photos) >= MOST_PHOTOS:
        raise EnoughPhotos(most=MOST_PHOTOS)
    row = {"scan_id": scan.id, "file_id": file_id, "added_by": by, "added_at": now}
    try:
        with session.begin_nested():
            session.execute(insert(PHOTO), [row])
    except IntegrityError:
        return  # the same photo at this moment
    audit(session, by, "scan.photo", f"scan:{scan_id}", {"file": file_id}, now)


def settle_waiting(session: Session, by: int, now: datetime) -> Flow:
    """Let in every scan whose code has got its meaning since it was parked."""
    drafts = _reopen(session, list_waiting(session, OF_THE_CODE), by)
    resolve(session, drafts)
    taken = _decide(session, drafts, ScanDecision.BIND, by, now)
    if taken:
        audit(session, by, "scan.settle", "scan:*", {"taken": taken}, now)
    return Flow(taken, len(drafts) - taken)


def _waiting(session: Session, scan_id: UUID) -> Scan:
    scan = find_waiting(session, scan_id)
    if scan is None:
        raise NotParked
    return scan


def _reopen(session: Session, scans: Sequence[Scan], by: int) -> list[Draft]:
    """Return the scans as drafts again, without the reason for which they were parked."""
    bins = find_bins(session, {scan.location_id for scan in scans if scan.location_id is not None})
    drafts = []
    for scan in scans:
        draft = Draft(_as_sent(scan), scan.id, scan.digest, scan.occurred_at, scan.received_at)
        draft.user_id = scan.user_id or by
        draft.bin = bins.get(scan.location_id or 0)
        drafts.append(draft)
    return drafts


def _as_sent(scan: Scan) -> SentScan:
    return SentScan(
        id=scan.id,
        device=scan.device_id,
        sequence=scan.sequence,
        task=f"{scan.task_kind}:{scan.task_id}",
        kind=scan.kind,
        scanned_at=scan.scanned_at,
        round=scan.round,
        undoes=scan.undoes,
        raw=scan.raw,
        symbology=scan.symbology,
        candidate=scan.candidate,
        lot=scan.lot_code,
        expiry=scan.expiry,
        location=scan.location_id,
        quantity=None if scan.sent_quantity is None else plain(scan.sent_quantity),
        clock_offset_ms=scan.clock_offset_ms,
        uncertainty_ms=scan.uncertainty_ms,
        elapsed_ms=scan.elapsed_ms,
    )


def _decide_one(session: Session, draft: Draft, decision: ScanDecision, by: int, now: datetime) -> None:
    if not _decide(session, [draft], decision, by, now):
        raise NotParked if draft.reason is None else StillParked(reason=draft.reason)


def _decide(session: Session, drafts: Iterable[Draft], decision: ScanDecision, by: int, now: datetime) -> int:
    """Let in those of *drafts* that their tasks take and nobody decides about at this moment; return how many."""
    drafts = list(drafts)
    settle_lots(session, drafts)
    judge(session, drafts, now)
    rows = [_row(draft, decision) | {"decided_by": by, "decided_at": now} for draft in drafts if draft.reason is None]
    return _keep(session, rows)


def _row(draft: Draft, decision: ScanDecision) -> dict[str, object]:
    pack: PackFacts | None = draft.pack
    return {
        "scan_id": draft.id,
        "decision": decision,
        "item_id": pack.item_id if pack else None,
        "pack_id": pack.pack_id if pack else None,
        "factor": pack.factor if pack else None,
        "lot_id": draft.lot_id,
        "location_id": draft.bin.id if draft.bin else None,
        "quantity": draft.quantity,
        "user_id": draft.user_id,
        "note": "",
    }


def _keep(session: Session, rows: Sequence[dict[str, object]]) -> int:
    """Keep what was decided, save for scans that somebody else decides about right now; return how many were kept."""
    if not rows:
        return 0
    insert = inserting(session.get_bind().dialect.name, RESOLUTION)
    kept = insert.on_conflict_do_nothing(index_elements=[RESOLUTION.c.scan_id])
    result = session.execute(kept, rows, execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", result).rowcount
