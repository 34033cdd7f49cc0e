"""Many items at once."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError

from app.catalog.models import Barcode, Item, Pack
from app.catalog.queries import find_base_packs, find_packs_by_codes
from app.catalog.rules import ItemDraft, ItemRow, PackDraft
from app.catalog.service import add_barcode, add_items, check_items
from app.db import db
from app.kernel.gtin import check_digit
from tests.catalog.conftest import NOW, MakeItem
from tests.conftest import Write


def row(name: str, *codes: str, code: str = "", packs: tuple[PackDraft, ...] = ()) -> ItemRow:
    return ItemRow(ItemDraft(name=name, unit="瓶", code=code, category="饮料/茶"), codes, packs)


def ean(number: int) -> str:
    return f"69{number:010d}" + check_digit(f"69{number:010d}")


def test_every_problem_of_every_row_is_named(make_item: MakeItem, write: Write, by: int) -> None:
    taken = make_item("绿茶", code="T1")
    with write() as session:
        add_barcode(session, find_base_packs(session, [taken])[taken].pack_id, ean(1), by, NOW)
    problems = check_items(
        db.session(),
        [
            row("好的", ean(2), packs=(PackDraft("箱", Decimal(24), (ean(3),)),)),
            row(" ", ean(4)),
            row("别人的", ean(1), code="T1"),
            row("手误", "6901234567890"),
            row("两次", ean(5), code="T2"),
            row("两次", "0" + ean(5), code="T2"),
            row("空箱", packs=(PackDraft("箱", Decimal(0), ()),)),
            row("x" * 201, code="c" * 41),
        ],
    )
    assert [[type(problem).__name__ for problem in each] for each in problems] == [
        [],
        ["NameMissing"],
        ["CodeTaken", "BarcodeTaken"],
        ["CheckDigitWrong"],
        ["TwiceInFile", "TwiceInFile"],
        ["TwiceInFile", "TwiceInFile"],
        ["FactorWrong"],
        ["TooLong", "TooLong"],
    ]


def test_what_the_database_would_refuse_as_a_whole_is_a_problem_of_its_row(write: Write) -> None:
    rows = [
        row("重复", ean(1), ean(1), "0" + ean(1)),  # one code written thrice is one code
        row("两用", ean(2), packs=(PackDraft("箱", Decimal(24), (ean(2),)),)),
        row("同装", code="A", packs=(PackDraft("箱", Decimal(24)), PackDraft("箱", Decimal("24.000")))),
        row("长装", code="B", packs=(PackDraft("箱" * 21, Decimal(24)),)),
        ItemRow(ItemDraft("长", "瓶" * 21, "C", initials="c" * 201, spec="s" * 81, category=f"好/{'类' * 81}")),
    ]
    problems = check_items(db.session(), rows)
    assert [[type(problem).__name__ for problem in each] for each in problems] == [
        [],
        ["TwiceInFile"],
        ["PackTaken"],
        ["TooLong"],
        ["TooLong"] * 4,
    ]
    with write() as session:
        add_items(session, rows[:1])
    assert db.session.scalars(select(Barcode.code)).all() == ["0" + ean(1)]


def test_an_item_without_any_code_comes_in_once(write: Write) -> None:
    with write() as session:
        add_items(session, [row("散装花生")])
    again = [
        row("散装花生"),
        row("散装花生", code="H2"),
        ItemRow(ItemDraft("散装花生", "瓶", spec="大粒")),
        row("瓜子"),
        row("瓜子"),
    ]
    problems = check_items(db.session(), again)
    assert [[type(problem).__name__ for problem in each] for each in problems] == [
        ["NothingTellsApart"],
        [],
        [],
        ["TwiceInFile"],
        ["TwiceInFile"],
    ]


def test_a_thousand_items_take_a_handful_of_statements(write: Write) -> None:
    rows = [row(f"茶{n}", ean(n), packs=(PackDraft("箱", Decimal(12), (f"BOX{n}",)),)) for n in range(1000)]
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    assert not any(check_items(db.session(), rows))
    with write() as session:
        ids = add_items(session, rows)
    assert len(statements) <= 20
    assert [db.session.scalar(select(func.count(model.id))) for model in (Item, Pack, Barcode)] == [1000, 2000, 2000]
    found = find_packs_by_codes(db.session(), [ean(7), "BOX999"])
    assert {code: (facts.item_id, facts.factor) for code, facts in found.items()} == {
        "0" + ean(7): (ids[7], Decimal(1)),
        "BOX999": (ids[999], Decimal(12)),
    }
    db.session.remove()
    with write() as session:  # numbers go on where the rows ended
        assert add_items(session, [row("下一个")]) == [ids[-1] + 1]


def test_rows_without_a_code_get_free_numbers(make_item: MakeItem, write: Write) -> None:
    make_item("手填", code="SP000002")
    with write() as session:
        add_items(session, [row("一"), row("二", code="X9"), row("三")])
    codes = dict(db.session.execute(select(Item.name, Item.code)).all())
    assert codes == {"手填": "SP000002", "一": "SP000001", "二": "X9", "三": "SP000003"}


def test_what_was_taken_meanwhile_leaves_nothing_half_done(write: Write) -> None:
    with write() as session:
        add_items(session, [row("一", ean(1))])
    with pytest.raises(IntegrityError), write() as session:
        add_items(session, [row("二", ean(2)), row("三", ean(1))])
    assert db.session.scalar(select(func.count(Item.id))) == 1


def test_a_real_shops_catalogue_goes_in_but_for_its_slips(write: Write, shared_data: Path) -> None:
    with (shared_data / "business" / "cn_shop_catalogue.csv").open(encoding="utf-8-sig") as file:
        lines = list(csv.DictReader(file))
    rows = [
        ItemRow(ItemDraft(name=line["name"], unit="件", category=line["category"]), (line["barcode"],))
        for line in lines
    ]
    problems = check_items(db.session(), rows)
    bad = [line["name"] for line, problem in zip(lines, problems, strict=True) if problem]
    assert bad == ["TEST", "TEST2", "TEST3"]
    good = [each for each, problem in zip(rows, problems, strict=True) if not problem]
    db.session.remove()
    with write() as session:
        assert len(add_items(session, good)) == 299
    assert find_packs_by_codes(db.session(), ["4895235504845CC"])
