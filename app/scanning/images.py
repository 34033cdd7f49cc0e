"""Photo bytes → an upright grey image of bounded size; what cannot be one is refused with a sentence.

Bytes come from anywhere. The size is read from the header before anything is unpacked; only formats that phones and
scanners write are opened.
"""

import io
import threading
from contextlib import nullcontext
from functools import cache
from typing import TYPE_CHECKING

from app.kernel.errors import InvalidInput
from app.kernel.i18n import N_

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 50_000_000
MAX_BYTES = 40 * 1024 * 1024
# Beyond this a photo is read at half, a quarter … of its size first: more is found, in a third of the time.
FIRST_PIXELS = 7_000_000

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "AVIF")
# The brands in the file-type box of Apple's and Samsung's photos.
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_ORIENTATION = 0x0112  # the EXIF tag
_WHITE, _EIGHT_BITS_OF_16 = 255, 1 / 256

# Requests run side by side; this bounds what their photos take together.
_one_big_at_a_time = threading.Lock()


class ImageRefused(InvalidInput):
    """A picture that cannot be read; the photo is to be taken again."""

    message = N_("This picture cannot be read.")


class ImageEmpty(ImageRefused):
    """Nothing arrived."""

    message = N_("The file is empty.")


class ImageTooLarge(ImageRefused):
    """More pixels or bytes than any phone's photo needs."""

    message = N_("This picture is too large: at most %(megapixels)s megapixels and %(megabytes)s MB.")


class ImageUnknown(ImageRefused):
    """Not a picture, or of a kind that no phone takes."""

    message = N_("This file is no picture that can be read (JPEG, HEIC, PNG, WebP, GIF, BMP or AVIF).")


class ImageHeic(ImageRefused):
    """Apple's format, on a machine for which its library is not made."""

    message = N_("HEIC photos cannot be read here: choose “Most Compatible” in the camera settings, or send a JPEG.")


class ImageDamaged(ImageRefused):
    """Cut off on the way, or made to harm."""

    message = N_("This picture is damaged or incomplete: take it again.")


def open_grey(content: bytes, *, at_most: int = FIRST_PIXELS) -> "Image":
    """Return the photo in *content*: grey, upright, halved until it has *at_most* pixels.

    Errors: the ImageRefused family, whatever the bytes hold.
    """
    if not content:
        raise ImageEmpty
    if len(content) > MAX_BYTES:
        raise _too_large()
    image = _open(content)
    if image.width * image.height > MAX_PIXELS:
        raise _too_large()
    try:
        return _upright(image, _grey(image, at_most))
    except Exception as broken:
        # The decoders of a dozen formats raise whatever they meet: OSError, SyntaxError, struct.error, MemoryError …
        raise ImageDamaged from broken


def _too_large() -> ImageTooLarge:
    return ImageTooLarge(megapixels=MAX_PIXELS // 1_000_000, megabytes=MAX_BYTES // 1024 // 1024)


def _open(content: bytes) -> "Image":
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415  # heavy, and only decoding needs it

    Image.init()
    known = [name for name in _FORMATS if name in Image.OPEN]
    is_heic = content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS
    if is_heic:
        if not heic_available():
            raise ImageHeic
        known.append("HEIF")
    # Pillow warns above this and refuses twice as much, before it unpacks anything.
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        return Image.open(io.BytesIO(content), formats=known)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large() from None
    except UnidentifiedImageError:
        raise ImageDamaged if is_heic else ImageUnknown from None
    except Exception as broken:
        raise ImageDamaged from broken


@cache
def heic_available() -> bool:
    """Return whether HEIC photos can be read here, and teach Pillow to."""
    try:
        import pillow_heif  # noqa: PLC0415  # heavy, only phones' photos need it, and not every machine has it
    except ImportError:
        return False
    # One thread: each has memory of its own, and photos are read one at a time.
    pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
    return True


def _grey(image: "Image", at_most: int) -> "Image":
    """Return *image* in 8 bits of grey on white, halved until it fits; a JPEG is unpacked small to begin with."""
    halvings = 0
    while image.width * image.height > at_most << 2 * halvings:
        halvings += 1
    width = image.width
    image.draft("L", (width >> halvings, image.height >> halvings))
    with _one_big_at_a_time if halvings else nullcontext():
        image.load()
        return _flat(image, max(1, (1 << halvings) // round(width / image.width)))


def _flat(image: "Image", divisor: int) -> "Image":
    """Return *image* in grey on white, its sides divided by *divisor*.

    Each channel is made and shrunk by itself: 50 megapixels in colour are 200 MB already, without a second copy.
    """
    from PIL import Image  # noqa: PLC0415  # heavy, and only decoding needs it

    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value * _EIGHT_BITS_OF_16)
    if not image.has_transparency_data:
        return image.convert("L").reduce(divisor)
    if "A" not in image.getbands():
        image = image.convert("RGBA")
    # What is transparent looks white on a page; without this it would turn black and swallow the bars.
    shown = image.getchannel("A").reduce(divisor)
    return Image.composite(image.convert("L").reduce(divisor), Image.new("L", shown.size, _WHITE), shown)


def _upright(image: "Image", grey: "Image") -> "Image":
    """Return *grey* turned the way the camera was held."""
    from PIL import Image  # noqa: PLC0415  # heavy, and only decoding needs it

    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    turn = turns.get(image.getexif().get(_ORIENTATION, 1))
    return grey if turn is None else grey.transpose(turn)
