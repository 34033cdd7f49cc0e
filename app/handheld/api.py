"""What phones call whatever the task: scans in, the clock, photos."""

import time
from pathlib import Path
from typing import Final
from uuid import UUID

from flask import Blueprint, current_app, request

from app.catalog.queries import get_item
from app.db import db, transaction
from app.files.rules import make_picture
from app.handheld.answers import answers_of
from app.handheld.photos import Darkroom, PhotoGaveUp
from app.handheld.queries import list_lots
from app.handheld.service import receive
from app.handheld.shapes import Clock, ItemLot, ItemLots, PhotoCode, PhotoKept, PhotoReading, ScanAnswers, ScanBatch
from app.identity.access import Permission, current_user, may, public
from app.identity.session import present
from app.kernel.clock import utc_now
from app.kernel.errors import InvalidInput
from app.kernel.i18n import N_
from app.scanning.queries import list_photos
from app.scanning.sent import SentScan
from app.scanning.service import add_photo
from app.web.api import endpoint, protect
from app.web.openapi import PREFIX
from app.web.words import sentence

SCANS: Final = f"{PREFIX}/scans"

api_bp = Blueprint("api", __name__)
protect(api_bp)
darkroom = Darkroom()


class PhotoMissing(InvalidInput):
    """The form has no picture."""

    message = N_("Send the picture in the field “photo”.")


@api_bp.post("/scans")
@may(Permission.SCAN)
@endpoint(shapes=(SentScan,), refusals=(503,))
def post_scans(body: ScanBatch) -> ScanAnswers:
    """Keep scans, each once, and say what became of them."""
    now = utc_now()
    return answers_of(receive(body.events, now, present()), now)


@api_bp.get("/clock")
@public
@endpoint()
def clock() -> Clock:
    """Return the time, as directly as possible: phones measure their own clocks by it."""
    return Clock(utc_now())


@api_bp.get("/items/<int:item_id>/lots")
@may(Permission.SCAN)
@endpoint(refusals=(404,))
def item_lots(item_id: int) -> ItemLots:
    """Return the lots of an item that are known, for a label that does not name its own."""
    session = db.session()
    item = get_item(session, item_id)
    return ItemLots([ItemLot(code, expiry) for code, expiry in list_lots(session, item.id)])


@api_bp.post("/photos")
@may(Permission.SCAN)
@endpoint(upload="photo", refusals=(429,))
def photos() -> PhotoReading:
    """Read the codes in a photo."""
    content = _photo()
    db.session.remove()  # no connection waits for the picture
    begun = time.perf_counter()
    try:
        found = darkroom.read(content)
        codes, problem = found.codes, found.problem
    except PhotoGaveUp as broken:
        codes, problem = (), broken
    return PhotoReading(
        codes=[PhotoCode(*code) for code in codes],
        ms=round((time.perf_counter() - begun) * 1000, 1),
        error=sentence(problem) if problem else None,
    )


@api_bp.post("/scans/<uuid:scan_id>/photos")
@may(Permission.SCAN)
@endpoint(upload="photo", refusals=(404, 409))
def scan_photos(scan_id: UUID) -> PhotoKept:
    """Keep a picture of what was scanned, for whoever has to say what it is; the same one again changes nothing."""
    picture = make_picture(_photo())  # before the transaction: it takes a while
    with transaction() as session:
        add_photo(session, Path(current_app.instance_path), scan_id, picture, current_user.id, utc_now())
        return PhotoKept(len(list_photos(session, scan_id)))


def _photo() -> bytes:
    """Return the picture that was sent. Errors: PhotoMissing."""
    upload = request.files.get("photo")
    if upload is None:
        raise PhotoMissing
    content: bytes = upload.read()
    return content
