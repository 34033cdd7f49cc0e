"""Group commit: what threads bring at the same moment, one of them does for all.

Cost: eight phones that scan at once would be eight transactions that ask the same things and wait for the disk eight
times; a group of them costs little more than one. Nobody waits for a group to fill: it is what came while the one
before was being done, and who comes alone is served at once.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar, cast

from msgspec import Struct

Brought = TypeVar("Brought")
Result = TypeVar("Result")


class _Wish(Struct, Generic[Brought, Result], eq=False):
    brought: Brought
    weight: int
    result: Result | None = None
    error: BaseException | None = None
    is_done: bool = False


class Groups(Generic[Brought, Result]):
    """Has *work* done on what threads bring, in the order in which they come; it returns one result for each.

    A group weighs *limit* at most, or is one that alone weighs more.
    """

    def __init__(self, work: Callable[[Sequence[Brought]], Sequence[Result]], limit: int) -> None:
        self._work = work
        self._limit = limit
        self._waiting: deque[_Wish[Brought, Result]] = deque()
        self._turn = threading.Lock()

    def do(self, brought: Brought, weight: int = 1) -> Result:
        """Return the result for *brought*; what *work* raises is raised for everybody in its group."""
        wish: _Wish[Brought, Result] = _Wish(brought, weight)
        self._waiting.append(wish)
        with self._turn:
            while not wish.is_done:
                self._do_next()
        if wish.error is not None:
            raise wish.error
        return cast("Result", wish.result)

    def _do_next(self) -> None:
        group = self._next_group()
        try:
            results = self._work([wish.brought for wish in group])
            for wish, result in zip(group, results, strict=True):
                wish.result = result
        except BaseException as error:  # noqa: BLE001  # whatever it is, those who wait for it must hear of it
            for wish in group:
                wish.error = error
        for wish in group:
            wish.is_done = True

    def _next_group(self) -> list[_Wish[Brought, Result]]:
        group = [self._waiting.popleft()]
        weight = group[0].weight
        while self._waiting and weight + self._waiting[0].weight <= self._limit:
            group.append(self._waiting.popleft())
            weight += group[-1].weight
        return group
