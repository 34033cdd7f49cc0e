"""Commands on the catalogue: items, their packs and barcodes, units and categories; import them from here.

Law: nothing that history names is deleted; an item is switched off instead.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from app.catalog import registry
from app.catalog.adding import add_items
from app.catalog.bulk import check_items, ensure_categories, ensure_units, free_codes
from app.catalog.models import Barcode, Category, Item, Pack, Unit
from app.catalog.queries import get_pack
from app.catalog.rules import (
    FIRST_UNITS,
    ONE,
    BarcodeTaken,
    BasePackFixed,
    BaseUnitFixed,
    CodeTaken,
    ItemDraft,
    NoSuchItem,
    PackInUse,
    PackTaken,
    TrackingFixed,
    category_path,
    ensure_check_digit,
    ensure_draft,
    ensure_factor,
    normalise,
)
from app.company.queries import named_values
from app.company.rules import FieldSubject, SetUp
from app.identity.audit import audit, changes
from app.kernel.pinyin import initials
from app.kernel.text import one_line

__all__ = [
    "add_barcode",
    "add_item",
    "add_items",
    "add_pack",
    "begin",
    "check_items",
    "edit_item",
    "remove_barcode",
    "remove_pack",
    "set_active",
    "set_picture",
]


def add_item(session: Session, draft: ItemDraft, by: int, now: datetime) -> Item:
    """Add an item with the pack of its base unit.

    Errors: those of ensure_draft, CodeTaken.
    """
    ensure_draft(draft)
    item = Item(active=True)
    code = draft.code.strip() or free_codes(session, 1)[0]
    with _only_owner_of(session, code):
        _fill(session, item, draft, code)
        session.add(item)
    session.add(Pack(item_id=item.id, unit_id=item.unit_id, factor=ONE))
    session.flush()
    audit(session, by, "item.add", f"item:{item.id}", _facts(session, item), now)
    return item


def edit_item(session: Session, item_id: int, draft: ItemDraft, by: int, now: datetime) -> Item:
    """Change the facts of an item; an empty code keeps the one it has.

    Errors: those of ensure_draft, NoSuchItem, CodeTaken, TrackingFixed, BaseUnitFixed.
    """
    ensure_draft(draft)
    item = _lock(session, item_id)
    before = _facts(session, item)
    _ensure_tracking(session, item, draft)
    _move_base_pack(session, item, one_line(draft.unit))
    code = draft.code.strip() or item.code
    with _only_owner_of(session, code):
        _fill(session, item, draft, code)
    audit(session, by, "item.edit", f"item:{item.id}", changes(before, _facts(session, item)), now)
    return item


def set_active(session: Session, item_id: int, active: bool, by: int, now: datetime) -> None:
    """Switch an item on or off; what is switched off is kept, but no longer offered."""
    item = _lock(session, item_id)
    item.active = active
    audit(session, by, "item.activate" if active else "item.deactivate", f"item:{item_id}", {"name": item.name}, now)


def set_picture(session: Session, item_id: int, picture_id: int | None, by: int, now: datetime) -> None:
    """Give an item its picture, a stored file, or take it away."""
    item = _lock(session, item_id)
    before = item.picture_id
    item.picture_id = picture_id
    audit(session, by, "item.picture", f"item:{item_id}", changes({"picture": before}, {"picture": picture_id}), now)


def add_pack(session: Session, item_id: int, unit: str, factor: Decimal, by: int, now: datetime) -> Pack:
    """Add a pack of *factor* base units to an item.

    Errors: FactorWrong, NoSuchItem, PackTaken.
    """
    ensure_factor(factor)
    item = _lock(session, item_id)
    name = one_line(unit)
    pack = Pack(item_id=item.id, unit_id=ensure_units(session, [name])[name], factor=factor)
    try:
        with session.begin_nested():
            session.add(pack)
            session.flush()
    except IntegrityError as error:
        raise PackTaken(unit=name, factor=f"{factor:f}") from error
    audit(session, by, "pack.add", f"item:{item_id}", {"unit": name, "factor": factor}, now)
    return pack


def remove_pack(session: Session, pack_id: int, by: int, now: datetime) -> None:
    """Remove a pack with its barcodes, unless anything names it.

    Errors: NoSuchPack, BasePackFixed, PackInUse.
    """
    pack = get_pack(session, pack_id)
    if pack.factor == ONE and pack.unit_id == pack.item.unit_id:
        raise BasePackFixed
    try:
        with session.begin_nested():
            session.execute(delete(Barcode).where(Barcode.pack_id == pack_id))
            session.execute(delete(Pack).where(Pack.id == pack_id))
    except IntegrityError as error:  # a scan or a document names it: the foreign key speaks
        raise PackInUse from error
    details = {"unit": pack.unit.name, "factor": pack.factor}
    audit(session, by, "pack.remove", f"item:{pack.item_id}", details, now)


def add_barcode(
    session: Session, pack_id: int, code: str, by: int, now: datetime, *, any_check_digit: bool = False
) -> Barcode:
    """Let *code* name a pack; the same code on the same pack again changes nothing.

    Errors: BarcodeMissing, BarcodeTooLong, BarcodeReserved, CheckDigitWrong, NoSuchPack, BarcodeTaken.
    """
    if not any_check_digit:
        ensure_check_digit(code)
    key = normalise(code)
    pack = get_pack(session, pack_id)
    barcode = Barcode(code=key, pack_id=pack_id)
    try:
        # Two people may enter one code at the same moment: the second waits here, then sees whose it became.
        with session.begin_nested():
            session.add(barcode)
            session.flush()
    except IntegrityError as error:
        owner = _owner(session, key)
        if owner is None:
            raise
        if owner.pack_id != pack_id:
            raise BarcodeTaken(code=code.strip(), item=owner.pack.item.name, unit=owner.pack.unit.name) from error
        return owner
    audit(session, by, "barcode.add", f"item:{pack.item_id}", {"code": key, "pack": pack.unit.name}, now)
    return barcode


def remove_barcode(session: Session, barcode_id: int, by: int, now: datetime) -> None:
    """Take a code from its pack; one that is gone already stays gone."""
    barcode = session.get(Barcode, barcode_id, options=[joinedload(Barcode.pack)])
    if barcode is None:
        return
    audit(session, by, "barcode.remove", f"item:{barcode.pack.item_id}", {"code": barcode.code}, now)
    session.delete(barcode)


def begin(session: Session, facts: SetUp) -> None:
    """Give a new company the units that nearly everybody needs."""
    ensure_units(session, FIRST_UNITS[facts.settings.locale])


def _lock(session: Session, item_id: int) -> Item:
    """Return the item, kept from others until the transaction ends. Errors: NoSuchItem."""
    item = session.scalar(select(Item).where(Item.id == item_id).with_for_update())
    if item is None:
        raise NoSuchItem
    return item


def _fill(session: Session, item: Item, draft: ItemDraft, code: str) -> None:
    unit, path = one_line(draft.unit), category_path(draft.category)
    name = one_line(draft.name)
    item.code = code
    item.name = name
    item.initials = draft.initials or initials(name)
    item.spec = one_line(draft.spec)
    item.unit_id = ensure_units(session, [unit])[unit]
    item.category_id = ensure_categories(session, [path]).get(path)
    item.tax_rate = draft.tax_rate
    item.purchase_price, item.sale_price = draft.purchase_price, draft.sale_price
    item.minimum, item.safety = draft.minimum, draft.safety
    item.tracks_lots, item.tracks_expiry = draft.tracks_lots, draft.tracks_expiry
    item.own_fields = dict(draft.own_fields)


@contextmanager
def _only_owner_of(session: Session, code: str) -> Iterator[None]:
    """Keep what the block changes of one item, or say whose *code* is; also where somebody else is just taking it."""
    try:
        with session.begin_nested():
            yield
            session.flush()
    except IntegrityError as error:
        other = session.scalar(select(Item.name).where(Item.code == code))
        if other is None:
            raise
        raise CodeTaken(code=code, item=other) from error


def _ensure_tracking(session: Session, item: Item, draft: ItemDraft) -> None:
    wanted = (draft.tracks_lots, draft.tracks_expiry)
    if wanted != (item.tracks_lots, item.tracks_expiry) and registry.is_in_stock(session, item.id):
        raise TrackingFixed(item=item.name)


def _move_base_pack(session: Session, item: Item, unit: str) -> None:
    """Have the pack of the base unit follow a new base unit, as long as nothing was ever counted in the old one."""
    if item.unit.name == unit:
        return
    if registry.has_history(session, item.id):
        raise BaseUnitFixed(item=item.name, unit=item.unit.name)
    base = Pack.item_id == item.id, Pack.unit_id == item.unit_id, Pack.factor == ONE
    session.execute(update(Pack).where(*base).values(unit_id=ensure_units(session, [unit])[unit]))


def _owner(session: Session, key: str) -> Barcode | None:
    to_item = joinedload(Barcode.pack).joinedload(Pack.item)
    to_unit = joinedload(Barcode.pack).joinedload(Pack.unit)
    return session.scalar(select(Barcode).where(Barcode.code == key).options(to_item, to_unit))


def _facts(session: Session, item: Item) -> dict[str, object]:
    """Return what the audit trail keeps of an item, in words that people know."""
    names = "code name spec tax_rate purchase_price sale_price minimum safety tracks_lots tracks_expiry"
    facts = {name: getattr(item, name) for name in names.split()}
    category = session.get(Category, item.category_id) if item.category_id else None
    return facts | {
        "unit": session.get_one(Unit, item.unit_id).name,
        "category": category.name if category else None,
        "own_fields": named_values(session, FieldSubject.ITEM, item.own_fields or {}),
    }
