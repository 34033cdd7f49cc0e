"""Notes and photos about lines; append-only, as everything that an auditor reads."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, UtcDateTime
from app.stocktake.notes.rules import LONGEST_NOTE
from app.triggers import append_only


class StocktakeNote(Base):
    """Somebody wrote something about goods in a bin or about the whole bin, or took a photo; each photo is a row.

    It names the place and not a line: what was found unexpected has no line before its count is settled.
    """

    __tablename__ = "stocktake_note"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stocktake_id: Mapped[int] = mapped_column(ForeignKey("stocktake.id"))
    bin_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    token: Mapped[UUID]
    part: Mapped[int]
    text: Mapped[str] = mapped_column(String(LONGEST_NOTE))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("token", "part"),
        CheckConstraint("text <> '' or file_id is not null", name="says_something"),
        CheckConstraint("item_id is not null or lot_id = 0", name="lot_of_item"),
        Index("ix_stocktake_note_place", "stocktake_id", "bin_id", "item_id", "lot_id"),
    )


append_only(StocktakeNote.__table__)
