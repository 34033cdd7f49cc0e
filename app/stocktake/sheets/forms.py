"""What is typed from a sheet: read line by line, so that everything typed stays and each mistake stands by its line."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.catalog.queries import find_base_packs, find_items_by_codes
from app.catalog.rules import PackFacts
from app.kernel.errors import RuleBroken
from app.kernel.exact import ZERO, parse_quantity
from app.kernel.ids import uuid7
from app.scanning.parse import parse
from app.scanning.resolvers import resolve_packs
from app.stocktake.sheets.queries import Sheet
from app.stocktake.sheets.rules import (
    BLANK_LINES,
    CodeUnknown,
    Counted,
    CounterMissing,
    Entry,
    InstantMissing,
    QuantityMissing,
    QuantityNegative,
)
from app.web.addresses import number_or_none
from app.web.words import sentence

T = TypeVar("T")


class SheetForm(Struct):
    """A sheet's form: what was typed, what it means, and what is wrong with it, by the name of the field."""

    sheet: Sheet
    typed: Mapping[str, str]
    token: str
    problems: dict[str, str] = field(default_factory=dict)
    asks_empty: bool = False
    entry: Entry | None = None

    @property
    def finds(self) -> Sequence[int]:
        """The numbers of the blank lines."""
        return range(BLANK_LINES)

    def get(self, name: str) -> str:
        """Return what was typed into a field."""
        return self.typed.get(name, "")


def new_form(sheet: Sheet, counter_id: int | None, now: datetime, time_zone: str) -> SheetForm:
    """Return the empty form of a sheet."""
    local = now.astimezone(ZoneInfo(time_zone))
    typed = {"counted_at": f"{local:%Y-%m-%dT%H:%M}"} | ({"counter": str(counter_id)} if counter_id else {})
    return SheetForm(sheet, typed, str(uuid7()))


def read_form(session: Session, sheet: Sheet, form: MultiDict[str, str], now: datetime, time_zone: str) -> SheetForm:
    """Return what was typed; `entry` is there once nothing is wrong and nothing must be asked."""
    typed = {name: value.strip() for name, value in form.items()}
    found = SheetForm(sheet, typed, str(_token(typed.get("token", ""))))
    counter = _read(found, "counter", _counter)
    at = _read(found, "counted_at", lambda text: _instant(text, time_zone))
    counted = [*_expected(session, found), *_finds(session, found, now, time_zone)]
    has_empty = any(not found.get(f"line-{place}") for place in range(len(sheet.lines)))
    found.asks_empty = not found.problems and has_empty and found.get("empty") not in {"zero", "open"}
    if found.problems or found.asks_empty or counter is None or at is None:
        return found
    closes = not has_empty or found.get("empty") == "zero"
    found.entry = Entry(UUID(found.token), sheet.id, counter, at, counted, closes)
    return found


def _token(text: str) -> UUID:
    """Return the token that the page made; a page that sent none is taken for a new entry."""
    try:
        return UUID(text)
    except ValueError:
        return uuid7()


def _read(found: SheetForm, name: str, read: Callable[[str], T]) -> T | None:
    """Return what a field says; what refuses it stands by the field."""
    try:
        return read(found.get(name))
    except RuleBroken as error:
        found.problems[name] = sentence(error)
        return None


def _counter(text: str) -> int:
    counter = number_or_none(text)
    if counter is None:
        raise CounterMissing
    return counter


def _instant(text: str, time_zone: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(time_zone))
    except ValueError as error:
        raise InstantMissing from error


def _quantity(text: str) -> Decimal | None:
    if not text:
        return None
    quantity = parse_quantity(text)
    if quantity < ZERO:
        raise QuantityNegative
    return quantity


def _expected(session: Session, found: SheetForm) -> Iterator[Counted]:
    packs = find_base_packs(session, {line.item for line in found.sheet.lines})
    for place, line in enumerate(found.sheet.lines):
        quantity = _read(found, f"line-{place}", _quantity)
        if quantity is not None:
            yield Counted(packs[line.item].pack_id, line.lot, quantity, line.name)


def _finds(session: Session, found: SheetForm, now: datetime, time_zone: str) -> Iterator[Counted]:
    """Yield what was found beside the expected lines, in base units whatever pack its code names."""
    codes = {place: found.get(f"code-{place}") for place in found.finds}
    named = find_packs_named(session, set(codes.values()) - {""}, now.astimezone(ZoneInfo(time_zone)).date())
    bases = find_base_packs(session, {pack.item_id for pack in named.values()})
    for place, code in codes.items():
        quantity = _read(found, f"quantity-{place}", _quantity)
        if not code and quantity is None:
            continue
        pack = named.get(code)
        if pack is None:
            found.problems[f"code-{place}"] = sentence(CodeUnknown(code=code or "–"))
        elif quantity is None:
            found.problems.setdefault(f"quantity-{place}", sentence(QuantityMissing()))
        else:
            base = bases[pack.item_id]
            yield Counted(base.pack_id, found.get(f"lot-{place}"), quantity * pack.factor, pack.item_name)


def find_packs_named(session: Session, codes: Collection[str], today: date) -> dict[str, PackFacts]:
    """Return the one pack that each typed code names: an item's code, a barcode, or a label of ours."""
    items = find_items_by_codes(session, codes)
    bases = find_base_packs(session, set(items.values()))
    parsed = {code: parse(code, today=today) for code in codes if code not in items}
    meanings = resolve_packs(session, parsed.values())
    found = {code: bases[item] for code, item in items.items() if item in bases}
    for code, read in parsed.items():
        packs = [meaning.pack for meaning in meanings.get(read.text, ()) if meaning.pack]
        if len(packs) == 1:
            found[code] = packs[0]
    return found
