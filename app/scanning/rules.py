"""What holds for scans before any database is asked: their kinds, why one is parked, in which order they happened.

Law: a scan is a fact. It is accepted, or parked with a reason for a person; it is never refused and never lost.
"""

from enum import StrEnum
from typing import Final

from app.kernel.i18n import N_


class ScanKind(StrEnum):
    """What the hand did."""

    SCAN = "scan"  # one more of what the code names
    SET = "set"  # there are as many as typed
    ZERO = "zero"  # there is none
    OPEN_BIN = "open_bin"
    CLOSE_BIN = "close_bin"
    UNDO = "undo"


class ScanStatus(StrEnum):
    """What became of a scan when it came in."""

    ACCEPTED = "accepted"
    PARKED = "parked"


class Reason(StrEnum):
    """Why a scan was parked, as far as intake decides; a task adds words of its own."""

    UNKNOWN_CODE = "unknown_code"
    AMBIGUOUS = "ambiguous"
    WRONG_KIND = "wrong_kind"
    DAMAGED_CODE = "damaged_code"
    CODE_MISSING = "code_missing"
    QUANTITY_MISSING = "quantity_missing"
    QUANTITY_INVALID = "quantity_invalid"
    LOT_MISSING = "lot_missing"
    EXPIRY_MISSING = "expiry_missing"
    UNKNOWN_BIN = "unknown_bin"
    UNDO_MISSING = "undo_missing"
    UNKNOWN_TASK = "unknown_task"
    GRANT_INVALID = "grant_invalid"
    USER_REVOKED = "user_revoked"
    DEVICE_REVOKED = "device_revoked"
    ID_REUSED = "id_reused"
    FAILED = "failed"


# Sentences of the reasons; a task registers those of its own words (tasks.REASONS).
REASON_SENTENCES: Final[dict[str, str]] = {
    Reason.UNKNOWN_CODE: N_("Unknown code: it waits until somebody says what it is."),
    Reason.AMBIGUOUS: N_("This code means more than one thing: somebody must choose."),
    Reason.WRONG_KIND: N_("This code is known, but it is not what belongs here."),
    Reason.DAMAGED_CODE: N_("This code is damaged: scan it again."),
    Reason.CODE_MISSING: N_("There is no code in this scan."),
    Reason.QUANTITY_MISSING: N_("The quantity is missing."),
    Reason.QUANTITY_INVALID: N_("This quantity cannot be: the unit is counted whole, or the number is too large."),
    Reason.LOT_MISSING: N_("This item needs a lot."),
    Reason.EXPIRY_MISSING: N_("This lot is new and needs an expiry date."),
    Reason.UNKNOWN_BIN: N_("This bin is not known."),
    Reason.UNDO_MISSING: N_("It does not say what to undo."),
    Reason.UNKNOWN_TASK: N_("There is no such task."),
    Reason.GRANT_INVALID: N_("It is not certain who scanned this: sign in again."),
    Reason.USER_REVOKED: N_("This user was not allowed to scan any more."),
    Reason.DEVICE_REVOKED: N_("This device was revoked before the scan."),
    Reason.ID_REUSED: N_("Another scan has this number already."),
    Reason.FAILED: N_("The server could not judge this scan; it is kept for a person."),
}
