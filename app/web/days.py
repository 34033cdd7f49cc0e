"""Days as people mean them on a page: calendar days of the company's time zone."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import request
from flask_babel import get_timezone, to_utc
from sqlalchemy import ColumnElement, SQLColumnExpression

from app.kernel.clock import utc_now

YEARS = range(1900, 9999)  # beyond them a time zone has no midnights to tell


def today() -> date:
    """Return the company's calendar day of now."""
    day: date = utc_now().astimezone(get_timezone()).date()
    return day


def begin_of(day: date) -> datetime:
    """Return the instant at which *day* begins."""
    # Not combine(…, zone): of a zone of pytz that is the offset of a hundred years ago, minutes away.
    begin: datetime = to_utc(datetime.combine(day, time()))
    return begin.replace(tzinfo=UTC)


def day_asked(name: str) -> date | None:
    """Return the day given as *name* in the request's query; None where there is none, or what is there is no day."""
    day = request.args.get(name, type=date.fromisoformat)
    return day if day and day.year in YEARS else None


def within(instant: SQLColumnExpression[Any], first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    """Return what makes *instant* lie in the days from *first* to *last*, both included; None: no end on that side."""
    clauses = []
    if first:
        clauses.append(instant >= begin_of(first))
    if last:
        clauses.append(instant < begin_of(last + timedelta(days=1)))
    return clauses
