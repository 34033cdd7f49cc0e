"""What comes in as a photo: any bytes at all."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.scanning.decode import decode
from app.scanning.images import (
    FIRST_PIXELS,
    MAX_BYTES,
    ImageDamaged,
    ImageEmpty,
    ImageRefused,
    ImageTooLarge,
    ImageUnknown,
    open_grey,
)
from tests.scanning.drawing import as_bytes, draw, page

CODE = page(draw("6901234567892", "EAN13"))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, rows: bytes, colours: int = 0) -> bytes:
    """A PNG of 8 bits whose header promises a size and whose compressed *rows* may hold something else."""
    header = struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def png_claiming(width: int, height: int) -> bytes:
    return png(width, height, zlib.compress(b""))


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", ImageEmpty),
        (b"just text", ImageUnknown),
        (b"%PDF-1.7", ImageUnknown),
        (b"\0\0\0\x18ftypavif" + b"\0" * 40, ImageUnknown),
        (b"\xff\xd8\xff" + b"\0" * MAX_BYTES, ImageTooLarge),
        (png_claiming(8_000, 8_000), ImageTooLarge),
        (png_claiming(12_000, 12_000), ImageTooLarge),
        (png_claiming(100_000, 100_000), ImageTooLarge),
        (png_claiming(500, 500), ImageDamaged),
        (as_bytes(CODE)[:400], ImageDamaged),
        (as_bytes(CODE, "JPEG")[:-800], ImageDamaged),
        (as_bytes(CODE, "WEBP")[:-800], ImageRefused),
    ],
)
def test_what_is_no_whole_picture_is_refused_with_its_reason(content: bytes, refusal: type[ImageRefused]) -> None:
    with pytest.raises(refusal) as refused:
        decode(content)
    assert str(refused.value)


@given(st.data())
def test_no_bytes_break_the_intake(data: st.DataObject) -> None:
    whole = as_bytes(CODE, data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "BMP", "WEBP"])))
    start = data.draw(st.integers(0, len(whole)))
    content = whole[:start] + data.draw(st.binary(max_size=40)) + whole[start + data.draw(st.integers(0, 40)) :]
    try:
        image = open_grey(content)
    except ImageRefused:
        return
    assert image.mode == "L"


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "I;16", "CMYK"])
def test_every_colour_mode_is_read(mode: str) -> None:
    picture = CODE.convert("I").point(lambda grey: grey * 257).convert("I;16") if mode == "I;16" else CODE.convert(mode)
    content = as_bytes(picture, "JPEG" if mode == "CMYK" else "PNG")
    assert [symbol.text for symbol in decode(content).symbols] == ["6901234567892"]


def test_bars_on_a_transparent_ground_are_read() -> None:
    see_through = Image.new("RGBA", CODE.size)
    see_through.paste("black", mask=CODE.point(lambda grey: 255 - grey))
    assert [symbol.text for symbol in decode(as_bytes(see_through)).symbols] == ["6901234567892"]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_is_turned_as_the_camera_was_held(orientation: int) -> None:
    corner = Image.new("L", (60, 40), 255)
    corner.paste(0, (0, 0, 10, 10))
    held = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]
    stored = corner if held is None else corner.transpose(Image.Transpose(held))
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = open_grey(as_bytes(stored, "PNG", exif=exif))
    assert upright.size == corner.size
    assert upright.getpixel((2, 2)) == 0


def test_big_photos_are_opened_small() -> None:
    big = as_bytes(Image.new("RGB", (6_000, 4_000), "white"), "JPEG")
    assert open_grey(big).size == (3_000, 2_000)
    assert open_grey(as_bytes(Image.new("L", (6_000, 4_000), 255))).size == (3_000, 2_000)
    assert open_grey(big, at_most=4 * FIRST_PIXELS).size == (6_000, 4_000)


def test_thin_strips_are_no_trouble() -> None:
    assert decode(as_bytes(Image.new("L", (1, 9_000), 255))).symbols == ()
    assert decode(as_bytes(Image.new("L", (9_000, 1), 0))).symbols == ()
    assert decode(as_bytes(Image.new("L", (1, 1), 0))).symbols == ()


# VmHWM, in kB, is of this program alone; getrusage would count the peak of whoever started it, kept through exec.
PEAK = """
import re, sys
from pathlib import Path
from app.scanning.decode import decode
assert decode(Path(sys.argv[1]).read_bytes()).symbols == ()
print(int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def test_the_heaviest_picture_allowed_is_read_in_bounded_memory(tmp_path: Path) -> None:
    packer = zlib.compressobj(1)
    row = b"\0" + b"\xff" * (4 * 8_000)
    rows = b"".join(packer.compress(row) for _ in range(6_200)) + packer.flush()
    heavy = tmp_path / "heavy.png"
    heavy.write_bytes(png(8_000, 6_200, rows, colours=6))
    peak = subprocess.run([sys.executable, "-c", PEAK, str(heavy)], capture_output=True, text=True, check=True).stdout
    assert int(peak) < 400
