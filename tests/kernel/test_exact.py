"""Numbers that people type: exact, or refused; never another number than was meant."""

from decimal import Decimal

import pytest

from app.kernel.exact import NotANumber, TooLarge, TooPrecise, parse_money, parse_price, parse_quantity, parse_whole


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", "12"),
        (" １２．５ ", "12.5"),
        ("1,234.50", "1234.5"),
        ("1，234，567", "1234567"),
        ("¥ 3.5", "3.5"),
        ("-7", "-7"),
        ("+7.", "7"),
        (".5", "0.5"),
        ("1 234", "1234"),
    ],
)
def test_a_number_is_read_however_it_is_written(text: str, number: str) -> None:
    assert parse_price(text) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["1,5", "1.234,50", "12,34", "1,2345", ",5", "1,,000", "1_000", "1e3", "NaN", "٣", "."]
)
def test_what_may_mean_another_number_is_refused(text: str) -> None:
    with pytest.raises(NotANumber):
        parse_quantity(text)


def test_more_places_or_digits_than_the_books_carry_are_refused() -> None:
    with pytest.raises(TooPrecise):
        parse_money("0.005")
    with pytest.raises(TooPrecise):
        parse_whole("1.5")
    with pytest.raises(TooLarge):
        parse_quantity("9" * 40)
