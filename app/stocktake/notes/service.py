"""The one command on notes: add."""

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.stocktake.notes.models import StocktakeNote
from app.stocktake.notes.queries import is_countable_place
from app.stocktake.notes.rules import About, NoteDraft, NotesClosed, ensure_note
from app.stocktake.rules import OVER, NoSuchLine
from app.stocktake.service import hold


def add_note(session: Session, stocktake_id: int, place: About, draft: NoteDraft, by: int, now: datetime) -> int:
    """Keep a note about goods in a bin or about the bin, each photo as a row; return how many rows it became.

    The same token is the same note: it is kept once. The stocktake's row is held, so that a note comes before the
    posting or is refused. Errors: NoSuchStocktake, NotesClosed, NoSuchLine, NothingToSay.
    """
    ensure_note(draft.text, len(draft.file_ids))
    stocktake = hold(session, stocktake_id)
    if session.scalar(select(StocktakeNote.id).where(StocktakeNote.token == draft.token).limit(1)):
        return 0
    if stocktake.state in OVER:
        raise NotesClosed
    if not is_countable_place(session, stocktake, place):
        raise NoSuchLine
    where = {"stocktake_id": stocktake_id, "bin_id": place.bin, "item_id": place.item, "lot_id": place.lot}
    photos = draft.file_ids or (None,)
    rows = [
        {
            **where,
            "token": draft.token,
            "part": part,
            "text": "" if part else draft.text,
            "file_id": file_id,
            "by_id": by,
            "at": now,
        }
        for part, file_id in enumerate(photos)
    ]
    session.execute(insert(StocktakeNote), rows)
    return len(rows)
