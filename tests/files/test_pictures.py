"""Pictures: what is taken, what is kept, what is served."""

import io
import struct
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from app.db import db
from app.files import store
from app.files.models import StoredFile
from app.files.queries import find_missing
from app.files.rules import LARGEST_UPLOAD, LONGEST_SIDE, THUMB_SIDE, PictureTooLarge, PictureUnreadable, make_picture
from app.files.service import keep_picture
from app.jobs.registry import JOBS
from tests.conftest import SignIn, Write

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def bomb() -> bytes:
    """A PNG of 100 bytes that says it has ten thousand million pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP"])
def test_every_usual_kind_of_picture_becomes_a_bounded_jpeg(kind: str) -> None:
    picture = make_picture(encoded(Image.new("RGB", (3000, 1500), "red"), kind))
    assert opened(picture.content).format == "JPEG"
    assert opened(picture.content).size == (picture.width, picture.height) == (LONGEST_SIDE, LONGEST_SIDE // 2)
    assert opened(picture.thumb).size == (THUMB_SIDE, THUMB_SIDE // 2)


def test_a_small_picture_is_not_blown_up() -> None:
    picture = make_picture(encoded(Image.new("RGB", (40, 30))))
    assert (picture.width, picture.height) == (40, 30)


def test_transparency_becomes_white_and_metadata_is_gone() -> None:
    picture = make_picture(encoded(Image.new("RGBA", (10, 10), (0, 0, 0, 0))))
    assert opened(picture.content).getpixel((5, 5)) == (255, 255, 255)
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x8825] = {1: "N"}  # where it was taken
    turned = make_picture(encoded(Image.new("RGB", (40, 20)), "JPEG", exif=exif))
    assert (turned.width, turned.height) == (20, 40)
    assert not opened(turned.content).getexif()


@pytest.mark.parametrize(
    "upload", [b"", b"not a picture", b"<svg onload=alert(1)>", b"%PDF-1.4", b"\x89PNG\r\n\x1a\n", b"GIF89a\x00"]
)
def test_what_is_no_picture_is_refused(upload: bytes) -> None:
    with pytest.raises(PictureUnreadable):
        make_picture(upload)


def test_a_picture_cut_short_is_refused() -> None:
    whole = encoded(Image.effect_noise((600, 600), 90).convert("RGB"), "JPEG")
    with pytest.raises(PictureUnreadable):
        make_picture(whole[: len(whole) // 2])


@pytest.mark.parametrize("upload", [b"\xff" * (LARGEST_UPLOAD + 1), bomb()])
def test_too_many_bytes_or_pixels_are_refused_before_they_are_unpacked(upload: bytes) -> None:
    with pytest.raises(PictureTooLarge):
        make_picture(upload)


def test_the_same_picture_is_kept_once(write: Write, make_user: Callable[..., int], tmp_path: Path) -> None:
    by, picture = make_user("owner"), make_picture(encoded(Image.new("RGB", (40, 30), "red")))
    for _ in range(2):
        with write() as session:
            number = keep_picture(session, tmp_path, picture, by, NOW)
    assert db.session.scalar(select(func.count(StoredFile.id))) == 1
    row = db.session.get_one(StoredFile, number)
    assert store.read(tmp_path, row.sha256) == picture.content
    assert list(find_missing(db.session(), tmp_path)) == []
    store.path_of(tmp_path, row.sha256).unlink()
    assert row.sha256 in list(find_missing(db.session(), tmp_path))


def test_the_nightly_proof_tells_of_a_lost_picture(app: Flask, write: Write, make_user: Callable[..., int]) -> None:
    by, picture = make_user("owner"), make_picture(encoded(Image.new("RGB", (40, 30), "red")))
    instance = Path(app.instance_path)
    with write() as session:
        keep_picture(session, instance, picture, by, NOW)
    proof = JOBS["verify"].run
    assert proof(NOW)
    store.path_of(instance, sha256(picture.content).hexdigest()).unlink()
    with pytest.raises(RuntimeError, match="pictures are missing"):
        proof(NOW)


def test_a_hash_is_no_way_into_other_folders(tmp_path: Path) -> None:
    for name in ("../../etc/passwd", "A" * 64, ""):
        with pytest.raises(ValueError, match="SHA-256"):
            store.path_of(tmp_path, name)


def test_a_picture_is_served_to_who_may_read_and_kept_by_browsers(
    app: Flask, write: Write, make_user: Callable[..., int], sign_in: SignIn
) -> None:
    by, picture = make_user("owner"), make_picture(encoded(Image.new("RGB", (400, 300), "red")))
    with write() as session:
        number = keep_picture(session, Path(app.instance_path), picture, by, NOW)
    client = sign_in("viewer")
    answer = client.get(f"/files/{number}/full.jpg")
    assert (answer.status_code, answer.data, answer.mimetype) == (200, picture.content, "image/jpeg")
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    again = client.get(f"/files/{number}/full.jpg", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert client.get(f"/files/{number}/thumb.jpg").data == picture.thumb
    assert client.get("/files/999/full.jpg").status_code == 404
    assert app.test_client().get(f"/files/{number}/full.jpg").status_code == 302
