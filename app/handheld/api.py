"""What phones call whatever the task: scans in, the clock, photos."""

import time
from typing import Final

from flask import Blueprint, request

from app.catalog.queries import get_item
from app.db import db
from app.handheld.answers import answers_of
from app.handheld.photos import Darkroom, PhotoGaveUp
from app.handheld.queries import list_lots
from app.handheld.service import receive
from app.handheld.shapes import Clock, ItemLot, ItemLots, PhotoCode, PhotoReading, ScanAnswers, ScanBatch
from app.identity.access import Permission, may, public
from app.identity.session import present
from app.kernel.clock import utc_now
from app.kernel.errors import InvalidInput
from app.kernel.i18n import N_
from app.scanning.sent import SentScan
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
    """Tell the time, as directly as possible: phones measure their own clocks by it."""
    return Clock(utc_now())


@api_bp.get("/items/<int:item_id>/lots")
@may(Permission.SCAN)
@endpoint(refusals=(404,))
def item_lots(item_id: int) -> ItemLots:
    """Tell which lots of an item are known, for a label that does not name its own."""
    session = db.session()
    item = get_item(session, item_id)
    return ItemLots([ItemLot(code, expiry) for code, expiry in list_lots(session, item.id)])


@api_bp.post("/photos")
@may(Permission.SCAN)
@endpoint(upload="photo", refusals=(429,))
def photos() -> PhotoReading:
    """Read the codes in a photo."""
    upload = request.files.get("photo")
    if upload is None:
        raise PhotoMissing
    db.session.remove()  # no connection waits for the picture
    begun = time.perf_counter()
    try:
        found = darkroom.read(upload.read())
        codes, problem = found.codes, found.problem
    except PhotoGaveUp as broken:
        codes, problem = (), broken
    return PhotoReading(
        codes=[PhotoCode(*code) for code in codes],
        ms=round((time.perf_counter() - begun) * 1000, 1),
        error=sentence(problem) if problem else None,
    )
