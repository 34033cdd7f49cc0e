"""What holds for items and codes without a database."""

from decimal import Decimal

import pytest

from app.catalog.rules import (
    BarcodeMissing,
    BarcodeReserved,
    BarcodeTooLong,
    CheckDigitWrong,
    ExpiryNeedsLots,
    ItemDraft,
    NameMissing,
    PriceNegative,
    TaxRateWrong,
    ThresholdNegative,
    category_path,
    doubled,
    ensure_check_digit,
    ensure_draft,
    is_below,
    normalise,
    shown_barcode,
    unit_places,
)
from app.kernel.errors import RuleBroken
from app.kernel.owncode import OwnKind, make_own_code
from app.kernel.text import one_line


@pytest.mark.parametrize("code", ["012345678905", "0012345678905", "00012345678905", " 012345678905\n"])
def test_one_article_has_one_key_however_many_digits_are_printed(code: str) -> None:
    assert normalise(code) == "00012345678905"


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("96385074", "00000096385074"),  # EAN-8
        ("6901234567892", "06901234567892"),
        ("16901234567899", "16901234567899"),  # a carton
        ("4895235504845CC", "4895235504845CC"),  # a shop's dirt stays what it is
        ("6901234567890", "6901234567890"),  # a wrong check digit is no GTIN
        ("A-17", "A-17"),
        ("a-17", "a-17"),  # case matters: Code 128 has both
    ],
)
def test_what_is_no_gtin_keeps_its_exact_text(code: str, key: str) -> None:
    assert normalise(code) == key


@pytest.mark.parametrize(
    ("code", "error"),
    [("  ", BarcodeMissing), ("1" * 121, BarcodeTooLong), (make_own_code(OwnKind.PACK, 5), BarcodeReserved)],
)
def test_some_texts_are_no_barcodes_for_items(code: str, error: type[RuleBroken]) -> None:
    with pytest.raises(error):
        normalise(code)


def test_a_slip_in_a_gtin_is_noticed_but_other_codes_have_no_check_digit() -> None:
    with pytest.raises(CheckDigitWrong):
        ensure_check_digit("6901234567890")
    for code in ("6901234567892", "4895235504845CC", "123", "LOT-1"):
        ensure_check_digit(code)


@pytest.mark.parametrize("printed", ["6901234567892", "96385074", "012345678905", "16901234567899", "A-17"])
def test_a_stored_code_is_shown_as_it_is_printed(printed: str) -> None:
    assert shown_barcode(normalise(printed)) == printed


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (ItemDraft(name=" ", unit="瓶"), NameMissing),
        (ItemDraft(name="水", unit="瓶", tax_rate=10_001), TaxRateWrong),
        (ItemDraft(name="水", unit="瓶", tax_rate=-1), TaxRateWrong),
        (ItemDraft(name="水", unit="瓶", minimum=Decimal(-1)), ThresholdNegative),
        (ItemDraft(name="水", unit="瓶", sale_price=Decimal("-0.01")), PriceNegative),
        (ItemDraft(name="水", unit="瓶", tracks_expiry=True), ExpiryNeedsLots),
    ],
)
def test_an_item_that_breaks_a_rule_is_refused(draft: ItemDraft, error: type[RuleBroken]) -> None:
    with pytest.raises(error):
        ensure_draft(draft)


def test_words_are_cleaned_the_same_way_everywhere() -> None:
    assert one_line("  冰红茶 \n  500ml ") == "冰红茶 500ml"
    assert category_path(" 饮料 / 茶饮料＞ 冰红茶/") == ("饮料", "茶饮料", "冰红茶")
    assert category_path("") == ()
    assert doubled(["a", "b", "a", "a", "c"]) == {"a"}


@pytest.mark.parametrize(("unit", "places"), [("kg", 3), ("KG", 3), ("公斤", 3), ("瓶", 0), ("箱", 0), ("份", 0)])
def test_weights_have_decimals_and_pieces_have_none(unit: str, places: int) -> None:
    assert unit_places(unit) == places


@pytest.mark.parametrize(
    ("on_hand", "minimum", "below"), [(15, 15, True), (16, 15, False), (0, 0, False), (0, 1, True)]
)
def test_the_minimum_is_reached_at_the_minimum(on_hand: int, minimum: int, below: bool) -> None:
    assert is_below(Decimal(on_hand), Decimal(minimum)) is below
