"""Code texts as scanners send them and people type them."""

import time
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.owncode import OwnCode, OwnKind, make_own_code
from app.scanning.gs1_values import gs1_date
from app.scanning.parse import LONGEST, CodeKind, ParsedCode, parse
from app.scanning.symbols import Symbology

TODAY = date(2026, 11, 23)
GTIN = "06901234567892"


def read(text: str, symbology: Symbology | None = None) -> ParsedCode:
    return parse(text, today=TODAY, symbology=symbology)


@pytest.mark.parametrize(
    "text",
    [
        "]C1010690123456789210L1\x1d17270331\x1d3024",
        "]d20106901234567892\x1d10L1\x1d17270331\x1d3024\x1d",
        "]Q3010690123456789210L1\x1d17270331\x1d3024",
        "]e001069012345678923024\x1d1727033110L1",
        "\x1d010690123456789210L1\x1d17270331\x1d3024",
        "010690123456789210L1\x1d17270331\x1d3024\r\n",
        "(01)06901234567892(10)L1(17)270331(30)24",
        "[01]06901234567892[10]L1[17]270331[30]24",
        "https://shop.example/any/01/06901234567892/10/L1?17=270331&30=24&utm=x",
        "https://id.gs1.org/gtin/6901234567892/lot/L1?17=270331&30=24#top",
        "]Q3https://id.gs1.org/01/6901234567892/10/L1?30=24&17=270331",
    ],
)
def test_a_carton_says_the_same_in_every_notation(text: str) -> None:
    parsed = read(text)
    assert parsed.is_valid
    assert parsed.problem is None
    assert (parsed.gtin14, parsed.lot, parsed.expiry, parsed.quantity) == (GTIN, "L1", date(2027, 3, 31), Decimal(24))
    assert {element.ai for element in parsed.elements} == {"01", "10", "17", "30"}


def test_elements_keep_the_printed_values_in_order() -> None:
    parsed = read("]C117270300010690123456789221S/1")
    assert [(element.ai, element.value) for element in parsed.elements] == [
        ("17", "270300"),
        ("01", GTIN),
        ("21", "S/1"),
    ]
    assert parsed.expiry == date(2027, 3, 31)
    assert parsed.serial == "S/1"


def test_a_pallet_names_the_goods_on_it_and_their_count() -> None:
    parsed = read("]C1003690123456789123450206901234567892" + "3748")
    assert (parsed.gtin14, parsed.quantity) == (GTIN, Decimal(48))


def test_net_weight_has_its_decimals_from_the_identifier() -> None:
    assert read("0106901234567892" + "3103001750").weight_kg == Decimal("1.750")


def test_expiry_comes_before_best_before() -> None:
    assert read("]C115270101" + "17270331").expiry == date(2027, 3, 31)
    assert read("]C115270101").expiry == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("digits", "day"),
    [
        ("270200", date(2027, 2, 28)),
        ("280200", date(2028, 2, 29)),
        ("760101", date(2076, 1, 1)),
        ("770101", date(1977, 1, 1)),
        ("271301", None),
        ("270230", None),
        ("27 331", None),
    ],
)
def test_day_zero_is_the_last_and_the_century_the_nearest(digits: str, day: date | None) -> None:
    assert gs1_date(digits, TODAY) == day


def test_the_century_follows_the_clock() -> None:
    assert gs1_date("010101", date(2051, 6, 1)) == date(2101, 1, 1)
    assert gs1_date("020101", date(2051, 6, 1)) == date(2002, 1, 1)


@pytest.mark.parametrize("text", ["6901234567892", "]E06901234567892", GTIN, "]I116901234567899", "05096893"])
def test_trade_numbers_are_gtins(text: str) -> None:
    assert read(text).kind is CodeKind.GTIN
    assert read(text).gtin14 == read(text).key


def test_a_known_upc_e_is_expanded_even_where_its_digits_fit_a_gtin_8() -> None:
    assert read("05096893", Symbology.UPC_E).gtin14 == "00050968000093"


@pytest.mark.parametrize("text", ["6901234567890", "9784872348881", "]E06901234567890", "]E4123"])
def test_a_wrong_check_digit_is_no_gtin_but_stays_usable(text: str) -> None:
    parsed = read(text)
    assert not parsed.is_valid
    assert parsed.problem is not None
    assert (parsed.kind, parsed.gtin14) == (CodeKind.PLAIN, None)
    assert parsed.key in text


def test_in_store_numbers_are_plain_codes_with_one_key() -> None:
    parsed = read("2165742004797")
    assert (parsed.kind, parsed.is_valid, parsed.gtin14) == (CodeKind.PLAIN, True, None)
    assert parsed.key == read("]E02165742004797").key == "02165742004797"


def test_our_labels_are_known_and_damaged_ones_refused() -> None:
    label = make_own_code(OwnKind.BIN, 12)
    assert read(f"]C0{label}").own == read(label.lower()).own == OwnCode(OwnKind.BIN, 12)
    assert not read(label[:-1] + "1").is_valid


@pytest.mark.parametrize("text", ["FANAVF14617104", "A-12 03", "你好", "]Q1^TESTING", "]A0241234", "1A12"])
def test_other_texts_are_plain_and_right(text: str) -> None:
    parsed = read(text)
    assert (parsed.kind, parsed.is_valid, parsed.problem) == (CodeKind.PLAIN, True, None)


def test_itf_and_code_39_are_never_read_as_gs1() -> None:
    assert read("241234").kind is CodeKind.GS1
    assert read("241234", Symbology.ITF).kind is CodeKind.PLAIN
    assert read("241234", Symbology.CODE_39).kind is CodeKind.PLAIN


def test_an_unknown_identifier_is_kept_where_the_symbol_is_marked_as_gs1() -> None:
    parsed = read(f"]C101{GTIN}4999NEW\x1d10L1")
    assert parsed.is_valid
    assert parsed.problem is not None
    assert ("4999", "NEW") in [(element.ai, element.value) for element in parsed.elements]
    assert (parsed.gtin14, parsed.lot) == (GTIN, "L1")


def test_a_broken_value_is_kept_with_a_warning_but_not_used() -> None:
    parsed = read("]C1010690123456789017271332")
    assert parsed.is_valid
    assert parsed.problem is not None
    assert len(parsed.elements) == 2
    assert (parsed.gtin14, parsed.expiry) == (None, None)


def test_a_composite_symbol_adds_its_elements_to_the_number() -> None:
    assert read("]E06901234567892|]e010L1").lot == "L1"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \r\n",
        "\x1d",
        "]",
        "]XX",
        "]d2",
        "(10)",
        "(10)(17)270331",
        "]C1991" + "X" * 100,
        "https://shop.example/",
        "https://a/01/06901234567892/10/",
        "https://a/01/06901234567892/99/X",
        "https://a/01/06901234567892/10/A?10=B",
        "https://[/01/06901234567892",
        "https://a/01/12<34",
        "9" * (LONGEST + 1),
    ],
)
def test_broken_texts_are_refused_with_a_reason(text: str) -> None:
    parsed = read(text)
    assert not parsed.is_valid
    assert str(parsed.problem)
    assert parsed.kind is CodeKind.PLAIN
    assert parsed.elements == ()


pieces = st.sampled_from(
    [
        "]C1",
        "]d2",
        "]Q3",
        "]E0",
        "]e0",
        "\x1d",
        "01",
        GTIN,
        "10",
        "17",
        "270331",
        "(01)",
        "[10]",
        "https://a/01/",
        "/21/",
        "?17=",
        "%2F",
        make_own_code(OwnKind.BIN, 12),
        make_own_code(OwnKind.PACK, 7)[:-2],
        "ZS",
    ]
)
codes = st.lists(st.one_of(pieces, st.text(max_size=12), st.text("0123456789", max_size=20))).map("".join)


@given(st.one_of(codes, st.text()), st.sampled_from([None, *Symbology]))
def test_no_text_breaks_the_parser(text: str, symbology: Symbology | None) -> None:
    parsed = read(text, symbology)
    assert parsed.is_valid or parsed.problem is not None
    assert parsed.kind is not CodeKind.GTIN or parsed.gtin14
    assert str(parsed.problem)


@given(codes)
def test_elements_repeat_the_text_and_nothing_else(text: str) -> None:
    parsed = read("]C1" + text)
    if parsed.kind is CodeKind.GS1:
        said = "".join(element.ai + element.value for element in parsed.elements)
        assert said == parsed.text.replace("\x1d", "")


@pytest.mark.parametrize(
    "piece",
    [
        "\x1d",
        "01",
        "10",
        "9",
        "0106901234567892",
        "]C1",
        "(10)",
        "(01)06901234567892",
        "10A\x1d",
        "8",
        "ZSB",
        "https://a/01/",
        "https://a/01/06901234567892/10/A?17=270331&",
        "%",
        "/10/A",
        "\u00e9",
        " ",
    ],
)
@pytest.mark.parametrize("before", ["", "]C1", "https://a/01/06901234567892?", "https://a/01/06901234567892"])
def test_the_longest_texts_are_read_in_a_moment(before: str, piece: str) -> None:
    text = (before + piece * LONGEST)[:LONGEST]
    begun = time.thread_time()
    read(text)
    assert time.thread_time() - begun < 0.5
