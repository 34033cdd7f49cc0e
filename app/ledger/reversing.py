"""The mirror of a posting: what somebody did is undone at the instant it happened, what the ledger derived is not."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.exact import ZERO
from app.ledger.facts import Draft, EntryFact, MoveFact, RevaluationFact
from app.ledger.models import CountAnchor, Entry, Move, Posting, Revaluation
from app.ledger.rules import AlreadyReversed, NotReversible, UnknownPosting, ids_of
from app.places.rules import is_internal

KIND = "reversal"


def mirror(session: Session, seq: int, key: str) -> Draft:
    """Return the draft that undoes posting *seq*; the same key asks again for the reversal it made."""
    original = session.get(Posting, seq)
    if original is None:
        raise UnknownPosting(seq=seq)
    lines = ids_of(seq)
    if original.reverses is not None or session.scalar(select(CountAnchor.id).where(CountAnchor.id.between(*lines))):
        raise NotReversible(seq=seq)
    by = session.execute(select(Posting.seq, Posting.key).where(Posting.reverses == seq)).one_or_none()
    if by is not None and by.key != key:
        raise AlreadyReversed(seq=seq, by=by.seq)
    moves = session.scalars(select(Move).where(Move.id.between(*lines), Move.line.is_not(None)).order_by(Move.line))
    revaluations = session.scalars(select(Revaluation).where(Revaluation.id.between(*lines)).order_by(Revaluation.id))
    entries = session.scalars(
        select(Entry).where(Entry.id.between(*lines), Entry.derived.is_(False)).order_by(Entry.id)
    )
    return Draft(
        KIND,
        key,
        moves=[_mirror_move(move) for move in moves],
        revaluations=[_mirror_revaluation(change) for change in revaluations],
        entries=[
            EntryFact(entry.account, entry.credit, entry.debit, entry.partner_id, entry.due_on) for entry in entries
        ],
        reverses=seq,
    )


def _mirror_move(move: Move) -> MoveFact:
    returns = is_internal(move.source_id)  # goods that had left come back as they were valued
    stated = None if move.value is None else move.value if returns else move.value + move.variance
    return MoveFact(
        move.item_id,
        move.quantity,
        move.target_id,
        move.source_id,
        move.occurred_at,
        move.lot_id,
        stated,
        move.account,
        move.variance if returns else ZERO,
    )


def _mirror_revaluation(change: Revaluation) -> RevaluationFact:
    return RevaluationFact(change.item_id, -change.value, account=change.account, variance=-change.variance)
