"""What a label says and on which paper it is printed."""

from enum import StrEnum

from msgspec import Struct

from app.kernel.errors import InvalidInput
from app.kernel.gtin import find_gtin14
from app.kernel.i18n import N_

MOST_LABELS = 1_000


class Symbol(StrEnum):
    """The form of the code on a label."""

    CODE_128 = "code128"
    QR = "qr"
    EAN = "ean"


class Label(Struct, frozen=True):
    """What one label says: the code to scan, its text, a heading, a line below it."""

    code: str
    heading: str
    line: str = ""
    is_ean: bool = False


class Paper(Struct, frozen=True):
    """A sheet of labels, or a roll with one label a page; all sizes in millimetres."""

    key: str
    name: str
    page: tuple[float, float]
    label: tuple[float, float]
    columns: int = 1
    rows: int = 1
    origin: tuple[float, float] = (0, 0)  # of the first label, from the left and the top
    gap: tuple[float, float] = (0, 0)

    @property
    def a_page(self) -> int:
        """How many labels a page has."""
        return self.columns * self.rows

    def place(self, index: int) -> tuple[float, float]:
        """Return the distance of a label's upper left corner from the page's left and top."""
        row, column = divmod(index % self.a_page, self.columns)
        return (
            self.origin[0] + column * (self.label[0] + self.gap[0]),
            self.origin[1] + row * (self.label[1] + self.gap[1]),
        )


PAPERS = {
    paper.key: paper
    for paper in (
        Paper("a4-24", N_("A4, 3 × 8 labels of 70 × 37 mm"), (210, 297), (70, 37), 3, 8, (0, 0.5)),
        Paper("a4-10", N_("A4, 2 × 5 labels of 99 × 57 mm"), (210, 297), (99, 57), 2, 5, (4.75, 6), (2.5, 0)),
        Paper("roll-50x30", N_("Roll, 50 × 30 mm"), (50, 30), (50, 30)),
        Paper("roll-70x50", N_("Roll, 70 × 50 mm"), (70, 50), (70, 50)),
    )
}


class NoLabels(InvalidInput):
    """Nothing to print."""

    message = N_("Nothing was chosen to print.")


class TooManyLabels(InvalidInput):
    """More labels than one file should have."""

    message = N_("%(count)s labels are too many for one file; print at most %(most)s at a time.")


def ensure_printable(count: int) -> None:
    """Refuse to print nothing, or more than anybody waits for. Errors: NoLabels, TooManyLabels."""
    if count < 1:
        raise NoLabels
    if count > MOST_LABELS:
        raise TooManyLabels(count=count, most=MOST_LABELS)


def is_printed_as_ean(key: str) -> bool:
    """Return whether the stored barcode *key* is printed as EAN-13, EAN-8 or UPC-A: all GTINs but those of cartons."""
    return find_gtin14(key) == key and key[0] == "0"
