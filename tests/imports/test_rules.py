"""Headings find their fields, cells lose their dirt, states keep their order."""

import pytest

from app.imports.rules import (
    FOLLOWS,
    ColumnMissing,
    Field,
    ImportState,
    clean,
    ensure_required,
    heading_row,
    match_columns,
)

FIELDS = (
    Field("name", "Item name", ("商品名称", "name"), is_required=True),
    Field("barcode", "Barcode", ("条码", "gtin")),
    Field("sale_price", "Sale price", ("售价",)),
)


def test_headings_match_in_either_language_whatever_their_spacing_and_case() -> None:
    headings = ["  商品名称 *", "GTIN", "售价（元）", "Sale_Price"]
    assert match_columns(headings, FIELDS, {"sale_price": "销售价格"}) == {"name": 0, "barcode": 1, "sale_price": 3}


def test_a_column_serves_one_field_only() -> None:
    twins = (Field("a", "Name", ("name",)), Field("b", "Title", ("name",)))
    assert match_columns(["name"], twins, {}) == {"a": 0}


def test_a_title_above_the_headings_is_passed_over() -> None:
    assert heading_row([["商品资料表", "", ""], ["商品名称", "条码", "售价"], ["可乐", "1", "3"]], FIELDS, {}) == 1


def test_a_file_without_a_required_column_is_refused_by_name() -> None:
    with pytest.raises(ColumnMissing, match="Item name"):
        ensure_required({"barcode": 0}, FIELDS)


@pytest.mark.parametrize(
    ("cell", "plain"),
    [("  a\n b ", "a b"), ("６９０１", "6901"), ("\ufeff可乐", "可乐"), ("（大）", "（大）"), (12, "12")],
)
def test_cells_lose_full_width_digits_and_stray_spaces_but_keep_their_text(cell: object, plain: str) -> None:
    assert clean(cell) == plain


def test_an_import_that_was_applied_can_be_taken_back_alone_and_nothing_follows_its_ends() -> None:
    assert FOLLOWS[ImportState.APPLIED] == {ImportState.TAKEN_BACK}
    assert not FOLLOWS[ImportState.TAKEN_BACK] | FOLLOWS[ImportState.DISCARDED]
