"""The symbologies this product reads and a decoded symbol; the two engines' names and texts made one.

EAN and UPC are one family: an EAN-13 that starts with 0 is a UPC-A, and only the 14 digits tell whether two readings
agree. Control characters stay in the text: 0x1D is GS1's separator.
"""

from dataclasses import dataclass
from enum import StrEnum


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
LINEAR = frozenset(Symbology) - {Symbology.QR, Symbology.DATAMATRIX}


@dataclass(frozen=True)
class Symbol:
    """One decoded symbol; `aim` is its AIM symbology identifier where the engine tells it, else empty."""

    text: str
    symbology: Symbology
    gtin14: str | None = None
    aim: str = ""

    @property
    def raw(self) -> str:
        """Return the text as a scanner would send it: with ]C1 and its like where the symbol is marked as GS1."""
        return self.aim + self.text
