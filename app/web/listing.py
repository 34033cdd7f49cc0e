"""Every list page: paged, searchable, sortable, filtered, and the same rows as XLSX.

A feature describes its list once (`Listing`); `answer()` turns a request into the page, into the part of it that
htmx asked for, or into the workbook. A list runs two queries however long it is; one whose rows no query can work out
(`RowListing`) is searched, sorted and cut here.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Response, make_response, render_template, request
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l
from msgspec import Struct, field
from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, or_, select
from sqlalchemy.orm import Session

from app.web.days import day_asked, within
from app.web.exports import workbook

PAGE_SIZES = (25, 50, 100, 200)
EXPORT_LIMIT = 200_000
FIRST_DAY, LAST_DAY = "from", "to"


class Column(Struct, frozen=True):
    """One column: `key` names the row's attribute; `sort` makes it sortable; `kind` says how it looks.

    Kinds: text, code, quantity, signed, money, price, instant, day, percent, yes_no, badge; photo (the value is the
    address of its thumbnail, `link` the picture's); lines (a line of text each), check (a box to tick: `key` names it,
    the value is the row's, None: no box; it belongs to the form "<key>-form"), post (a button: the value is what it
    says, `link` where it posts to, None: no button).
    `link` gives the address that a cell opens to; `label` a translated word for the cell; `shade` a badge's colour.
    """

    key: str
    title: LazyString | str
    kind: str = "text"
    sort: SQLColumnExpression[Any] | None = None
    link: Callable[[Any], str | None] | None = None
    label: Callable[[Any], object] | None = None
    shade: Callable[[Any], str] | None = None
    is_title: bool = False  # the heading of the row's card on a phone
    # In the workbook alone: too much for a page, but whoever takes the list along needs it.
    is_extra: bool = False
    # Of a box: whether it is ticked already, and what a screen reader calls it; of a button: what it asks first.
    is_checked: Callable[[Any], bool] | None = None
    says: Callable[[Any], str] | None = None
    # What rows are sorted by where they were made here and not by the database (`RowListing`).
    order: Callable[[Any], Any] | None = None

    @property
    def is_sortable(self) -> bool:
        """Whether its heading sorts."""
        return self.sort is not None or self.order is not None

    def value(self, row: Any) -> Any:
        """Return what the cell shows, before formatting."""
        return self.label(row) if self.label else getattr(row, self.key)


class Filter(Struct, frozen=True):
    """A drop-down above the list: `choices` are (value, label); `clause` narrows the statement.

    Without a clause the rows were read for what is chosen already.
    """

    key: str
    title: LazyString | str
    choices: Sequence[tuple[str, object]]
    clause: Callable[[str], ColumnElement[bool]] | None = None


class Listing(Struct, frozen=True):
    """A list: its statement (one row per line), columns, searched columns, filters, first order."""

    name: str
    title: LazyString | str
    statement: Select[*tuple[Any, ...]]
    columns: Sequence[Column]
    search: Sequence[SQLColumnExpression[Any]] = ()
    filters: Sequence[Filter] = ()
    order: Sequence[SQLColumnExpression[Any]] = ()
    # Narrows by a search word in ways the columns cannot (own normal forms of codes, say).
    search_clause: Callable[[str], ColumnElement[bool]] | None = None
    empty: LazyString | str = ""
    # Told the rows before they are shown, to look up at once for all of them what no statement can join.
    prepare: Callable[[Sequence[Any]], None] | None = None
    size: int = PAGE_SIZES[1]  # rows of a page, if nobody asks for another number
    # When what a row tells of happened: the list can be narrowed to days, FIRST_DAY to LAST_DAY of the query.
    when: SQLColumnExpression[Any] | None = None


class RowListing(Struct, frozen=True):
    """A list whose rows are worked out here: all of them, in their first order. `search` gives a row's words."""

    name: str
    title: LazyString | str
    rows: Sequence[Any]
    columns: Sequence[Column]
    search: Callable[[Any], str]
    filters: Sequence[Filter] = ()  # without clauses: the rows are narrowed already
    empty: LazyString | str = ""
    size: int = PAGE_SIZES[1]  # rows of a page, if nobody asks for another number


class Page(Struct, frozen=True):
    """One page of a list, with what the template needs to walk on."""

    listing: Listing | RowListing
    rows: Sequence[Any]
    total: int
    number: int
    size: int
    sort: str
    query: str
    chosen: dict[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> list[Column]:
        """The columns that the page shows."""
        return [column for column in self.listing.columns if not column.is_extra]

    @property
    def has_days(self) -> bool:
        """Whether the list can be narrowed to days."""
        return isinstance(self.listing, Listing) and self.listing.when is not None

    @property
    def days(self) -> dict[str, date]:
        """The days that it is narrowed to, by their names in the query."""
        asked = {name: day_asked(name) for name in (FIRST_DAY, LAST_DAY)} if self.has_days else {}
        return {name: day for name, day in asked.items() if day}

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the list itself says which rows there are."""
        return bool(self.query or self.chosen or self.days)

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Number of the first row shown, 0 when there is none."""
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        """Number of the last row shown."""
        return min(self.number * self.size, self.total)

    def url(self, **changes: object) -> str:
        """Return this list's address with *changes* to its query."""
        kept = {k: v for k, v in request.args.items() if k not in changes}
        wanted = {k: v for k, v in (kept | changes).items() if v not in (None, "")}
        return f"{request.path}?{urlencode(wanted)}" if wanted else request.path

    def sort_url(self, column: Column) -> str:
        """Return the address that sorts by *column*, or turns its order round."""
        return self.url(sort=f"-{column.key}" if self.sort == column.key else column.key, page=None)


def _in_use(row: Any) -> str:
    return str(gettext("in use") if row.active else gettext("switched off"))


def _in_use_shade(row: Any) -> str:
    return "good" if row.active else "neutral"


# Of what can be switched off: the row's `active` as a column, and the filter by it.
IN_USE = Column("active", _l("State"), "badge", label=_in_use, shade=_in_use_shade)


def in_use_filter(active: SQLColumnExpression[bool]) -> Filter:
    """Return the filter by whether a row is in use, which *active* says."""
    choices = [("on", _l("in use")), ("off", _l("switched off"))]
    return Filter("state", _l("State"), choices, lambda value: active.is_(value == "on"))


def answer(session: Session, listing: Listing, template: str = "list.html", **context: object) -> Response:
    """Answer a GET of a list: the page, its inner part for htmx, or XLSX (`?format=xlsx`)."""
    if request.args.get("format") == "xlsx":
        rows = _prepared(listing, session.execute(_ordered(listing).limit(EXPORT_LIMIT)).all())
        return _as_workbook(listing, rows)
    return _as_page(read(session, listing), template, context)


def answer_rows(listing: RowListing, template: str = "list.html", **context: object) -> Response:
    """Answer a GET of a list whose rows are here, as `answer` does."""
    rows = _ordered_rows(listing)
    if request.args.get("format") == "xlsx":
        return _as_workbook(listing, rows)
    size = _size(listing.size)
    number = _page_number(len(rows), size)
    shown = rows[(number - 1) * size : number * size]
    return _as_page(_page(listing, shown, len(rows), number, size), template, context)


def _as_page(page: Page, template: str, context: dict[str, object]) -> Response:
    name = "macros/list_body.html" if request.headers.get("HX-Request") else template
    response = make_response(render_template(name, page=page, **context))
    response.vary.add("HX-Request")
    return response


def read(session: Session, listing: Listing) -> Page:
    """Return the page of *listing* that the request's query asks for; a page beyond the end is the last."""
    size = _size(listing.size)
    narrowed = _narrowed(listing)
    total = session.scalar(select(func.count()).select_from(narrowed.order_by(None).subquery())) or 0
    number = _page_number(total, size)
    rows = _prepared(listing, session.execute(_ordered(listing).limit(size).offset((number - 1) * size)).all())
    return _page(listing, rows, total, number, size)


def _prepared(listing: Listing, rows: Sequence[Any]) -> Sequence[Any]:
    if listing.prepare:
        listing.prepare(rows)
    return rows


def _page(listing: Listing | RowListing, rows: Sequence[Any], total: int, number: int, size: int) -> Page:
    return Page(
        listing=listing,
        rows=rows,
        total=total,
        number=number,
        size=size,
        sort=request.args.get("sort", ""),
        query=request.args.get("q", "").strip(),
        chosen={f.key: request.args[f.key] for f in listing.filters if request.args.get(f.key)},
    )


def _page_number(total: int, size: int) -> int:
    return min(max(1, request.args.get("page", 1, type=int)), max(1, -(-total // size)))


def _size(usual: int) -> int:
    wanted = request.args.get("size", usual, type=int)
    return wanted if wanted in PAGE_SIZES else usual


def _narrowed(listing: Listing) -> Select[*tuple[Any, ...]]:
    statement = listing.statement
    for word in request.args.get("q", "").split():
        clauses = [column.icontains(word, autoescape=True) for column in listing.search]
        if listing.search_clause:
            clauses.append(listing.search_clause(word))
        if clauses:
            statement = statement.where(or_(*clauses))
    for each in listing.filters:
        value = request.args.get(each.key)
        if value and each.clause and value in {choice for choice, _ in each.choices}:
            statement = statement.where(each.clause(value))
    if listing.when is not None:
        statement = statement.where(*within(listing.when, day_asked(FIRST_DAY), day_asked(LAST_DAY)))
    return statement


def _ordered(listing: Listing) -> Select[*tuple[Any, ...]]:
    statement = _narrowed(listing)
    wanted = request.args.get("sort", "")
    column = next((c for c in listing.columns if c.sort is not None and c.key == wanted.removeprefix("-")), None)
    if column is None or column.sort is None:
        return statement.order_by(None).order_by(*listing.order)
    order = column.sort.desc() if wanted.startswith("-") else column.sort.asc()
    return statement.order_by(None).order_by(order, *listing.order)


def _ordered_rows(listing: RowListing) -> Sequence[Any]:
    words = request.args.get("q", "").casefold().split()
    rows = listing.rows
    if words:
        rows = [row for row in rows if all(word in listing.search(row).casefold() for word in words)]
    wanted = request.args.get("sort", "")
    order = next((c.order for c in listing.columns if c.order and c.key == wanted.removeprefix("-")), None)
    return sorted(rows, key=order, reverse=wanted.startswith("-")) if order else rows


def _as_workbook(listing: Listing | RowListing, rows: Sequence[Any]) -> Response:
    kept = [column for column in listing.columns if column.kind not in {"check", "post"}]
    columns = [(str(column.title), column.kind) for column in kept]
    cells = ([column.value(row) for column in kept] for row in rows)
    return workbook(listing.name, columns, cells)
