"""What a code can mean: the kinds of things that register here, and one look-up for a whole batch of codes.

Law: exact match first, GS1 second; both are meanings, and nobody but a person chooses between two. Never a part of a
code.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Protocol

from msgspec import Struct
from sqlalchemy.orm import Session

from app.catalog.rules import PackFacts
from app.scanning.parse import ParsedCode

PACK: Final = "pack"
BIN: Final = "bin"


class BinFacts(Struct, frozen=True):
    """A place that goods lie in, as a scan needs it."""

    id: int
    code: str


class Meaning(Struct, frozen=True):
    """One thing that a code can stand for: the row *id* of a *kind*, with the pack or the bin that it is."""

    kind: str
    id: int
    pack: PackFacts | None = None
    bin: BinFacts | None = None

    @property
    def candidate(self) -> str:
        """Return the word by which a phone names this choice."""
        return f"{self.kind}:{self.id}"


class Resolver(Protocol):
    """Knows one kind of things that codes name."""

    def __call__(self, session: Session, codes: Collection[ParsedCode]) -> Mapping[str, Sequence[Meaning]]:
        """Return by a code's text what it means, exact matches first; codes that mean nothing are left out."""
        ...


# By kind; filled in wiring and nowhere else.
RESOLVERS: dict[str, Resolver] = {}


def find_meanings(
    session: Session, codes: Collection[ParsedCode], kinds: Iterable[str]
) -> dict[str, tuple[Meaning, ...]]:
    """Return what each code means among *kinds*, by its text. One round of look-ups for all of them."""
    found: dict[str, tuple[Meaning, ...]] = {}
    for kind in kinds:
        for text, meanings in RESOLVERS[kind](session, codes).items():
            found[text] = (*found.get(text, ()), *meanings)
    return found
