"""What holds for scans before any database is asked: their kinds, why one is parked, in which order they happened.

Law: a scan is a fact. It is accepted, or parked with a reason for a person; it is never refused and never lost.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol, TypeVar
from uuid import UUID

from app.kernel.errors import InvalidInput, NotFound, RuleBroken
from app.kernel.exact import LARGEST, round_quantity
from app.kernel.i18n import N_


class ScanKind(StrEnum):
    """What the hand did."""

    SCAN = "scan"  # one more of what the code names
    SET = "set"  # there are as many as typed
    ZERO = "zero"  # there is none
    OPEN_BIN = "open_bin"
    CLOSE_BIN = "close_bin"
    UNDO = "undo"


KIND_NAMES: Final[dict[ScanKind, str]] = {
    ScanKind.SCAN: N_("Scan"),
    ScanKind.SET: N_("Quantity typed"),
    ScanKind.ZERO: N_("None there"),
    ScanKind.OPEN_BIN: N_("Bin opened"),
    ScanKind.CLOSE_BIN: N_("Bin closed"),
    ScanKind.UNDO: N_("Undo"),
}


class ScanStatus(StrEnum):
    """What became of a scan when it came in."""

    ACCEPTED = "accepted"
    PARKED = "parked"


class ScanDecision(StrEnum):
    """What a person decided about a parked scan."""

    BIND = "bind"  # it was this pack
    TAKE = "take"  # as it stands
    DROP = "drop"  # it counts for nothing


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
    CLOCK_WRONG = "clock_wrong"
    GRANT_INVALID = "grant_invalid"
    GRANT_ENDED = "grant_ended"
    GRANT_DOUBTED = "grant_doubted"
    NOT_ALLOWED = "not_allowed"
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
    Reason.CLOCK_WRONG: N_("The time of this scan cannot be: check the phone's clock."),
    Reason.GRANT_INVALID: N_("It is not certain who scanned this: sign in again."),
    Reason.GRANT_ENDED: N_("The user or the device was shut out before this scan, or signed in too long ago."),
    Reason.GRANT_DOUBTED: N_(
        "The user or the device was shut out before this scan arrived, and nothing but the phone's clock says that it "
        "was made before."
    ),
    Reason.NOT_ALLOWED: N_("This user may not scan."),
    Reason.ID_REUSED: N_("Another scan has this number already."),
    Reason.FAILED: N_("The server could not judge this scan; it is kept for a person."),
}

# A phone that never heard the server's time may be off by a while; its own clock is in occurred_at then.
FUTURE: Final = timedelta(minutes=10)
OLDEST: Final = timedelta(days=400)
# How long after a token's end scans may arrive that only a measured clock puts before it: a shift, a night, a shift.
LATE_ARRIVAL: Final = timedelta(hours=36)
# A clock that is measured anew may step back a little.
STEP_BACK: Final = timedelta(minutes=1)
# How much of a base unit one kilogram is, where the base unit is one of mass.
PER_KILOGRAM: Final = {
    "kg": Decimal(1),
    "公斤": Decimal(1),
    "千克": Decimal(1),
    "g": Decimal(1000),
    "克": Decimal(1000),
    "斤": Decimal(2),
    "两": Decimal(20),
    "吨": Decimal("0.001"),
    "t": Decimal("0.001"),
}


class ScanNotFound(NotFound):
    """No scan has this id."""

    message = N_("There is no such scan.")


class NotParked(RuleBroken):
    """Only what was parked can be decided, and only once."""

    message = N_("This scan does not wait for anybody (any more).")


class StillParked(RuleBroken):
    """The scan cannot count even so; `params["reason"]` says why."""

    message = N_("It cannot be taken even so.")


class NothingToBind(RuleBroken):
    """Only a scan of goods, with a code, can be bound to a pack."""

    message = N_("Only a scanned code of goods can be bound to a pack.")


class EnoughPhotos(RuleBroken):
    """A few show the goods from all sides."""

    message = N_("There are %(most)s photos already.")


class NoteMissing(InvalidInput):
    """Dropping a scan without a word would hide it."""

    message = N_("Say why the scan is dropped.")


def happened_at(scanned_at: datetime, clock_offset_ms: int) -> datetime | None:
    """Return the instant of a scan by the server's clock, None where the numbers name no instant."""
    try:
        return scanned_at + timedelta(milliseconds=clock_offset_ms)
    except OverflowError:
        return None


def is_plausible(occurred_at: datetime, now: datetime) -> bool:
    """Return whether a scan that comes in *now* can have happened then."""
    return now - OLDEST <= occurred_at <= now + FUTURE


def is_borne_out(
    occurred_at: datetime, uncertainty_ms: int, received_at: datetime, ended_at: datetime, before: datetime | None
) -> bool:
    """Return whether a scan that arrived after *ended_at* can be believed to have been made before it.

    It must lie before by more than its uncertainty (a clock that was never measured, or set since, has a large one),
    must not have travelled for too long, and not lie before what the phone did earlier, of which the last was *before*.
    """
    within = ended_at - occurred_at
    is_certain = within > timedelta() and uncertainty_ms < within / timedelta(milliseconds=1)
    is_in_order = before is None or occurred_at >= before - STEP_BACK
    return is_certain and is_in_order and received_at - ended_at <= LATE_ARRIVAL


def base_quantity(
    quantity: Decimal, factor: Decimal, count: Decimal | None, kilograms: Decimal | None, base_unit: str
) -> Decimal:
    """Return in base units what *quantity* labels stand for: packs of *factor*, or what the label itself says.

    *count* (GS1 AI 30 and 37) is packs in the labelled unit, *kilograms* (AI 310n) its net weight, which tells only
    where the base unit is one of mass.
    """
    if kilograms is not None and base_unit.lower() in PER_KILOGRAM:
        return round_quantity(quantity * kilograms * PER_KILOGRAM[base_unit.lower()])
    return round_quantity(quantity * factor * (count or Decimal(1)))


def is_countable(quantity: Decimal, places: int) -> bool:
    """Return whether a unit with *places* decimals can be there in this quantity."""
    return 0 <= quantity < LARGEST and round(quantity, places) == quantity


class Physical(Protocol):
    """What the order of acts depends on."""

    @property
    def device_id(self) -> UUID:
        """The phone."""
        ...

    @property
    def sequence(self) -> int:
        """The phone's own count, which never lies about its own order."""
        ...

    @property
    def occurred_at(self) -> datetime:
        """The corrected instant, which may jump when the phone's clock is measured anew."""
        ...


Act = TypeVar("Act", bound=Physical)


def in_physical_order(acts: Iterable[Act]) -> list[Act]:
    """Return *acts* as the hands did them: each phone in its own sequence, the phones merged by instant."""
    latest: dict[UUID, datetime] = {}
    keyed = []
    for act in sorted(acts, key=lambda act: (act.device_id, act.sequence)):
        at = latest[act.device_id] = max(act.occurred_at, latest.get(act.device_id, act.occurred_at))
        keyed.append((at, act.device_id, act.sequence, act))
    keyed.sort(key=lambda key: key[:3])
    return [act for *_, act in keyed]
