"""What higher floors tell about places: filled in wiring, and nowhere else."""

from collections.abc import Callable, Collection

from sqlalchemy.orm import Session

from app.places.models import Location
from app.web.panels import Panel

# Each answers which of these places hold goods now.
holding_checks: list[Callable[[Session, Collection[int]], set[int]]] = []
# Parts of a place's page, in order; None where there is nothing to show for it.
place_panels: list[Callable[[Session, Location], Panel | None]] = []


def find_holding(session: Session, place_ids: Collection[int]) -> set[int]:
    """Return those of the places in which goods lie."""
    return {number for check in holding_checks for number in check(session, place_ids)}
