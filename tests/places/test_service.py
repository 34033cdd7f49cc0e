"""Commands on places, on both databases."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.company.rules import Chart, Settings, SetUp, TaxStatus
from app.db import db
from app.places import registry
from app.places.models import Location
from app.places.queries import below, find_places_by_codes, list_bins, list_tree, list_warehouses
from app.places.rules import (
    BinRow,
    End,
    LocationKind,
    NoSuchPlace,
    PlaceHoldsGoods,
    PlaceInOtherWarehouse,
    PlaceTaken,
    expand_range,
)
from app.places.service import (
    add_bins,
    add_place,
    add_range,
    add_warehouse,
    begin,
    check_bins,
    edit_place,
    set_active,
    set_walk,
)
from tests.conftest import Write

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def by(make_user: Callable[..., int]) -> int:
    """Id of the user who does it all."""
    return make_user("owner")


@pytest.fixture
def warehouse(write: Write, by: int) -> int:
    """Id of a warehouse W1."""
    with write() as session:
        return add_warehouse(session, "W1", "主仓库", by, NOW).id


@pytest.fixture
def zone(write: Write, by: int, warehouse: int) -> int:
    """Id of its zone A with the bins A-01-01 … A-02-02."""
    with write() as session:
        zone = add_place(session, LocationKind.ZONE, warehouse, "A", "", by, NOW).id
        add_range(session, zone, expand_range("A-01-01", "A-02-02"), by, NOW)
        return zone


def codes(rows: Collection[object]) -> list[str]:
    return [row.code for row in rows]  # type: ignore[attr-defined]  # rows of list_bins


def test_a_warehouse_comes_with_the_places_every_warehouse_needs(warehouse: int) -> None:
    (branch,) = list_tree(db.session())
    assert {place.kind: place.code for place in branch.leaves} == {
        LocationKind.DOCK: "W1-IN",
        LocationKind.STAGING: "W1-OUT",
        LocationKind.QUARANTINE: "W1-QC",
        LocationKind.TRANSIT: "W1-MOVE",
    }
    assert all(place.warehouse_id == warehouse for place in branch.leaves)


def test_a_new_company_starts_with_a_warehouse(write: Write) -> None:
    settings = Settings("店", TaxStatus.GENERAL, "Asia/Shanghai", "zh", one_person=False)
    with write() as session:
        begin(session, SetUp(settings, Chart.SMALL, "CNY"))
    assert [(place.code, place.name) for place in list_warehouses(db.session())] == [("CK1", "主仓库")]


def test_bins_of_a_zone_are_walked_by_number_or_as_somebody_said(zone: int, write: Write, by: int) -> None:
    with write() as session:
        add_range(session, zone, ["A-10-01", "A-9-01"], by, NOW)
    ordered = ["A-01-01", "A-01-02", "A-02-01", "A-02-02", "A-9-01", "A-10-01"]
    assert codes(list_bins(db.session(), zone_id=zone)) == ordered
    db.session.remove()
    turned = [*ordered[:2], *reversed(ordered[2:])]
    with write() as session:
        set_walk(session, zone, turned, by, NOW)
    assert codes(list_bins(db.session(), zone_id=zone)) == turned
    db.session.remove()
    with pytest.raises(NoSuchPlace), write() as session:
        set_walk(session, zone, ["W1-IN"], by, NOW)


def test_a_place_is_found_by_its_code_also_in_small_letters(zone: int) -> None:
    found = find_places_by_codes(db.session(), ["a-01-02", "A-01-02", "A-99"])
    assert {code: facts.code for code, facts in found.items()} == {"a-01-02": "A-01-02", "A-01-02": "A-01-02"}
    assert find_places_by_codes(db.session(), ["LOSS", "SUPPLIER"]) == {}


def test_no_two_places_share_a_code(zone: int, warehouse: int, write: Write, by: int) -> None:
    with pytest.raises(PlaceTaken, match="A-01-02"), write() as session:
        add_range(session, zone, ["B-1", "A-01-02"], by, NOW)
    with pytest.raises(PlaceTaken, match="W1"), write() as session:
        add_warehouse(session, "W1", "", by, NOW)
    with pytest.raises(PlaceTaken), write() as session:
        edit_place(session, zone, "A-01-01", "", None, by, NOW)
    assert db.session.scalar(select(Location.id).where(Location.code == "B-1")) is None


def test_a_place_moves_only_within_its_warehouse(zone: int, warehouse: int, write: Write, by: int) -> None:
    with write() as session:
        other = add_warehouse(session, "W2", "", by, NOW).id
        second = add_place(session, LocationKind.ZONE, warehouse, "B", "", by, NOW).id
        bin_id = find_places_by_codes(session, ["A-01-01"])["A-01-01"].id
        edit_place(session, bin_id, "B-01-01", "", second, by, NOW)
    moved = db.session.get_one(Location, bin_id)
    assert (moved.code, moved.natural_code, moved.parent_id) == ("B-01-01", "b-0000000001-0000000001", second)
    db.session.remove()
    for target in (other, bin_id):
        with pytest.raises((PlaceInOtherWarehouse, NoSuchPlace)), write() as session:
            edit_place(session, zone, "A", "", target, by, NOW)
    with pytest.raises(PlaceInOtherWarehouse), write() as session:
        edit_place(session, zone, "A", "", zone, by, NOW)


def test_a_place_in_which_goods_lie_stays_on(zone: int, write: Write, by: int, monkeypatch: pytest.MonkeyPatch) -> None:
    full = find_places_by_codes(db.session(), ["A-01-02"])["A-01-02"].id
    db.session.remove()

    def holding(_session: Session, places: Collection[int]) -> set[int]:
        return {full} & set(places)

    monkeypatch.setattr(registry, "holding_checks", [holding])
    with pytest.raises(PlaceHoldsGoods, match="A-01-02"), write() as session:
        set_active(session, zone, False, by, NOW)
    monkeypatch.setattr(registry, "holding_checks", [])
    with write() as session:
        set_active(session, zone, False, by, NOW)
    assert codes(list_bins(db.session(), zone_id=zone)) == []
    db.session.remove()
    with write() as session:
        set_active(session, zone, True, by, NOW)
        assert len(below(session, zone)) == 5
    assert len(list_bins(db.session(), zone_id=zone)) == 4


def test_the_virtual_ends_are_nobodys_to_change(write: Write, by: int) -> None:
    with pytest.raises(NoSuchPlace), write() as session:
        set_active(session, End.LOSS, False, by, NOW)
    with pytest.raises(NoSuchPlace), write() as session:
        add_place(session, LocationKind.BIN, End.LOSS, "X", "", by, NOW)


def test_many_bins_are_checked_and_added_in_a_few_statements(zone: int, write: Write) -> None:
    rows = [BinRow("A-01-01"), BinRow(""), BinRow("X", warehouse="none"), BinRow("Y"), BinRow("Y"), BinRow("Z")]
    problems = check_bins(db.session(), rows)
    assert [[type(problem).__name__ for problem in each] for each in problems] == [
        ["PlaceTaken"],
        ["PlaceCodeMissing"],
        ["NoSuchWarehouse"],
        ["PlaceTwice"],
        ["PlaceTwice"],
        [],
    ]
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    db.session.remove()
    with write() as session:
        add_bins(session, [BinRow(f"N-{number}", zone="N" if number % 2 else "") for number in range(400)])
    assert len(statements) <= 8
    tree = list_tree(db.session())[0]
    assert {branch.place.code: branch.bins for branch in (tree, *tree.zones)} == {"W1": 404, "A": 4, "N": 200}


def test_what_the_database_would_refuse_as_a_whole_is_a_problem_of_its_row(zone: int, write: Write, by: int) -> None:
    assert zone
    with write() as session:
        add_warehouse(session, "W2", "分仓", by, NOW)
    rows = [
        BinRow("X-1", zone="A-01-01"),  # a bin has this code
        BinRow("X-2", zone="X-3"),
        BinRow("X-3"),
        BinRow("X-4", warehouse="W2", zone="A"),  # the zone of another warehouse
        BinRow("X-5", zone="z" * 41),
        BinRow("X-6", zone="B"),
        BinRow("X-7", warehouse="W2", zone="B"),
        BinRow("X-8", walk=-1),
        BinRow("X-9", walk=99_999_999_999),
    ]
    problems = check_bins(db.session(), rows)
    taken = ["PlaceTaken"]
    assert [[type(problem).__name__ for problem in each] for each in problems] == [
        *(taken, taken, [], taken, ["PlaceTextTooLong"], [], taken),
        *(["WalkWrong"], ["WalkWrong"]),
    ]


@pytest.mark.usefixtures("zone")
def test_a_warehouse_is_known_by_its_name_and_in_small_letters(write: Write) -> None:
    rows = [BinRow("X-1", warehouse="主仓库"), BinRow("X-2", warehouse="w1", zone="A"), BinRow("X-3")]
    assert check_bins(db.session(), rows) == [[], [], []]
    with write() as session:
        add_bins(session, rows)
    tree = list_tree(db.session())[0]
    assert {branch.place.code: branch.bins for branch in (tree, *tree.zones)} == {"W1": 7, "A": 5}


@pytest.mark.usefixtures("app")
def test_without_a_warehouse_no_bin_comes_in() -> None:
    assert [type(problem).__name__ for problem in check_bins(db.session(), [BinRow("X-1")])[0]] == ["NoSuchWarehouse"]


def test_the_database_itself_refuses_a_bin_outside_any_warehouse(write: Write) -> None:
    with pytest.raises(IntegrityError), write() as session:
        session.add(Location(kind=LocationKind.BIN, code="lost"))
