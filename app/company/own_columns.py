"""A company's own fields in the lists of their subject: searched on the page, and columns of the workbook."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import InstrumentedAttribute

from app.company.rules import Field
from app.web.listing import Column


def own_columns(fields: Sequence[Field]) -> list[Column]:
    """Return a column of the workbook for each field; the list's rows have `own_fields`."""
    return [Column(f"own_{field.key}", field.name, label=_value_of(field), is_extra=True) for field in fields]


def holds_word(kept: InstrumentedAttribute[dict[str, Any]], fields: Sequence[Field], word: str) -> ColumnElement[bool]:
    """Return the clause that keeps rows of which an own field in use has *word* in it."""
    return or_(False, *(kept[field.key].as_string().icontains(word, autoescape=True) for field in fields))


def _value_of(field: Field) -> Callable[[Any], str]:
    return lambda row: str(row.own_fields.get(field.key, ""))
