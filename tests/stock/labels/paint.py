"""A label's ink on a bitmap, dot by dot as a label printer sets it: the same ink that the PDF is made of."""

import io

from PIL import Image, ImageDraw

from app.stock.labels.layout import DOT, Ink
from app.stock.labels.rules import Paper


def paint(ink: Ink, paper: Paper) -> Image.Image:
    """Return the label at 203 dpi; text is left to the PDF."""
    width, height = (round(side / DOT) for side in paper.label)
    image = Image.new("L", (width, height), 255)
    draw = ImageDraw.Draw(image)
    for x, y, w, h in ink.rects:
        left, bottom = round(x / DOT), height - round(y / DOT)
        draw.rectangle((left, bottom - round(h / DOT), left + round(w / DOT) - 1, bottom - 1), fill=0)
    return image


def as_photo(image: Image.Image) -> bytes:
    """Return the label as a phone's picture shows it: twice as large, on a grey desk."""
    big = image.resize((image.width * 2, image.height * 2), Image.Resampling.BICUBIC)
    desk = Image.new("L", (big.width + 120, big.height + 120), 180)
    desk.paste(big, (60, 60))
    buffer = io.BytesIO()
    desk.save(buffer, "PNG")
    return buffer.getvalue()
