"""The ladder of preprocessing: what to try, in this order, when a photo does not read as it is.

Chosen by measurement on photographs (tests/benchmarks/decoding.py prints the table). zbar reads bars tilted by up to
some 20°, zxing-cpp needs about three pixels a module, neither reads a blur of half a module: so the rungs turn,
sharpen, enlarge and deblur. What was tried and gained nothing: median, gamma, equalising, local thresholds, zxing-cpp's
other binarizers, averaging rows before reading.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from app.scanning.engines import Engine, read_zbar, read_zxing

if TYPE_CHECKING:
    from PIL.Image import Image

# The rungs work on a copy of at most this long side: bars that need more pixels read as they are.
LONG_SIDE = 1_400
_SMALL = 700
_GREY = 128


class Rung(Struct, frozen=True):
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


def enlarge(image: "Image", times: int) -> "Image | None":
    """Enlarge a small image: zxing-cpp wants three pixels a module."""
    from PIL import Image  # noqa: PLC0415  # heavy, and only decoding needs it

    if max(image.size) >= _SMALL:
        return None
    return image.resize((image.width * times, image.height * times), Image.Resampling.BICUBIC)


def deblur(image: "Image", radius: float, rounds: int) -> "Image":
    """Undo a blur of *radius* pixels: add what blurring the guess again still lacks (Van Cittert, 1931)."""
    from PIL import ImageChops, ImageFilter  # noqa: PLC0415  # heavy, and only decoding needs it

    guess = image
    for _ in range(rounds):
        lacking = ImageChops.subtract(image, guess.filter(ImageFilter.GaussianBlur(radius)), offset=_GREY)
        guess = ImageChops.add(guess, lacking, offset=-_GREY)
    return contrast(guess)


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
    Rung(lambda image: (bigger := enlarge(image, 2)) and deblur(bigger, 3, 5), _BOTH),
    Rung(lambda image: (bigger := enlarge(image, 3)) and deblur(bigger, 6, 8), _BOTH),
    Rung(lambda image: enlarge(image, 3), _BOTH),
    Rung(contrast, (read_zbar,)),
    Rung(invert, (read_zbar,)),
)
# After this many rungs every symbol has stood within some 15° of upright in one of the pictures.
TURNED = 4
