"""GTINs: one key for one article, however its number is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from app.kernel.gtin import (
    barcode_key,
    check_digit,
    expand_upc_e,
    find_gtin14,
    guess_gtin14,
    has_check_digit,
    is_restricted,
)

payloads = st.text("0123456789", min_size=7, max_size=17)


@given(payloads)
def test_the_check_digit_is_the_one_of_python_stdnum(payload: str) -> None:
    assert check_digit(payload) == ean.calc_check_digit(payload)
    assert has_check_digit(payload + check_digit(payload))


@given(st.text("0123456789", min_size=12, max_size=12), st.integers(0, 12), st.sampled_from("0123456789"))
def test_one_wrong_digit_is_always_noticed(payload: str, place: int, digit: str) -> None:
    number = payload + check_digit(payload)
    wrong = number[:place] + digit + number[place + 1 :]
    assert wrong == number or not has_check_digit(wrong)


@pytest.mark.parametrize(
    ("text", "gtin14"),
    [
        ("6901234567892", "06901234567892"),
        ("96385074", "00000096385074"),
        ("012345678905", "00012345678905"),
        ("16901234567899", "16901234567899"),
    ],
)
def test_every_length_becomes_fourteen_digits(text: str, gtin14: str) -> None:
    assert find_gtin14(text) == gtin14
    assert barcode_key(text) == barcode_key(gtin14) == gtin14


@pytest.mark.parametrize("text", ["", "6901234567890", "690123456789", "00000000", "６901234567892", "6901234567892\n"])
def test_wrong_check_digits_lengths_and_zeros_are_no_gtin(text: str) -> None:
    assert find_gtin14(text) is None


@pytest.mark.parametrize(
    ("upc_e", "upc_a"),
    [
        ("05096893", "050968000093"),
        ("04963406", "049000006346"),
        ("04124498", "041244000098"),
        ("00123457", "001234000057"),
        ("01234558", "012345000058"),
    ],
)
def test_upc_e_stands_for_a_upc_a(upc_e: str, upc_a: str) -> None:
    assert expand_upc_e(upc_e) == upc_a
    assert barcode_key(upc_e) == upc_a.zfill(14)


def test_eight_digits_with_a_zero_in_front_are_a_upc_e_where_they_can_be() -> None:
    assert find_gtin14("05096893") == "00000005096893"
    assert guess_gtin14("05096893") == "00050968000093"
    assert guess_gtin14("00000109") == find_gtin14("00000109") == "00000000000109"


@pytest.mark.parametrize("text", ["05096894", "25096893", "5096893", "0509689x"])
def test_a_upc_e_with_a_wrong_check_digit_or_number_system_is_none(text: str) -> None:
    assert expand_upc_e(text) is None


@pytest.mark.parametrize("number", ["2165742004797", "0212345678909", "22222221"])
def test_numbers_of_a_shops_own_are_restricted(number: str) -> None:
    gtin14 = find_gtin14(number[:-1] + check_digit(number[:-1]))
    assert gtin14
    assert is_restricted(gtin14)


@pytest.mark.parametrize("number", ["6901234567892", "96385074", "012345678905", "16901234567899"])
def test_numbers_of_the_world_are_not(number: str) -> None:
    assert not is_restricted(number.zfill(14))


def test_any_other_text_is_its_own_key() -> None:
    assert barcode_key(" A-12 03\r\n") == "A-12 03"
    assert barcode_key("6901234567890") == "6901234567890"
