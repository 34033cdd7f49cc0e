"""Imports from file to books: real catalogues, every bad row with its reason, once, whole or not at all."""

import csv
import gc
import gzip
import io
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import event, func, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from app.catalog.models import Barcode, Item
from app.catalog.rules import ItemDraft
from app.catalog.service import add_item
from app.company.models import OwnField
from app.db import db
from app.identity.models import AuditEvent
from app.imports.kinds import Cells, ReadRow, get_kind
from app.imports.models import Import, ImportRow
from app.imports.queries import get_import, list_bad_rows
from app.imports.rules import HasBadRows, ImportState, RowState, WrongState
from app.imports.service import (
    add_import,
    propose_columns,
    send_to_work,
    start_applying,
    start_staging,
    take_back,
    work,
)
from app.kernel.clock import utc_now
from app.ledger.models import Balance, Entry, Posting
from app.ledger.verify import verify
from app.partners.models import Partner
from app.places.rules import BinRow
from app.places.service import add_bins, add_warehouse
from tests.conftest import SignIn, Write

Stage = Callable[..., Import]


@pytest.fixture
def stage(write: Write, make_user: Callable[..., int]) -> Stage:
    """Stage and check a file."""
    by = make_user("owner")

    def run(kind: str, path: Path, name: str | None = None) -> Import:
        name = name or path.name
        with write() as session:
            import_id = add_import(session, kind, name, by, utc_now()).id
        heading, columns = propose_columns(path, name, kind, {})
        with write() as session:
            start_staging(session, import_id, heading, columns, utc_now())
            number = send_to_work(session, import_id, utc_now())
        work(import_id, number, path, "Asia/Shanghai")
        return get_import(db.session(), import_id)

    return run


def _apply(write: Write, found: Import, path: Path, *, only_good: bool = False, by: int | None = None) -> Import:
    with write() as session:
        start_applying(session, found.id, utc_now(), only_good=only_good)
        number = send_to_work(session, found.id, utc_now())
    work(found.id, number, path, "Asia/Shanghai", by)
    return get_import(db.session(), found.id)


def _reasons(import_id: int) -> dict[int, list[str]]:
    return {
        row.number: [problem["message"] % problem["params"] for problem in row.problems]
        for row in list_bad_rows(db.session(), import_id)
    }


def test_opening_stock_taken_back_leaves_nothing_and_comes_anew(
    stage: Stage, write: Write, make_user: Callable[..., int], tmp_path: Path
) -> None:
    by, goods, shelves = make_user("manager"), tmp_path / "goods.csv", tmp_path / "opening.csv"
    with write() as session:
        add_warehouse(session, "W1", "主仓", None, utc_now())
    with write() as session:
        add_bins(session, [BinRow("A-1")])
    goods.write_text("编码,名称,单位\nSP1,可乐,瓶\n", encoding="utf-8")
    shelves.write_text("商品编号,库位,数量,成本\nSP1,A-1,10,2\n", encoding="utf-8")
    items = _apply(write, stage("items", goods), goods)
    wrong = _apply(write, stage("opening-stock", shelves), shelves)
    assert db.session.scalar(select(func.sum(Balance.quantity))) == 10
    with write() as session:
        take_back(session, wrong.id, by, utc_now(), utc_now().date())
    assert get_import(db.session(), wrong.id).state == ImportState.TAKEN_BACK
    assert db.session.scalar(select(func.sum(Balance.quantity))) == 0
    for found in (wrong, items):  # once, and nothing that people use by now
        with write() as session, pytest.raises(WrongState):
            take_back(session, found.id, by, utc_now(), utc_now().date())
    again = _apply(write, stage("opening-stock", shelves), shelves)
    assert (again.state, again.bad) == (ImportState.APPLIED, 0)
    assert db.session.scalar(select(func.sum(Balance.quantity))) == 10
    assert verify(db.session()) == []


def test_balances_taken_back_leave_no_account_with_anything(
    stage: Stage, write: Write, make_user: Callable[..., int], tmp_path: Path
) -> None:
    by, cash = make_user("finance"), tmp_path / "cash.csv"
    cash.write_text("账户,金额\n现金,88.5\n", encoding="utf-8")
    found = _apply(write, stage("opening-cash", cash), cash)
    with write() as session:
        take_back(session, found.id, by, utc_now(), utc_now().date())
    sums = select(Entry.account, func.sum(Entry.debit) - func.sum(Entry.credit)).group_by(Entry.account)
    assert {total for _, total in db.session.execute(sums)} == {0}
    assert verify(db.session()) == []


def test_a_shops_own_export_is_read_with_every_slip_named(stage: Stage, write: Write, shared_data: Path) -> None:
    path = shared_data / "business" / "cn_shop_catalogue.csv"
    found = stage("items", path)
    assert (found.state, found.staged) == (ImportState.CHECKED, 302)
    reasons = _reasons(found.id)
    assert found.bad == len(reasons) < 30
    applied = _apply(write, found, path, only_good=True)
    assert applied.state == ImportState.APPLIED
    assert db.session.scalar(select(func.count(Item.id))) == 302 - found.bad


def test_a_catalogue_of_real_gtins_comes_in_whole(stage: Stage, write: Write, shared_data: Path) -> None:
    path = shared_data / "business" / "products_ean_zh.csv"
    with path.open(encoding="utf-8") as file:
        gtins = [row["gtin"] for row in csv.DictReader(file)]
    found = stage("items", path)
    assert _reasons(found.id) == {}
    _apply(write, found, path)
    stored = set(db.session.scalars(select(Barcode.code)))
    assert stored == {gtin.zfill(14) for gtin in gtins}


def test_a_row_with_problems_keeps_the_whole_out_until_the_good_are_asked_for(
    stage: Stage, write: Write, tmp_path: Path
) -> None:
    path = tmp_path / "items.csv"
    path.write_text(
        "商品名称,条码,售价\n可乐,6901234567892,3\n雪碧,6901234567890,3\n,6902083881405,abc\n", encoding="gb18030"
    )
    found = stage("items", path)
    assert (found.good, found.bad) == (1, 2)
    reasons = _reasons(found.id)
    assert "check digit" in reasons[3][0]
    assert "“Item name” is empty." in reasons[4]
    assert any("abc" in reason for reason in reasons[4])
    with pytest.raises(HasBadRows):
        _apply(write, found, path)
    assert _apply(write, found, path, only_good=True).applied == 1


def test_an_import_is_taken_over_once(stage: Stage, write: Write, tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("name,barcode\nCola,6901234567892\n", encoding="utf-8")
    found = stage("items", path)
    _apply(write, found, path)
    with pytest.raises(WrongState):
        _apply(write, found, path)
    work(found.id, 99, path, "Asia/Shanghai")
    assert db.session.scalar(select(func.count(Item.id))) == 1


def test_what_was_taken_over_is_in_the_audit_trail_and_is_whoever_asked_for_it(
    stage: Stage, write: Write, make_user: Callable[..., int], tmp_path: Path
) -> None:
    path, other = tmp_path / "cash.csv", make_user("finance")
    path.write_text("account,amount\n1001,500\n1002,70.50\n", encoding="utf-8")
    found = stage("opening-cash", path)
    assert (found.good, found.bad) == (2, 0), _reasons(found.id)
    _apply(write, found, path, by=other)
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "import.apply")).one()
    facts = {"kind": "opening-cash", "file_name": "cash.csv", "rows": 2}
    assert (event.user_id, event.subject, event.details) == (other, f"import:{found.id}", facts)
    assert db.session.scalars(select(Posting.by)).all() == [other]


def test_what_changed_between_check_and_take_over_is_shown_and_leaves_nothing_behind(
    stage: Stage, write: Write, tmp_path: Path
) -> None:
    path = tmp_path / "items.csv"
    path.write_text("name,barcode\nCola,6901234567892\nTea,6902083881405\n", encoding="utf-8")
    first, second = stage("items", path), stage("items", path)
    _apply(write, first, path)
    looked_again = _apply(write, second, path)
    assert (looked_again.state, looked_again.good, looked_again.bad) == (ImportState.CHECKED, 0, 2)
    assert "Cola" in _reasons(second.id)[2][0]
    assert db.session.scalar(select(func.count(Item.id))) == 2


def test_a_process_given_up_for_dead_stops_when_it_is_replaced(stage: Stage, write: Write, tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("name,barcode\nCola,6901234567892\n", encoding="utf-8")
    found = stage("items", path)
    with write() as session:
        start_staging(session, found.id, 0, {"name": 0, "barcode": 1}, utc_now())
        old = send_to_work(session, found.id, utc_now())
        send_to_work(session, found.id, utc_now())
    work(found.id, old, path, "Asia/Shanghai")
    assert get_import(db.session(), found.id).state == ImportState.STAGING
    assert db.session.scalar(select(func.count(ImportRow.id)).where(ImportRow.state == "staged")) == 1


def test_forty_thousand_gzipped_rows_are_checked_in_one_go(stage: Stage, app: Flask, shared_data: Path) -> None:
    if db.engine.dialect.name != "sqlite":
        return
    path = shared_data / "business" / "products_ean.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = sum(1 for _ in csv.DictReader(file))
    found = stage("items", path)
    assert found.staged == rows
    assert found.good == rows - found.bad
    assert get_kind(found.kind).title == "Items"


def test_a_row_is_told_by_its_number_in_the_file_also_behind_blank_rows(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("goods of 2026\n\nname,price\nCola,3\n\n\nTea,x\n", encoding="utf-8")
    found = stage("items", path)
    assert (found.good, list(_reasons(found.id))) == (1, [7])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Cola,6.90123E+12", "spreadsheet shortened"),
        ("C\ufffdla,6901234567892", "cannot be read"),
    ],
)
def test_a_cell_that_lost_its_text_on_the_way_is_no_code(stage: Stage, tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "items.csv"
    path.write_text(f"name,barcode\n{row}\n", encoding="utf-8")
    assert reason in _reasons(stage("items", path).id)[2][0]


def test_of_a_cell_as_long_as_a_book_the_reason_tells_the_beginning(stage: Stage, tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text(f"name,price\nCola,{'x' * 100_000}\n", encoding="utf-8")
    assert len(_reasons(stage("items", path).id)[2][0]) < 300


def test_bad_rows_are_marked_some_at_a_time_for_scans_wait_meanwhile(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.imports.service.CHUNK", 10)
    path = tmp_path / "items.csv"
    path.write_text("name,price\n" + "Cola,x\n" * 100, encoding="utf-8")
    marked: list[int] = []  # of each transaction

    def note(connection: Connection, _cursor: object, statement: str, rows: object, *_: object) -> None:
        if statement.startswith("UPDATE import_row"):
            marked.append(len(rows) if isinstance(rows, list) else 1)

    event.listen(db.engine, "begin", lambda _: marked.append(0))
    event.listen(db.engine, "before_cursor_execute", note)
    assert stage("items", path).bad == 100
    together = [len(list(group)) for is_row, group in itertools.groupby(marked, bool) if is_row]
    assert sum(marked) == 100
    assert max(marked) <= 10
    assert len(together) >= 10


def test_a_process_that_died_while_it_showed_new_problems_takes_nothing_over(
    stage: Stage, write: Write, tmp_path: Path
) -> None:
    path = tmp_path / "items.csv"
    path.write_text("name,price\nCola,3\nTea,4\n", encoding="utf-8")
    found = stage("items", path)
    with write() as session:
        first = session.scalars(select(ImportRow).where(ImportRow.import_id == found.id).limit(1)).one()
        first.state = RowState.BAD
    looked_again = _apply(write, found, path)
    assert (looked_again.state, looked_again.good, looked_again.bad) == (ImportState.CHECKED, 1, 1)
    assert db.session.scalar(select(func.count(Item.id))) == 0


def test_the_database_knows_at_once_how_much_came_in(stage: Stage, write: Write, tmp_path: Path) -> None:
    """Or else it plans the first minute's scans as if the shop were empty."""
    if db.engine.dialect.name == "sqlite":
        return
    path = tmp_path / "items.csv"
    path.write_text("name\n" + "".join(f"Cola {n}\n" for n in range(2_000)), encoding="utf-8")
    _apply(write, stage("items", path), path)
    db.session.remove()
    assert db.session.scalar(text("SELECT reltuples FROM pg_class WHERE relname = 'item'")) == 2_000


def test_more_rows_than_can_be_checked_at_once_are_refused(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.imports.service.MOST_ROWS", 3)
    path = tmp_path / "items.csv"
    path.write_text("name\n" + "Cola\n" * 4, encoding="utf-8")
    assert stage("items", path).state == ImportState.FAILED


@pytest.mark.parametrize("meanwhile", ["another import", "a hand"])
def test_of_two_people_with_the_same_file_the_second_is_told(
    stage: Stage,
    write: Write,
    tmp_path: Path,
    make_user: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    meanwhile: str,
) -> None:
    """Both had read the rows before either took them over; nothing but their names tells these items apart."""
    path = tmp_path / "items.csv"
    path.write_text("name,code\nCola,\nTea,T1\n", encoding="utf-8")
    first, second = stage("items", path), stage("items", path)
    by, kind = make_user("owner"), get_kind("items")
    real_read = kind.read

    def read_slowly(reading: Session, rows: Sequence[Cells]) -> Sequence[ReadRow]:
        read = real_read(reading, rows)
        monkeypatch.setattr(kind, "read", real_read)
        if meanwhile == "a hand":
            with write() as session:
                add_item(session, ItemDraft("Tea", "bag", code="T1"), by, utc_now())
        else:
            _apply(write, first, path)
        return read

    monkeypatch.setattr(kind, "read", read_slowly)
    told = _apply(write, second, path)
    assert told.state == ImportState.CHECKED
    assert list(_reasons(second.id)) == ([3] if meanwhile == "a hand" else [2, 3])
    assert db.session.scalar(select(func.count(Item.id))) == (1 if meanwhile == "a hand" else 2)


@pytest.mark.parametrize("kind", ["items", "partners"])
def test_a_field_that_the_company_added_comes_in_like_any_other(
    stage: Stage, write: Write, tmp_path: Path, sign_in: SignIn, kind: str
) -> None:
    with write() as session:
        for number, subject in enumerate(("item", "partner")):
            session.add(OwnField(subject=subject, name="产区", kind="choice", choices="华东\n华南", position=number))
            session.add(OwnField(subject=subject, name="年份", kind="number", position=number + 2))
    path = tmp_path / "file.csv"
    path.write_text("name,type,产区,年份\n一号,supplier,华东,2019.0\n二号,supplier,华北,x\n", encoding="utf-8")
    found = stage(kind, path)
    assert [len(reasons) for reasons in _reasons(found.id).values()] == [2]
    _apply(write, found, path, only_good=True)
    owner = sign_in("owner")
    address = f"/{kind}/?q=华东"
    assert "一号" in owner.get(address).text
    assert "一号" not in owner.get(f"/{kind}/?q=华南").text
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(owner.get(f"{address}&format=xlsx").data)).get_sheet_by_index(0)
    heading, row = sheet.to_python()
    assert {"产区": "华东", "年份": "2019"}.items() <= dict(zip(heading, row, strict=True)).items()
    headings = CalamineWorkbook.from_filelike(io.BytesIO(owner.get(f"/imports/template/{kind}.xlsx").data))
    assert headings.get_sheet_by_index(0).to_python()[0][-2:] == ["产区", "年份"]


def test_no_garbage_is_looked_for_while_the_right_to_write_is_held(
    stage: Stage, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "items.csv"
    path.write_text("name\nCola\n", encoding="utf-8")
    found, kind, looked_for = stage("items", path), get_kind("items"), []
    monkeypatch.setattr(kind, "apply", lambda *_: looked_for.append(gc.isenabled()))
    _apply(write, found, path)
    assert (looked_for, gc.isenabled()) == ([False], True)


@pytest.mark.parametrize(
    ("kind", "file"), [("suppliers", "northwind_suppliers.csv"), ("customers", "northwind_customers.csv")]
)
def test_a_list_that_is_all_suppliers_or_all_customers_need_not_say_so(
    stage: Stage, write: Write, shared_data: Path, kind: str, file: str
) -> None:
    path = shared_data / "business" / file
    assert stage("partners", path).good == 0
    found = stage(kind, path)
    assert _reasons(found.id) == {}
    _apply(write, found, path)
    roles = db.session.execute(select(Partner.is_supplier, Partner.is_customer).distinct()).all()
    assert roles == [(kind == "suppliers", kind == "customers")]


def test_a_wholesalers_list_with_cartons_comes_in(stage: Stage, shared_data: Path) -> None:
    found = stage("items", shared_data / "business" / "wwi_stock_items.csv")
    assert (found.staged, found.bad) == (219, 2)  # two names have lost a character in the file itself
