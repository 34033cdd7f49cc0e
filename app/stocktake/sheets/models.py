"""Sheets that were printed, with the lines they show in their order, and who entered them.

Law: what a sheet says was counted stands in the scans alone; an entry names who counted and who typed. Append-only.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, UtcDateTime
from app.triggers import append_only


class StocktakeSheet(Base):
    """The sheet of one bin in one round; printed again it is the same sheet."""

    __tablename__ = "stocktake_sheet"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stocktake_id: Mapped[int] = mapped_column(ForeignKey("stocktake.id"))
    bin_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    round: Mapped[int]
    lines: Mapped[list[list[int]]] = mapped_column(JSON)  # item and lot of each line, as printed
    printed_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    printed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("stocktake_id", "bin_id", "round"),
        CheckConstraint("round >= 1", name="round"),
    )


class StocktakeSheetEntry(Base):
    """Somebody typed what a sheet says; `id` was made with the form, so that sending it twice enters it once."""

    __tablename__ = "stocktake_sheet_entry"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    sheet_id: Mapped[int] = mapped_column(ForeignKey("stocktake_sheet.id"), index=True)
    counter_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_complete: Mapped[bool]
    entered_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Of everything that was typed: the same form with other content is another entry.
    digest: Mapped[bytes] = mapped_column(LargeBinary(16))


append_only(StocktakeSheet.__table__)
append_only(StocktakeSheetEntry.__table__)
