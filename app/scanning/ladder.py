"""The ladder of preprocessing: what to try, in this order, when a photo does not read as it is.

Chosen by measurement on photographs (tests/benchmarks/decoding.py prints the table). zbar reads tilted bars up to some
20°, zxing-cpp needs about three pixels a module; so the rungs turn, sharpen and enlarge.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.scanning.engines import Engine, read_zbar, read_zxing

if TYPE_CHECKING:
    from PIL.Image import Image

# The rungs work on a copy of at most this long side: bars that need more pixels read as they are.
LONG_SIDE = 1_400
_SMALL = 700
_GREY = 128


@dataclass(frozen=True)
class Rung:
    """One try: engines on a prepared copy of the image; `prepare` may decline by None."""

    prepare: Callable[["Image"], "Image | None"]
    engines: tuple[Engine, ...]


def shrink(image: "Image") -> "Image":
    """Return *image*, or a copy of it no longer than LONG_SIDE."""
    longest = max(image.size)
    if longest <= LONG_SIDE:
        return image
    scale = LONG_SIDE / longest
    return image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))


def contrast(image: "Image") -> "Image":
    """Stretch the greys, ignoring the extreme 2 %."""
    from PIL import ImageOps  # noqa: PLC0415  # heavy, and only decoding needs it

    return ImageOps.autocontrast(image, cutoff=2)


def sharpen(image: "Image", radius: float = 3, percent: int = 150, threshold: int = 2) -> "Image":
    """Stretch the greys, then sharpen the edges of bars."""
    from PIL import ImageFilter  # noqa: PLC0415  # heavy, and only decoding needs it

    return contrast(image).filter(ImageFilter.UnsharpMask(radius, percent, threshold))


def turn(image: "Image", degrees: float) -> "Image":
    """Turn *image*, the new corners grey."""
    from PIL import Image  # noqa: PLC0415  # heavy, and only decoding needs it

    return image.rotate(degrees, Image.Resampling.BILINEAR, expand=True, fillcolor=_GREY)


def sharpen_hard(image: "Image") -> "Image":
    """Undo a good part of a blur of some six pixels."""
    return sharpen(image, radius=6, percent=300, threshold=0)


def enlarge(image: "Image") -> "Image | None":
    """Triple a small image: zxing-cpp wants three pixels a module."""
    from PIL import Image  # noqa: PLC0415  # heavy, and only decoding needs it

    if max(image.size) >= _SMALL:
        return None
    return image.resize((image.width * 3, image.height * 3), Image.Resampling.BICUBIC)


def invert(image: "Image") -> "Image":
    """Make bars of gaps."""
    from PIL import ImageOps  # noqa: PLC0415  # heavy, and only decoding needs it

    return ImageOps.invert(image)


_BOTH = (read_zbar, read_zxing)

RUNGS = (
    Rung(sharpen, (read_zxing,)),
    Rung(lambda image: turn(sharpen_hard(image), 45), _BOTH),
    Rung(lambda image: turn(sharpen(image), -33), _BOTH),
    Rung(lambda image: turn(sharpen(image), 33), _BOTH),
    Rung(lambda image: (bigger := enlarge(image)) and sharpen(bigger), _BOTH),
    Rung(enlarge, _BOTH),
    Rung(contrast, (read_zbar,)),
    Rung(invert, (read_zbar,)),
)
# After this many rungs every symbol has stood within some 15° of upright in one of the pictures.
TURNED = 4
