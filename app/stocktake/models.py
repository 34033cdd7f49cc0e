"""Stocktakes, the bins they count and in which rounds, their lines, and who approved what.

Law: no quantity that was counted stands here; what was counted is read from the scans, what the books say from the
ledger. Approvals are append-only.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, Money, Price, Quantity, Scaled, UtcDateTime, word
from app.stocktake.rules import BinState, LineState, ScopeKind, StocktakeState, Tolerance
from app.triggers import append_only

Percent = Scaled(2)


class Stocktake(Base):
    """One count of a scope, from plan to posting."""

    __tablename__ = "stocktake"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    state: Mapped[StocktakeState] = mapped_column(word(StocktakeState), default=StocktakeState.DRAFT, index=True)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    scope_kind: Mapped[ScopeKind] = mapped_column(word(ScopeKind))
    scope_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    blind: Mapped[bool]
    tolerance_quantity: Mapped[Decimal | None] = mapped_column(Quantity)
    tolerance_percent: Mapped[Decimal | None] = mapped_column(Percent)
    tolerance_value: Mapped[Decimal | None] = mapped_column(Money)
    note: Mapped[str] = mapped_column(String(200), default="")
    created_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    counted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    posted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    posted_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    posting_seq: Mapped[int | None] = mapped_column(BigId, ForeignKey("ledger_posting.seq"), unique=True)
    spot_bin_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))  # of a spot count: its one bin

    __table_args__ = (
        # Bins that are as empty as the books have them are a result, too, with nothing to enter into the ledger.
        CheckConstraint("(state = 'posted') = (posted_at is not null)", name="posted_at"),
        CheckConstraint("posting_seq is null or state = 'posted'", name="posting_of_posted"),
        CheckConstraint(
            "tolerance_quantity >= 0 and tolerance_percent >= 0 and tolerance_value >= 0", name="tolerances"
        ),
        Index(
            "uq_stocktake_spot_running",
            "spot_bin_id",
            unique=True,
            sqlite_where=text("state = 'counting' and spot_bin_id is not null"),
            postgresql_where=text("state = 'counting' and spot_bin_id is not null"),
        ),
    )

    @property
    def tolerance(self) -> Tolerance:
        """The three limits as one."""
        return Tolerance(self.tolerance_quantity, self.tolerance_percent, self.tolerance_value)


class StocktakeItem(Base):
    """An item that a stocktake by category or by list takes, as of its start."""

    __tablename__ = "stocktake_item"

    stocktake_id: Mapped[int] = mapped_column(ForeignKey("stocktake.id"), primary_key=True, autoincrement=False)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True, autoincrement=False)


class StocktakeBin(Base):
    """One counter's count of one bin in one round; `is_main` is the round's own, the others came without its lease.

    State and instants are kept for the eye while counting goes on; what decides is folded from the scans.
    """

    __tablename__ = "stocktake_bin"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stocktake_id: Mapped[int] = mapped_column(ForeignKey("stocktake.id"))
    bin_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    round: Mapped[int]
    is_main: Mapped[bool] = mapped_column(default=True)
    counter_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    device_id: Mapped[UUID | None]
    state: Mapped[BinState] = mapped_column(word(BinState), default=BinState.WAITING)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    uncertainty_ms: Mapped[int] = mapped_column(default=0)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    __table_args__ = (
        UniqueConstraint("stocktake_id", "bin_id", "round", "counter_id"),
        CheckConstraint("round >= 1", name="round"),
        CheckConstraint("(state = 'waiting') = (counter_id is null)", name="counter"),
        CheckConstraint("(state = 'closed') = (closed_at is not null)", name="closed"),
        CheckConstraint("is_main or counter_id is not null", name="others_have_counter"),
        Index(
            "uq_stocktake_bin_main",
            *("stocktake_id", "bin_id", "round"),
            unique=True,
            sqlite_where=text("is_main"),
            postgresql_where=text("is_main"),
        ),
    )


class StocktakeLine(Base):
    """An item (lot) in a bin that the stocktake takes: expected at its start, or found by counting."""

    __tablename__ = "stocktake_line"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    stocktake_id: Mapped[int] = mapped_column(ForeignKey("stocktake.id"))
    bin_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    is_found: Mapped[bool] = mapped_column(default=False)
    # The last round in which this line was asked to be counted.
    asked: Mapped[int] = mapped_column(default=1)
    state: Mapped[LineState] = mapped_column(word(LineState), default=LineState.OPEN)
    approvals: Mapped[int] = mapped_column(default=0)  # how often it was approved; the last one holds
    has_changed: Mapped[bool] = mapped_column(default=False)  # came back because the difference changed since
    anchor_key: Mapped[str | None] = mapped_column(String(80), unique=True)

    __table_args__ = (
        UniqueConstraint("stocktake_id", "bin_id", "item_id", "lot_id"),
        CheckConstraint("(state = 'posted') = (anchor_key is not null)", name="posted_has_anchor"),
        CheckConstraint("asked >= 1 and approvals >= 0", name="counts"),
    )


class StocktakeApproval(Base):
    """Somebody approved a line's difference as they saw it; the line's last approval holds."""

    __tablename__ = "stocktake_approval"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("stocktake_line.id"))
    serial: Mapped[int]
    by_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    counted: Mapped[Decimal] = mapped_column(Quantity)
    book: Mapped[Decimal] = mapped_column(Quantity)
    difference: Mapped[Decimal] = mapped_column(Quantity)
    unit_cost: Mapped[Decimal | None] = mapped_column(Price)  # entered for a surplus whose cost nobody knew
    reason: Mapped[str] = mapped_column(String(24), default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    is_own_count: Mapped[bool] = mapped_column(default=False)  # a company of one person
    # Nobody decided: the tolerance of spot counts let it pass, and `by_id` is who counted.
    is_by_rule: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("line_id", "serial"),
        CheckConstraint("difference = counted - book", name="difference"),
        CheckConstraint("unit_cost >= 0", name="unit_cost"),
    )


append_only(StocktakeApproval.__table__)
