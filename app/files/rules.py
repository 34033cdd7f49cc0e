"""Pictures that people give us are opened, checked and written anew: what is kept was made by us.

Law: no byte of an upload is ever served; a re-encoded picture carries no script, no place, no camera's number.
"""

import io
import warnings

from msgspec import Struct

from app.kernel.errors import InvalidInput, NotFound
from app.kernel.i18n import N_

LARGEST_UPLOAD = 20 * 1024 * 1024
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 1280
THUMB_SIDE = 256
QUALITY = 82
MIMETYPE = "image/jpeg"
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")


class PictureUnreadable(InvalidInput):
    """Not a picture that we can open."""

    message = N_("This file is no picture that can be read here (JPEG, PNG, WebP, GIF, BMP).")


class PictureTooLarge(InvalidInput):
    """More bytes or pixels than a picture of goods needs."""

    message = N_("This picture is too large: at most %(megabytes)s MB and %(megapixels)s megapixels.")


class NoSuchFile(NotFound):
    """No file with this id."""

    message = N_("There is no such file.")


class Picture(Struct, frozen=True):
    """A checked picture: the JPEG to show, its thumbnail, and its size in pixels."""

    content: bytes
    thumb: bytes
    width: int
    height: int


def make_picture(upload: bytes) -> Picture:
    """Return the picture in *upload*, upright, at most 1280 pixels a side, on white where it was transparent.

    Errors: PictureUnreadable, PictureTooLarge.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415  # heavy, and only uploads need it

    if len(upload) > LARGEST_UPLOAD:
        raise _too_large()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(upload), formats=FORMATS) as image:
                if image.width * image.height > MOST_PIXELS:  # known from the header, before anything is unpacked
                    raise _too_large()
                image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
                upright = ImageOps.exif_transpose(image).convert("RGBA")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large() from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise PictureUnreadable from error
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    shown = Image.new("RGB", upright.size, "white")
    shown.paste(upright, mask=upright.getchannel("A"))
    thumb = ImageOps.contain(shown, (THUMB_SIDE, THUMB_SIDE)) if max(shown.size) > THUMB_SIDE else shown
    return Picture(_jpeg(shown), _jpeg(thumb), shown.width, shown.height)


def _jpeg(image: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=QUALITY, optimize=True, progressive=True)  # type: ignore[attr-defined]  # a Pillow image, imported where it is used
    return buffer.getvalue()


def _too_large() -> PictureTooLarge:
    return PictureTooLarge(megabytes=LARGEST_UPLOAD // 1024 // 1024, megapixels=MOST_PIXELS // 1_000_000)
