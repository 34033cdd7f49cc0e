"""When jobs run: every few minutes, or daily at an hour of the company's day; how a failed one is tried again."""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from app.kernel.errors import NotFound
from app.kernel.i18n import N_

FIRST_RETRY: Final = timedelta(minutes=5)
LAST_RETRY: Final = timedelta(hours=6)


class JobUnknown(NotFound):
    """No feature registered a job of that name."""

    message = N_("There is no job “%(name)s”.")


class Daily(Struct, frozen=True):
    """Once a day, at this time of the company's clocks."""

    at: time

    def next_run(self, after: datetime, time_zone: str) -> datetime:
        """Return the first run later than *after*, which may be days ago: missed runs are made up for once."""
        zone = ZoneInfo(time_zone)
        day = after.astimezone(zone).date()
        # Through UTC, where a skipped or a doubled hour of the clocks is an instant like any other.
        while (run := datetime.combine(day, self.at, zone).astimezone(UTC)) <= after:
            day += timedelta(days=1)
        return run


class Every(Struct, frozen=True):
    """Again and again, this long after the last run ended."""

    interval: timedelta

    def next_run(self, after: datetime, time_zone: str) -> datetime:  # noqa: ARG002  # as Daily has it
        """Return the run that follows *after*."""
        return after + self.interval


Schedule = Daily | Every


def retry_at(schedule: Schedule, failures: int, now: datetime, time_zone: str) -> datetime:
    """Return when a job that failed *failures* times in a row is tried again: ever later, never after its next turn."""
    doubled: int = 2 ** min(failures - 1, 10)
    wait = min(FIRST_RETRY * doubled, LAST_RETRY)
    return min(now + wait, schedule.next_run(now, time_zone))
