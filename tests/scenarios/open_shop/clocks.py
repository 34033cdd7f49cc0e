"""The two clocks of a phone, as static/src/scan/clock.ts reads them; true time is milliseconds since the story began.

The wall clock is wrong by a shift, drifts, and is set by hand now and then; the monotonic clock stops while the phone
sleeps. What the phone claims of an instant is a pure function of the instant.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from operator import itemgetter
from typing import Any

UNMEASURED_MS = 86_400_000
DRIFT = 1e-4
Span = tuple[int, int]


@dataclass(frozen=True)
class Ask:
    """The server is asked for its time: sent at `at`, the answer made after `there`, here after `back` more."""

    at: int
    there: int
    back: int


@dataclass(frozen=True)
class Measured:
    """What an answer told."""

    at: int
    offset: float
    round_trip: float
    mono: float


@dataclass(frozen=True)
class PhoneClock:
    """A phone's clocks from the story's first to its last instant."""

    began: datetime
    shift: int = 0  # how far the wall clock is ahead
    drift: float = 0.0  # by which share both clocks run fast
    naps: Sequence[Span] = ()
    jumps: Sequence[tuple[int, int]] = ()  # when the wall clock was set, and by how much
    asks: Sequence[Ask] = ()

    def wall(self, at: float) -> float:
        """What the wall clock shows, as milliseconds since the story began."""
        return at + self.shift + self.drift * at + sum(jump for when, jump in self.jumps if when <= at)

    def mono(self, at: float) -> float:
        """What the monotonic clock shows: the time awake."""
        slept = sum(min(end, at) - begin for begin, end in self.naps if begin <= at)
        return (at - slept) * (1 + self.drift)

    @cached_property
    def _known(self) -> list[tuple[float, Measured]]:
        """The measurements that were kept, each with the instant from which on it is used."""
        known: list[tuple[float, Measured]] = []
        for ask in self.asks:
            received = ask.at + ask.there + ask.back
            round_trip = self.mono(received) - self.mono(ask.at)
            offset = ask.at + ask.there - (self.wall(ask.at) + round_trip / 2)
            if round_trip <= self._doubt(known[-1][1] if known else None, received):
                known.append((received, Measured(received, offset, round_trip, self.mono(received))))
        return known

    def _at(self, at: float) -> Measured | None:
        number = bisect_right(self._known, at, key=itemgetter(0))
        return self._known[number - 1][1] if number else None

    def _doubt(self, measured: Measured | None, at: float) -> float:
        if measured is None:
            return UNMEASURED_MS
        # Looked at all the time, each step counts by itself: none hides another.
        jumped = sum(abs(jump) for when, jump in self.jumps if measured.at < when <= at)
        slept = sum(min(end, at) - begin for begin, end in self.naps if measured.at < begin <= at)
        return measured.round_trip + jumped + slept + DRIFT * (at - measured.at)

    def stamp(self, at: float) -> dict[str, Any]:
        """What the phone says of an instant."""
        measured = self._at(at)
        shown = self.began + timedelta(milliseconds=round(self.wall(at)))
        return {
            "scanned_at": shown.isoformat(),
            "clock_offset_ms": round(measured.offset) if measured else 0,
            "uncertainty_ms": math.ceil(self._doubt(measured, at)),
            "elapsed_ms": max(0, round(self.mono(at) - (measured.mono if measured else 0))),
        }

    def claimed(self, at: float) -> float:
        """The true time that the server will believe."""
        measured = self._at(at)
        return self.wall(at) + (measured.offset if measured else 0)


def is_within(at: float, spans: Iterable[Span]) -> bool:
    """Return whether an instant lies in one of *spans*, their ends included."""
    return any(begin <= at <= end for begin, end in spans)
