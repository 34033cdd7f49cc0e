"""A company's own reasons for differences."""

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId
from app.stocktake.reasons.rules import LONGEST_NAME


class StocktakeReason(Base):
    """A reason that the company added; retired ones are offered no more."""

    __tablename__ = "stocktake_reason"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), unique=True)
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (CheckConstraint("name <> ''", name="name"),)
