"""Commands that book a transfer for two opposite differences, and take it back.

Law: each begins by holding the stocktake's row; a transfer after which the two differences are not smaller by its
quantity is rolled back and said to explain nothing.
"""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.company.queries import get_company
from app.identity.audit import audit
from app.kernel.exact import ZERO, plain
from app.ledger.facts import MoveFact
from app.ledger.service import post as post_to_ledger
from app.ledger.service import reverse
from app.stocktake.approval.queries import list_counters
from app.stocktake.approval.service import TAKES_APPROVALS, end_if_decided
from app.stocktake.causes.rules import Place
from app.stocktake.models import Stocktake
from app.stocktake.report.queries import Report, read_report
from app.stocktake.report.rules import Line
from app.stocktake.rules import NoSuchLine, StocktakeState, WrongState, ensure_four_eyes
from app.stocktake.service import hold, move_on, settle, subject
from app.stocktake.transfers.models import StocktakeTransfer
from app.stocktake.transfers.queries import find_transfer, get_transfer
from app.stocktake.transfers.rules import (
    KIND,
    LARGEST_SERIAL,
    TransferChanged,
    TransferDraft,
    TransferExplainsNothing,
    ensure_ends,
    explained,
    moved_before,
)


def book_transfer(session: Session, stocktake_id: int, draft: TransferDraft, by: int, now: datetime) -> None:
    """Book that goods lie in another bin than the books say; what both counts found is then what the books have.

    The same draft again is the same transfer. Four eyes, as with approvals. Errors: WrongState, OwnCount, NoSuchLine,
    NotOneTransfer, TransferChanged, TransferExplainsNothing.
    """
    ensure_ends(draft.short, draft.over)
    stocktake = _hold_open(session, stocktake_id)
    if draft.serial > LARGEST_SERIAL:
        raise TransferChanged
    known = find_transfer(session, stocktake_id, draft.short, draft.over, draft.serial)
    if known is not None:
        if known != draft.quantity:
            raise TransferChanged
        return
    report = settle(session, stocktake, now, {draft.short.bin, draft.over.bin})
    is_own = ensure_four_eyes(by, list_counters(session, stocktake_id), one_person=report.one_person)
    short, over = _line(report, draft.short), _line(report, draft.over)
    is_next = draft.serial == 1 or find_transfer(session, stocktake_id, draft.short, draft.over, draft.serial - 1)
    if not is_next or not draft.quantity or explained(short, over) != draft.quantity:
        raise TransferChanged
    seq = _post(session, stocktake, draft, short, over, by, now)
    _ensure_explained(session, stocktake, draft, short, over, now)
    row = {
        "stocktake_id": stocktake_id,
        "item_id": draft.short.item,
        "lot_id": draft.short.lot,
        "source_id": draft.short.bin,
        "target_id": draft.over.bin,
        "serial": draft.serial,
        "quantity": draft.quantity,
        "posting_seq": seq,
        "by_id": by,
        "at": now,
        "is_own_count": is_own,
    }
    session.execute(insert(StocktakeTransfer), [row])
    action = "stocktake.transfer_own" if is_own else "stocktake.transfer"
    audit(session, by, action, subject(stocktake_id), {"posting": seq, "quantity": draft.quantity}, now)
    if stocktake.state is StocktakeState.REVIEW:
        end_if_decided(session, stocktake, read_report(session, stocktake, now).lines)


def take_back(session: Session, stocktake_id: int, transfer_id: int, by: int, now: datetime) -> None:
    """Book the mirror of a transfer: both differences are back, and wait for a decision. Asked again it is the same.

    Errors: WrongState, NoSuchTransfer.
    """
    stocktake = _hold_open(session, stocktake_id)
    transfer = get_transfer(session, stocktake_id, transfer_id)
    day = get_company(session).day_of(now)
    key = f"{subject(stocktake_id)}:transfer-back:{transfer_id}"
    back = reverse(session, transfer.posting_seq, key, by=by, effective_on=day, now=now)
    if back.is_repeat:
        return
    audit(session, by, "stocktake.transfer_back", subject(stocktake_id), {"posting": back.seq}, now)
    if stocktake.state is StocktakeState.APPROVED:
        move_on(session, stocktake_id, StocktakeState.REVIEW)


def _hold_open(session: Session, stocktake_id: int) -> Stocktake:
    stocktake = hold(session, stocktake_id)
    if stocktake.state not in TAKES_APPROVALS:
        raise WrongState(number=stocktake.number)
    return stocktake


def _line(report: Report, place: Place) -> Line:
    line = report.find(place)
    if line is None:
        raise NoSuchLine
    return line


def _post(
    session: Session, stocktake: Stocktake, draft: TransferDraft, short: Line, over: Line, by: int, now: datetime
) -> int:
    at = moved_before(line.deciding for line in (short, over) if line.deciding)
    move = MoveFact(draft.short.item, draft.quantity, draft.short.bin, draft.over.bin, at, draft.short.lot)
    ends = "-".join(map(str, (*draft.short, draft.over.bin)))
    key = f"{subject(stocktake.id)}:transfer:{ends}:{draft.serial}"
    day = get_company(session).day_of(at)
    return post_to_ledger(session, KIND, key, [move], by=by, effective_on=day, now=now).seq


def _ensure_explained(
    session: Session, stocktake: Stocktake, draft: TransferDraft, short: Line, over: Line, now: datetime
) -> None:
    after = read_report(session, stocktake, now, {draft.short.bin, draft.over.bin})
    gone_short = (_line(after, draft.short).difference or ZERO) - (short.difference or ZERO)
    gone_over = (over.difference or ZERO) - (_line(after, draft.over).difference or ZERO)
    if gone_short != draft.quantity or gone_over != draft.quantity:
        raise TransferExplainsNothing(quantity=plain(draft.quantity))
