"""What can be imported; features describe their kind, wiring puts it here."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from msgspec import Struct
from sqlalchemy.orm import Session

from app.company.inputs import PREFIX
from app.company.queries import list_fields
from app.company.rules import FieldSubject
from app.identity.rules import Permission
from app.imports.rules import Field, NoSuchKind
from app.kernel.errors import RuleBroken

Cells = Mapping[str, str]


class Applying(Struct, frozen=True):
    """Who takes the rows over, when, on which business day, and the key that makes it happen once."""

    by: int
    now: datetime
    day: date
    key: str


class ReadRow(Struct, frozen=True):
    """One row understood: what its kind makes of it, and every problem: of its own, among the rows, with the books."""

    draft: Any
    problems: Sequence[RuleBroken]


class ImportKind(Protocol):
    """One kind of rows. `read` never writes; `apply` gets its drafts and only writes, for it holds up all others."""

    key: str
    title: str  # a msgid
    permission: Permission
    fields: Sequence[Field]

    @property
    def subject(self) -> FieldSubject | None:
        """Whose own fields are columns as well."""

    @property
    def take_back(self) -> "TakeBack | None":
        """How all that an import brought is undone at once; None where what came is used one by one."""

    def read(self, session: Session, rows: Sequence[Cells]) -> Sequence[ReadRow]:
        """Return what each row means and what is wrong with it."""

    def apply(self, session: Session, drafts: Sequence[Any], how: Applying) -> None:
        """Take over the drafts of rows without problems; the database refuses what changed since, as a whole."""


TakeBack = Callable[[Session, Applying], None]  # with the key that it was applied under

KINDS: dict[str, ImportKind] = {}
# By kind, the page on which stands what an import brought, asked with the key that it was applied under.
PAGES: dict[str, Callable[[Session, str], str]] = {}


def fields_of(session: Session, kind: ImportKind) -> list[Field]:
    """Return the columns that *kind* understands: its own, and the fields that the company added to its subject."""
    added = list_fields(session, kind.subject) if kind.subject else []
    return [*kind.fields, *(Field(PREFIX + field.key, field.name) for field in added)]


def get_kind(key: str) -> ImportKind:
    """Return the kind named *key*. Errors: NoSuchKind."""
    if key not in KINDS:
        raise NoSuchKind(kind=key, known=", ".join(KINDS))
    return KINDS[key]
