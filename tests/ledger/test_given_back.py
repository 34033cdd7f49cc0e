"""What late facts give back at a count: of a difference that is given back wholly, not a fen stays on 1901."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.db import db
from app.ledger.models import Move
from app.ledger.service import reverse
from app.ledger.verify import verify
from app.places.rules import End
from tests.ledger.conftest import NOW, TODAY, Shop
from tests.ledger.scale import examples
from tests.ledger.test_late import lost

D = Decimal
NOTHING = (D(0), D(0))


def test_a_shortage_given_back_piece_by_piece_leaves_no_cent(shop: Shop) -> None:
    shop.receive("r", "3", "1.00", 1)
    shop.count("c", "0", 10)
    assert lost(shop) == D("1.00")
    for number in range(3):
        shop.issue(f"s{number}", "1", 5 + number)
    assert lost(shop) == 0


def test_a_surplus_given_back_piece_by_piece_leaves_no_cent(shop: Shop) -> None:
    shop.receive("r", "3", "1.00", 1)
    shop.count("c", "6", 10)
    assert lost(shop) == D("-1.00")
    for number in range(3):
        shop.receive(f"r{number}", "1", "5.00", 5 + number)
    assert lost(shop) == 0


def test_very_many_pieces_given_back_at_once_leave_no_cent(shop: Shop) -> None:
    shop.receive("r", "3000000", "1000000.01", 1)
    shop.count("c", "0", 10)
    shop.issue("s", "3000000", 5)
    assert lost(shop) == 0


def test_what_is_given_back_beyond_the_difference_has_the_cost_stamped_on_the_count(shop: Shop) -> None:
    shop.receive("r", "3", "1.00", 1)
    shop.count("c", "1", 10)  # two are lost: 0.67
    shop.issue("s", "3", 5)  # all three had left before: one was found
    assert lost(shop) == D("-0.33")
    shop.receive("r2", "1", "9.00", 6)
    assert lost(shop) == 0


def test_goods_without_a_known_cost_are_given_back_for_nothing_too(shop: Shop) -> None:
    shop.issue("s", "1", 2)  # beyond book, at a cost that nobody knows
    shop.transfer("t", "3", 3)
    shop.count("c", "0", 10, location=shop.bin_b)
    assert lost(shop) == 0
    shop.receive("r", "9", "90.00", 20)
    shop.issue("late", "3", 5, source=shop.bin_b)
    assert lost(shop) == 0


def test_a_reversed_give_back_comes_back_to_the_fen(shop: Shop) -> None:
    shop.receive("r", "7", "1.00", 1)
    shop.count("c", "0", 10)
    late = [shop.issue(f"s{number}", "1", 5) for number in range(7)]
    assert lost(shop) == 0
    for posted in late:
        with shop.write() as session:
            reverse(session, posted.seq, f"u{posted.seq}", by=shop.user, effective_on=TODAY, now=NOW)
    again = [shop.issue(f"z{number}", "3.5", 6) for number in range(2)]
    assert again
    assert lost(shop) == 0


pieces = st.integers(1, 9).map(Decimal) | st.sampled_from([D("0.001"), D("2.5"), D("7.333"), D("123456.789")])
late_facts = st.lists(st.tuples(st.booleans(), pieces, st.integers(0, 999), st.booleans()), max_size=8)


@pytest.mark.parametrize("start", ["shortage", "equal", "surplus"])
def test_what_a_count_booked_and_what_is_given_back_for_all_of_it_sum_to_nothing(shop: Shop, start: str) -> None:
    number = 0

    @settings(max_examples=examples(15, 300), deadline=None, suppress_health_check=list(HealthCheck))
    @given(late_facts, pieces, st.integers(1, 99_999))
    def whatever_comes_late(facts: list[tuple[bool, Decimal, int, bool]], there: Decimal, fen: int) -> None:
        nonlocal number
        number += 1
        item, run = shop.new_item(f"goods {number} {start}"), f"{start}:{number}"
        shop.receive(f"{run}:r", str(there), str(D(fen).scaleb(-2)), 1, item=item)
        counted = {"shortage": D(0), "equal": there, "surplus": there * 3}[start]
        before = lost_of(item)
        shop.count(f"{run}:c", str(counted), 100, item=item)
        for step, (comes, quantity, cost, undo) in enumerate(facts):
            key = f"{run}:{step}"
            if comes:
                posted = shop.receive(key, str(quantity), str(D(cost).scaleb(-2)), 10 + step, item=item)
            else:
                posted = shop.issue(key, str(quantity), 10 + step, item=item)
            if undo:
                with shop.write() as session:
                    reverse(session, posted.seq, f"{key}:u", by=shop.user, effective_on=TODAY, now=NOW)
        net, _ = lost_of(item)
        if net > 0:
            shop.issue(f"{run}:last", str(net), 50, item=item)
        elif net < 0:
            shop.receive(f"{run}:last", str(-net), "3.21", 50, item=item)
        assert before == NOTHING
        assert lost_of(item) == NOTHING

    whatever_comes_late()
    assert verify(db.session()) == []


def lost_of(item: int) -> tuple[Decimal, Decimal]:
    """What of an item went to loss at counts and did not come back: pieces and money."""
    session = db.session()
    rows = session.execute(
        select(Move.source_id, Move.quantity, Move.value, Move.variance).where(
            Move.item_id == item, Move.anchor_id.is_not(None)
        )
    ).all()
    session.rollback()
    pieces_lost = money = D(0)
    for source, quantity, value, variance in rows:
        sign = -1 if source == End.LOSS else 1
        pieces_lost += sign * quantity
        money += sign * ((value or D(0)) + variance)
    return pieces_lost, money
