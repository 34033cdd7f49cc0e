"""The lists of scans: those that wait for a person, one's own of today, and all."""

from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.catalog.models import Item
from app.places.models import Location
from app.scanning.models import Scan
from app.scanning.queries import own_rows, scan_rows, waiting_rows
from app.scanning.rules import KIND_NAMES, REASON_SENTENCES, ScanDecision, ScanStatus
from app.scanning.tasks import REASONS
from app.web.listing import Column, Filter, Listing


def scan_url(row: Any) -> str:
    """Return the address of the row's scan."""
    return url_for("scanning.scan", scan_id=row.id)


def kind_name(row: Any) -> str:
    """Return in words what the hand did."""
    return str(gettext(KIND_NAMES[row.kind]))


def sentence_of(reason: str | None) -> str:
    """Return in words why a scan was parked, nothing for one that was not."""
    return str(gettext(REASON_SENTENCES.get(reason) or REASONS.get(reason, reason))) if reason else ""


def reason_sentence(row: Any) -> str:
    """Return in words why the row's scan was parked."""
    return sentence_of(row.reason)


def state_name(row: Any) -> str:
    """Return in a word what became of the scan."""
    if row.status == ScanStatus.ACCEPTED:
        return str(gettext("taken"))
    if row.decision is None:
        return str(gettext("waits"))
    return str(gettext("dropped") if row.decision == ScanDecision.DROP else gettext("taken later"))


def state_shade(row: Any) -> str:
    """Return the tone of that word."""
    if row.status == ScanStatus.ACCEPTED:
        return "good"
    return "warn" if row.decision is None else "neutral"


_WHEN = Column("occurred_at", _l("Scanned"), "instant", sort=Scan.occurred_at)
_KIND = Column("kind", _l("Act"), label=kind_name)
_CODE = Column("raw", _l("Code"), "code", sort=Scan.raw, link=scan_url)
_ITEM = Column("item_name", _l("Item"), sort=Item.name, link=scan_url, is_title=True)
_QUANTITY = Column("quantity", _l("Quantity"), "quantity", sort=Scan.quantity)
_BIN = Column("location_code", _l("Bin"), "code", sort=Location.code)
_TASK = Column("task", _l("Task"), "code", label=lambda row: f"{row.task_kind}:{row.task_id}")
_WHO = Column("user_name", _l("Who"))
_PHONE = Column("device_name", _l("Device"))
_STATE = Column("status", _l("State"), "badge", label=state_name, shade=state_shade)
_REASON = Column("reason", _l("Why"), label=reason_sentence)
_SEARCHED = (Scan.raw, Item.name, Item.code, Location.code)
_NEWEST = (Scan.received_at.desc(), Scan.sequence.desc())

_STATES = Filter(
    "state",
    _l("State"),
    [(ScanStatus.ACCEPTED.value, _l("taken")), (ScanStatus.PARKED.value, _l("parked"))],
    lambda value: Scan.status == ScanStatus(value),
)

ALL = Listing(
    name="scans",
    title=_l("Scans"),
    statement=scan_rows(),
    columns=[_WHEN, _ITEM, _CODE, _KIND, _QUANTITY, _BIN, _WHO, _PHONE, _TASK, _STATE, _REASON],
    filters=[_STATES],
    search=_SEARCHED,
    order=_NEWEST,
    empty=_l("What phones scan is listed here."),
)
WAITING = Listing(
    name="waiting-scans",
    title=_l("Scans that wait"),
    statement=waiting_rows(),
    columns=[
        Column("raw", _l("Code"), "code", sort=Scan.raw, link=scan_url, is_title=True),
        _REASON,
        _WHEN,
        _KIND,
        _BIN,
        _WHO,
        _TASK,
    ],
    search=_SEARCHED,
    order=_NEWEST,
    empty=_l("Every scan was understood."),
)


def own_listing(user_id: int, since: datetime) -> Listing:
    """Return the list of one user's scans received *since*."""
    return Listing(
        name="my-scans",
        title=_l("My scans today"),
        statement=own_rows(user_id, since),
        columns=[_WHEN, _ITEM, _CODE, _KIND, _QUANTITY, _BIN, _STATE, _REASON],
        filters=[_STATES],
        search=_SEARCHED,
        order=_NEWEST,
        empty=_l("You scanned nothing today."),
    )
