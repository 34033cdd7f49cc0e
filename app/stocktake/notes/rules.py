"""What a note must hold, and until when one can be written."""

from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from msgspec import Struct

from app.identity.rules import Permission
from app.kernel.errors import InvalidInput, RuleBroken
from app.kernel.i18n import N_

LONGEST_NOTE: Final = 500
MOST_PHOTOS: Final = 6
# Whoever stands at the shelf or decides about it.
WRITERS: Final = (Permission.SCAN, Permission.APPROVE, Permission.PLAN_STOCKTAKE)


class NothingToSay(InvalidInput):
    """A note without words and without a photo."""

    message = N_("Write something or add a photo.")


class NoteTooLong(InvalidInput):
    """More words than a note holds."""

    message = N_("A note holds %(most)s characters.")


class TooManyPhotos(InvalidInput):
    """More photos at once than one note takes."""

    message = N_("At most %(most)s photos at a time.")


class NotesClosed(RuleBroken):
    """The stocktake is over: what was seen then is written."""

    message = N_("This stocktake is over: nothing can be added to it any more.")


class GoodsUnknown(InvalidInput):
    """What was typed names no bin of this stocktake, or no item."""

    message = N_("“%(code)s” names nothing that can be counted here.")


class About(NamedTuple):
    """What a note is about: goods in a bin, or the bin as it stands."""

    bin: int
    item: int | None = None
    lot: int = 0


class NoteDraft(Struct, frozen=True):
    """A note before it is kept; `token` is made by the page, so that a note sent twice is kept once."""

    token: UUID
    text: str = ""
    file_ids: Sequence[int] = ()


def ensure_note(text: str, photos: int) -> None:
    """Refuse a note that says nothing or too much."""
    if not text and not photos:
        raise NothingToSay
    if len(text) > LONGEST_NOTE:
        raise NoteTooLong(most=LONGEST_NOTE)
    if photos > MOST_PHOTOS:
        raise TooManyPhotos(most=MOST_PHOTOS)
