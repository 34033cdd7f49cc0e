"""When a recurring count is due: every so many days, weeks or months; pure arithmetic over calendar days."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct, field

from app.kernel.errors import InvalidInput, NotFound, RuleBroken
from app.kernel.i18n import N_
from app.stocktake.rules import Scope, ScopeKind, Tolerance

WEEK: Final = 7
MONTHS: Final = 12
LAST_DAY: Final = 31
MOST_EVERY: Final = 366


class RhythmKind(StrEnum):
    """In what a rhythm is counted."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


class ScheduleState(StrEnum):
    """Whether a recurring count goes on."""

    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


KIND_NAMES: Final[dict[RhythmKind, str]] = {
    RhythmKind.DAYS: N_("days"),
    RhythmKind.WEEKS: N_("weeks"),
    RhythmKind.MONTHS: N_("months"),
}
STATE_NAMES: Final[dict[ScheduleState, str]] = {
    ScheduleState.ACTIVE: N_("Going on"),
    ScheduleState.PAUSED: N_("Paused"),
    ScheduleState.ENDED: N_("Ended"),
}
STATE_TONES: Final[dict[ScheduleState, str]] = {
    ScheduleState.ACTIVE: "good",
    ScheduleState.PAUSED: "warn",
    ScheduleState.ENDED: "neutral",
}
WEEKDAY_NAMES: Final = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
# An ended count stays ended: its history is kept, a new one is quickly made.
NEXT: Final[dict[ScheduleState, frozenset[ScheduleState]]] = {
    ScheduleState.ACTIVE: frozenset({ScheduleState.PAUSED, ScheduleState.ENDED}),
    ScheduleState.PAUSED: frozenset({ScheduleState.ACTIVE, ScheduleState.ENDED}),
    ScheduleState.ENDED: frozenset(),
}


class NoSuchSchedule(NotFound):
    """No recurring count has this number."""

    message = N_("There is no such recurring count.")


class ScheduleChanged(RuleBroken):
    """Somebody else changed the recurring count, or it has ended."""

    message = N_("“%(name)s” is not at a point where this can be done (any more). Please look again.")


class RhythmInvalid(InvalidInput):
    """A rhythm of nothing."""

    message = N_("A rhythm is every 1 to 366 days, weeks or months, on a day that there is.")


class NameMissing(InvalidInput):
    """A recurring count is known by its name."""

    message = N_("Give the recurring count a name.")


class Rhythm(Struct, frozen=True):
    """Every so many days, weeks on a weekday (0 = Monday), or months on a day; the 31st is the last of each month."""

    kind: RhythmKind
    every: int = 1
    weekday: int | None = None
    month_day: int | None = None

    def first(self, earliest: date) -> date:
        """Return the first day on or after *earliest* that the rhythm may fall on."""
        if self.kind is RhythmKind.WEEKS:
            return earliest + timedelta(days=((self.weekday or 0) - earliest.weekday()) % WEEK)
        if self.kind is RhythmKind.MONTHS:
            here = self._in_month(earliest.year, earliest.month)
            return here if here >= earliest else self._months_on(earliest, 1)
        return earliest

    def following(self, due: date) -> date:
        """Return the day after *due* on which it is due again."""
        if self.kind is RhythmKind.MONTHS:
            return self._months_on(due, self.every)
        return due + timedelta(days=self.every * (WEEK if self.kind is RhythmKind.WEEKS else 1))

    def days(self, due: date, last: date) -> Iterator[date]:
        """Yield *due* and the days after it, up to *last*."""
        while due <= last:
            yield due
            due = self.following(due)

    def after(self, due: date, today: date) -> date:
        """Return the first due day later than *today*: what was missed is made up for once."""
        while due <= today:
            due = self.following(due)
        return due

    def _months_on(self, day: date, months: int) -> date:
        count = day.year * MONTHS + day.month - 1 + months
        return self._in_month(count // MONTHS, count % MONTHS + 1)

    def _in_month(self, year: int, month: int) -> date:
        return date(year, month, min(self.month_day or 1, monthrange(year, month)[1]))


class ScheduleDraft(Struct, frozen=True):
    """What somebody wants to have counted again and again, from a day on; `most`: so many of the proposed bins."""

    name: str
    warehouse_id: int
    scope: Scope
    rhythm: Rhythm
    start_on: date
    most: int | None = None
    assigned_to: int | None = None
    blind: bool = True
    tolerance: Tolerance = field(default_factory=Tolerance)


def ensure_schedule(draft: ScheduleDraft) -> None:
    """Refuse a recurring count without a name or with a rhythm that never falls on a day."""
    if not draft.name:
        raise NameMissing
    rhythm = draft.rhythm
    weekday = rhythm.kind is not RhythmKind.WEEKS or rhythm.weekday in range(WEEK)
    month_day = rhythm.kind is not RhythmKind.MONTHS or rhythm.month_day in range(1, LAST_DAY + 1)
    if not 1 <= rhythm.every <= MOST_EVERY or not weekday or not month_day:
        raise RhythmInvalid


def names_scope(scope: Scope) -> bool:
    """Return whether the scope has to name something when it is written down: what is proposed is asked on the day."""
    return scope.kind is not ScopeKind.PROPOSED
