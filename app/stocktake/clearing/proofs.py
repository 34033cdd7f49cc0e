"""What `ledger verify` asks of clearings: within what was booked, and booked as they say.

Scaled numbers as stored: money in fen.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.company.rules import AccountRole
from app.ledger.verify import SHOWN, Accounts, Invariant
from app.places.rules import End

# Of a side no more is ever cleared than went to 1901 on it, by the count or by what late facts changed of it.
_WITHIN: Final = """
SELECT cleared.line_id, cleared.amount, coalesce(moved.amount, 0) FROM (
    SELECT l.line_id, c.is_surplus, sum(l.amount) AS amount
    FROM stocktake_clearing_line l JOIN stocktake_clearing c ON c.id = l.clearing_id
    WHERE NOT EXISTS (SELECT 1 FROM ledger_posting p WHERE p.reverses = c.posting_seq)
    GROUP BY l.line_id, c.is_surplus
) cleared
LEFT JOIN (
    SELECT s.id AS line_id, m.source_id = :loss AS is_surplus, sum(m.value + m.variance) AS amount
    FROM stocktake_line s JOIN ledger_anchor a ON a.key = s.anchor_key
    JOIN ledger_move m ON m.anchor_id = a.id AND m.anchor_id IS NOT NULL
    GROUP BY s.id, is_surplus
) moved ON moved.line_id = cleared.line_id AND moved.is_surplus = cleared.is_surplus
WHERE cleared.amount > coalesce(moved.amount, 0)
"""

_BOOKED: Final = """
SELECT c.id, c.amount, coalesce(l.amount, 0), coalesce(e.net, 0) FROM stocktake_clearing c
LEFT JOIN (SELECT clearing_id, sum(amount) AS amount FROM stocktake_clearing_line GROUP BY clearing_id) l
    ON l.clearing_id = c.id
LEFT JOIN (SELECT posting_seq, sum(credit) - sum(debit) AS net FROM ledger_entry WHERE account = :loss
           GROUP BY posting_seq) e ON e.posting_seq = c.posting_seq
WHERE c.amount <> coalesce(l.amount, 0) OR coalesce(e.net, 0) <> CASE WHEN c.is_surplus THEN -c.amount ELSE c.amount END
"""


def _within(session: Session, accounts: Accounts) -> list[str]:
    del accounts
    rows = session.execute(text(f"{_WITHIN} LIMIT {SHOWN}"), {"loss": End.LOSS.value})
    return [f"stocktake line {row[0]}: {row[1]} fen cleared, {row[2]} fen booked" for row in rows]


def _booked(session: Session, accounts: Accounts) -> list[str]:
    rows = session.execute(text(f"{_BOOKED} LIMIT {SHOWN}"), {"loss": accounts.get(AccountRole.LOSS, "")})
    return [
        f"clearing {row[0]}: {row[1]} fen, of lines {row[2]} fen, its posting says {row[3]} fen of the loss account"
        for row in rows
    ]


INVARIANTS: Final[dict[str, Invariant]] = {
    "differences are cleared once": _within,
    "clearings are booked as they say": _booked,
}
