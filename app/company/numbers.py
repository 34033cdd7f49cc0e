"""Numbers that are given once: one counter row for each series, taken under its lock.

Law: a number taken in a transaction that is rolled back is free again; nobody else saw it.
"""

from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.company.rules import document_number

# One statement on both databases: the row is made by whoever comes first, and locked by whoever comes.
_TAKE = text(
    "INSERT INTO document_number (series, period, next) VALUES (:series, :period, 1 + :count) "
    "ON CONFLICT (series, period) DO UPDATE SET next = document_number.next + :count RETURNING next"
)


def take_numbers(session: Session, series: str, count: int = 1, period: str = "") -> range:
    """Return the next *count* numbers of *series* (in *period*: each period begins at 1)."""
    following = session.execute(_TAKE, {"series": series, "period": period, "count": count}).scalar_one()
    return range(following - count, following)


def next_number(session: Session, series: str, day: date) -> str:
    """Return the next document number of *series* on *day* ("PD20261123-0001"), without a gap."""
    return document_number(series, day, take_numbers(session, series, period=f"{day:%Y%m%d}")[0])
