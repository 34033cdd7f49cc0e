"""Transfers that a stocktake found; append-only: one that was wrong is taken back by the ledger's mirror."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, Quantity, UtcDateTime
from app.triggers import append_only


class StocktakeTransfer(Base):
    """Goods went from one bin of the stocktake to another, as both counts say; who decided it, and its posting."""

    __tablename__ = "stocktake_transfer"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stocktake_id: Mapped[int] = mapped_column(ForeignKey("stocktake.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    target_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    serial: Mapped[int]
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    posting_seq: Mapped[int] = mapped_column(BigId, ForeignKey("ledger_posting.seq"), unique=True)
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_own_count: Mapped[bool] = mapped_column(default=False)  # a company of one person

    __table_args__ = (
        UniqueConstraint(
            *("stocktake_id", "item_id", "lot_id", "source_id", "target_id", "serial"),
            name="uq_stocktake_transfer_ends_serial",  # PostgreSQL's names end at 63 characters
        ),
        CheckConstraint("quantity > 0 and serial >= 1", name="amounts"),
        CheckConstraint("source_id <> target_id", name="two_places"),
    )


append_only(StocktakeTransfer.__table__)
