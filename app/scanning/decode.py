"""Photo bytes → the codes in it: both decoders on the picture as it is, then the ladder until something is sure.

A wrong code is worse than none. Symbologies without a strong check need two equal readings; readings that contradict
each other are reported and none of them is chosen.
"""

import time
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct, field

from app.kernel.errors import InvalidInput
from app.kernel.i18n import N_
from app.scanning.engines import Box, Engine, Reading, pyzbar_available, read_zbar, read_zxing
from app.scanning.images import FIRST_PIXELS, open_grey
from app.scanning.ladder import RUNGS, TURNED, shrink
from app.scanning.symbols import MATRIX, Symbol, Symbology

if TYPE_CHECKING:
    from PIL.Image import Image

# The ladder stops after so much work, or so many times as long on a machine that is busy with other things; the try
# that is under way is finished. By the processor's time, so that a busy machine reads what an idle one reads.
SECONDS = 3.0
BUSY = 3

# No check digit in these.
_NEEDS_TWO = frozenset({Symbology.ITF, Symbology.CODE_39})
# A check so weak that each engine finds it in other stripes, but not both the same.
_NEEDS_BOTH = frozenset({Symbology.UPC_E})
# Two boxes that share this part of the smaller one are one place.
_SAME_PLACE = 0.5
# The picture as it is, then the rungs up to the last one that turns it.
PICTURES_TURNED = 1 + TURNED


class ReadingsConflict(InvalidInput):
    """Two sure readings of one symbol; neither is taken."""

    message = N_("The readings of one code disagree (%(texts)s): take the picture again.")


class Decoded(Struct, frozen=True):
    """The symbols of one photo, and groups of texts that were read at one place and contradict each other."""

    symbols: tuple[Symbol, ...] = ()
    conflicts: tuple[tuple[str, ...], ...] = ()

    @property
    def problem(self) -> InvalidInput | None:
        """Return the sentence to show where readings disagree."""
        texts = " / ".join(text for group in self.conflicts for text in group)
        return ReadingsConflict(texts=texts) if texts else None


def decode(content: bytes, *, seconds: float = SECONDS) -> Decoded:
    """Return every code that is surely in the photo *content*, working on it for about *seconds*.

    Errors: the ImageRefused family of app.scanning.images.
    """
    tally = Tally()
    for number, (picture, engines) in enumerate(_tries(content, Effort(seconds))):
        for engine in engines:
            tally.add(engine, number, engine(picture))
        if tally.sure():
            break
    return tally.result()


class Effort:
    """How much work a photo is worth, from now on in this thread."""

    def __init__(self, seconds: float) -> None:
        self._work_ends = time.thread_time() + seconds
        self._ends = time.monotonic() + BUSY * seconds

    @property
    def is_over(self) -> bool:
        """Whether enough was done."""
        return time.thread_time() > self._work_ends or time.monotonic() > self._ends


def _tries(content: bytes, effort: Effort) -> Iterator[tuple["Image", Sequence[Engine]]]:
    """Yield pictures and the engines to show them to, the likeliest first, as long as the effort lasts."""
    image = open_grey(content)
    yield image, (read_zbar, read_zxing)
    small = shrink(image)
    for rung in RUNGS:
        if effort.is_over:
            return
        prepared = rung.prepare(small)
        if prepared is not None:
            yield prepared, rung.engines
    if not effort.is_over:
        larger = open_grey(content, at_most=4 * FIRST_PIXELS)
        if larger.size != image.size:
            yield larger, (read_zbar, read_zxing)


class _Entry(NamedTuple):
    """Who read it, on which try, and what."""

    engine: Engine
    picture: int
    reading: Reading


class Tally(Struct):
    """The readings so far.

    A scan line that leaves a tilted ITF through its top or bottom reads a part of it as a whole, again and again. So an
    ITF that is no ITF-14 is sure only when the turned pictures have been seen too: the straightest gives all digits.
    """

    readings: list[_Entry] = field(default_factory=list)
    pictures: int = 0

    def add(self, engine: Engine, picture: int, readings: Sequence[Reading]) -> None:
        """Note what *engine* read on the *picture*-th try."""
        self.readings += [_Entry(engine, picture, reading) for reading in readings]
        self.pictures = picture + 1

    def sure(self) -> list[Symbol]:
        """Return the symbols that have been read often enough; a GS1 mark counts wherever one engine saw it."""
        found: dict[tuple[str, str], Symbol] = {}
        for symbol in (entry.reading.symbol for entry in self.readings):
            known = found.get(symbol.identity)
            if known is None or (symbol.mark and not known.mark):
                found[symbol.identity] = symbol
        return [symbol for symbol in found.values() if self._is_sure(symbol)]

    def _is_sure(self, symbol: Symbol) -> bool:
        passes = {(entry.engine, entry.picture) for entry in self._of(symbol)}
        if symbol.symbology in _NEEDS_BOTH and pyzbar_available():
            return len({engine for engine, _ in passes}) > 1
        if symbol.symbology is Symbology.ITF and not symbol.gtin14 and self.pictures < PICTURES_TURNED:
            return False
        if symbol.symbology in _NEEDS_TWO | _NEEDS_BOTH:
            return len(passes) > 1 and not self._is_piece(symbol)
        return True

    def _of(self, symbol: Symbol) -> list[_Entry]:
        return [entry for entry in self.readings if entry.reading.symbol.identity == symbol.identity]

    def _is_piece(self, symbol: Symbol) -> bool:
        """Return whether a longer reading of the same symbology contains *symbol*: its bars were cut off."""
        return any(
            symbol.symbology is other.symbology and symbol.text != other.text and symbol.text in other.text
            for other in (entry.reading.symbol for entry in self.readings)
        )

    def result(self) -> Decoded:
        """Return the sure symbols without those that contradict each other."""
        sure = self.sure()
        conflicts = [(one, two) for one, two in combinations(sure, 2) if self._contradict(one, two)]
        disputed = {symbol for pair in conflicts for symbol in pair}
        return Decoded(
            tuple(symbol for symbol in sure if symbol not in disputed),
            tuple((one.text, two.text) for one, two in conflicts),
        )

    def _contradict(self, one: Symbol, two: Symbol) -> bool:
        """Return whether two linear symbols were read at one place of one picture."""
        if MATRIX & {one.symbology, two.symbology}:
            return False
        return any(
            first.picture == second.picture and _share(first.reading.box, second.reading.box) > _SAME_PLACE
            for first in self._of(one)
            for second in self._of(two)
        )


def _share(one: Box, two: Box) -> float:
    """Return how much of the smaller box lies in the other one; a box may be as thin as a scan line."""
    width = min(one[2], two[2]) - max(one[0], two[0]) + 1
    height = min(one[3], two[3]) - max(one[1], two[1]) + 1
    smaller = min((box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (one, two))
    return max(0, width) * max(0, height) / smaller
