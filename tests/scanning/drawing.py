"""Pictures of codes drawn by zxing-cpp's writer, for those who have no photographs beside the checkout."""

import io
from typing import Any

import zxingcpp
from PIL import Image

WHITE = 255


def draw(text: str, form: str, scale: int = 3, **options: Any) -> Image.Image:
    """Return a grey picture of *text* as zxing-cpp's format *form* (EAN13, Code128 …)."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat[form], **options)
    drawn = zxingcpp.write_barcode_to_image(code, scale=scale)
    height, width = drawn.shape
    pixels = bytes(memoryview(drawn))  # type: ignore[arg-type]  # its stub does not tell that it is a buffer
    return Image.frombytes("L", (width, height), pixels)


def page(*codes: Image.Image) -> Image.Image:
    """Return *codes* below each other on one white page."""
    width = max(code.width for code in codes) + 80
    sheet = Image.new("L", (width, sum(code.height + 60 for code in codes) + 60), WHITE)
    top = 60
    for code in codes:
        sheet.paste(code, ((width - code.width) // 2, top))
        top += code.height + 60
    return sheet


def as_bytes(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """Return *image* as a file of *form*."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()
