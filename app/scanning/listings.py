"""The lists of scans: those that wait for a person, one's own of today, and all."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import url_for
from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l

from app.catalog.models import Item
from app.identity.audit import SUBJECTS
from app.identity.listings import SUBJECT_LINKS
from app.identity.models import Device, User
from app.kernel.i18n import N_
from app.places.models import Location
from app.scanning.models import Scan, ScanResolution
from app.scanning.queries import own_rows, scan_rows, task_name, waiting_rows
from app.scanning.rules import KIND_NAMES, REASON_SENTENCES, ScanDecision, ScanStatus
from app.scanning.tasks import REASONS
from app.web.listing import Column, Filter, Listing


def scan_url(row: Any) -> str:
    """Return the address of the row's scan."""
    return url_for("scanning.scan", scan_id=row.id)


def _item_url(row: Any) -> str | None:
    return scan_url(row) if row.item_name else None


def kind_name(row: Any) -> str:
    """Return in words what the hand did."""
    return _said(str(get_locale()), KIND_NAMES[row.kind])


@lru_cache(maxsize=64)  # a workbook says the same few words tens of thousands of times
def _said(_locale: str, words: str) -> str:
    return str(gettext(words))


def task_words(row: Any) -> str:
    """Return in words what the row's scan was made for."""
    return f"{_said(str(get_locale()), SUBJECTS.get(row.task_kind, row.task_kind))} {row.task_name or row.task_id}"


def task_url(row: Any) -> str | None:
    """Return where that task opens."""
    return SUBJECT_LINKS[row.task_kind](str(row.task_id)) if row.task_kind in SUBJECT_LINKS else None


def sentence_of(reason: str | None) -> str:
    """Return in words why a scan was parked, nothing for one that was not."""
    return str(gettext(REASON_SENTENCES.get(reason) or REASONS.get(reason, reason))) if reason else ""


def reason_sentence(row: Any) -> str:
    """Return in words why the row's scan was parked."""
    return sentence_of(row.reason)


def state_name(row: Any) -> str:
    """Return in a word what became of the scan."""
    if row.status == ScanStatus.ACCEPTED:
        return _said(str(get_locale()), N_("taken"))
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
_ITEM = Column("item_name", _l("Item"), sort=Item.name, link=_item_url, is_title=True)
_QUANTITY = Column("quantity", _l("Quantity"), "quantity", sort=Scan.quantity)
_BIN = Column("location_code", _l("Bin"), "code", sort=Location.code)
_TASK = Column("task", _l("Task"), label=task_words, link=task_url)
_WHO = Column("user_name", _l("Who"))
_PHONE = Column("device_name", _l("Device"))
_STATE = Column("status", _l("State"), "badge", label=state_name, shade=state_shade)
_REASON = Column("reason", _l("Why"), label=reason_sentence)
_SEARCHED = (Scan.raw, Item.name, Item.code, Location.code)
_NEWEST = (Scan.received_at.desc(), Scan.sequence.desc())

_NOBODY_DECIDED = ScanResolution.id.is_(None)
_DROPPED = ScanResolution.decision == ScanDecision.DROP
_IN_STATE = {
    "taken": Scan.status == ScanStatus.ACCEPTED,
    "waits": (Scan.status == ScanStatus.PARKED) & _NOBODY_DECIDED,
    "taken-later": ScanResolution.decision.is_not(None) & ~_DROPPED,
    "dropped": _DROPPED,
}
_STATES = Filter(
    "state",
    _l("State"),
    [("taken", _l("taken")), ("waits", _l("waits")), ("taken-later", _l("taken later")), ("dropped", _l("dropped"))],
    _IN_STATE.__getitem__,
)
_KINDS = Filter(
    "act", _l("Act"), [(kind.value, _l(name)) for kind, name in KIND_NAMES.items()], lambda value: Scan.kind == value
)


def all_listing() -> Listing:
    """Return the list of all scans."""
    return Listing(
        name="scans",
        title=_l("Scans"),
        statement=scan_rows(),
        columns=[_WHEN, _ITEM, _CODE, _KIND, _QUANTITY, _BIN, _WHO, _PHONE, _TASK, _STATE, _REASON],
        filters=[_STATES, _KINDS],
        search=(*_SEARCHED, User.name, Device.name, task_name()),
        order=_NEWEST,
        when=Scan.occurred_at,
        empty=_l("What phones scan is listed here."),
    )


def waiting_listing() -> Listing:
    """Return the list of the scans that wait for a person."""
    sentences = {**REASON_SENTENCES, **REASONS}
    reasons = [(reason, _l(sentence)) for reason, sentence in sentences.items()]
    return Listing(
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
        filters=[Filter("why", _l("Why"), reasons, lambda value: Scan.reason == value)],
        search=(*_SEARCHED, User.name, task_name()),
        order=_NEWEST,
        when=Scan.occurred_at,
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
