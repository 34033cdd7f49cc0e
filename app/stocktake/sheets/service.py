"""Commands about count sheets: print them, and enter what was written on them.

Law: an entry goes through the record of scans like any count, by whoever counted, at the instant they wrote down; who
typed stands beside it. Nothing of a sheet is entered unless all of it can count.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from flask_babel import gettext
from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.company.queries import get_company
from app.identity.audit import audit
from app.kernel.exact import plain
from app.kernel.owncode import OwnKind, make_own_code
from app.places.queries import get_place
from app.scanning.drafts import Taken
from app.scanning.intake import keep, prepare
from app.scanning.rules import REASON_SENTENCES, ScanKind
from app.scanning.sent import SentScan
from app.scanning.tasks import REASONS
from app.stocktake.assignment.queries import list_counters
from app.stocktake.assignment.rules import NotACounter
from app.stocktake.counting.queries import TASK
from app.stocktake.rules import TAKES_SCANS, StocktakeState, WrongState
from app.stocktake.service import hold, subject
from app.stocktake.sheets.models import StocktakeSheet, StocktakeSheetEntry
from app.stocktake.sheets.queries import (
    count_entries,
    counted_before,
    expected_lines,
    get_sheet,
    latest_rounds,
    list_entries,
)
from app.stocktake.sheets.rules import (
    DOUBT,
    MOST_SHEETS,
    SOURCE,
    AlreadyEntered,
    Counted,
    Entry,
    NoSheetChosen,
    OwnRecount,
    SheetRefused,
    TooManySheets,
    digest_of,
    ensure_fits,
    ensure_instant,
    summed,
)

# The sheet is the device: its entries stand one behind the other, whoever typed them wherever.
_SHEETS: Final = UUID("7a1f4f9e-3f0b-4b53-9a6f-5c2f7f3f6c11")
_A_ENTRY: Final = 100_000  # numbers of scans that each entry of a sheet may use


def print_sheets(session: Session, stocktake_id: int, bins: Collection[int], by: int, now: datetime) -> list[int]:
    """Return the sheets of these bins in their latest rounds, made where there is none yet.

    Errors: WrongState, NoSheetChosen, TooManySheets.
    """
    stocktake = hold(session, stocktake_id)
    if stocktake.state is not StocktakeState.COUNTING:
        raise WrongState(number=stocktake.number)
    rounds = latest_rounds(session, stocktake_id, bins)
    if not rounds:
        raise NoSheetChosen
    if len(rounds) > MOST_SHEETS:
        raise TooManySheets(count=len(rounds), most=MOST_SHEETS)
    known = list_entries(session, stocktake_id)
    fresh = [key for key in rounds if key not in known]
    if fresh:
        lines = expected_lines(session, stocktake_id, fresh)
        made = {"stocktake_id": stocktake_id, "printed_by": by, "printed_at": now}
        rows = [made | {"bin_id": bin_id, "round": number, "lines": lines[bin_id]} for bin_id, number in fresh]
        session.execute(insert(StocktakeSheet), rows)
        known = list_entries(session, stocktake_id)
    audit(session, by, "stocktake.print_sheets", subject(stocktake_id), {"bins": len(rounds)}, now)
    return [known[key].id for key in rounds]


def enter(session: Session, entry: Entry, by: int, now: datetime) -> None:
    """Enter what a sheet says as the count of whoever counted; the same form again changes nothing.

    Errors: NoSuchSheet, WrongState, InstantWrong, NotACounter, AlreadyEntered, TooLarge, LotInvalid, OwnRecount,
    SheetRefused.
    """
    sheet = get_sheet(session, entry.sheet_id)
    stocktake = hold(session, sheet.stocktake_id)
    if _was_entered(session, entry):
        return
    if stocktake.state not in TAKES_SCANS:
        raise WrongState(number=stocktake.number)
    ensure_instant(entry.counted_at, stocktake.started_at, now)
    names = dict(list_counters(session))
    if entry.counter_id not in names:
        raise NotACounter
    goods = summed(entry.counted)
    ensure_fits(goods)
    if not get_company(session).one_person and by in counted_before(session, sheet):
        raise OwnRecount
    first = count_entries(session, sheet.id) * _A_ENTRY
    session.add(
        StocktakeSheetEntry(
            id=entry.id,
            sheet_id=sheet.id,
            counter_id=entry.counter_id,
            counted_at=entry.counted_at,
            is_complete=entry.closes,
            entered_by=by,
            entered_at=now,
            digest=digest_of(entry),
        )
    )
    session.flush()
    sent = _events(sheet, entry, goods, first)
    batch = prepare(session, sent, now, vouched=entry.counter_id)
    keep(session, batch, now)
    _ensure_taken(batch.answers(), sent, {make_own_code(OwnKind.PACK, each.pack_id): each.name for each in goods})
    facts = {"counter": names[entry.counter_id], "lines": len(goods), "bin": get_place(session, sheet.bin_id).code}
    audit(session, by, "stocktake.enter_sheet", subject(sheet.stocktake_id), facts, now)


def _was_entered(session: Session, entry: Entry) -> bool:
    known = session.get(StocktakeSheetEntry, entry.id)
    if known is not None and known.digest != digest_of(entry):
        raise AlreadyEntered
    return known is not None


def _events(sheet: StocktakeSheet, entry: Entry, goods: list[Counted], first: int) -> list[SentScan]:
    """Return the acts that the sheet stands for: opened, each line set, closed where everything is on it."""
    acts: list[tuple[ScanKind, Counted | None]] = [(ScanKind.OPEN_BIN, None)]
    acts += [(ScanKind.SET if each.quantity else ScanKind.ZERO, each) for each in goods]
    if entry.closes:
        acts.append((ScanKind.CLOSE_BIN, None))
    return [
        SentScan(
            id=uuid5(entry.id, str(number)),
            device=uuid5(_SHEETS, str(sheet.id)),
            sequence=first + number,
            task=f"{TASK}:{sheet.stocktake_id}",
            kind=kind,
            scanned_at=entry.counted_at,
            round=sheet.round,
            raw=make_own_code(OwnKind.PACK, each.pack_id) if each else None,
            symbology=SOURCE,
            lot=(each.lot or None) if each else None,
            location=sheet.bin_id,
            quantity=plain(each.quantity) if each and kind is ScanKind.SET else None,
            uncertainty_ms=int(DOUBT.total_seconds()) * 1000,
        )
        for number, (kind, each) in enumerate(acts)
    ]


def _ensure_taken(answers: Collection[Taken], sent: Collection[SentScan], names: Mapping[str, str]) -> None:
    for answer, scan in zip(answers, sent, strict=True):
        if answer.reason is not None:
            sentence = REASON_SENTENCES.get(answer.reason) or REASONS.get(answer.reason, answer.reason)
            raise SheetRefused(what=names.get(scan.raw or "", "") or "–", why=gettext(sentence))
