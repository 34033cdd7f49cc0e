"""What can be imported; features describe their kind, wiring puts it here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from sqlalchemy.orm import Session

from app.identity.rules import Permission
from app.imports.rules import Field, NoSuchKind
from app.kernel.errors import RuleBroken

Cells = Mapping[str, str]


@dataclass(frozen=True)
class Applying:
    """Who takes the rows over, when, on which business day, and the key that makes it happen once."""

    by: int
    now: datetime
    day: date
    key: str


class ImportKind(Protocol):
    """One kind of rows. `check` reads only; `apply` runs in one transaction and may write."""

    key: str
    title: str  # a msgid
    permission: Permission
    fields: Sequence[Field]

    def check(self, session: Session, rows: Sequence[Cells]) -> Sequence[Sequence[RuleBroken]]:
        """Return the problems of each row: of its own, among the rows, against what is in the books."""

    def apply(self, session: Session, rows: Sequence[Cells], how: Applying) -> None:
        """Take over rows that were checked; the database refuses what changed meanwhile, as a whole."""


KINDS: dict[str, ImportKind] = {}


def get_kind(key: str) -> ImportKind:
    """Return the kind named *key*. Errors: NoSuchKind."""
    if key not in KINDS:
        raise NoSuchKind(kind=key, known=", ".join(KINDS))
    return KINDS[key]
