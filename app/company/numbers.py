"""Numbers that are given once: one counter row for each series, taken under its lock.

Law: a number taken in a transaction that is rolled back is free again; nobody else saw it.
"""

from datetime import date
from functools import lru_cache
from typing import cast

from sqlalchemy import Integer, Table, bindparam
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from app.company.models import DocumentNumber
from app.company.rules import document_number
from app.db import inserting

_NUMBER = cast("Table", DocumentNumber.__table__)


def take_numbers(session: Session, series: str, count: int = 1, period: str = "") -> range:
    """Return the next *count* numbers of *series* (in *period*: each period begins at 1)."""
    taking = _taking(session.get_bind().dialect.name)
    following = session.execute(taking, {"of": series, "within": period, "count": count}).scalar_one()
    return range(following - count, following)


@lru_cache(maxsize=2)
def _taking(dialect: str) -> ReturningInsert[int]:
    """Return the one statement that makes the row, by whoever comes first, and locks it, by whoever comes."""
    count = bindparam("count", type_=Integer)
    row = inserting(dialect, _NUMBER).values(series=bindparam("of"), period=bindparam("within"), next=1 + count)
    taken = row.on_conflict_do_update(index_elements=list(_NUMBER.primary_key), set_={"next": _NUMBER.c.next + count})
    return taken.returning(_NUMBER.c.next)


def next_number(session: Session, series: str, day: date) -> str:
    """Return the next document number of *series* on *day* ("PD20261123-0001"), without a gap."""
    return document_number(series, day, take_numbers(session, series, period=f"{day:%Y%m%d}")[0])
