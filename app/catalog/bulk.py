"""Many items at once, for imports: every problem named beforehand, then a handful of statements however many rows."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.bulk import in_parts
from app.catalog.models import Barcode, Category, Item, Pack, Unit
from app.catalog.rules import (
    BarcodeTaken,
    CodeTaken,
    ItemRow,
    PackTaken,
    TooLong,
    doubled,
    ensure_check_digit,
    ensure_draft,
    ensure_factor,
    ensure_unit,
    normalise,
    too_long,
    unit_places,
)
from app.company.numbers import take_numbers
from app.db import inserting
from app.kernel.errors import InvalidInput, RuleBroken
from app.kernel.exact import plain
from app.kernel.gtin import barcode_key
from app.kernel.i18n import N_
from app.kernel.text import one_line

ITEM_SERIES = "SP"

Checked = TypeVar("Checked")


class TwiceInFile(InvalidInput):
    """Two rows of one file claim the same code."""

    message = N_("%(code)s stands in this file more than once.")


class NothingTellsApart(RuleBroken):
    """The same item once more, or another one: without a code nobody knows."""

    message = N_("There is an item “%(item)s” already: give this row a code or a barcode of its own.")


def check_items(session: Session, rows: Sequence[ItemRow]) -> list[list[RuleBroken]]:
    """Return the problems of each row: against the rules, against the other rows, against what is there already."""
    keys = [[(code, barcode_key(code)) for code in row.all_codes] for row in rows]
    # A code that its pack names twice is one code.
    twice = doubled(key for row in rows for pack in row.all_packs for key in {barcode_key(code) for code in pack.codes})
    twice_codes = doubled(row.item.code for row in rows if row.item.code)
    owners = _owners(session, {key for pairs in keys for _, key in pairs})
    names = _item_names(session, {row.item.code for row in rows if row.item.code})
    looks = [None if row.item.code or row.all_codes else _looks(row.item.name, row.item.spec) for row in rows]
    twice_looks = doubled(look for look in looks if look)
    known_looks = _known_looks(session, {look for look in looks if look})
    found = []
    for row, pairs, look in zip(rows, keys, looks, strict=True):
        problems = list(_own_problems(row))
        if row.item.code in twice_codes:
            problems.append(TwiceInFile(code=row.item.code))
        if row.item.code in names:
            problems.append(CodeTaken(code=row.item.code, item=names[row.item.code]))
        if look in twice_looks:
            problems.append(TwiceInFile(code=row.item.name))
        if look in known_looks:
            problems.append(NothingTellsApart(item=row.item.name))
        problems += [TwiceInFile(code=code) for key, code in {key: code for code, key in pairs}.items() if key in twice]
        problems += [
            BarcodeTaken(code=code, item=owners[key][0], unit=owners[key][1]) for code, key in pairs if key in owners
        ]
        found.append(problems)
    return found


def ensure_units(session: Session, names: Iterable[str]) -> dict[str, int]:
    """Return the ids of the units of these names; missing ones are made."""
    wanted = set(names)
    known = _unit_ids(session, wanted)
    missing = sorted(wanted - known.keys())
    if missing:
        # Somebody may add the same unit at this moment: theirs is as good.
        rows = [{"name": name, "places": unit_places(name)} for name in missing]
        session.execute(inserting(session.get_bind().dialect.name, Unit).on_conflict_do_nothing(), rows)
        known |= _unit_ids(session, missing)
    return known


def ensure_categories(session: Session, paths: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """Return the ids of the categories at these paths; missing ones are made, level by level."""
    wanted = {path[:depth] for path in paths for depth in range(1, len(path) + 1)}
    rows = session.execute(select(Category.id, Category.parent_id, Category.name)).all()
    known = {(parent_id, name): number for number, parent_id, name in rows}
    ids: dict[tuple[str, ...], int] = {}
    for path in sorted(wanted, key=lambda path: (len(path), path)):
        key = (ids.get(path[:-1]), path[-1])
        if key not in known:
            category = Category(parent_id=key[0], name=key[1])
            session.add(category)
            session.flush()
            known[key] = category.id
        ids[path] = known[key]
    return ids


def free_codes(session: Session, count: int) -> list[str]:
    """Return *count* item codes that nobody has, SP000001 onwards, and keep anybody else from getting them."""
    free: list[str] = []
    while len(free) < count:
        codes = [f"{ITEM_SERIES}{number:06d}" for number in take_numbers(session, ITEM_SERIES, count - len(free))]
        taken = _item_names(session, set(codes))  # typed by somebody who liked our numbers
        free += [code for code in codes if code not in taken]
    return free


def reserve_ids(session: Session, model: type[Item | Pack], count: int) -> list[int]:
    """Return *count* primary keys of *model* that nobody else gets; the rows may then go in without asking back."""
    if session.get_bind().dialect.name == "postgresql":
        statement = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :count)")
        return list(session.scalars(statement, {"name": model.__tablename__, "count": count}))
    # A SQLite transaction that may write is alone: nobody takes these numbers before it ends.
    last = session.scalar(select(func.coalesce(func.max(model.id), 0))) or 0
    return list(range(last + 1, last + 1 + count))


def _unit_ids(session: Session, names: Collection[str]) -> dict[str, int]:
    rows = session.execute(select(Unit.name, Unit.id).where(Unit.name.in_(names)))
    return {name: number for name, number in rows}  # noqa: C416  # rows are no pairs to dict()


def _own_problems(row: ItemRow) -> Iterator[RuleBroken]:
    yield from too_long(row.item)
    yield from (problem for problem in _broken(ensure_draft, row.item) if not isinstance(problem, TooLong))
    for pack in row.packs:
        yield from _broken(ensure_unit, pack.unit)
        yield from _broken(ensure_factor, pack.factor)
    for unit, factor in doubled((one_line(pack.unit), pack.factor) for pack in row.all_packs):
        yield PackTaken(unit=unit, factor=plain(factor))
    for code in row.all_codes:
        yield from _broken(ensure_check_digit, code)
        yield from _broken(normalise, code)


def _broken(ensure: Callable[[Checked], object], value: Checked) -> Iterator[RuleBroken]:
    try:
        ensure(value)
    except RuleBroken as problem:
        yield problem


def _owners(session: Session, keys: set[str]) -> dict[str, tuple[str, str]]:
    statement = (
        select(Barcode.code, Item.name, Unit.name)
        .join(Pack, Pack.id == Barcode.pack_id)
        .join(Item, Item.id == Pack.item_id)
        .join(Unit, Unit.id == Pack.unit_id)
    )
    return {
        code: (item, unit)
        for part in in_parts(keys)
        for code, item, unit in session.execute(statement.where(Barcode.code.in_(part)))
    }


def _item_names(session: Session, codes: set[str]) -> dict[str, str]:
    statement = select(Item.code, Item.name)
    return {
        code: name for part in in_parts(codes) for code, name in session.execute(statement.where(Item.code.in_(part)))
    }


def _looks(name: str, spec: str) -> tuple[str, str]:
    """Return what tells items without a code apart."""
    return one_line(name), one_line(spec)


def _known_looks(session: Session, looks: set[tuple[str, str]]) -> set[tuple[str, str]]:
    statement = select(Item.name, Item.spec)
    known = {
        (name, spec)
        for part in in_parts({name for name, _ in looks})
        for name, spec in session.execute(statement.where(Item.name.in_(part)))
    }
    return known & looks
