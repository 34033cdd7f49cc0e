"""What goods cost, without a database: the value is kept to the fen, never a rounded unit cost."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from app.ledger.costing import Cost, share
from tests.ledger.scale import examples

D = Decimal
money = st.integers(0, 10**13).map(lambda fen: D(fen).scaleb(-2))
quantities = st.integers(1, 10**14).map(lambda milli: D(milli).scaleb(-3))


@settings(max_examples=examples(200, 20_000))
@given(money, quantities, quantities)
def test_a_share_is_the_exact_one_rounded_half_up_however_large(value: Decimal, one: Decimal, other: Decimal) -> None:
    part, whole = sorted((one, other))
    exact = Fraction(value) * Fraction(part) / Fraction(whole) * 100
    assert share(value, part, whole) == D(int(exact + Fraction(1, 2))).scaleb(-2)
    assert share(-value, part, whole) == -share(value, part, whole)


def test_half_a_fen_is_rounded_up() -> None:
    assert share(D("0.01"), D(1), D(2)) == D("0.01")
    assert share(D("-0.01"), D(1), D(2)) == D("-0.01")


@settings(max_examples=examples(200, 20_000))
@given(st.lists(st.tuples(quantities, money), min_size=1, max_size=6), st.lists(st.integers(1, 100), max_size=12))
def test_what_came_in_goes_out_to_the_last_fen(bought: list[tuple[Decimal, Decimal]], percents: list[int]) -> None:
    cost, paid = Cost(), sum((value for _, value in bought), D(0))
    for quantity, value in bought:
        cost.take_in(quantity, value)
    gone = D(0)
    for percent in percents:
        part = (cost.quantity * percent / 100).quantize(D("0.001"))
        if 0 < part <= cost.quantity:
            gone += cost.give_out(part)
            assert cost.value >= 0
    if cost.quantity:
        gone += cost.give_out(cost.quantity)
    assert (gone, cost.quantity, cost.value) == (paid, D(0), D(0))


def test_the_last_known_cost_outlives_the_goods() -> None:
    cost = Cost()
    assert cost.worth(D(3)) is None
    cost.take_in(D(3), D("10.00"))
    cost.give_out(D(3))
    assert cost.unit() == D("3.333333")
    assert cost.worth(D(3)) == D("10.00")


def test_goods_go_back_at_what_was_stated_as_far_as_there_is_value() -> None:
    cost = Cost(D(10), D(10))
    assert cost.give_out_at(D(5), D(40)) == 10
    assert cost.give_out_at(D(5), D(40)) == 0
    rest = Cost(D(5), D(50))
    assert rest.give_out_at(D(5), D(40)) == 50


def test_a_revaluation_needs_goods_to_carry_it() -> None:
    assert Cost(D(2), D(10)).revalue(D(-15)) == -10
    assert Cost(D(2), D(10)).revalue(D(15)) == 15
    assert Cost(D(0), D(0), D(7)).revalue(D(15)) == 0
