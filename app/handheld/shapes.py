"""The structures that phone and server exchange; quantities are decimal strings, instants ISO 8601 in UTC."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Meta

from app.scanning.rules import ScanStatus

BATCH: Final = 200

# Each event is read by itself, so that one that cannot be read holds up no other.
RawScan = Annotated[msgspec.Raw, Meta(extra_json_schema={"$ref": "#/components/schemas/SentScan"})]


class ScanBatch(msgspec.Struct, frozen=True):
    """Events in the order of the phone."""

    schema: Annotated[int, Meta(ge=1, le=1)]
    events: Annotated[list[RawScan], Meta(max_length=BATCH)]


class BinRef(msgspec.Struct, frozen=True):
    """A place."""

    id: int
    code: str


class ItemRef(msgspec.Struct, frozen=True):
    """An item, its base unit and the pack that is one of it; `lots` and `expiry` tell what its scans must name."""

    id: int
    code: str
    name: str
    unit: str
    base: int
    lots: bool
    expiry: bool


class PackRef(msgspec.Struct, frozen=True):
    """A pack and how many base units it holds."""

    id: int
    unit: str
    factor: Decimal


class Choice(msgspec.Struct, frozen=True):
    """One of several things that a code means; `candidate` names it in the event that chooses."""

    candidate: str
    item: ItemRef | None
    pack: PackRef | None


class ScanAnswer(msgspec.Struct, frozen=True):
    """What became of one event; either way it is stored for good."""

    id: UUID
    status: ScanStatus
    reason: str | None
    message: str
    bin: BinRef | None
    item: ItemRef | None
    pack: PackRef | None
    lot: Annotated[str | None, Meta(description="where the item is kept by lots")]
    quantity: Annotated[Decimal | None, Meta(description="base units that this event stands for")]
    counted: Annotated[Decimal | None, Meta(description="base units counted of this line so far")]
    choices: list[Choice] = []


class ScanAnswers(msgspec.Struct, frozen=True):
    """One answer an event, in order; an event that cannot be read at all is left out, the phone keeps it."""

    server_time: datetime
    answers: list[ScanAnswer]


class Clock(msgspec.Struct, frozen=True):
    """The time by which scans are dated."""

    server_time: datetime


class RecountLine(msgspec.Struct, frozen=True):
    """An item that a recount asks for."""

    code: str
    name: str
    lot: str | None


class ItemLot(msgspec.Struct, frozen=True):
    """A lot that is known."""

    code: str
    expiry: date | None


class ItemLots(msgspec.Struct, frozen=True):
    """Lots to choose from: those in stock first, of them those that expire first."""

    lots: list[ItemLot]


class StocktakeBin(msgspec.Struct, frozen=True):
    """A bin to count: any of `codes`, scanned, means it. `recount` lists what a round after the first asks for.

    `assigned` names who is asked to count it (`mine`: this user); `expected_empty`: the books have nothing there.
    `open_on`: the asking user has it open, here on the asking device or elsewhere on another one. `own_recount`: this
    user counted it in an earlier round, somebody else has to recount it.
    """

    id: int
    code: str
    name: str
    state: str
    round: int
    counter: str | None
    codes: list[str]
    recount: list[RecountLine] = []
    assigned: str | None = None
    mine: bool = False
    expected_empty: bool = False
    open_on: Literal["here", "elsewhere"] | None = None
    own_recount: bool = False


class StocktakeView(msgspec.Struct, frozen=True):
    """A stocktake as the scan page shows it."""

    id: int
    number: str
    state: str
    blind: bool
    bins: list[StocktakeBin]


class PhotoCode(msgspec.Struct, frozen=True):
    """A code found in a photo, its text as a scanner sends it."""

    text: str
    symbology: str
    gtin14: str | None


class PhotoReading(msgspec.Struct, frozen=True):
    """Everything a photo shows, or the sentence that says why it cannot be read."""

    codes: list[PhotoCode]
    ms: float
    error: str | None


class PhotoKept(msgspec.Struct, frozen=True):
    """A picture was kept: how many there are of this scan."""

    photos: int
