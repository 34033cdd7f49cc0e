"""The symbologies this product reads, and a decoded symbol: the engines' different names and texts made one.

EAN and UPC are one family: an EAN-13 that starts with 0 is a UPC-A, and only the 14 digits tell whether two readings
agree. A text whose check digit is wrong never becomes a Symbol.
"""

from enum import StrEnum

from msgspec import Struct

from app.kernel.gtin import expand_upc_e, find_gtin14


class Symbology(StrEnum):
    """Symbologies by the names that commands and the API print."""

    EAN_13 = "EAN-13"
    EAN_8 = "EAN-8"
    UPC_A = "UPC-A"
    UPC_E = "UPC-E"
    CODE_128 = "Code 128"
    CODE_39 = "Code 39"
    ITF = "ITF"
    DATABAR = "DataBar"
    DATABAR_EXPANDED = "DataBar Expanded"
    QR = "QR"
    DATAMATRIX = "DataMatrix"


RETAIL = frozenset({Symbology.EAN_13, Symbology.EAN_8, Symbology.UPC_A, Symbology.UPC_E})
MATRIX = frozenset({Symbology.QR, Symbology.DATAMATRIX})

# Shorter ones are nearly always pieces of a longer symbol or of print.
_SHORTEST = {Symbology.ITF: 6, Symbology.CODE_39: 3}

# What a scanner sends before the text of a symbol that says it holds GS1 elements.
GS1_MARKS = frozenset({"]C1", "]d2", "]Q3", "]e0"})


class Symbol(Struct, frozen=True):
    """One decoded symbol; `mark` is ]C1, ]d2, ]Q3 or ]e0 where it says that it holds GS1 elements, else empty."""

    text: str
    symbology: Symbology
    gtin14: str | None = None
    mark: str = ""

    @property
    def raw(self) -> str:
        """Return the text as a scanner sends it, the mark in front."""
        return self.mark + self.text

    @property
    def identity(self) -> tuple[str, str]:
        """Return what two readings of one symbol have in common."""
        if self.symbology in RETAIL:
            return "retail", str(self.gtin14)
        return self.symbology, self.text


def make_symbol(symbology: Symbology, text: str, mark: str = "") -> Symbol | None:
    """Return the symbol that an engine read as *text*, or None where it cannot be right."""
    if len(text) < _SHORTEST.get(symbology, 1):
        return None
    if symbology in RETAIL:
        return _retail_symbol(symbology, text)
    mark = mark if mark in GS1_MARKS else ""
    return Symbol(text, symbology, _inner_gtin14(symbology, text, mark), mark)


def _retail_symbol(symbology: Symbology, text: str) -> Symbol | None:
    number = expand_upc_e(text) if symbology is Symbology.UPC_E else text
    gtin14 = find_gtin14(number or "")
    if gtin14 is None:
        return None
    if symbology in {Symbology.EAN_13, Symbology.UPC_A}:
        symbology, text = (Symbology.UPC_A, gtin14[2:]) if gtin14[1] == "0" else (Symbology.EAN_13, gtin14[1:])
    return Symbol(text, symbology, gtin14)


def _inner_gtin14(symbology: Symbology, text: str, mark: str) -> str | None:
    """Return the GTIN that a carton's symbol carries: ITF-14 as a whole, GS1 elements in front."""
    if symbology is Symbology.ITF:
        return find_gtin14(text) if len(text) == len("06901234567892") else None
    if mark and text.startswith("01"):
        return find_gtin14(text[2:16])
    return None
