"""What is bought, stored and sold, and every code that names it."""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, event, insert, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.schema import Table

from app.catalog.rules import USUAL_TAX_RATE
from app.db import Base, BigId, Price, Quantity
from app.triggers import on_create

NO_LOT = 0


class Unit(Base):
    """A unit of measure or pack name: 瓶, 箱, kg."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    # Pieces are counted whole; weights and lengths have decimals (0..3).
    places: Mapped[int] = mapped_column(default=0)

    __table_args__ = (CheckConstraint("places between 0 and 3", name="places"),)


class Category(Base):
    """A node of the tree of goods."""

    __tablename__ = "category"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)

    __table_args__ = (
        UniqueConstraint("parent_id", "name"),
        # NULLs are never equal: without this one the roots could be doubled.
        Index(
            "uq_category_root_name",
            "name",
            unique=True,
            sqlite_where=text("parent_id is null"),
            postgresql_where=text("parent_id is null"),
        ),
    )


class Item(Base):
    """What is bought, stored and sold; quantities everywhere are in its base unit."""

    __tablename__ = "item"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(200), index=True)
    initials: Mapped[str] = mapped_column(String(200), default="", index=True)  # pinyin initials of the name
    spec: Mapped[str] = mapped_column(String(80), default="")
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    # Basis points: 1300 = 13 %.
    tax_rate: Mapped[int] = mapped_column(default=USUAL_TAX_RATE)
    purchase_price: Mapped[Decimal | None] = mapped_column(Price)
    sale_price: Mapped[Decimal | None] = mapped_column(Price)
    minimum: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    safety: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    tracks_lots: Mapped[bool] = mapped_column(default=False)
    tracks_expiry: Mapped[bool] = mapped_column(default=False)
    picture_id: Mapped[int | None]
    own_fields: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    active: Mapped[bool] = mapped_column(default=True)

    unit: Mapped[Unit] = relationship()
    category: Mapped[Category | None] = relationship()

    __table_args__ = (
        CheckConstraint("tax_rate between 0 and 10000", name="tax_rate"),
        CheckConstraint("minimum >= 0 and safety >= 0", name="thresholds"),
        CheckConstraint("tracks_lots or not tracks_expiry", name="expiry_needs_lots"),
    )


class Pack(Base):
    """An item in a unit with a factor to its base unit; every item has the pack with factor 1."""

    __tablename__ = "pack"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    factor: Mapped[Decimal] = mapped_column(Quantity)

    item: Mapped[Item] = relationship()
    unit: Mapped[Unit] = relationship()

    __table_args__ = (
        UniqueConstraint("item_id", "unit_id", "factor"),
        CheckConstraint("factor > 0", name="factor"),
    )


class Barcode(Base):
    """Exact normalised code → one pack of one item; GTINs stand as GTIN-14."""

    __tablename__ = "barcode"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    code: Mapped[str] = mapped_column(String(120), unique=True)
    pack_id: Mapped[int] = mapped_column(ForeignKey("pack.id"), index=True)

    pack: Mapped[Pack] = relationship()


class Lot(Base):
    """Goods of one item made or received together; lot 0 stands for "no lot" so that keys are never NULL."""

    __tablename__ = "lot"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("item.id"), index=True)
    code: Mapped[str] = mapped_column(String(60))
    expiry: Mapped[date | None]

    __table_args__ = (
        UniqueConstraint("item_id", "code"),
        CheckConstraint("item_id is not null or id = 0", name="has_item"),
    )


def seed_no_lot(table: Table, connection: Connection, **_: object) -> None:
    """Put the row that stands for "no lot"."""
    connection.execute(insert(table), [{"id": NO_LOT, "item_id": None, "code": ""}])


event.listen(Lot.__table__, "after_create", seed_no_lot)
on_create(Lot.__table__, "ALTER SEQUENCE lot_id_seq RESTART WITH 1", "postgresql")
