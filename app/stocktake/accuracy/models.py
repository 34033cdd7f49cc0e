"""What became of each line that was counted, as of its posting.

Law: append-only. Item, place, instant, books and count stand in the ledger's anchor; here stands what the ledger does
not know or will not know any more: whose count it was, and what the goods were worth by the books then. A fact that
comes late never rewrites how right the books were; it is shown beside.
"""

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, Money
from app.triggers import append_only


class StocktakeResult(Base):
    """One counted line of a posted stocktake; `difference_value` is 0 where books and shelf were the same."""

    __tablename__ = "stocktake_result"

    anchor_id: Mapped[int] = mapped_column(BigId, ForeignKey("ledger_anchor.id"), primary_key=True, autoincrement=False)
    stocktake_id: Mapped[int] = mapped_column(ForeignKey("stocktake.id"), index=True)
    counter_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    counted_on: Mapped[date]  # the company's day
    month: Mapped[str] = mapped_column(String(7))  # of that day: 2026-11
    book_value: Mapped[Decimal | None] = mapped_column(Money)  # None: nobody knew the cost
    difference_value: Mapped[Decimal] = mapped_column(Money)

    __table_args__ = (
        CheckConstraint("book_value >= 0", name="book_value"),
        CheckConstraint("length(month) = 7", name="month"),
        Index("ix_stocktake_result_month", "month"),
    )


append_only(StocktakeResult.__table__)
