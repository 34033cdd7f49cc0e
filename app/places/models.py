"""The tree of places."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, event, insert
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.schema import Table

from app.db import Base, BigId, word
from app.places.rules import End, LocationKind, natural_key
from app.triggers import on_create


def _key_of_code(context: Any) -> str:
    return natural_key(context.get_current_parameters()["code"])


class Location(Base):
    """A warehouse, a zone, a leaf that holds goods, or a virtual end."""

    __tablename__ = "location"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[LocationKind] = mapped_column(word(LocationKind))
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"), index=True)
    # Of every place below a warehouse, so that stock by warehouse is one join.
    warehouse_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"), index=True)
    active: Mapped[bool] = mapped_column(default=True)
    # The way a counter walks: first by `walk` (0 = nobody said), then by the code, its numbers read as numbers.
    walk: Mapped[int] = mapped_column(default=0)
    natural_code: Mapped[str] = mapped_column(String(200), default=_key_of_code)

    parent: Mapped["Location | None"] = relationship(remote_side=[id], foreign_keys=[parent_id])
    warehouse: Mapped["Location | None"] = relationship(remote_side=[id], foreign_keys=[warehouse_id])

    __table_args__ = (
        CheckConstraint("kind in ('warehouse','end') or parent_id is not null", name="has_parent"),
        CheckConstraint("kind in ('warehouse','end') or warehouse_id is not null", name="has_warehouse"),
        Index("ix_location_kind_code", "kind", "code"),
    )

    @property
    def label(self) -> str:
        """Its code and its name, as choices show it."""
        return f"{self.code} {self.name}".strip()


def seed_ends(table: Table, connection: Connection, **_: object) -> None:
    """Put the virtual ends where the code expects them."""
    connection.execute(
        insert(table),
        [{"id": end.value, "kind": LocationKind.END, "code": end.name, "name": "", "active": True} for end in End],
    )


event.listen(Location.__table__, "after_create", seed_ends)
on_create(Location.__table__, "ALTER SEQUENCE location_id_seq RESTART WITH 101", "postgresql")
