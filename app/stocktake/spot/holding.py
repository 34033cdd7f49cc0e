"""Who has a bin's spot count: of two counts of one bin that would begin or go on at once, one waits for the other."""

from sqlalchemy.orm import Session

from app.places.models import Location
from app.stocktake.rules import BeingSpotCounted
from app.stocktake.spot.queries import find_running


def hold_bin(session: Session, bin_id: int) -> Location | None:
    """Return the bin, locked for spot counts until this transaction ends; goods may come and go meanwhile."""
    return session.get(Location, bin_id, with_for_update={"key_share": True})


def ensure_no_other(session: Session, bin_id: int) -> None:
    """Refuse to go on with a spot count while another one counts its bin. Errors: BeingSpotCounted."""
    hold_bin(session, bin_id)
    running = find_running(session, bin_id)
    if running is not None:
        raise BeingSpotCounted(other=running.number)
