"""What scans say was counted, whatever the order in which they come in."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.scanning.rules import ScanKind
from app.scanning.tasks import NewScan
from app.stocktake.counting.rules import (
    CountKey,
    Goods,
    LineCount,
    by_bin,
    counters,
    eligible,
    fold,
    found,
    line_count,
    said,
)
from tests.stocktake.shop import facts

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEA, COLA = 1, 2
HOUR = timedelta(hours=1)


def scan(number: int, kind: ScanKind = ScanKind.SCAN, **facts: object) -> NewScan:
    """The event *number* of the first phone: one tea in bin 7, round 1, by user 1."""
    names: tuple[str, ...] = tuple(NewScan.__struct_fields__)
    counts = kind in {ScanKind.SCAN, ScanKind.SET, ScanKind.ZERO}
    plain: dict[str, object] = dict.fromkeys(names) | {
        "id": UUID(int=number),
        "device_id": UUID(int=1),
        "sequence": number,
        "user_id": 1,
        "task_id": 1,
        "round": 1,
        "kind": kind,
        "item_id": TEA if counts else None,
        "lot_id": 0,
        "location_id": 7,
        "quantity": Decimal(1) if counts else None,
        "occurred_at": START + timedelta(seconds=number),
        "uncertainty_ms": 0,
    }
    return NewScan(**(plain | facts))  # type: ignore[arg-type]  # fields by name


def only(events: Sequence[NewScan]) -> dict[Goods, Decimal]:
    """What the one count that *events* make says."""
    [count] = fold(events).values()
    return count.counted


def test_scans_add_a_typed_quantity_replaces_and_zero_empties() -> None:
    events = [scan(1), scan(2, quantity=Decimal(24)), scan(3, ScanKind.SET, quantity=Decimal(5)), scan(4)]
    assert only(events) == {Goods(TEA, 0): 6}
    assert only([*events, scan(5, ScanKind.ZERO)]) == {Goods(TEA, 0): 0}


def test_zero_of_an_item_is_zero_of_all_its_lots() -> None:
    events = [scan(1, lot_id=3), scan(2, lot_id=4), scan(3, item_id=COLA), scan(4, ScanKind.ZERO)]
    assert only(events) == {Goods(TEA, 3): 0, Goods(TEA, 4): 0, Goods(TEA, 0): 0, Goods(COLA, 0): 1}


def test_an_undo_takes_one_event_back_however_often_it_comes() -> None:
    events = [scan(1), scan(2), scan(3, ScanKind.UNDO, undoes=UUID(int=2)), scan(4, ScanKind.UNDO, undoes=UUID(int=2))]
    assert only(events) == {Goods(TEA, 0): 1}


def test_an_undo_can_be_undone() -> None:
    events = [scan(1), scan(2, ScanKind.UNDO, undoes=UUID(int=1)), scan(3, ScanKind.UNDO, undoes=UUID(int=2))]
    assert only(events) == {Goods(TEA, 0): 1}


def test_nobody_undoes_what_another_did() -> None:
    assert only([scan(1), scan(2, ScanKind.UNDO, undoes=UUID(int=1), user_id=2)]) == {Goods(TEA, 0): 1}


def test_a_bin_is_complete_when_it_was_closed_after_the_last_scan() -> None:
    closed = [scan(1), scan(2, ScanKind.CLOSE_BIN)]
    [count] = fold(closed).values()
    assert facts(count.is_complete, count.closed_at) == (True, START + timedelta(seconds=2))
    [again] = fold([*closed, scan(3)]).values()
    assert facts(again.is_complete, again.counted) == (False, {Goods(TEA, 0): 2})
    [undone] = fold([*closed, scan(3, ScanKind.UNDO, undoes=UUID(int=2))]).values()
    assert not undone.is_complete


def test_a_scan_let_in_late_belongs_where_it_was_made() -> None:
    [count] = fold([scan(1), scan(3, ScanKind.CLOSE_BIN), scan(2, item_id=COLA)]).values()
    assert facts(count.is_complete, count.counted) == (True, {Goods(TEA, 0): 1, Goods(COLA, 0): 1})


def test_two_counters_in_one_bin_make_two_counts_and_never_a_sum() -> None:
    counts = fold([scan(1), scan(2), scan(1, id=UUID(int=9), device_id=UUID(int=2), user_id=2)])
    assert {key.counter: count.counted[Goods(TEA, 0)] for key, count in counts.items()} == {1: 2, 2: 1}
    assert counters(counts) == {1, 2}


def test_one_counter_with_two_phones_makes_two_counts_and_never_a_sum() -> None:
    events = [scan(1), scan(1, id=UUID(int=9), device_id=UUID(int=2), occurred_at=START + timedelta(seconds=2))]
    assert [count.counted for count in fold(events).values()] == [{Goods(TEA, 0): 1}] * 2


def test_a_bin_opened_again_after_its_closing_is_counted_anew() -> None:
    events = [scan(1), scan(2, ScanKind.CLOSE_BIN), scan(3, ScanKind.OPEN_BIN), scan(4), scan(5)]
    first, second = fold(events).values()
    assert facts(first.is_complete, first.counted) == (True, {Goods(TEA, 0): 1})
    assert facts(second.is_complete, second.counted, second.key.attempt) == (False, {Goods(TEA, 0): 2}, 2)
    # Taken back, the closing never was: the second opening changes nothing.
    [whole] = fold([*events, scan(6, ScanKind.UNDO, undoes=UUID(int=2))]).values()
    assert whole.counted == {Goods(TEA, 0): 3}


def test_a_phone_set_up_anew_counts_from_1_again_and_its_clock_tells_its_lives_apart() -> None:
    first = closed(1, 8, 1)
    again = [
        replace(act, id=UUID(int=100 + act.sequence), occurred_at=act.occurred_at + HOUR) for act in closed(1, 9, 1)
    ]
    anew = replace(scan(0, ScanKind.OPEN_BIN), id=UUID(int=99), occurred_at=START + HOUR)
    counts = list(fold([*again, anew, *first]).values())
    assert [said(count, Goods(TEA, 0)) for count in counts] == [8, 9]


def test_a_clock_set_back_makes_the_closing_doubtful_by_as_much() -> None:
    acts = [
        scan(300, ScanKind.OPEN_BIN),
        scan(301),
        scan(302, ScanKind.CLOSE_BIN, occurred_at=START, uncertainty_ms=20),
    ]
    [count] = fold(acts).values()
    assert (count.opened_at, count.closed_at) == (START, START + timedelta(seconds=301))
    assert (count.opening_doubt_ms, count.uncertainty_ms) == (0, 301_020)


def test_each_event_belongs_to_the_count_it_was_made_for() -> None:
    events = [scan(1), scan(2, ScanKind.CLOSE_BIN), scan(3, ScanKind.OPEN_BIN), scan(4)]
    belongs: dict[UUID, CountKey] = {}
    counts = fold(events, belongs)
    assert [belongs[UUID(int=number)].attempt for number in range(1, 5)] == [1, 1, 2, 2]
    assert set(belongs.values()) == set(counts)


def test_what_a_closed_bin_does_not_name_is_counted_zero_and_an_open_bin_says_nothing() -> None:
    [count] = fold([scan(1), scan(2, ScanKind.CLOSE_BIN)]).values()
    assert line_count(said(count, Goods(TEA, 0))) is LineCount.COUNTED
    assert line_count(said(count, Goods(COLA, 0))) is LineCount.ZERO
    assert line_count(None) is LineCount.NOT_COUNTED


def closed(number: int, tea: int, counter: int, round_number: int = 1) -> list[NewScan]:
    """A complete count of the bin."""
    common = {"user_id": counter, "device_id": UUID(int=counter), "round": round_number}
    return [
        scan(number, ScanKind.SET, quantity=Decimal(tea), **common),
        scan(number + 1, ScanKind.CLOSE_BIN, **common),
    ]


def speaking(events: Sequence[NewScan], asked: int, *, one_person: bool = False) -> list[Decimal]:
    counts = by_bin(fold(events).values())[7]
    return [said(count, Goods(TEA, 0)) for count in eligible(counts, asked, one_person=one_person)]


def test_the_later_round_decides_where_the_line_was_asked_for_it() -> None:
    events = [*closed(1, 3, 1), *closed(10, 5, 2, round_number=2)]
    assert speaking(events, asked=2) == [3, 5]
    assert speaking(events, asked=1) == [3]


def test_a_recount_by_the_same_person_does_not_speak_except_in_a_company_of_one() -> None:
    events = [*closed(1, 3, 1), *closed(10, 5, 1, round_number=2)]
    assert speaking(events, asked=2) == [3]
    assert speaking(events, asked=2, one_person=True) == [3, 5]


def test_of_two_counts_in_one_round_the_one_closed_later_decides() -> None:
    assert speaking([*closed(10, 5, 2), *closed(1, 3, 1)], asked=1) == [3, 5]


def test_an_open_recount_leaves_the_first_count_in_force() -> None:
    assert speaking([*closed(1, 3, 1), scan(10, user_id=2, round=2)], asked=2) == [3]


def test_found_is_what_was_scanned_and_not_expected() -> None:
    counts = fold([scan(1), scan(2, item_id=COLA), scan(3, ScanKind.ZERO, item_id=3)]).values()
    assert found(counts, {(7, Goods(TEA, 0))}) == {(7, Goods(COLA, 0)): 1}


acts = st.lists(
    st.tuples(
        st.sampled_from([ScanKind.SCAN, ScanKind.SET, ScanKind.ZERO, ScanKind.UNDO, ScanKind.CLOSE_BIN]),
        st.integers(1, 3),  # user and phone
        st.integers(1, 2),  # item
        st.integers(0, 30),  # quantity
        st.integers(1, 40),  # what an undo names
    ),
    max_size=40,
)


def events_of(drawn: Sequence[tuple[ScanKind, int, int, int, int]]) -> list[NewScan]:
    events = []
    for number, (kind, user, item, quantity, target) in enumerate(drawn, start=1):
        common = {"user_id": user, "device_id": UUID(int=user), "id": UUID(int=number)}
        event = scan(number, kind, **common)
        if event.item_id is not None:
            event = replace(event, item_id=item, quantity=Decimal(quantity))
        if kind is ScanKind.UNDO:
            event = replace(event, undoes=UUID(int=1 + target % number))  # itself or something earlier
        events.append(event)
    return events


@given(acts, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(
    drawn: list[tuple[ScanKind, int, int, int, int]], shuffle: random.Random
) -> None:
    events = events_of(drawn)
    arrived = list(events)
    shuffle.shuffle(arrived)
    assert fold(arrived) == fold(events)


@given(acts)
def test_the_count_is_what_a_patient_clerk_would_have_written_down(
    drawn: list[tuple[ScanKind, int, int, int, int]],
) -> None:
    events = events_of(drawn)
    for user in {event.user_id for event in events}:
        own = [event for event in events if event.user_id == user]
        page: dict[int, Decimal] = {}
        for event in own:
            if event.kind is ScanKind.UNDO or _is_crossed_out(event, own):
                continue
            if event.kind is ScanKind.SCAN:
                page[event.item_id or 0] = page.get(event.item_id or 0, Decimal(0)) + (event.quantity or 0)
            elif event.item_id is not None:
                page[event.item_id] = Decimal(0) if event.kind is ScanKind.ZERO else event.quantity or Decimal(0)
        counted = [count.counted for count in fold(own).values()]
        assert {goods.item: quantity for goods, quantity in (counted[0] if counted else {}).items()} == page


def _is_crossed_out(event: NewScan, own: Sequence[NewScan]) -> bool:
    """Return whether an undo that itself still stands, and was made later, names the event."""
    later = [other for other in own if other.sequence > event.sequence and other.undoes == event.id]
    return any(not _is_crossed_out(other, own) for other in later)
