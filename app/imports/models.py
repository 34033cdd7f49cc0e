"""Imports and their staged rows."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, UtcDateTime, word
from app.identity.models import User
from app.imports.rules import ImportState, RowState


class Import(Base):
    """A file on its way in."""

    __tablename__ = "import_file"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    file_name: Mapped[str] = mapped_column(String(255))
    state: Mapped[ImportState] = mapped_column(word(ImportState), index=True)
    # Field key → column number, and which row is the heading.
    columns: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    heading: Mapped[int] = mapped_column(default=0)
    staged: Mapped[int] = mapped_column(default=0)
    good: Mapped[int] = mapped_column(default=0)
    bad: Mapped[int] = mapped_column(default=0)
    applied: Mapped[int] = mapped_column(default=0)
    only_good: Mapped[bool] = mapped_column(default=False)
    failure: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    created_by: Mapped[int] = mapped_column(ForeignKey(User.id))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Beaten by the process at work; an old beat with a busy state means that it died.
    beat_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Raised whenever a process is sent to work: one that was given up for dead finds itself replaced.
    run: Mapped[int] = mapped_column(default=0)


class ImportRow(Base):
    """One row of the file: its cells by field, and what is wrong with them."""

    __tablename__ = "import_row"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey(Import.id, ondelete="CASCADE"))
    number: Mapped[int]
    cells: Mapped[dict[str, str]] = mapped_column(JSON)
    state: Mapped[RowState] = mapped_column(word(RowState), default=RowState.STAGED)
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    # The cells once more as plain text, to search in.
    words: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (Index("ix_import_row_import_id_state_number", "import_id", "state", "number"),)
