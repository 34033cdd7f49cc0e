"""Time is UTC and aware everywhere; the edge reads the clock and passes it in."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


def business_day(instant: datetime, time_zone: str) -> date:
    """Return the calendar day of *instant* in the company's *time_zone* (IANA name)."""
    return instant.astimezone(ZoneInfo(time_zone)).date()
