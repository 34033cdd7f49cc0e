"""Photos are read beside the server, within bounds, and never more than a few at a time."""

import io
import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest

from app.handheld import photos
from app.handheld.photos import Darkroom, PhotoGaveUp, TooManyPhotos
from app.kernel.errors import RuleBroken
from app.scanning.rules import NotParked
from tests.handheld.phones import BOTTLE, Json, Phone
from tests.scanning.drawing import as_bytes, draw, page


@pytest.fixture(scope="module")
def photo() -> bytes:
    """A picture of the bottle's barcode."""
    return as_bytes(page(draw(BOTTLE, "EAN13")))


@pytest.fixture
def darkroom() -> Iterator[Darkroom]:
    """A reading process of the test's own."""
    room = Darkroom()
    yield room
    room.close()


def upload(phone: Phone, content: bytes) -> Json:
    form = {"photo": (io.BytesIO(content), "photo.jpg")}
    response = phone.client.post("/api/v1/photos", data=form, headers={"X-Zhangshi": "1"})
    assert response.status_code == 200, response.get_data(as_text=True)
    told: Json = response.get_json()
    return told


def test_a_photo_is_answered_with_its_codes_or_with_a_sentence(phone: Phone, photo: bytes) -> None:
    read = upload(phone, photo)
    assert read["codes"] == [{"text": BOTTLE, "symbology": "EAN-13", "gtin14": f"0{BOTTLE}"}]
    assert read["error"] is None
    refused = upload(phone, b"no picture at all")
    assert refused["codes"] == []
    assert "no picture" in refused["error"]


def test_a_request_without_a_picture_is_refused(phone: Phone) -> None:
    assert phone.client.post("/api/v1/photos", headers={"X-Zhangshi": "1"}).status_code == 400
    assert phone.client.post("/api/v1/photos").status_code == 403


def test_a_process_that_ended_is_started_again(darkroom: Darkroom, photo: bytes) -> None:
    assert darkroom.read(photo).codes
    darkroom.close()
    assert darkroom.read(photo).codes[0][0] == BOTTLE


def test_a_photo_that_takes_too_long_is_given_up_and_the_next_is_read(
    darkroom: Darkroom, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as hurried:
        hurried.setattr(photos, "PATIENCE_S", 0)
        with pytest.raises(PhotoGaveUp):
            darkroom.read(photo)
    assert darkroom.read(photo).codes


def test_photos_queue_up_to_a_bound_so_that_threads_are_left_for_scans(darkroom: Darkroom, photo: bytes) -> None:
    outcomes: list[object] = []
    gate = threading.Barrier(8)

    def send() -> None:
        gate.wait()
        try:
            outcomes.append(darkroom.read(photo).codes[0][0])
        except RuleBroken as broken:
            outcomes.append(type(broken))

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The first starts the process, which takes longer than it takes all others to ask.
    assert outcomes.count(BOTTLE) == 1 + photos.WAITING
    assert outcomes.count(TooManyPhotos) == 8 - 1 - photos.WAITING


# --- pictures of what nobody knew -------------------------------------------------------------------------------------


def add_picture(phone: Phone, scan: str, content: bytes, status: int = 200) -> Json:
    form = {"photo": (io.BytesIO(content), "photo.jpg")}
    response = phone.client.post(f"/api/v1/scans/{scan}/photos", data=form, headers={"X-Zhangshi": "1"})
    assert response.status_code == status, response.get_data(as_text=True)
    told: Json = response.get_json()
    return told


def test_a_phone_keeps_a_picture_of_an_unknown_code_once(phone: Phone, photo: bytes) -> None:
    scan = phone.scan("NOBODY-KNOWS-IT")["id"]
    assert add_picture(phone, scan, photo) == {"photos": 1}
    assert add_picture(phone, scan, photo) == {"photos": 1}  # sent again after a lost answer


def test_only_pictures_and_only_of_scans_that_wait_are_kept(phone: Phone, photo: bytes) -> None:
    add_picture(phone, phone.scan("NOBODY-KNOWS-IT")["id"], b"no picture at all", 400)
    add_picture(phone, phone.scan(BOTTLE)["id"], photo, NotParked.status)
    add_picture(phone, str(uuid4()), photo, NotParked.status)
