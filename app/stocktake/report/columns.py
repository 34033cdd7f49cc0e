"""The columns of a report's files: everything that a page shows of a line, and what an auditor asks."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext
from msgspec import Struct

from app.stocktake.models import StocktakeApproval
from app.stocktake.report.pages import RowView


class FileColumn(Struct, frozen=True):
    """A column: its title, its kind (as exports know them), what of a row it shows, its share of a page's width."""

    title: str
    kind: str
    read: Callable[[RowView], Any]
    width: int = 0  # 0: not printed


# Who approved a line last, with the approval, by the line's id.
Approvals = Mapping[int, tuple[StocktakeApproval, str]]


def file_columns(approvals: Approvals, *, values: bool) -> list[FileColumn]:
    """Return the columns in order; what differences are worth only for who may see it."""
    worth = [
        FileColumn(gettext("Cost per unit"), "price", lambda row: row.line.unit_cost),
        FileColumn(gettext("Value"), "money", lambda row: row.line.value, 8),
    ]
    return [*_goods(), *(worth if values else ()), *_count(), *_decision(approvals), *_words()]


def _goods() -> list[FileColumn]:
    return [
        FileColumn(gettext("Bin"), "code", lambda row: row.bin, 9),
        FileColumn(gettext("Item code"), "code", lambda row: row.item.code, 9),
        FileColumn(gettext("Item"), "text", lambda row: row.item.name, 20),
        FileColumn(gettext("Specification"), "text", lambda row: row.item.spec),
        FileColumn(gettext("Lot"), "code", lambda row: row.lot, 7),
        FileColumn(gettext("Unit"), "text", lambda row: row.item.unit, 4),
        FileColumn(gettext("State"), "text", lambda row: row.status),
        FileColumn(gettext("Book"), "quantity", lambda row: row.line.book, 6),
        FileColumn(gettext("Counted qty"), "quantity", lambda row: row.line.counted, 6),
        FileColumn(gettext("Difference"), "signed", lambda row: row.line.difference, 7),
    ]


def _count() -> list[FileColumn]:
    return [
        FileColumn(gettext("Counted at"), "instant", lambda row: row.line.deciding and row.line.deciding.closed_at),
        FileColumn(gettext("Counted by"), "text", lambda row: ", ".join(row.counters), 9),
        FileColumn(gettext("Disturbed"), "yes_no", lambda row: row.line.is_disturbed),
        FileColumn(gettext("In scope"), "yes_no", lambda row: row.line.known.in_scope),
        FileColumn(gettext("Beyond tolerance"), "yes_no", lambda row: row.line.is_beyond),
        FileColumn(gettext("Zone"), "code", lambda row: row.zone),
        FileColumn(gettext("Category"), "text", lambda row: row.category),
    ]


def _decision(approvals: Approvals) -> list[FileColumn]:
    def approval(row: RowView) -> tuple[StocktakeApproval | None, str]:
        return approvals.get(row.line.known.id or 0, (None, ""))

    def by(row: RowView) -> str:
        found, name = approval(row)
        return f"{name} · {gettext('within the tolerance of spot counts')}" if found and found.is_by_rule else name

    def at(row: RowView) -> Any:
        found, _ = approval(row)
        return found and found.at

    def own(row: RowView) -> Any:
        found, _ = approval(row)
        return found and found.is_own_count

    return [
        FileColumn(gettext("Decision"), "text", lambda row: row.verdict, 10),
        FileColumn(gettext("Reason"), "text", lambda row: row.reason, 8),
        FileColumn(gettext("Approved by"), "text", by, 8),
        FileColumn(gettext("Approved at"), "instant", at),
        FileColumn(gettext("Own count"), "yes_no", own),
    ]


def _words() -> list[FileColumn]:
    return [
        FileColumn(gettext("Likely cause"), "text", lambda row: " ".join(row.causes)),
        FileColumn(gettext("Notes"), "text", _notes),
        FileColumn(gettext("Photos"), "quantity", lambda row: sum(note.file_id is not None for note in row.notes)),
    ]


def _notes(row: RowView) -> str:
    said = [f"{note.by}: {note.text}" for note in row.notes if note.text]
    return " / ".join([row.line.known.note, *said] if row.line.known.note else said)
