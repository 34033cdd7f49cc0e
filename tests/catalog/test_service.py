"""Commands on items, packs and barcodes, on both databases."""

import threading
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.catalog import registry
from app.catalog.categories import add_category, edit_category, remove_category
from app.catalog.models import Barcode, Category, Item, Pack, Unit
from app.catalog.queries import find_base_packs, find_packs_by_codes, list_categories, list_packs
from app.catalog.rules import (
    BarcodeTaken,
    BasePackFixed,
    BaseUnitFixed,
    CategoryInUse,
    CategoryLoop,
    CategoryTaken,
    CheckDigitWrong,
    CodeTaken,
    ItemDraft,
    NoSuchItem,
    PackTaken,
    TrackingFixed,
)
from app.catalog.service import (
    add_barcode,
    add_pack,
    edit_item,
    remove_barcode,
    remove_pack,
    set_active,
)
from app.db import db, transaction
from app.identity.models import AuditEvent
from tests.catalog.conftest import NOW, MakeItem
from tests.conftest import Write

EAN = "6901234567892"


def base_pack(item_id: int) -> int:
    return find_base_packs(db.session(), [item_id])[item_id].pack_id


def test_an_item_without_a_code_gets_the_next_number_and_its_base_pack(make_item: MakeItem) -> None:
    first, second = make_item(), make_item("矿泉水", category="饮料/水")
    codes = dict(db.session.execute(select(Item.id, Item.code)).all())
    assert codes == {first: "SP000001", second: "SP000002"}
    packs = list_packs(db.session(), second)
    assert [(pack.unit, pack.factor, pack.codes) for pack in packs] == [("瓶", Decimal(1), ())]
    assert [node.path for node in list_categories(db.session())] == ["饮料", "饮料 / 水"]
    assert db.session.scalar(select(Item.initials).where(Item.id == second)) == "kqs"


def test_a_number_that_somebody_typed_is_not_given_again(make_item: MakeItem) -> None:
    make_item(code="SP000001")
    assert db.session.get_one(Item, make_item("水")).code == "SP000002"


def test_two_items_never_share_a_code(make_item: MakeItem, write: Write, by: int) -> None:
    make_item("冰红茶", code="T1")
    other = make_item("绿茶", code="T2")
    with pytest.raises(CodeTaken, match="冰红茶"):
        make_item("乌龙茶", code="T1")
    with pytest.raises(CodeTaken, match="冰红茶"), write() as session:
        edit_item(session, other, ItemDraft(name="绿茶", unit="瓶", code="T1"), by, NOW)


def test_an_edit_changes_the_facts_and_leaves_its_trace(make_item: MakeItem, write: Write, by: int) -> None:
    item_id = make_item(code="T1", sale_price=Decimal("3.5"))
    with write() as session:
        edit_item(session, item_id, ItemDraft(name="冰红茶 1L", unit="瓶", sale_price=Decimal("4.25")), by, NOW)
    item = db.session.get_one(Item, item_id)
    assert (item.code, item.name, item.initials, item.sale_price) == ("T1", "冰红茶 1L", "bhc1l", Decimal("4.25"))
    trace = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "item.edit")).one()
    assert trace.details == {
        "name": {"old": "冰红茶", "new": "冰红茶 1L"},
        "sale_price": {"old": "3.5", "new": "4.25"},
    }
    assert (trace.user_id, trace.subject) == (by, f"item:{item_id}")


def test_the_base_unit_changes_only_while_nothing_happened(
    make_item: MakeItem, write: Write, by: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = make_item(unit="瓶")
    with write() as session:
        edit_item(session, item_id, ItemDraft(name="冰红茶", unit="罐"), by, NOW)
    assert [(p.unit, p.factor) for p in list_packs(db.session(), item_id)] == [("罐", Decimal(1))]
    monkeypatch.setattr(registry, "history_checks", [lambda _session, _item: True])
    with pytest.raises(BaseUnitFixed, match="罐"), write() as session:
        edit_item(session, item_id, ItemDraft(name="冰红茶", unit="箱"), by, NOW)


def test_lots_are_switched_only_while_none_is_in_stock(
    make_item: MakeItem, write: Write, by: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = make_item()
    lots = ItemDraft(name="冰红茶", unit="瓶", tracks_lots=True, tracks_expiry=True)
    monkeypatch.setattr(registry, "in_stock_checks", [lambda _session, item: item == item_id])
    with pytest.raises(TrackingFixed), write() as session:
        edit_item(session, item_id, lots, by, NOW)
    monkeypatch.setattr(registry, "in_stock_checks", [])
    with write() as session:
        assert edit_item(session, item_id, lots, by, NOW).tracks_expiry


def test_a_carton_is_a_pack_with_codes_of_its_own(make_item: MakeItem, write: Write, by: int) -> None:
    item_id = make_item()
    with write() as session:
        carton = add_pack(session, item_id, "箱", Decimal(24), by, NOW)
        add_barcode(session, carton.id, "16901234567899", by, NOW)
        add_barcode(session, carton.id, "BOX-24", by, NOW)
    add_to = base_pack(item_id)
    with write() as session:
        add_barcode(session, add_to, EAN, by, NOW)
    found = find_packs_by_codes(db.session(), [EAN, "16901234567899", "BOX-24", "unknown"])
    assert {code: (facts.unit, facts.factor) for code, facts in found.items()} == {
        "0" + EAN: ("瓶", Decimal(1)),
        "16901234567899": ("箱", Decimal(24)),
        "BOX-24": ("箱", Decimal(24)),
    }
    with pytest.raises(PackTaken), write() as session:
        add_pack(session, item_id, "箱", Decimal(24), by, NOW)


def test_a_code_of_another_item_is_refused_and_says_whose_it_is(make_item: MakeItem, write: Write, by: int) -> None:
    mine, other = base_pack(make_item("冰红茶")), base_pack(make_item("绿茶"))
    with write() as session:
        first = add_barcode(session, mine, "012345678905", by, NOW)
    with write() as session:
        assert add_barcode(session, mine, "0012345678905", by, NOW).id == first.id  # the same code again is fine
    with pytest.raises(BarcodeTaken) as refused, write() as session:
        add_barcode(session, other, "00012345678905", by, NOW)
    assert str(refused.value) == "The barcode 00012345678905 belongs to 冰红茶 (瓶) already."


def test_a_wrong_check_digit_is_kept_only_if_it_is_meant(make_item: MakeItem, write: Write, by: int) -> None:
    pack = base_pack(make_item())
    with pytest.raises(CheckDigitWrong), write() as session:
        add_barcode(session, pack, "6901234567890", by, NOW)
    with write() as session:
        assert add_barcode(session, pack, "6901234567890", by, NOW, any_check_digit=True).code == "6901234567890"


def test_two_people_entering_one_code_at_once_end_with_one_row(make_item: MakeItem, app: Flask, by: int) -> None:
    packs = [base_pack(make_item("冰红茶")), base_pack(make_item("绿茶"))] * 4
    db.session.remove()
    start, answers = threading.Barrier(len(packs)), []

    def enter(pack: int) -> None:
        start.wait()
        try:
            with app.app_context(), transaction() as session:
                add_barcode(session, pack, EAN, by, NOW)
            answers.append("kept")
        except BarcodeTaken as refused:
            answers.append(str(refused))

    threads = [threading.Thread(target=enter, args=(pack,)) for pack in packs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.session.scalar(select(func.count(Barcode.id))) == 1
    assert answers.count("kept") == 4
    assert len([answer for answer in answers if "belongs to" in answer]) == 4


def test_the_database_itself_refuses_a_doubled_code(make_item: MakeItem, write: Write) -> None:
    pack = base_pack(make_item())
    with pytest.raises(IntegrityError), write() as session:
        session.add_all([Barcode(code="X", pack_id=pack), Barcode(code="X", pack_id=pack)])


def test_the_database_itself_refuses_two_roots_of_one_name(write: Write) -> None:
    with pytest.raises(IntegrityError), write() as session:
        session.add_all([Category(name="饮料"), Category(name="饮料")])


def test_a_pack_goes_with_its_codes_but_the_base_pack_stays(make_item: MakeItem, write: Write, by: int) -> None:
    item_id = make_item()
    with write() as session:
        carton = add_pack(session, item_id, "箱", Decimal(24), by, NOW)
        add_barcode(session, carton.id, "BOX", by, NOW)
        kept = add_barcode(session, base_pack(item_id), EAN, by, NOW)
    with write() as session:
        remove_pack(session, carton.id, by, NOW)
    with write() as session:
        remove_barcode(session, kept.id, by, NOW)
        remove_barcode(session, kept.id, by, NOW)  # pressed twice
    assert db.session.scalar(select(func.count(Barcode.id))) == 0
    assert db.session.scalar(select(func.count(Pack.id))) == 1
    base = base_pack(item_id)
    with pytest.raises(BasePackFixed), write() as session:
        remove_pack(session, base, by, NOW)


def test_an_item_is_switched_off_and_kept(make_item: MakeItem, write: Write, by: int) -> None:
    item_id = make_item()
    with write() as session:
        set_active(session, item_id, False, by, NOW)
    assert db.session.get_one(Item, item_id).active is False
    with pytest.raises(NoSuchItem), write() as session:
        set_active(session, 999, False, by, NOW)


def test_categories_form_a_tree_without_loops(make_item: MakeItem, write: Write, by: int) -> None:
    make_item(category="饮料/茶")
    drinks, tea = (node.id for node in list_categories(db.session()))
    db.session.remove()
    with pytest.raises(CategoryLoop), write() as session:
        edit_category(session, drinks, "饮料", tea, by, NOW)
    with pytest.raises(CategoryTaken), write() as session:
        add_category(session, "饮料", None, by, NOW)
    with pytest.raises(CategoryInUse), write() as session:
        remove_category(session, tea, by, NOW)
    with write() as session:
        empty = add_category(session, "水", drinks, by, NOW).id
        edit_category(session, empty, "矿泉水", None, by, NOW)
        remove_category(session, empty, by, NOW)
    assert [node.path for node in list_categories(db.session())] == ["饮料", "饮料 / 茶"]
    trail = select(AuditEvent).where(AuditEvent.subject == f"category:{empty}").order_by(AuditEvent.id)
    added, edited, removed = db.session.scalars(trail)
    assert (added.action, removed.action) == ("category.add", "category.remove")
    assert edited.details["name"] == {"old": "水", "new": "矿泉水"}


def test_units_are_shared_and_know_whether_they_are_measured(make_item: MakeItem) -> None:
    make_item(unit="kg")
    make_item("大米", unit="kg")
    assert db.session.execute(select(Unit.name, Unit.places)).all() == [("kg", 3)]


def test_an_item_refused_leaves_nothing_behind(make_item: MakeItem) -> None:
    make_item(code="T1")
    with pytest.raises(CodeTaken):
        make_item("绿茶", unit="罐", code="T1", category="饮料")
    assert [db.session.scalar(select(func.count(model.id))) for model in (Item, Unit, Category)] == [1, 1, 0]
