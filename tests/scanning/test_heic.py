"""HEIC, in which phones keep their photos: read like any other within the same bounds, or refused with its sentence."""

import io
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.scanning.decode import decode
from app.scanning.images import ImageDamaged, ImageRefused, heic_available, open_grey
from tests.scanning.drawing import as_bytes, draw, page

EAN = "6901234567892"
CODE = page(draw(EAN, "EAN13"))


def heic(image: Image.Image, quality: int = 70, exif: Image.Exif | None = None) -> bytes:
    """Return *image* as a phone would keep it."""
    assert heic_available()
    file = io.BytesIO()
    image.save(file, "HEIF", quality=quality, exif=exif.tobytes() if exif else None, enc_params={"preset": "ultrafast"})
    return file.getvalue()


WHOLE = heic(CODE)


def claiming(width: int, height: int) -> bytes:
    """A HEIC whose header promises another size than its picture has."""
    size = re.search(b"ispe\\0\\0\\0\\0", WHOLE)
    assert size
    return WHOLE[: size.end()] + struct.pack(">II", width, height) + WHOLE[size.end() + 8 :]


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_code_in_a_heic_is_read(mode: str) -> None:
    assert [symbol.text for symbol in decode(heic(CODE.convert(mode))).symbols] == [EAN]


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_heic_is_turned_as_the_camera_was_held(orientation: int) -> None:
    corner = Image.new("L", (120, 80), 255)
    corner.paste(0, (0, 0, 20, 20))
    stored = corner.transpose(Image.Transpose({3: 3, 6: 2, 8: 4}[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = open_grey(heic(stored, exif=exif))
    assert upright.size == corner.size
    shade = upright.getpixel((4, 4))
    assert isinstance(shade, int)
    assert shade < 60


def test_a_big_heic_is_opened_small() -> None:
    assert open_grey(heic(Image.new("L", (4_000, 3_000), 255))).size == (2_000, 1_500)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (WHOLE[:200], ImageDamaged),
        (WHOLE[:-400], ImageDamaged),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, ImageDamaged),
        (claiming(9_000, 9_000), ImageDamaged),
        (claiming(65_535, 65_535), ImageDamaged),
        (claiming(0, 0), ImageDamaged),
        (claiming(1, 1), ImageDamaged),
    ],
)
def test_what_is_no_whole_heic_is_refused_with_its_reason(content: bytes, refusal: type[ImageRefused]) -> None:
    with pytest.raises(refusal) as refused:
        decode(content)
    assert str(refused.value)


@given(st.data())
def test_no_bytes_break_the_reading_of_heic(data: st.DataObject) -> None:
    start = data.draw(st.integers(12, len(WHOLE)))
    content = WHOLE[:start] + data.draw(st.binary(max_size=40)) + WHOLE[start + data.draw(st.integers(0, 40)) :]
    try:
        image = open_grey(content)
    except ImageRefused:
        return
    assert image.mode == "L"


ALONE = """
import sys
{before}
from pathlib import Path
from app.scanning.decode import decode
from app.kernel.errors import InvalidInput
for file in sys.argv[1:]:
    try:
        print(*(symbol.text for symbol in decode(Path(file).read_bytes()).symbols))
    except InvalidInput as refused:
        print(refused)
print({after})
"""


def in_a_process_of_its_own(files: list[Path], before: str = "", after: str = "''") -> list[str]:
    program = ALONE.format(before=before, after=after)
    command = [sys.executable, "-c", program, *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def test_a_machine_without_the_library_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "a.heic").write_bytes(WHOLE)
    (tmp_path / "b.png").write_bytes(as_bytes(CODE))
    told = in_a_process_of_its_own([tmp_path / "a.heic", tmp_path / "b.png"], 'sys.modules["pillow_heif"] = None')
    assert "Most Compatible" in told[0]
    assert told[1] == EAN


def test_nobody_pays_for_heic_who_sends_none(tmp_path: Path) -> None:
    (tmp_path / "b.png").write_bytes(as_bytes(CODE))
    assert in_a_process_of_its_own([tmp_path / "b.png"], after='"pillow_heif" in sys.modules') == [EAN, "False"]


PEAK = """int(__import__("re").search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024"""


def test_a_phones_heic_is_read_in_little_memory(tmp_path: Path) -> None:
    usual = tmp_path / "usual.heic"
    usual.write_bytes(heic(Image.new("RGB", (4_032, 3_024), "white"), quality=10))
    _, peak = in_a_process_of_its_own([usual], after=PEAK)
    assert int(peak) < 260
