"""The reasons that can be given for a difference, and what holds for a company's own.

Law: a reason that was given once is never deleted, only retired: old approvals go on naming it.
"""

from enum import StrEnum
from typing import Final

from app.kernel.errors import InvalidInput, NotFound, RuleBroken
from app.kernel.i18n import N_
from app.kernel.text import one_line

LONGEST_NAME: Final = 40
OWN: Final = "own:"


class GapReason(StrEnum):
    """Why goods are too few or too many, as far as the approver knows."""

    UNKNOWN = ""
    LOST = "lost"
    DAMAGED = "damaged"
    STOLEN = "stolen"
    MISPLACED = "misplaced"
    RECEIVED_WRONG = "received_wrong"
    SHIPPED_WRONG = "shipped_wrong"
    NOT_BOOKED = "not_booked"
    SWAPPED = "swapped"
    WRONG_UNIT = "wrong_unit"


REASON_NAMES: Final[dict[GapReason, str]] = {
    GapReason.UNKNOWN: N_("Not known"),
    GapReason.LOST: N_("Lost"),
    GapReason.DAMAGED: N_("Damaged or spoiled"),
    GapReason.STOLEN: N_("Stolen"),
    GapReason.MISPLACED: N_("Put into another bin"),
    GapReason.RECEIVED_WRONG: N_("Received wrongly"),
    GapReason.SHIPPED_WRONG: N_("Shipped wrongly"),
    GapReason.NOT_BOOKED: N_("Moved but not booked"),
    GapReason.SWAPPED: N_("Taken for another item"),
    GapReason.WRONG_UNIT: N_("Carton taken for a piece"),
}


class ReasonNameMissing(InvalidInput):
    """A reason without words."""

    message = N_("Enter the reason.")


class ReasonTaken(RuleBroken):
    """Two reasons cannot be called the same."""

    message = N_("There is a reason “%(name)s” already.")


class NoSuchReason(NotFound):
    """No own reason with this number."""

    message = N_("There is no such reason.")


def own_key(reason_id: int) -> str:
    """Return the word by which an approval names a company's own reason."""
    return f"{OWN}{reason_id}"


def clean_name(typed: str) -> str:
    """Return *typed* as it is kept. Errors: ReasonNameMissing."""
    name = one_line(typed)
    if not name:
        raise ReasonNameMissing
    return name[:LONGEST_NAME]
