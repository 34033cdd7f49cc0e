"""A scan on its way into the record: what was sent, and what intake finds out about it step by step."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from app.catalog.models import NO_LOT
from app.catalog.rules import PackFacts
from app.kernel.exact import ZERO
from app.scanning.meanings import BIN, PACK, BinFacts, Meaning
from app.scanning.parse import ParsedCode
from app.scanning.rules import Reason, ScanKind, ScanStatus, base_quantity, is_countable
from app.scanning.sent import SCHEMA, SentScan
from app.scanning.tasks import NewScan

COUNTING = frozenset({ScanKind.SCAN, ScanKind.SET, ScanKind.ZERO})
AT_A_BIN = frozenset({ScanKind.OPEN_BIN, ScanKind.CLOSE_BIN})
SSCC = "00"


def expected_kind(kind: ScanKind, location: int | None) -> str | None:
    """Return what the code of such a scan must name, None where no code is looked at."""
    if kind in COUNTING:
        return PACK
    return BIN if kind in AT_A_BIN and location is None else None


def serial_of(code: ParsedCode) -> str | None:
    """Return the word for the one thing that bears *code*: a GTIN with its serial number, or a logistic unit's SSCC."""
    if code.gtin14 and code.serial:
        return f"{code.gtin14} {code.serial}"
    return next((element.value for element in code.elements if element.ai == SSCC and element.problem is None), None)


class Taken(Struct, frozen=True):
    """What became of a scan that came in, as its phone is told."""

    id: UUID
    status: ScanStatus
    reason: str | None
    bin: BinFacts | None
    pack: PackFacts | None
    quantity: Decimal | None
    counted: Decimal | None
    lot: str | None = None
    choices: tuple[Meaning, ...] = ()


class Draft(Struct):
    """One scan before it is kept; `reason` is set by the first step that must park it."""

    sent: SentScan
    id: UUID
    digest: bytes
    occurred_at: datetime
    received_at: datetime
    reason: str | None = None
    detail: str | None = None
    user_id: int | None = None
    code: ParsedCode | None = None
    choices: tuple[Meaning, ...] = ()
    pack: PackFacts | None = None
    bin: BinFacts | None = None
    lot_id: int = NO_LOT
    lot_code: str | None = None
    expiry: date | None = None
    quantity: Decimal | None = None
    counted: Decimal | None = None
    task_kind: str = ""  # these two are what `sent` names
    task_id: int = 0

    def __post_init__(self) -> None:
        self.task_kind, _, number = self.sent.task.partition(":")
        self.task_id = int(number)
        if self.id != self.sent.id:
            self.park(Reason.ID_REUSED)

    def park(self, reason: str, detail: str | None = None) -> None:
        """Keep the scan for a person; the first reason stands."""
        if self.reason is None:
            self.reason, self.detail = reason, detail

    @property
    def expected(self) -> str | None:
        """Return the kind of thing that the code must name here, None where no code is looked at."""
        return expected_kind(self.sent.kind, self.sent.location)

    @property
    def status(self) -> ScanStatus:
        """Return what becomes of the scan."""
        return ScanStatus.PARKED if self.reason else ScanStatus.ACCEPTED

    @property
    def serial(self) -> str | None:
        """Return the single thing that the code names, where goods are counted."""
        return serial_of(self.code) if self.code and self.sent.kind in COUNTING else None

    def mean(self, meanings: tuple[Meaning, ...]) -> None:
        """Take the one meaning, or the one that the person chose; the base unit of its item can be chosen, too."""
        options = (*meanings, *_in_base_units(meanings))
        chosen = [meaning for meaning in options if meaning.candidate == self.sent.candidate]
        if not chosen and (len(meanings) > 1 or self.has_chosen_unit):
            self.park(Reason.AMBIGUOUS)
            if self.reason == Reason.AMBIGUOUS:  # what is parked for another reason is not asked about
                self.choices = meanings
            return
        meaning = (chosen or meanings)[0]
        self.pack, self.bin = meaning.pack, meaning.bin or self.bin

    @property
    def has_chosen_unit(self) -> bool:
        """Whether a person typed a quantity of a pack that they named: what the code says of quantity is beside it."""
        return self.sent.kind is ScanKind.SET and self.sent.candidate is not None

    def count(self) -> None:
        """Work out the quantity in base units and the lot; park what cannot be."""
        if self.pack is None or self.code is None:
            return
        sent = self.sent
        if sent.kind is ScanKind.SET and sent.quantity is None:
            self.park(Reason.QUANTITY_MISSING)
            return
        labels = ZERO if sent.kind is ScanKind.ZERO else Decimal(sent.quantity or 1)
        code, pack = self.code, self.pack
        inside = (None, None) if self.has_chosen_unit else (code.quantity, code.weight_kg)
        self.quantity = base_quantity(labels, pack.factor, *inside, pack.base_unit)
        if not is_countable(self.quantity, pack.places):
            self.quantity = None
            self.park(Reason.QUANTITY_INVALID)
        self.lot_code = sent.lot or self.code.lot
        self.expiry = sent.expiry or self.code.expiry
        if self.pack.tracks_lots and not self.lot_code:
            self.park(Reason.LOT_MISSING)

    def as_new_scan(self) -> NewScan:
        """Return the scan as a task judges it."""
        sent = self.sent
        return NewScan(
            id=self.id,
            device_id=sent.device,
            sequence=sent.sequence,
            user_id=self.user_id or 0,
            task_id=self.task_id,
            round=sent.round,
            kind=sent.kind,
            undoes=sent.undoes,
            raw=sent.raw,
            symbology=sent.symbology,
            item_id=self.pack.item_id if self.pack else None,
            pack_id=self.pack.pack_id if self.pack else None,
            factor=self.pack.factor if self.pack else None,
            lot_id=self.lot_id,
            lot_code=self.lot_code,
            expiry=self.expiry,
            location_id=self.bin.id if self.bin else None,
            quantity=self.quantity,
            occurred_at=self.occurred_at,
            uncertainty_ms=sent.uncertainty_ms,
            serial=self.serial,
        )

    def as_row(self) -> Mapping[str, object]:
        """Return the row that keeps the scan."""
        sent = self.sent
        return {
            "id": self.id,
            "claimed_id": sent.id if sent.id != self.id else None,
            "device_id": sent.device,
            "sequence": sent.sequence,
            "schema_version": SCHEMA,
            "user_id": self.user_id,
            "task_kind": self.task_kind,
            "task_id": self.task_id,
            "round": sent.round,
            "kind": sent.kind,
            "undoes": sent.undoes,
            "raw": sent.raw,
            "symbology": sent.symbology,
            "candidate": sent.candidate,
            "item_id": self.pack.item_id if self.pack else None,
            "pack_id": self.pack.pack_id if self.pack else None,
            "factor": self.pack.factor if self.pack else None,
            "lot_id": self.lot_id,
            "lot_code": self.lot_code,
            "expiry": self.expiry,
            "serial": self.serial,
            "location_id": self.bin.id if self.bin else None,
            "sent_quantity": Decimal(sent.quantity) if sent.quantity is not None else None,
            "quantity": self.quantity,
            "occurred_at": self.occurred_at,
            "scanned_at": sent.scanned_at,
            "clock_offset_ms": sent.clock_offset_ms,
            "uncertainty_ms": sent.uncertainty_ms,
            "elapsed_ms": sent.elapsed_ms,
            "received_at": self.received_at,
            "status": self.status,
            "reason": self.reason,
            "detail": self.detail,
            "counted": self.counted,
            "digest": self.digest,
        }

    def as_taken(self) -> Taken:
        """Return what the phone is told."""
        return Taken(
            id=self.sent.id,
            status=self.status,
            reason=self.reason,
            bin=self.bin,
            pack=self.pack,
            quantity=self.quantity,
            counted=self.counted,
            lot=shown_lot(self.pack, self.lot_code),
            choices=self.choices,
        )


def shown_lot(pack: PackFacts | None, code: str | None) -> str | None:
    """Return the lot by which goods are counted apart; a code may name one though the item is not kept by lots."""
    return code or None if pack and pack.tracks_lots else None


def _in_base_units(meanings: Iterable[Meaning]) -> Iterator[Meaning]:
    for meaning in meanings:
        if meaning.pack:
            base = meaning.pack.in_base_unit()
            yield Meaning(PACK, base.pack_id, pack=base)
