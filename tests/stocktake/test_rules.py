"""States, tolerance and four eyes, without a database."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.stocktake.rules import (
    NEXT,
    BlindStill,
    OwnCount,
    Scope,
    ScopeKind,
    ScopeMissing,
    StocktakeState,
    Tolerance,
    ToleranceNegative,
    WrongState,
    ensure_can_become,
    ensure_four_eyes,
    ensure_report_open,
    ensure_scope,
    ensure_tolerance,
)

D = Decimal


@pytest.mark.parametrize(("state", "wanted"), list(product(StocktakeState, StocktakeState)))
def test_only_listed_changes_of_state_are_taken(state: StocktakeState, wanted: StocktakeState) -> None:
    if wanted in NEXT[state]:
        ensure_can_become("ST1", state, wanted)
    else:
        with pytest.raises(WrongState):
            ensure_can_become("ST1", state, wanted)


def test_what_is_over_stays_over() -> None:
    assert NEXT[StocktakeState.POSTED] == NEXT[StocktakeState.CANCELLED] == frozenset()


def test_without_a_limit_nothing_is_beyond() -> None:
    assert not Tolerance().is_beyond(D(-1000), D(0), None)


@pytest.mark.parametrize(
    ("tolerance", "difference", "book", "value", "beyond"),
    [
        (Tolerance(quantity=D(2)), D(-2), D(10), None, False),
        (Tolerance(quantity=D(2)), D(3), D(10), None, True),
        (Tolerance(percent=D(10)), D(1), D(10), None, False),
        (Tolerance(percent=D(10)), D("1.001"), D(10), None, True),
        (Tolerance(percent=D(10)), D(1), D(0), None, True),  # found where the books have none
        (Tolerance(value=D(5)), D(-1), D(10), D("-5.00"), False),
        (Tolerance(value=D(5)), D(1), D(10), D("5.01"), True),
        (Tolerance(value=D(5)), D(1), D(10), None, True),  # nobody knows the value
        (Tolerance(quantity=D(9), value=D(5)), D(1), D(10), D(6), True),  # one broken limit is enough
        (Tolerance(quantity=D(0), percent=D(0), value=D(0)), D(0), D(0), None, False),
    ],
)
def test_a_difference_is_beyond_when_it_breaks_any_limit(
    tolerance: Tolerance, difference: Decimal, book: Decimal, value: Decimal | None, *, beyond: bool
) -> None:
    assert tolerance.is_beyond(difference, book, value) is beyond


quantities = st.decimals(-1000, 1000, places=3)


@given(quantities, st.decimals(0, 1000, places=3), st.decimals(0, 100, places=2))
def test_a_tolerance_does_not_care_for_the_sign(difference: Decimal, book: Decimal, limit: Decimal) -> None:
    tolerance = Tolerance(quantity=limit, percent=limit)
    assert tolerance.is_beyond(difference, book, None) == tolerance.is_beyond(-difference, book, None)


def test_limits_below_zero_and_scopes_of_nothing_are_refused() -> None:
    with pytest.raises(ToleranceNegative):
        ensure_tolerance(Tolerance(value=D(-1)))
    with pytest.raises(ScopeMissing):
        ensure_scope(Scope(ScopeKind.ZONE))
    ensure_scope(Scope(ScopeKind.WAREHOUSE))


def test_four_eyes_see_more_than_two() -> None:
    assert not ensure_four_eyes(1, {2, 3}, one_person=False)
    with pytest.raises(OwnCount):
        ensure_four_eyes(2, {2, 3}, one_person=False)
    assert ensure_four_eyes(2, {2}, one_person=True)


def test_a_blind_report_opens_to_counters_when_the_count_is_over() -> None:
    ensure_report_open(True, StocktakeState.POSTED, decides=False)
    ensure_report_open(False, StocktakeState.COUNTING, decides=False)
    ensure_report_open(True, StocktakeState.COUNTING, decides=True)
    with pytest.raises(BlindStill):
        ensure_report_open(True, StocktakeState.REVIEW, decides=False)
