"""Recurring counts, and what each of their days brought.

Law: a day of a recurring count is planned once; the pair of both is the turn's key.
"""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, Money, Quantity, UtcDateTime, word
from app.stocktake.models import Percent
from app.stocktake.rules import Scope, ScopeKind, Tolerance
from app.stocktake.schedules.rules import Rhythm, RhythmKind, ScheduleState
from app.triggers import append_only


class StocktakeSchedule(Base):
    """A count that comes again and again; `next_due` is the day that comes next."""

    __tablename__ = "stocktake_schedule"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    state: Mapped[ScheduleState] = mapped_column(word(ScheduleState), default=ScheduleState.ACTIVE)
    warehouse_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    scope_kind: Mapped[ScopeKind] = mapped_column(word(ScopeKind))
    scope_ids: Mapped[list[int]] = mapped_column(JSON, default=list)
    most: Mapped[int | None]  # of proposed bins
    rhythm_kind: Mapped[RhythmKind] = mapped_column(word(RhythmKind))
    every: Mapped[int]
    weekday: Mapped[int | None]
    month_day: Mapped[int | None]
    next_due: Mapped[date]
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    blind: Mapped[bool]
    tolerance_quantity: Mapped[Decimal | None] = mapped_column(Quantity)
    tolerance_percent: Mapped[Decimal | None] = mapped_column(Percent)
    tolerance_value: Mapped[Decimal | None] = mapped_column(Money)
    created_by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("every between 1 and 366", name="every"),
        CheckConstraint("rhythm_kind <> 'weeks' or weekday between 0 and 6", name="weekday"),
        CheckConstraint("rhythm_kind <> 'months' or month_day between 1 and 31", name="month_day"),
        CheckConstraint("(scope_kind = 'proposed') = (most is not null)", name="most"),
        CheckConstraint("most > 0", name="most_positive"),
    )

    @property
    def rhythm(self) -> Rhythm:
        """When it comes."""
        return Rhythm(self.rhythm_kind, self.every, self.weekday, self.month_day)

    @property
    def scope(self) -> Scope:
        """What it counts."""
        return Scope(self.scope_kind, tuple(self.scope_ids))

    @property
    def tolerance(self) -> Tolerance:
        """The three limits as one."""
        return Tolerance(self.tolerance_quantity, self.tolerance_percent, self.tolerance_value)


class StocktakeTurn(Base):
    """What a day of a recurring count brought: a stocktake of its own, an earlier one still not begun, or nothing."""

    __tablename__ = "stocktake_turn"

    schedule_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("stocktake_schedule.id"), primary_key=True, autoincrement=False
    )
    due_on: Mapped[date] = mapped_column(primary_key=True)
    stocktake_id: Mapped[int | None] = mapped_column(ForeignKey("stocktake.id"), index=True)
    planned_at: Mapped[datetime] = mapped_column(UtcDateTime)


append_only(StocktakeTurn.__table__)
