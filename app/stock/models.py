"""What stock itself keeps: a warehouse's own minimum and safety stock of an item."""

from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, Quantity


class Threshold(Base):
    """Minimum and safety stock of an item in one warehouse, instead of the item's own."""

    __tablename__ = "stock_threshold"

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True, autoincrement=False)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("location.id"), primary_key=True, autoincrement=False)
    minimum: Mapped[Decimal] = mapped_column(Quantity)
    safety: Mapped[Decimal] = mapped_column(Quantity)

    __table_args__ = (CheckConstraint("minimum >= 0 and safety >= 0", name="not_negative"),)
