"""What a bin's page and the start page offer: to count a bin at once."""

from collections.abc import Iterator

from flask import url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.identity.access import Permission, current_user
from app.places.models import Location
from app.stocktake.rules import COUNTABLE
from app.web.panels import Panel
from app.web.start import Card


def place_panel(_session: Session, place: Location) -> Panel | None:
    """Offer to count the bin."""
    if place.kind not in COUNTABLE or not place.active or not current_user.may(Permission.SCAN):
        return None
    return Panel("stocktake/spot_panel.html", {"place": place})


def card(_session: Session) -> Iterator[Card]:
    """Offer to count any bin, to whoever may scan."""
    if current_user.may(Permission.SCAN):
        yield Card(
            title=gettext("Count any bin"),
            link=url_for("handheld.spot"),
            icon="upc-scan",
            text=gettext("Scan its label: a spot count begins at once."),
        )
