"""What holds for places without a database."""

import pytest

from app.kernel.errors import RuleBroken
from app.kernel.owncode import OwnKind, make_own_code
from app.places.rules import (
    PlaceCodeMissing,
    PlaceCodeReserved,
    PlaceTextTooLong,
    RangeBackwards,
    RangeTooLong,
    RangeUneven,
    expand_range,
    natural_key,
    normal_code,
)


@pytest.mark.parametrize(
    ("first", "last", "codes"),
    [
        ("A-01-01", "A-02-02", ["A-01-01", "A-01-02", "A-02-01", "A-02-02"]),
        ("A1", "C2", ["A1", "A2", "B1", "B2", "C1", "C2"]),
        ("货架9", "货架11", ["货架9", "货架10", "货架11"]),
        ("B-1", "B-1", ["B-1"]),
        ("a08", "b09", ["a08", "a09", "b08", "b09"]),
    ],
)
def test_a_range_runs_through_every_part_that_differs(first: str, last: str, codes: list[str]) -> None:
    assert expand_range(first, last) == codes


def test_ten_racks_of_five_levels_are_fifty_bins() -> None:
    codes = expand_range("A-01-01", "A-10-05")
    assert (len(codes), len(set(codes)), codes[0], codes[-1]) == (50, 50, "A-01-01", "A-10-05")


@pytest.mark.parametrize(
    ("first", "last", "error"),
    [
        ("A-01", "B-01-01", RangeUneven),
        ("A-01", "A-1", RangeUneven),
        ("A-09", "A-1", RangeUneven),
        ("AB-1", "AC-1", RangeUneven),
        ("A-1", "a-1", RangeUneven),
        ("A-05", "A-01", RangeBackwards),
        ("B-1", "A-1", RangeBackwards),
        ("A-0001", "A-9999", RangeTooLong),
        ("A-01-001", "Z-99-999", RangeTooLong),
        ("1", "99999999999999999999", RangeTooLong),
    ],
)
def test_a_range_that_cannot_be_meant_is_refused(first: str, last: str, error: type[RuleBroken]) -> None:
    with pytest.raises(error):
        expand_range(first, last)


def test_codes_sort_as_people_count() -> None:
    codes = ["A-10-1", "B-1", "A-2-10", "a-2-9", "A-1"]
    assert sorted(codes, key=natural_key) == ["A-1", "a-2-9", "A-2-10", "A-10-1", "B-1"]


def test_a_code_is_kept_without_stray_spaces_and_never_looks_like_a_label_of_ours() -> None:
    assert normal_code("  A  01 ") == "A 01"
    for code, error in (
        (" ", PlaceCodeMissing),
        ("A" * 41, PlaceTextTooLong),
        (make_own_code(OwnKind.BIN, 7), PlaceCodeReserved),
    ):
        with pytest.raises(error):
            normal_code(code)
