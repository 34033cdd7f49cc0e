"""GS1 element strings: text → (application identifier, value) pairs, and what is wrong with each value.

Splitting looks at identifiers and lengths only; a value that breaks its own rule (check digit, date, character set) is
kept with its problem, because the goods in the hand are real even where their label is sloppy. The table of
identifiers is python-stdnum's; biip, which also knows it, costs 20 MB a process for prefix tables not needed here and
serves the tests as the second opinion.
"""

import re
from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from app.kernel.errors import InvalidInput
from app.kernel.i18n import N_
from app.scanning.gs1_values import Part, problem_of

SEPARATOR = "\x1d"

# How long an identifier is follows from its first two digits, also where the table does not know it
# (GS1 General Specifications, figure 7.8.1-1).
_THREE = frozenset({"23", "24", "25", "40", "41", "42", "71"})
_TWO = frozenset({*(f"{n:02d}" for n in range(23)), "30", "37", *(str(n) for n in range(90, 100))})

_PART = re.compile(r"(\[)?\+?(\[)?([NXYZ-])(\d*)(\.\.N?(\d+))?\]?")


class NotAnElementString(InvalidInput):
    """The text does not start with an identifier where one must stand."""

    message = N_("No GS1 identifier stands at “%(rest)s”.")


class WrongLength(InvalidInput):
    """The value is shorter or longer than its identifier allows."""

    message = N_("The value of (%(ai)s) has the wrong length.")


class UnknownIdentifier(InvalidInput):
    """Kept, because labels may know identifiers younger than this program."""

    message = N_("The GS1 identifier (%(ai)s) is not known; its value is kept as it is.")


class Identifier(Struct, frozen=True):
    """An application identifier and the form of its value."""

    ai: str
    parts: tuple[Part, ...]
    type: str

    @property
    def shortest(self) -> int:
        """Return the fewest characters a value may have."""
        return sum(part.shortest for part in self.parts)

    @property
    def longest(self) -> int:
        """Return the most characters a value may have."""
        return sum(part.longest for part in self.parts)


class Element(Struct, frozen=True):
    """One identifier with the value as printed, and what is wrong with it."""

    ai: str
    value: str
    problem: InvalidInput | None = None


@cache
def find_identifier(ai: str) -> Identifier | None:
    """Return what the table says about the identifier *ai*, or None."""
    from stdnum import numdb  # noqa: PLC0415  # 80 ms and 10 MB that only parsing needs

    if not re.fullmatch(r"[0-9]{2,4}", ai):
        return None
    (found, row), *rest = numdb.get("gs1_ai").info(ai)
    if rest or found != ai or "format" not in row:
        return None
    return Identifier(ai, tuple(_parts(row["format"])), row["type"])


def _parts(form: str) -> Iterator[Part]:
    for outer, inner, charset, length, _, most in _PART.findall(form):
        longest = int(most or length or 1)
        optional = bool(outer or inner)
        shortest = 0 if optional else 1 if most else longest
        yield Part(charset, shortest, longest)


def split(text: str, *, keep_unknown: bool) -> tuple[Element, ...]:
    """Return the elements of *text* (separators are 0x1D; a leading, doubled or trailing one is ignored).

    Errors: NotAnElementString, WrongLength.
    """
    elements = []
    rest = text.lstrip(SEPARATOR)
    while rest:
        element = _first_element(rest, keep_unknown=keep_unknown)
        elements.append(element)
        rest = rest[len(element.ai) + len(element.value) :].lstrip(SEPARATOR)
    if not elements:
        raise NotAnElementString(rest="")
    return tuple(elements)


def make_element(ai: str, value: str, *, keep_unknown: bool = True) -> Element:
    """Return the element *ai* with exactly *value*.

    Errors: NotAnElementString (no identifier, or an unknown one that is not to be kept), WrongLength.
    """
    identifier = find_identifier(ai)
    if identifier is None:
        if not (keep_unknown and value and re.fullmatch(r"[0-9]{2,4}", ai)):
            raise NotAnElementString(rest=ai)
        return Element(ai, value, UnknownIdentifier(ai=ai))
    if not identifier.shortest <= len(value) <= identifier.longest or SEPARATOR in value:
        raise WrongLength(ai=ai)
    return Element(ai, value, problem_of(ai, value, identifier.parts, is_date=identifier.type == "date"))


def _first_element(rest: str, *, keep_unknown: bool) -> Element:
    identifier = _leading_identifier(rest)
    if identifier is None:
        ai = _shape_of_identifier(rest)
        field = rest[len(ai) :].split(SEPARATOR, 1)[0]
        return make_element(ai, field, keep_unknown=keep_unknown)
    field = rest[len(identifier.ai) :].split(SEPARATOR, 1)[0]
    # A fixed length needs no separator behind it, whatever the table asks: printers leave it out.
    if identifier.shortest == identifier.longest:
        field = field[: identifier.longest]
    return make_element(identifier.ai, field)


def _leading_identifier(rest: str) -> Identifier | None:
    return next((found for length in (2, 3, 4) if (found := find_identifier(rest[:length]))), None)


def _shape_of_identifier(rest: str) -> str:
    """Return the digits that would be the identifier at the start of *rest*, known or not."""
    start = rest[:2]
    length = 2 if start in _TWO else 3 if start in _THREE else 4
    if not re.fullmatch(rf"[0-9]{{{length}}}", rest[:length]):
        raise NotAnElementString(rest=rest[:12])
    return rest[:length]
