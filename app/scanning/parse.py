"""Code text → what it says: GS1 elements, a GTIN, a label of ours, or plain text.

Nothing is refused for good: a text whose own form is broken says so in `problem` and stays usable as a plain code, for
shops bind whatever is printed. A number with a wrong check digit is never passed on as a GTIN.
"""

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from app.kernel.errors import InvalidInput
from app.kernel.gtin import barcode_key, expand_upc_e, find_gtin14, guess_gtin14, has_gtin_length, is_restricted
from app.kernel.i18n import N_
from app.kernel.owncode import OwnCode, find_own_code, has_own_shape
from app.scanning.gs1 import SEPARATOR, Element, make_element, split
from app.scanning.gs1_values import gs1_date
from app.scanning.links import is_link, split_link
from app.scanning.symbols import Symbology

# A QR code holds at most 7,089 digits.
LONGEST = 7_089

# AIM symbology identifiers (ISO/IEC 15424).
_AIM = re.compile(r"\](?:([ABCDFGHIJLMOPQRSTUXZcdehjz])([0-9A-Fa-f])|(E)([0-4]))")
_AIM_GS1 = frozenset({"]C1", "]d2", "]d5", "]Q3", "]Q5", "]J1", "]e0", "]e1", "]e2", "]e3", "]h2"})
_AIM_RETAIL = {"]E0": (13,), "]E3": (13,), "]E4": (8,)}
_COMPOSITE = "|]e0"

_BRACKETED = re.compile(r"[(\[]([0-9]{2,4})[)\]]")
# Long before any real length ends: the free-text identifiers that a mistyped GTIN may seem to start with.
_FREE_TEXT = re.compile(r"(?:9[0-9]|10|2[12]|240|241|25[01]|400|403)[0-9]+")

_NET_WEIGHT = re.compile(r"310[0-5]")


class CodeKind(StrEnum):
    """The form a code has."""

    GS1 = "gs1"
    DIGITAL_LINK = "digital_link"
    GTIN = "gtin"
    OWN = "own"
    PLAIN = "plain"


class EmptyCode(InvalidInput):
    """The scanner sent nothing."""

    message = N_("There is nothing in this code.")


class CodeTooLong(InvalidInput):
    """No symbol holds as much."""

    message = N_("This text is too long for a code.")


class UnknownSymbology(InvalidInput):
    """Starts with ] but not as a scanner writes it."""

    message = N_("“%(prefix)s” is no symbology identifier.")


class DamagedGtin(InvalidInput):
    """As long as a GTIN, but no GTIN."""

    message = N_("The check digit of this number is wrong: a digit may be misread or mistyped.")


class DamagedLabel(InvalidInput):
    """A label of ours whose check digits do not fit."""

    message = N_("This looks like one of our labels, but it is damaged: scan it again.")


class ParsedCode(Struct, frozen=True):
    """What a code says. `text` is the code without its symbology identifier, as the catalogue would hold it."""

    text: str
    kind: CodeKind
    elements: tuple[Element, ...] = ()
    gtin14: str | None = None
    lot: str | None = None
    expiry: date | None = None
    serial: str | None = None
    quantity: Decimal | None = None
    weight_kg: Decimal | None = None
    own: OwnCode | None = None
    is_valid: bool = True
    problem: InvalidInput | None = None

    @property
    def key(self) -> str:
        """Return the exact form under which the catalogue would hold the whole code."""
        return self.gtin14 if self.kind is CodeKind.GTIN and self.gtin14 else barcode_key(self.text)


def parse(raw: str, *, today: date, symbology: Symbology | None = None) -> ParsedCode:
    """Return what *raw* says: a code as scanned, with or without its symbology identifier, or as typed.

    *today* settles the century of dates. *symbology*, where known, keeps ITF and Code 39 from being read as GS1.
    """
    text = raw.strip(" \t\r\n")
    if not text.strip(SEPARATOR):
        return _refused(text, EmptyCode())
    if len(text) > LONGEST:
        return _refused(text, CodeTooLong())
    if not text.startswith("]"):
        return _parse_by_symbology(text, symbology, today)
    aim = _AIM.match(text)
    if aim is None:
        return _refused(text, UnknownSymbology(prefix=text[:3]))
    return _parse_identified(aim[0], text[3:], today)


def _parse_by_symbology(text: str, symbology: Symbology | None, today: date) -> ParsedCode:
    if symbology is Symbology.UPC_E and (number := expand_upc_e(text)):
        return _gtin(text, f"{number:0>14}")
    if symbology in {Symbology.ITF, Symbology.CODE_39}:
        return _parse_plain(text)
    if symbology in {Symbology.DATABAR, Symbology.DATABAR_EXPANDED} and not has_gtin_length(text):
        return _gs1(text, today, is_marked=True)
    return _parse_unmarked(text, today)


def _parse_identified(aim: str, text: str, today: date) -> ParsedCode:
    """Read *text* as the symbology identifier *aim* in front of it says."""
    if aim in _AIM_RETAIL:
        return _retail(aim, text, today)
    if aim in _AIM_GS1:
        return _link(text, today) if is_link(text) else _gs1(text, today, is_marked=True)
    if aim[1] in "AI":
        return _parse_plain(text)
    read = _parse_unmarked(text, today) if text else _plain(text)
    # Any text is right in a symbol that promises no structure.
    return read if read.is_valid else _plain(text)


def _parse_unmarked(text: str, today: date) -> ParsedCode:
    """Read *text* of which nobody said what it is."""
    if has_own_shape(text):
        return _own(text)
    if is_link(text):
        return _link(text, today)
    if _BRACKETED.match(text):
        return _bracketed(text, today)
    if SEPARATOR in text:
        return _gs1(text, today, is_marked=True)
    if has_gtin_length(text):
        return _number(text, today)
    read = _gs1(text, today, is_marked=False)
    return read if read.is_valid else _plain(text)


def _parse_plain(text: str) -> ParsedCode:
    """Read *text* of a symbology that carries no GS1 elements: a label of ours, a GTIN (ITF-14), or plain."""
    if has_own_shape(text):
        return _own(text)
    gtin14 = find_gtin14(text)
    return _gtin(text, gtin14) if gtin14 else _plain(text)


def _plain(text: str) -> ParsedCode:
    return ParsedCode(text, CodeKind.PLAIN)


def _refused(text: str, problem: InvalidInput) -> ParsedCode:
    return ParsedCode(text, CodeKind.PLAIN, is_valid=False, problem=problem)


def _own(text: str) -> ParsedCode:
    own = find_own_code(text)
    if own is None:
        return _refused(text, DamagedLabel())
    return ParsedCode(str(own), CodeKind.OWN, own=own)


def _gtin(text: str, gtin14: str) -> ParsedCode:
    """Read a right GTIN; one of a shop's own range names nothing outside that shop, so it is a plain code."""
    if is_restricted(gtin14):
        return _plain(text)
    return ParsedCode(text, CodeKind.GTIN, gtin14=gtin14)


def _number(text: str, today: date) -> ParsedCode:
    """Read digits as long as a GTIN: that first, then UPC-E, then typed GS1 values (a date, a weight)."""
    gtin14 = guess_gtin14(text)
    if gtin14:
        return _gtin(text, gtin14)
    read = _gs1(text, today, is_marked=False)
    if not read.is_valid or _FREE_TEXT.fullmatch(text):
        return _refused(text, DamagedGtin())
    return read


def _retail(aim: str, text: str, today: date) -> ParsedCode:
    """Read an EAN/UPC symbol, perhaps with a composite component of GS1 elements above it."""
    number, _, component = text.partition(_COMPOSITE)
    gtin14 = find_gtin14(number) if len(number) in _AIM_RETAIL[aim] else None
    if gtin14 is None:
        return _refused(text, DamagedGtin())
    if not component:
        return _gtin(number, gtin14)
    return _gs1(f"01{gtin14}{component}", today, is_marked=True)


def _gs1(text: str, today: date, *, is_marked: bool) -> ParsedCode:
    """Read *text* as element strings; unknown identifiers are kept only where the symbol is marked as GS1."""
    try:
        elements = split(text, keep_unknown=is_marked)
    except InvalidInput as broken:
        return _refused(text, broken)
    return _read_elements(text, CodeKind.GS1, elements, today)


def _link(text: str, today: date) -> ParsedCode:
    try:
        elements = split_link(text)
    except InvalidInput as broken:
        return _refused(text, broken)
    return _read_elements(text, CodeKind.DIGITAL_LINK, elements, today)


def _bracketed(text: str, today: date) -> ParsedCode:
    """Read the line printed under a symbol: (01)06901234567892(10)LOT."""
    _, *pieces = _BRACKETED.split(text)
    try:
        elements = tuple(make_element(ai, value) for ai, value in zip(pieces[::2], pieces[1::2], strict=True))
    except InvalidInput as broken:
        return _refused(text, broken)
    return _read_elements(text, CodeKind.GS1, elements, today)


def _read_elements(text: str, kind: CodeKind, elements: tuple[Element, ...], today: date) -> ParsedCode:
    """Pick out of *elements* what the tasks use; a value with a problem is kept but not used."""
    sound = {element.ai: element.value for element in reversed(elements) if element.problem is None}
    day = next((sound[ai][:6] for ai in ("17", "7003", "15") if ai in sound), None)
    count = sound.get("37") or sound.get("30")
    return ParsedCode(
        text,
        kind,
        elements,
        gtin14=sound.get("01") or sound.get("02"),
        lot=sound.get("10"),
        expiry=gs1_date(day, today) if day else None,
        serial=sound.get("21"),
        quantity=Decimal(count) if count else None,
        weight_kg=_weight(sound),
        problem=next((element.problem for element in elements if element.problem), None),
    )


def _weight(sound: dict[str, str]) -> Decimal | None:
    """Return the net weight in kg: AI 310n has n decimals."""
    ai = next((ai for ai in sound if _NET_WEIGHT.fullmatch(ai)), None)
    return Decimal(sound[ai]).scaleb(-int(ai[3])) if ai else None
