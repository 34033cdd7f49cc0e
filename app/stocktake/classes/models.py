"""The one row that says where the ABC classes end and how often each is counted."""

from typing import Any, cast

from msgspec.structs import asdict
from sqlalchemy import CheckConstraint, event, insert
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import Table

from app.db import Base
from app.stocktake.classes.rules import Policy


class StocktakePolicy(Base):
    """Shares in percent, rhythms in days; the row is there from the first day."""

    __tablename__ = "stocktake_policy"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    months: Mapped[int]
    share_a: Mapped[int]
    share_b: Mapped[int]
    days_a: Mapped[int]
    days_b: Mapped[int]
    days_c: Mapped[int]

    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("0 < share_a and share_a < share_b and share_b <= 100", name="shares"),
        CheckConstraint("months >= 1 and days_a >= 1 and days_b >= 1 and days_c >= 1", name="periods"),
    )

    @property
    def policy(self) -> Policy:
        """The row as rules know it."""
        return Policy(self.months, self.share_a, self.share_b, self.days_a, self.days_b, self.days_c)


def _seed(table: Table, connection: Connection, **_: Any) -> None:
    connection.execute(insert(table), [{"id": 1, **asdict(Policy())}])


event.listen(cast("Table", StocktakePolicy.__table__), "after_create", _seed)
