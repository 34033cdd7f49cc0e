"""Takes batches of scans in: whole where that works, one by one where it does not, so that none holds up another."""

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final
from weakref import WeakKeyDictionary

import msgspec
from msgspec import Struct
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from app.db import db, is_undone, run, transaction
from app.handheld.groups import Groups
from app.identity.grants import Present
from app.kernel.errors import InvalidInput, RuleBroken
from app.kernel.i18n import N_
from app.scanning.drafts import Taken
from app.scanning.intake import KeptBefore, keep, prepare
from app.scanning.rules import ScanKind
from app.scanning.sent import SentScan
from app.stocktake.counting.task import TASK
from app.stocktake.spot.queries import list_running
from app.stocktake.spot.service import settle_closed

ATTEMPTS: Final = 4
GROUP: Final = 200  # scans in one transaction, as many as one phone may send
_log = logging.getLogger(__name__)
_decoder = msgspec.json.Decoder(SentScan)


class UnreadableScans(InvalidInput):
    """Not one event of the batch has the form of a scan."""

    message = N_("These scans cannot be read: %(problem)s")


class Busy(RuleBroken):
    """The database does not take anything at the moment; the phone keeps its scans and comes back."""

    message = N_("The server is busy; the scans stay on the phone and are sent again.")
    status = 503


class _Brought(Struct, frozen=True):
    """What one request brings."""

    sent: Sequence[SentScan]
    at: datetime
    present: Present


def receive(events: Sequence[msgspec.Raw], now: datetime, present: Present) -> list[Taken]:
    """Return what became of the events that can be read, brought by who is *present*; what is returned is committed.

    Errors: UnreadableScans where none can be read, Busy.
    """
    sent = _readable(events)
    taken = _groups_of(db.engine).do(_Brought(sent, now, present), len(sent))
    _settle_spots(sent, now)
    return taken


_groups: WeakKeyDictionary[Engine, Groups[_Brought, list[Taken]]] = WeakKeyDictionary()


def _groups_of(engine: Engine) -> Groups[_Brought, list[Taken]]:
    # Two threads may both make them at first: two smaller groups, and nothing else.
    return _groups.get(engine) or _groups.setdefault(engine, Groups(_take_group, GROUP))


def _take_group(brought: Sequence[_Brought]) -> list[list[Taken]]:
    """Return what became of the scans of each request."""
    sent = [one for request in brought for one in request.sent]
    taken = iter(_take_in(sent, max(request.at for request in brought), [request.present for request in brought]))
    return [list(islice(taken, len(request.sent))) for request in brought]


def _take_in(sent: Sequence[SentScan], now: datetime, present: Sequence[Present]) -> list[Taken]:
    try:
        return _keep(sent, now, present)
    except OperationalError as error:
        raise Busy from error
    except Exception:  # noqa: BLE001  # whatever one scan breaks, the others of its batch are kept
        _log.exception("a batch of %s scans is taken one by one", len(sent))
    return [answer for one in sent for answer in _keep_alone(one, now, present)]


def _settle_spots(sent: Sequence[SentScan], now: datetime) -> None:
    """Let spot counts whose bins were closed end; a phone that hears no answer sends again, and this is done anew."""
    closings = (one.task.partition(":") for one in sent if one.kind is ScanKind.CLOSE_BIN)
    tasks = {int(number) for kind, _, number in closings if kind == TASK}
    if not tasks:
        return
    for stocktake_id in list_running(db.session(), tasks):
        try:
            run(partial(settle_closed, stocktake_id=stocktake_id, now=now))
        except Exception:  # noqa: BLE001  # the scans are kept, and a person can end the count
            _log.exception("spot count %s could not be ended", stocktake_id)


def _readable(events: Sequence[msgspec.Raw]) -> list[SentScan]:
    sent, problem = [], None
    for event in events:
        try:
            sent.append(_decoder.decode(event))
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            problem = error
    if problem is not None and not sent:
        raise UnreadableScans(problem=str(problem))
    return sent


def _keep(sent: Sequence[SentScan], now: datetime, present: Sequence[Present], *, unread: bool = False) -> list[Taken]:
    """Take *sent* in, in one transaction, as if all were new; where they are not, look at the record first."""
    for left in reversed(range(ATTEMPTS)):
        batch = prepare(db.session(), sent, now, present, unread=unread, seems_new=left == ATTEMPTS - 1)
        try:
            if batch.fresh:
                with transaction() as session:
                    keep(session, batch, now)
            return batch.answers()
        except (KeptBefore, DBAPIError) as error:
            # Some are known, something they name went away a moment ago, or the database undid ours for others' sake.
            is_passing = isinstance(error, KeptBefore | IntegrityError) or is_undone(error)
            if not left or not is_passing:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def _keep_alone(sent: SentScan, now: datetime, present: Sequence[Present]) -> list[Taken]:
    """Take one scan in; where even that fails, keep it for a person without looking at what it says."""
    try:
        return _keep([sent], now, present)
    except OperationalError as error:
        raise Busy from error
    except Exception:  # noqa: BLE001  # a fault of ours is no reason to lose a scan
        _log.exception("scan %s is kept unread", sent.id)
    return _keep([sent], now, present, unread=True)
