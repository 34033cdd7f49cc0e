"""Commands that clear posted differences from 1901, and take a clearing back.

Law: each begins by holding the stocktake's row, so that of two people who clear the same lines at once the second one
sees what the first one left.
"""

from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import insert
from sqlalchemy.orm import Session

from app.company.queries import get_company
from app.company.rules import ACCOUNTS, AccountRole
from app.identity.audit import audit
from app.kernel.exact import ZERO
from app.ledger.facts import EntryFact
from app.ledger.service import post as post_to_ledger
from app.ledger.service import reverse
from app.stocktake.clearing.models import StocktakeClearing, StocktakeClearingLine
from app.stocktake.clearing.queries import find_clearing, get_clearing, list_balances
from app.stocktake.clearing.rules import KIND, ClearingDraft, LeftChanged, NotPosted, ensure_draft, lines_seen, shares
from app.stocktake.models import Stocktake
from app.stocktake.rules import StocktakeState
from app.stocktake.service import hold, subject


def clear(session: Session, stocktake_id: int, draft: ClearingDraft, by: int, now: datetime) -> StocktakeClearing:
    """Move an amount of posted differences from 1901 to where it belongs. The same token is the same clearing.

    Errors: NotPosted, LeftChanged, NothingLeft, MoreThanLeft, WrongTarget, DebtorMissing, ClearingReasonMissing.
    """
    ensure_draft(draft)
    stocktake = _hold_posted(session, stocktake_id)
    key = f"{subject(stocktake_id)}:clearing:{draft.token}"
    known = find_clearing(session, key)
    if known is not None:
        return known
    balances = list_balances(session, stocktake_id)
    draft = replace(draft, seen=lines_seen(balances, draft))
    if not draft.seen:
        raise LeftChanged
    parts = shares(balances, draft)
    amount = sum(parts.values(), ZERO)
    company = get_company(session)
    debit, credit = (AccountRole.LOSS, draft.target) if draft.is_surplus else (draft.target, AccountRole.LOSS)
    entries = [EntryFact(debit, debit=amount), EntryFact(credit, credit=amount)]
    day = company.day_of(now)
    posted = post_to_ledger(session, KIND, key, entries=entries, by=by, effective_on=day, now=now)
    clearing = StocktakeClearing(
        stocktake_id=stocktake_id,
        key=key,
        posting_seq=posted.seq,
        is_surplus=draft.is_surplus,
        account=ACCOUNTS[company.chart][draft.target],
        amount=amount,
        reason=draft.reason,
        owed_by=draft.owed_by,
        by_id=by,
        at=now,
    )
    session.add(clearing)
    session.flush()
    rows = [{"clearing_id": clearing.id, "line_id": line, "amount": part} for line, part in parts.items()]
    session.execute(insert(StocktakeClearingLine), rows)
    details = {"posting": posted.seq, "amount": amount, "account": clearing.account, "reason": draft.reason}
    audit(session, by, "stocktake.clear", subject(stocktake.id), details, now)
    return clearing


def take_back(session: Session, stocktake_id: int, clearing_id: int, by: int, now: datetime) -> None:
    """Book the mirror of a clearing: what it cleared is left again. Asked again it is the same.

    Errors: NotPosted, NoSuchClearing.
    """
    _hold_posted(session, stocktake_id)
    clearing = get_clearing(session, stocktake_id, clearing_id)
    day = get_company(session).day_of(now)
    back = reverse(session, clearing.posting_seq, f"{clearing.key}:back", by=by, effective_on=day, now=now)
    if not back.is_repeat:
        details = {"posting": back.seq, "amount": clearing.amount}
        audit(session, by, "stocktake.clear_back", subject(stocktake_id), details, now)


def _hold_posted(session: Session, stocktake_id: int) -> Stocktake:
    stocktake = hold(session, stocktake_id)
    if stocktake.state is not StocktakeState.POSTED:
        raise NotPosted(number=stocktake.number)
    return stocktake
