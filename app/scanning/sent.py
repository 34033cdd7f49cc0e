"""What a phone sends: the form of one event, and its fingerprint.

Law: every bound here is one the database shares, so that no event a phone can make breaks the statement that keeps it.
"""

from datetime import date, datetime
from hashlib import blake2b
from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import Meta

from app.scanning.rules import ScanKind

SCHEMA: Final = 1
# A phone whose clock was never set says 1970; near the ends of the calendar, arithmetic on instants overflows.
EARLIEST: Final = 1970
LATEST: Final = 9000
_INT64: Final = 2**53  # JSON's safe integers; well inside a BIGINT
_NO_NUL: Final = r"^[^\x00]*$"  # PostgreSQL keeps no NUL in a text

Number = Annotated[int, Meta(ge=0, le=_INT64)]
Milliseconds = Annotated[int, Meta(ge=-_INT64, le=_INT64)]
Word = Annotated[str, Meta(max_length=40, pattern=_NO_NUL)]


class SentScan(msgspec.Struct, frozen=True, omit_defaults=True):
    """One act, as the phone stored it before it beeped. Quantities are decimal strings."""

    id: Annotated[UUID, Meta(description="UUIDv7 made on the phone; the same id again is the same scan")]
    device: UUID
    sequence: Annotated[Number, Meta(description="the phone's own count")]
    task: Annotated[str, Meta(pattern=r"^[a-z_]{1,20}:[0-9]{1,15}$", description="kind and id: stocktake:12")]
    kind: ScanKind
    scanned_at: Annotated[datetime, Meta(tz=True, description="the phone's wall clock, UTC")]
    grant: Annotated[str, Meta(max_length=1000, description="the token that says who scans on this device")] = ""
    round: Annotated[int, Meta(ge=1, le=1000)] = 1
    undoes: UUID | None = None
    raw: Annotated[str, Meta(max_length=7200, pattern=_NO_NUL)] | None = None
    symbology: Word | None = None
    candidate: Annotated[Word, Meta(description="the choice among several meanings: pack:7")] | None = None
    lot: Annotated[str, Meta(max_length=60, pattern=_NO_NUL)] | None = None
    expiry: date | None = None
    location: Number | None = None
    quantity: Annotated[str, Meta(pattern=r"^[0-9]{1,9}(\.[0-9]{1,3})?$")] | None = None
    clock_offset_ms: Annotated[Milliseconds, Meta(description="server time minus phone time, last measured")] = 0
    uncertainty_ms: Number = 0
    elapsed_ms: Annotated[Milliseconds, Meta(description="by the monotonic clock since that measurement")] = 0

    def __post_init__(self) -> None:
        if not EARLIEST <= self.scanned_at.year < LATEST:
            raise ValueError(f"`scanned_at` lies outside the years {EARLIEST} to {LATEST}")


def digest_of(sent: SentScan) -> bytes:
    """Return the fingerprint of what was sent, the token left out: a page opened anew has another one.

    Fields at their defaults are left out too, so that a field added later changes no fingerprint made before.
    """
    return blake2b(msgspec.json.encode(msgspec.structs.replace(sent, grant="")), digest_size=16).digest()
