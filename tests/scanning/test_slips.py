"""What an unknown code may have been meant to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.gtin import check_digit
from app.scanning.slips import Slip, slips_of

TEA = "06901234567892"


@pytest.mark.parametrize(
    ("read", "slip"),
    [
        ("16901234567899", Slip.OTHER_PACK),  # the carton's number, of which only the bottle's is known
        ("6901243567892", Slip.SWAP),  # two digits typed in the wrong order: its check digit is wrong
        ("6901234567893", Slip.DIGIT),  # the last one misread
        ("6901234567992", Slip.DIGIT),  # another one misread
        ("6901234567885", Slip.DIGIT),  # the neighbour of a series: another digit and its check digit
    ],
)
def test_a_slip_leads_to_the_number_that_was_meant(read: str, slip: Slip) -> None:
    assert slips_of(read)[TEA] is slip


@pytest.mark.parametrize("text", ["", "A-1", "123", "69012345678920000", "x901234567892", "\u0661\u0662\u0663"])
def test_what_is_no_trade_number_has_no_slips(text: str) -> None:
    assert slips_of(text) == {}


def test_a_number_is_not_its_own_slip() -> None:
    assert TEA not in slips_of(TEA[1:])
    assert slips_of("6901234567890").keys() >= {TEA}


@given(st.text("0123456789", min_size=11, max_size=13), st.integers(0, 12), st.sampled_from("0123456789"))
def test_every_misread_digit_is_found(payload: str, at: int, digit: str) -> None:
    number = payload + check_digit(payload)
    at %= len(number)
    read = number[:at] + digit + number[at + 1 :]
    if read != number:
        assert number.zfill(14) in {key.zfill(14) for key in slips_of(read)}


@given(st.text(max_size=20) | st.text("0123456789", max_size=16))
def test_no_text_breaks_it_and_few_numbers_are_asked_for(text: str) -> None:
    assert len(slips_of(text)) < 200
