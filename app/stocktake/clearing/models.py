"""Clearings of posted differences; append-only: one that was wrong is taken back by the ledger's mirror."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, Money, UtcDateTime
from app.stocktake.clearing.rules import LONGEST_NAME, LONGEST_REASON
from app.triggers import append_only


class StocktakeClearing(Base):
    """An amount moved from 1901 to where it belongs: who decided it, why, and its posting."""

    __tablename__ = "stocktake_clearing"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stocktake_id: Mapped[int] = mapped_column(ForeignKey("stocktake.id"), index=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    posting_seq: Mapped[int] = mapped_column(BigId, ForeignKey("ledger_posting.seq"), unique=True)
    is_surplus: Mapped[bool]
    account: Mapped[str] = mapped_column(ForeignKey("account.code"))
    amount: Mapped[Decimal] = mapped_column(Money)
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON))
    owed_by: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("reason <> ''", name="says_why"),
    )


class StocktakeClearingLine(Base):
    """How much of one line's difference a clearing takes."""

    __tablename__ = "stocktake_clearing_line"

    clearing_id: Mapped[int] = mapped_column(ForeignKey("stocktake_clearing.id"), primary_key=True, autoincrement=False)
    line_id: Mapped[int] = mapped_column(
        ForeignKey("stocktake_line.id"), primary_key=True, autoincrement=False, index=True
    )
    amount: Mapped[Decimal] = mapped_column(Money)

    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)


append_only(StocktakeClearing.__table__)
append_only(StocktakeClearingLine.__table__)
