"""The company's own facts: one row of settings, its accounts, its document numbers, its own fields."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.company.rules import Chart, TaxStatus
from app.db import Base, BigId, Money, Quantity, Scaled, UtcDateTime, word


class Company(Base):
    """The one row of settings; it exists once the set-up page was answered."""

    __tablename__ = "company"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1)
    name: Mapped[str] = mapped_column(String(200))
    chart: Mapped[Chart] = mapped_column(word(Chart))
    tax_status: Mapped[TaxStatus] = mapped_column(word(TaxStatus))
    currency: Mapped[str] = mapped_column(String(3), default="CNY")
    time_zone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai")
    locale: Mapped[str] = mapped_column(String(8), default="zh")
    one_person: Mapped[bool] = mapped_column(default=False)
    bill_with_goods: Mapped[bool] = mapped_column(default=True)
    http_full: Mapped[bool] = mapped_column(default=False)
    # How much a spot count may differ and still post itself; none of them set: not at all.
    spot_quantity: Mapped[Decimal | None] = mapped_column(Quantity)
    spot_percent: Mapped[Decimal | None] = mapped_column(Scaled(2))
    spot_value: Mapped[Decimal | None] = mapped_column(Money)
    set_up_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("spot_quantity >= 0 and spot_percent >= 0 and spot_value >= 0", name="spot_tolerance"),
    )


class Account(Base):
    """An account of the company's chart."""

    __tablename__ = "account"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(120), default="")
    category: Mapped[str] = mapped_column(String(16))  # asset, liability, common, equity, cost, income, expense
    direction: Mapped[str] = mapped_column(String(6))  # debit, credit: the side that increases it
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("account.code"))
    active: Mapped[bool] = mapped_column(default=True)


class DocumentNumber(Base):
    """The next number of a series in a period; taken under the row's lock, so never twice."""

    __tablename__ = "document_number"

    series: Mapped[str] = mapped_column(String(8), primary_key=True)
    period: Mapped[str] = mapped_column(String(8), primary_key=True)
    next: Mapped[int] = mapped_column(default=1)


class OwnField(Base):
    """A field the company added to items or partners without programming."""

    __tablename__ = "own_field"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject: Mapped[str] = mapped_column(String(16))  # item, partner
    name: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(16))  # text, number, date, choice
    choices: Mapped[str] = mapped_column(String(500), default="")
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)

    __table_args__ = (UniqueConstraint("subject", "name"),)
