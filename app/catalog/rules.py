"""What holds for items, packs and codes before any database is asked."""

import re
from collections.abc import Hashable, Iterable, Mapping
from decimal import Decimal
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from app.kernel.errors import InvalidInput, NotFound, RuleBroken
from app.kernel.exact import ZERO
from app.kernel.gtin import barcode_key, find_gtin14, has_check_digit, has_gtin_length
from app.kernel.i18n import N_
from app.kernel.owncode import has_own_shape
from app.kernel.text import one_line

LONGEST_BARCODE = 120
LONGEST_NAME = 200
LONGEST_CODE = 40
LONGEST_UNIT = 20
LONGEST_SPEC = 80
LONGEST_CATEGORY = 80
# Basis points of the VAT rates in force; any other rate up to 100 % may be typed.
TAX_RATES = (1300, 900, 600, 300, 100, 0)  # basis points
USUAL_TAX_RATE = TAX_RATES[0]
ONE = Decimal(1)

# Units that are weighed, measured or poured, so that 0.5 of them makes sense; all others are counted whole.
MEASURED_UNITS = frozenset(
    {"kg", "g", "mg", "t", "公斤", "千克", "克", "斤", "两", "吨", "磅", "lb", "oz", "l", "ml", "升", "毫升"}
    | {"m", "cm", "mm", "km", "米", "厘米", "毫米", "公里", "尺", "寸", "m²", "平方米", "m³", "立方米", "方"}
)
# What a new company's list of units begins with, by its language.
FIRST_UNITS = {
    "zh": ("件", "个", "瓶", "包", "袋", "盒", "箱", "kg"),
    "en": ("piece", "bottle", "bag", "box", "carton", "kg"),
}
Seen = TypeVar("Seen", bound=Hashable)
_CATEGORY_SEPARATOR = re.compile(r"\s*[/／>＞]\s*")


class NameMissing(InvalidInput):
    """An item without a name."""

    message = N_("Enter a name.")


class CodeTaken(RuleBroken):
    """Two items would have one code."""

    message = N_("The code %(code)s belongs to %(item)s already.")


class BarcodeMissing(InvalidInput):
    """An empty barcode."""

    message = N_("Enter or scan a barcode.")


class BarcodeTooLong(InvalidInput):
    """More characters than a barcode carries."""

    message = N_("This barcode is longer than %(longest)s characters.")


class BarcodeReserved(InvalidInput):
    """The code has the form of our own labels, which name their pack by themselves."""

    message = N_("%(code)s has the form of our own labels; these are known without being entered.")


class CheckDigitWrong(InvalidInput):
    """Digits as long as a GTIN whose check digit does not fit."""

    message = N_("The check digit of %(code)s is wrong: probably a slip in typing.")


class BarcodeTaken(RuleBroken):
    """The code names a pack of another item."""

    message = N_("The barcode %(code)s belongs to %(item)s (%(unit)s) already.")


class PackTaken(RuleBroken):
    """The item has this pack."""

    message = N_("This item has the pack %(unit)s of %(factor)s already.")


class PackInUse(RuleBroken):
    """History names the pack."""

    message = N_("This pack has been scanned or used before; it cannot be removed.")


class BasePackFixed(RuleBroken):
    """The pack of the base unit belongs to the item."""

    message = N_("The pack of the base unit cannot be removed.")


class FactorWrong(InvalidInput):
    """A pack must hold something."""

    message = N_("A pack holds more than 0 of the base unit.")


class TooLong(InvalidInput):
    """Longer than the books carry."""

    message = N_("“%(text)s” is longer than %(longest)s characters.")


class ExpiryNeedsLots(InvalidInput):
    """Expiry dates stand on lots."""

    message = N_("Expiry dates are kept per lot: switch lots on as well.")


class TrackingFixed(RuleBroken):
    """Lots cannot be switched while goods lie somewhere without (or with) them."""

    message = N_("Lots and expiry cannot be switched while %(item)s is in stock.")


class BaseUnitFixed(RuleBroken):
    """All quantities of the item's history are in its base unit."""

    message = N_("The base unit of %(item)s cannot change any more: its history is in %(unit)s.")


class TaxRateWrong(InvalidInput):
    """A VAT rate is a share."""

    message = N_("A tax rate lies between 0 and 100 percent.")


class ThresholdNegative(InvalidInput):
    """Minimum and safety stock are amounts of goods."""

    message = N_("Minimum and safety stock cannot be below 0.")


class PriceNegative(InvalidInput):
    """Nobody is paid for taking goods."""

    message = N_("A price cannot be below 0.")


class CategoryLoop(RuleBroken):
    """A category cannot lie in itself."""

    message = N_("A category cannot be put into itself or one of its own parts.")


class CategoryTaken(RuleBroken):
    """Two categories of one name side by side."""

    message = N_("There is a category %(name)s here already.")


class CategoryInUse(RuleBroken):
    """Items or categories lie in it."""

    message = N_("%(name)s is in use: move its items and parts elsewhere first.")


class NoSuchItem(NotFound):
    """No item with this id."""

    message = N_("There is no such item.")


class NoSuchPack(NotFound):
    """No pack with this id."""

    message = N_("There is no such pack.")


class ItemDraft(Struct, frozen=True):
    """An item as somebody typed or imported it: checked values, names instead of ids.

    `code` empty takes the next free number; `initials` empty are made from the name; `category` is a path with "/".
    """

    name: str
    unit: str
    code: str = ""
    initials: str = ""
    spec: str = ""
    category: str = ""
    tax_rate: int = USUAL_TAX_RATE
    purchase_price: Decimal | None = None
    sale_price: Decimal | None = None
    minimum: Decimal = ZERO
    safety: Decimal = ZERO
    tracks_lots: bool = False
    tracks_expiry: bool = False
    own_fields: Mapping[str, str] = field(default_factory=dict)


class PackDraft(Struct, frozen=True):
    """A pack to come with an item: its unit, factor to the base unit, and codes."""

    unit: str
    factor: Decimal
    codes: tuple[str, ...] = ()


class ItemRow(Struct, frozen=True):
    """One row of an import: an item, the codes of its base pack, its further packs."""

    item: ItemDraft
    codes: tuple[str, ...] = ()
    packs: tuple[PackDraft, ...] = ()

    @property
    def all_packs(self) -> tuple[PackDraft, ...]:
        """The base unit's pack and the further ones."""
        return (PackDraft(self.item.unit, ONE, self.codes), *self.packs)

    @property
    def all_codes(self) -> tuple[str, ...]:
        """Every barcode of the row."""
        return tuple(code for pack in self.all_packs for code in pack.codes)


class PackFacts(Struct, frozen=True):
    """What a scan must know of a pack: no database object, safe to keep and to send."""

    pack_id: int
    item_id: int
    item_code: str
    item_name: str
    spec: str
    unit: str
    factor: Decimal
    base_unit: str
    base_pack_id: int
    places: int
    tracks_lots: bool
    tracks_expiry: bool
    active: bool

    def in_base_unit(self) -> "PackFacts":
        """Return the pack of the item's base unit."""
        return replace(self, pack_id=self.base_pack_id, unit=self.base_unit, factor=Decimal(1))


def normalise(code: str) -> str:
    """Return the one form in which *code* is stored and looked up: GTIN-14 where it is a GTIN, else its exact text.

    Errors: BarcodeMissing, BarcodeTooLong, BarcodeReserved.
    """
    key = barcode_key(code)
    if not key:
        raise BarcodeMissing
    if len(key) > LONGEST_BARCODE:
        raise BarcodeTooLong(longest=LONGEST_BARCODE)
    if has_own_shape(key):
        raise BarcodeReserved(code=key)
    return key


def ensure_check_digit(code: str) -> None:
    """Refuse digits as long as a GTIN that are none; shops' own numbers pass if the user says they are meant so."""
    text = code.strip()
    if has_gtin_length(text) and not has_check_digit(text):
        raise CheckDigitWrong(code=text)


def shown_barcode(key: str) -> str:
    """Return a stored code as it is printed: a GTIN without the zeros that made it 14 digits long."""
    if find_gtin14(key) != key or key[0] != "0":
        return key
    if key.startswith("000000"):
        return key[6:]
    return key[2:] if key.startswith("00") else key[1:]


def ensure_draft(draft: ItemDraft) -> None:
    """Refuse an item that breaks a rule of its own.

    Errors: NameMissing, TaxRateWrong, ThresholdNegative, PriceNegative, ExpiryNeedsLots, TooLong.
    """
    if not draft.name.strip():
        raise NameMissing
    if not 0 <= draft.tax_rate <= 10_000:  # noqa: PLR2004  # basis points of the whole
        raise TaxRateWrong
    if draft.minimum < 0 or draft.safety < 0:
        raise ThresholdNegative
    if any(price is not None and price < 0 for price in (draft.purchase_price, draft.sale_price)):
        raise PriceNegative
    if draft.tracks_expiry and not draft.tracks_lots:
        raise ExpiryNeedsLots
    for problem in too_long(draft):
        raise problem


def too_long(draft: ItemDraft) -> list[TooLong]:
    """Return a problem for each text that is longer than the books carry."""
    texts = [
        (draft.name, LONGEST_NAME),
        (draft.code, LONGEST_CODE),
        (draft.unit, LONGEST_UNIT),
        (draft.spec, LONGEST_SPEC),
        (draft.initials, LONGEST_NAME),
        *((part, LONGEST_CATEGORY) for part in category_path(draft.category)),
    ]
    return [_too_long(text, longest) for text, longest in texts if len(one_line(text)) > longest]


def ensure_unit(name: str) -> None:
    """Refuse a unit whose name is longer than the books carry."""
    if len(one_line(name)) > LONGEST_UNIT:
        raise _too_long(name, LONGEST_UNIT)


def _too_long(text: str, longest: int) -> TooLong:
    return TooLong(text=f"{text[:30]}…", longest=longest)


def ensure_factor(factor: Decimal) -> None:
    """Refuse a pack of nothing."""
    if factor <= 0:
        raise FactorWrong


def unit_places(name: str) -> int:
    """Return how many decimals a quantity in the unit *name* has: 3 where it is measured, 0 where it is counted."""
    return 3 if name.casefold() in MEASURED_UNITS else 0


def category_path(text: str) -> tuple[str, ...]:
    """Return the names on the way to a category written as "饮料 / 茶饮料"."""
    return tuple(part for part in _CATEGORY_SEPARATOR.split(one_line(text)) if part)


def is_below(on_hand: Decimal, minimum: Decimal) -> bool:
    """Return whether stock has come down to its minimum; a minimum of 0 means nobody wants to be told."""
    return minimum > 0 and on_hand <= minimum


def doubled(values: Iterable[Seen]) -> set[Seen]:
    """Return the values that come more than once."""
    seen: set[Seen] = set()
    return {value for value in values if value in seen or seen.add(value)}  # type: ignore[func-returns-value]  # add() says nothing, which is the point
