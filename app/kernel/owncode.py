"""Our own labels: `ZS`, a letter for the kind, the id in at least 7 digits, 2 check digits: ZSB000001290.

The check digits (ISO 7064 mod 97-10) catch every single slip and every swap of neighbours, so that a damaged bin
label is refused and never taken for another bin.
"""

import re
from enum import StrEnum

from msgspec import Struct

_SHAPE = re.compile(r"ZS([BPS])([0-9]{7,17})([0-9]{2})")


class OwnKind(StrEnum):
    """What one of our codes can name: what a label is stuck on, or a printed count sheet."""

    BIN = "B"
    PACK = "P"
    SHEET = "S"


class OwnCode(Struct, frozen=True):
    """The row one of our labels names."""

    kind: OwnKind
    id: int

    def __str__(self) -> str:
        return make_own_code(self.kind, self.id)


def make_own_code(kind: OwnKind, row_id: int) -> str:
    """Return the text to print on the label of row *row_id*."""
    if row_id <= 0:
        raise ValueError(f"a label names a stored row, not {row_id}")
    body = f"ZS{kind.value}{row_id:07d}"
    return f"{body}{98 - _remainder(body + '00'):02d}"


def find_own_code(text: str) -> OwnCode | None:
    """Return what a label of ours says, or None where *text* is no label of ours or is damaged."""
    upper = text.upper()
    match = _SHAPE.fullmatch(upper)
    if match is None or _remainder(upper) != 1:
        return None
    row_id = int(match[2])
    # One row has one text: leading zeros beyond the seven are somebody else's print.
    return OwnCode(OwnKind(match[1]), row_id) if upper == make_own_code(OwnKind(match[1]), max(row_id, 1)) else None


def has_own_shape(text: str) -> bool:
    """Return whether *text* looks like a label of ours, right or damaged."""
    return _SHAPE.fullmatch(text.upper()) is not None


def _remainder(text: str) -> int:
    """Return *text* mod 97, its letters written as A=10 … Z=35."""
    return int("".join(str(int(character, 36)) for character in text)) % 97
