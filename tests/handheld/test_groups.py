"""One thread does for all what they bring while the one before is at work."""

import threading
from collections.abc import Sequence

import pytest

from app.handheld.groups import Groups
from tests.handheld.phones import until


class Work:
    """Doubles numbers; the group that holds a 0 waits to be let go, one that holds 13 breaks."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.entered = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, brought: Sequence[int]) -> list[int]:
        self.groups.append(list(brought))
        if 0 in brought:
            self.entered.set()
            assert self.go_on.wait(20)
        if 13 in brought:
            raise SystemExit("13")
        return [2 * number for number in brought]


def _bring_beside(groups: Groups[int, int], work: Work, numbers: Sequence[int]) -> dict[int, int | BaseException]:
    """Bring 0 and, while it is at work, *numbers* one after another, each by a thread of its own."""
    results: dict[int, int | BaseException] = {}

    def bring(number: int) -> None:
        try:
            results[number] = groups.do(number, weight=max(number, 1))
        except BaseException as error:  # noqa: BLE001  # what the test is about
            results[number] = error

    threads = [threading.Thread(target=bring, args=(number,)) for number in (0, *numbers)]
    threads[0].start()
    assert work.entered.wait(20)
    for number, thread in enumerate(threads[1:], 1):
        thread.start()
        until(lambda number=number: len(groups._waiting) == number)  # type: ignore[misc]  # noqa: SLF001  # in order
    work.go_on.set()
    for thread in threads:
        thread.join(20)
    return results


def test_who_comes_alone_is_served_at_once() -> None:
    work = Work()
    groups = Groups(work, limit=10)
    assert [groups.do(1), groups.do(2)] == [2, 4]
    assert work.groups == [[1], [2]]


def test_what_comes_meanwhile_is_one_group_in_order_and_each_gets_their_own() -> None:
    work = Work()
    results = _bring_beside(Groups(work, limit=10), work, [3, 1, 2])
    assert work.groups == [[0], [3, 1, 2]]
    assert results == {0: 0, 3: 6, 1: 2, 2: 4}


def test_a_group_weighs_no_more_than_it_may_unless_one_alone_does() -> None:
    work = Work()
    results = _bring_beside(Groups(work, limit=10), work, [5, 4, 2, 20, 1])
    assert work.groups == [[0], [5, 4], [2], [20], [1]]
    assert results == {number: 2 * number for number in (0, 5, 4, 2, 20, 1)}


def test_an_error_reaches_all_of_its_group_and_nobody_else() -> None:
    work = Work()
    groups = Groups(work, limit=20)
    results = _bring_beside(groups, work, [13, 7, 9])
    assert work.groups == [[0], [13, 7], [9]]
    assert isinstance(results[13], SystemExit)
    assert results[7] is results[13]
    assert (results[0], results[9]) == (0, 18)
    assert groups.do(4) == 8


def test_too_few_results_are_an_error_and_not_a_wait_without_end() -> None:
    groups: Groups[int, int] = Groups(lambda _brought: [], limit=10)
    with pytest.raises(ValueError, match="shorter"):
        groups.do(1)
