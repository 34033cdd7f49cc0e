"""The record of scans: every event as the phone made it, what it was taken for, and what a person decided later.

Law: the tables are append-only. A scan is written once, with what became of it; whatever changes that is a new row.
"""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.catalog.models import NO_LOT
from app.db import Base, BigId, Quantity, UtcDateTime, word
from app.scanning.rules import ScanDecision, ScanKind, ScanStatus
from app.triggers import append_only


class Scan(Base):
    """One act of a hand with a phone; duplicates match on the id alone."""

    __tablename__ = "scan"

    id: Mapped[UUID] = mapped_column(primary_key=True)  # UUIDv7, made on the phone
    # The id an event came with where another scan has it already: it is kept under an id of the server's.
    claimed_id: Mapped[UUID | None]
    # No foreign key: a phone that was never registered (a restored backup) is a reason to park, not to lose.
    device_id: Mapped[UUID]
    # Not unique: a phone that is set up anew counts from 1 again.
    sequence: Mapped[int] = mapped_column(BigInteger)
    schema_version: Mapped[int]
    # Unknown only while parked: the token did not say who.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    task_kind: Mapped[str] = mapped_column(String(20))
    task_id: Mapped[int] = mapped_column(BigInteger)
    round: Mapped[int]
    kind: Mapped[ScanKind] = mapped_column(word(ScanKind))
    undoes: Mapped[UUID | None]  # may name a scan that comes in later
    raw: Mapped[str | None] = mapped_column(Text)
    symbology: Mapped[str | None] = mapped_column(String(40))
    candidate: Mapped[str | None] = mapped_column(String(40))  # what a person chose of several meanings
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"), index=True)
    pack_id: Mapped[int | None] = mapped_column(ForeignKey("pack.id"))
    factor: Mapped[Decimal | None] = mapped_column(Quantity)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), default=NO_LOT)
    lot_code: Mapped[str | None] = mapped_column(String(60))
    expiry: Mapped[date | None]
    # Which single thing was scanned, where its code says so: counting counts it once.
    serial: Mapped[str | None] = mapped_column(String(60))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    sent_quantity: Mapped[Decimal | None] = mapped_column(Quantity)  # in packs, as the phone said
    quantity: Mapped[Decimal | None] = mapped_column(Quantity)  # in base units
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    scanned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    clock_offset_ms: Mapped[int] = mapped_column(BigInteger)
    uncertainty_ms: Mapped[int] = mapped_column(BigInteger)
    elapsed_ms: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[ScanStatus] = mapped_column(word(ScanStatus))
    reason: Mapped[str | None] = mapped_column(String(40))
    detail: Mapped[str | None] = mapped_column(String(200))
    counted: Mapped[Decimal | None] = mapped_column(Quantity)  # what the phone was told
    # Of everything the phone sent: the same id with other content is another scan.
    digest: Mapped[bytes] = mapped_column(LargeBinary(16))

    __table_args__ = (
        CheckConstraint("(status = 'accepted') = (reason is null)", name="parked_has_reason"),
        CheckConstraint("status = 'parked' or user_id is not null", name="accepted_has_user"),
        CheckConstraint("status = 'parked' or kind <> 'undo' or undoes is not null", name="undo_names"),
        CheckConstraint("quantity is null or quantity >= 0", name="quantity"),
        CheckConstraint("(item_id is null) = (pack_id is null)", name="pack_of_item"),
        Index("ix_scan_task", "task_kind", "task_id", "location_id"),
        Index("ix_scan_user_received", "user_id", "received_at"),
        Index(
            "ix_scan_parked",
            "task_kind",
            "task_id",
            sqlite_where=text("status = 'parked'"),
            postgresql_where=text("status = 'parked'"),
        ),
    )


class ScanResolution(Base):
    """A person's word on a parked scan; there is one at most, so that a scan flows in once."""

    __tablename__ = "scan_resolution"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    scan_id: Mapped[UUID] = mapped_column(ForeignKey("scan.id"), unique=True)
    decision: Mapped[ScanDecision] = mapped_column(word(ScanDecision))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    pack_id: Mapped[int | None] = mapped_column(ForeignKey("pack.id"))
    factor: Mapped[Decimal | None] = mapped_column(Quantity)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), default=NO_LOT)
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    quantity: Mapped[Decimal | None] = mapped_column(Quantity)
    # Who scanned, where the scan itself could not say: then whoever decided answers for it.
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    decided_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    note: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (CheckConstraint("decision <> 'bind' or pack_id is not null", name="bind_names"),)


class ScanPhoto(Base):
    """What the goods of a scan look like, for whoever has to say what its code is."""

    __tablename__ = "scan_photo"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    scan_id: Mapped[UUID] = mapped_column(ForeignKey("scan.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    added_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("scan_id", "file_id", name="uq_scan_photo_once"),)


append_only(Scan.__table__)
append_only(ScanResolution.__table__)
append_only(ScanPhoto.__table__)
