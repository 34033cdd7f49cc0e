"""The two decoders, pyzbar and zxing-cpp: grey image → readings with their place, in one vocabulary.

Both release the interpreter while they work. They and Pillow are loaded on first use: most processes never decode.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from app.scanning.symbols import Symbol, Symbology, make_symbol

if TYPE_CHECKING:
    from PIL.Image import Image

# How many scan lines must agree before zbar is believed: true ITF symbols have many, pieces of other bars one or two.
_FEWEST_LINES = {Symbology.ITF: 3}

_ZBAR_NAMES = {
    "EAN13": Symbology.EAN_13,
    "EAN8": Symbology.EAN_8,
    "UPCE": Symbology.UPC_E,
    "CODE128": Symbology.CODE_128,
    "CODE39": Symbology.CODE_39,
    "I25": Symbology.ITF,
    "DATABAR": Symbology.DATABAR,
    "DATABAR_EXP": Symbology.DATABAR_EXPANDED,
    "QRCODE": Symbology.QR,
}
_ZXING_NAMES = {
    "EAN13": Symbology.EAN_13,
    "EAN8": Symbology.EAN_8,
    "UPCA": Symbology.UPC_A,
    "UPCE": Symbology.UPC_E,
    "Code128": Symbology.CODE_128,
    # Not plain Code39: it turns some texts of six characters into Code 32.
    "Code39Std": Symbology.CODE_39,
    "ITF": Symbology.ITF,
    "DataBarOmni": Symbology.DATABAR,
    "DataBarStk": Symbology.DATABAR,
    "DataBarStkOmni": Symbology.DATABAR,
    "DataBarLtd": Symbology.DATABAR,
    "DataBarExp": Symbology.DATABAR_EXPANDED,
    "DataBarExpStk": Symbology.DATABAR_EXPANDED,
    "QRCode": Symbology.QR,
    "DataMatrix": Symbology.DATAMATRIX,
}


Box = tuple[int, int, int, int]
Engine = Callable[["Image"], Sequence["Reading"]]


class Reading(Struct, frozen=True):
    """One engine's reading of one symbol; `box` is left, top, right, bottom in the image it was given."""

    symbol: Symbol
    box: Box


@cache
def pyzbar_available() -> bool:
    """Return whether the system has libzbar; without it zxing-cpp carries on alone."""
    try:
        _zbar()
    except ImportError:
        return False
    return True


@cache
def _zbar() -> Any:
    from pyzbar import pyzbar  # noqa: PLC0415  # loads libzbar, which may be missing

    return pyzbar


def read_zbar(image: "Image") -> list[Reading]:
    """Return what zbar reads in *image*; nothing where libzbar is missing."""
    if not pyzbar_available():
        return []
    zbar = _zbar()
    found = zbar.decode(image, symbols=[zbar.ZBarSymbol[name] for name in _ZBAR_NAMES])
    readings = (_from_zbar(symbol) for symbol in found)
    return [reading for reading in readings if reading]


def _from_zbar(found: Any) -> Reading | None:
    symbology = _ZBAR_NAMES.get(found.type)
    if symbology is None or found.quality < _FEWEST_LINES.get(symbology, 1):
        return None
    text = found.data.decode("utf-8", "replace")
    # zbar guesses the encoding of a QR code, and wrongly for Shift-JIS and Big5.
    if symbology is Symbology.QR and not text.isascii():
        return None
    mark = "]e0" if symbology in {Symbology.DATABAR, Symbology.DATABAR_EXPANDED} else ""
    symbol = make_symbol(symbology, text, mark)
    left, top, width, height = found.rect
    return Reading(symbol, (left, top, left + width, top + height)) if symbol else None


@cache
def _zxing() -> tuple[Any, Any]:
    """Return the library and the formats asked of it."""
    import zxingcpp  # noqa: PLC0415  # heavy, and only decoding needs it

    wanted = zxingcpp.BarcodeFormats([getattr(zxingcpp.BarcodeFormat, name) for name in _ZXING_NAMES])
    return zxingcpp, wanted


def read_zxing(image: "Image") -> list[Reading]:
    """Return what zxing-cpp reads in *image*."""
    zxing, wanted = _zxing()
    found = zxing.read_barcodes(image, formats=wanted, text_mode=zxing.TextMode.Plain)
    readings = (_from_zxing(barcode) for barcode in found)
    return [reading for reading in readings if reading]


def _from_zxing(found: Any) -> Reading | None:
    name = found.format.name
    symbology = Symbology.CODE_39 if name == "Code39" else _ZXING_NAMES.get(name)
    if symbology is None or not found.valid:
        return None
    text = found.text
    if symbology is Symbology.UPC_E:
        text = (found.extra or {}).get("UPCE", "")
    symbol = make_symbol(symbology, text, found.symbology_identifier)
    place = found.position
    corners = (place.top_left, place.top_right, place.bottom_left, place.bottom_right)
    xs, ys = [corner.x for corner in corners], [corner.y for corner in corners]
    return Reading(symbol, (min(xs), min(ys), max(xs), max(ys))) if symbol else None
