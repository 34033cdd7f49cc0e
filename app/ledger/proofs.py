"""The questions of `ledger verify`, in SQL that both databases speak: each finds rows only where the books are wrong.

Every sum is of scaled integers, nothing is multiplied. Sums by window or group take one pass over the moves.
"""
# ruff: noqa: S608  # only constants of ours stand in these texts: ids of the virtual ends, account codes

from app.company.rules import AccountRole
from app.ledger.booking import CHOOSABLE, ROLE_OF_END
from app.ledger.rules import LINES as ROOM
from app.places.rules import LEAVES, End

_OWN = max(End)  # places of our own have higher ids
_LEAVES = ", ".join(sorted(f"'{kind.value}'" for kind in LEAVES))

_LEGS = f"""
    SELECT item_id, lot_id, target_id AS location_id, quantity, occurred_at FROM ledger_move WHERE target_id > {_OWN}
    UNION ALL
    SELECT item_id, lot_id, source_id, -quantity, occurred_at FROM ledger_move WHERE source_id > {_OWN}
"""

SEQUENCE = """
SELECT postings, last, counted FROM (
    SELECT count(*) AS postings, coalesce(max(seq), 0) AS last, (SELECT seq FROM ledger_counter) AS counted
    FROM ledger_posting
) s WHERE postings <> last OR counted <> last OR counted IS NULL
"""

LINES = f"""
SELECT posting_seq, count(*), max(id) - posting_seq * {ROOM} + 1 FROM (
    SELECT posting_seq, id FROM ledger_move
    UNION ALL SELECT posting_seq, id FROM ledger_anchor
    UNION ALL SELECT posting_seq, id FROM ledger_revaluation
    UNION ALL SELECT posting_seq, id FROM ledger_entry
    UNION ALL SELECT seq, NULL FROM ledger_posting
) lines GROUP BY posting_seq
HAVING count(id) = 0 OR count(*) <> count(id) + 1 OR max(id) - posting_seq * {ROOM} + 1 <> count(id)
"""

BALANCED = """
SELECT posting_seq, sum(debit), sum(credit) FROM ledger_entry GROUP BY posting_seq HAVING sum(debit) <> sum(credit)
"""

BALANCES = f"""
SELECT item_id, lot_id, location_id, sum(quantity) FROM (
    SELECT item_id, lot_id, location_id, quantity FROM ledger_balance
    UNION ALL SELECT item_id, lot_id, location_id, -quantity FROM ({_LEGS}) legs
) both_sides GROUP BY item_id, lot_id, location_id HAVING sum(quantity) <> 0
"""

TIMES = f"""
SELECT f.item_id, f.lot_id, f.location_id FROM (
    SELECT item_id, lot_id, location_id, max(moved_at) AS moved_at, max(anchor_at) AS anchor_at,
           max(beyond_at) AS beyond_at
    FROM (
        SELECT item_id, lot_id, location_id, occurred_at AS moved_at, CAST(NULL AS timestamptz) AS anchor_at,
               CAST(NULL AS timestamptz) AS beyond_at FROM ({_LEGS}) legs
        UNION ALL
        SELECT item_id, lot_id, location_id, CAST(NULL AS timestamptz), counted_at, CAST(NULL AS timestamptz)
          FROM ledger_anchor
        UNION ALL
        SELECT item_id, lot_id, target_id, CAST(NULL AS timestamptz), CAST(NULL AS timestamptz), occurred_at
          FROM ledger_move WHERE reason = 'beyond_book'
    ) facts GROUP BY item_id, lot_id, location_id
) f LEFT JOIN ledger_balance b
    ON b.item_id = f.item_id AND b.lot_id = f.lot_id AND b.location_id = f.location_id
WHERE b.item_id IS NULL OR b.last_moved_at IS DISTINCT FROM f.moved_at
   OR b.last_anchor_at IS DISTINCT FROM f.anchor_at OR b.last_beyond_at IS DISTINCT FROM f.beyond_at
"""

COSTS = f"""
SELECT item_id, sum(quantity), sum(value) FROM (
    SELECT item_id, quantity, value FROM ledger_cost
    UNION ALL
    SELECT item_id, CASE WHEN target_id > {_OWN} THEN -quantity ELSE quantity END,
           CASE WHEN target_id > {_OWN} THEN -value ELSE value END
      FROM ledger_move WHERE (target_id > {_OWN}) <> (source_id > {_OWN})
    UNION ALL
    SELECT item_id, 0, -value FROM ledger_revaluation
) both_sides GROUP BY item_id HAVING sum(quantity) <> 0 OR sum(value) <> 0
"""

# What an item's goods stood at when there were any for the last time, by the order of valuing.
LAST_STOOD = f"""
WITH steps AS (
    SELECT item_id, id, CASE WHEN target_id > {_OWN} THEN quantity ELSE -quantity END AS quantity,
           CASE WHEN target_id > {_OWN} THEN value ELSE -value END AS value
      FROM ledger_move WHERE (target_id > {_OWN}) <> (source_id > {_OWN})
    UNION ALL
    SELECT item_id, id, 0, value FROM ledger_revaluation
), levels AS (
    SELECT item_id, id, sum(quantity) OVER (PARTITION BY item_id ORDER BY id) AS quantity,
           sum(value) OVER (PARTITION BY item_id ORDER BY id) AS value
      FROM steps
), stood AS (
    SELECT item_id, quantity, value, row_number() OVER (PARTITION BY item_id ORDER BY id DESC) AS nth
      FROM levels WHERE quantity > 0
)
SELECT c.item_id, c.last_price, s.quantity, s.value
FROM ledger_cost c LEFT JOIN stood s ON s.item_id = c.item_id AND s.nth = 1
"""

GOODS_AND_INVENTORY = """
SELECT (SELECT coalesce(sum(value), 0) FROM ledger_cost),
       (SELECT coalesce(sum(debit) - sum(credit), 0) FROM ledger_entry WHERE account = :code)
"""

# Moves of a key in the order of time, a count after the moves of its instant; the sum includes its whole instant.
# Only keys that were ever counted are played here.
ANCHORS = f"""
SELECT anchor_id, level, counted FROM (
    SELECT anchor_id, counted, rank,
           sum(quantity) OVER (PARTITION BY item_id, lot_id, location_id ORDER BY occurred_at, rank) AS level
    FROM (
        SELECT item_id, lot_id, location_id, quantity, occurred_at, 0 AS rank, 0 AS anchor_id, 0 AS counted
          FROM ({_LEGS}) legs
         WHERE EXISTS (SELECT 1 FROM ledger_anchor a WHERE a.item_id = legs.item_id
                       AND a.lot_id = legs.lot_id AND a.location_id = legs.location_id)
        UNION ALL
        SELECT item_id, lot_id, location_id, 0, counted_at, 1, id, counted FROM ledger_anchor
    ) timeline
) levels WHERE rank = 1 AND level <> counted
"""

# Before its last count a shelf may run below zero in the books: that count has set it right.
LEVELS = f"""
SELECT item_id, lot_id, location_id, level, occurred_at FROM (
    SELECT item_id, lot_id, location_id, occurred_at,
           sum(quantity) OVER (PARTITION BY item_id, lot_id, location_id ORDER BY occurred_at) AS level
    FROM ({_LEGS}) legs
) levels
WHERE level < 0 AND NOT EXISTS (
    SELECT 1 FROM ledger_anchor a WHERE a.item_id = levels.item_id AND a.lot_id = levels.lot_id
       AND a.location_id = levels.location_id AND a.counted_at >= levels.occurred_at)
"""

DIFFERENCES = f"""
SELECT a.id, a.counted - a.book, coalesce(d.moved, 0) FROM ledger_anchor a LEFT JOIN (
    SELECT anchor_id, sum(CASE WHEN source_id = {End.LOSS} THEN quantity ELSE -quantity END) AS moved, count(*) AS times
    FROM ledger_move WHERE reason = 'difference' GROUP BY anchor_id
) d ON d.anchor_id = a.id
WHERE a.counted - a.book <> coalesce(d.moved, 0) OR d.times > 1
"""

GIVEN_BACK = """
SELECT m.id, m.quantity, sum(b.quantity) FROM ledger_move m JOIN ledger_move b ON b.gives_back_id = m.id
GROUP BY m.id, m.quantity HAVING sum(b.quantity) > m.quantity
"""

# A derived move lies on the key of what it names: its count's or its beyond-book move's, at that very instant.
COMPANIONS = """
SELECT m.id FROM ledger_move m
JOIN ledger_anchor a ON a.id = m.anchor_id
WHERE a.item_id <> m.item_id OR a.lot_id <> m.lot_id OR a.counted_at <> m.occurred_at
   OR a.location_id NOT IN (m.source_id, m.target_id)
UNION ALL
SELECT m.id FROM ledger_move m
JOIN ledger_move b ON b.id = m.gives_back_id
WHERE b.reason <> 'beyond_book' OR b.item_id <> m.item_id OR b.lot_id <> m.lot_id
   OR b.occurred_at <> m.occurred_at OR m.source_id <> b.target_id
UNION ALL
SELECT m.id FROM ledger_move m
JOIN ledger_move c ON c.id = m.cause_id
WHERE c.posting_seq <> m.posting_seq OR c.item_id <> m.item_id OR c.lot_id <> m.lot_id
   OR c.reason NOT IN ('primary', 'difference')
"""

REVERSALS = """
SELECT seq, reverses FROM (
    SELECT p.seq, p.reverses, m.item_id, m.lot_id, m.source_id, m.target_id, m.quantity, m.occurred_at, 1 AS times
      FROM ledger_posting p JOIN ledger_move m ON m.posting_seq = p.seq AND m.reason = 'primary'
     WHERE p.reverses IS NOT NULL
    UNION ALL
    SELECT p.seq, p.reverses, m.item_id, m.lot_id, m.target_id, m.source_id, m.quantity, m.occurred_at, -1
      FROM ledger_posting p JOIN ledger_move m ON m.posting_seq = p.reverses AND m.reason = 'primary'
) both_sides
GROUP BY seq, reverses, item_id, lot_id, source_id, target_id, quantity, occurred_at HAVING sum(times) <> 0
UNION ALL
SELECT seq, reverses FROM (
    SELECT p.seq, p.reverses, e.account, e.partner_id, e.debit - e.credit AS net
      FROM ledger_posting p JOIN ledger_entry e ON e.posting_seq = p.seq AND NOT e.derived
     WHERE p.reverses IS NOT NULL
    UNION ALL
    SELECT p.seq, p.reverses, e.account, e.partner_id, e.debit - e.credit
      FROM ledger_posting p JOIN ledger_entry e ON e.posting_seq = p.reverses AND NOT e.derived
) both_sides GROUP BY seq, reverses, account, partner_id HAVING sum(net) <> 0
UNION ALL
SELECT seq, reverses FROM (
    SELECT p.seq, p.reverses, r.item_id, r.value + r.variance AS net
      FROM ledger_posting p JOIN ledger_revaluation r ON r.posting_seq = p.seq
     WHERE p.reverses IS NOT NULL
    UNION ALL
    SELECT p.seq, p.reverses, r.item_id, r.value + r.variance
      FROM ledger_posting p JOIN ledger_revaluation r ON r.posting_seq = p.reverses
) both_sides GROUP BY seq, reverses, item_id HAVING sum(net) <> 0
"""

PERIODS = """
SELECT p.seq, p.effective_on, c.until FROM ledger_posting p
JOIN ledger_period c ON p.seq > c.after_seq AND p.effective_on <= c.until
"""

PLACES = f"""
SELECT b.item_id, b.lot_id, b.location_id FROM ledger_balance b
JOIN location l ON l.id = b.location_id JOIN lot t ON t.id = b.lot_id
WHERE l.kind NOT IN ({_LEAVES}) OR (t.id <> 0 AND t.item_id <> b.item_id)
"""

NEGATIVE = """
SELECT 'balance', item_id FROM ledger_balance WHERE quantity < 0
UNION ALL
SELECT 'cost', item_id FROM ledger_cost WHERE quantity < 0 OR value < 0 OR (quantity = 0 AND value <> 0)
"""


def derived_entries(accounts: dict[AccountRole, str]) -> str:
    """Return the question whether the derived entries are those that moves and revaluations mean."""
    inventory, cost_of_sales = accounts[AccountRole.INVENTORY], accounts[AccountRole.COST_OF_SALES]
    target, source = _account_of("target_id", "source_id", accounts), _account_of("source_id", "target_id", accounts)
    return f"""
SELECT posting_seq, account, CASE WHEN debits THEN 'debit' ELSE 'credit' END, sum(amount) FROM (
    SELECT posting_seq, account, amount > 0 AS debits, abs(amount) AS amount FROM (
        SELECT posting_seq, '{inventory}' AS account,
               CASE WHEN target_id > {_OWN} THEN value ELSE -value END AS amount
          FROM ledger_move WHERE (target_id > {_OWN}) <> (source_id > {_OWN})
        UNION ALL
        SELECT posting_seq, {target}, value + variance FROM ledger_move WHERE target_id <= {_OWN}
        UNION ALL
        SELECT posting_seq, {source}, -value - variance FROM ledger_move WHERE source_id <= {_OWN}
        UNION ALL
        SELECT posting_seq, '{cost_of_sales}', CASE WHEN target_id > {_OWN} THEN variance ELSE -variance END
          FROM ledger_move WHERE variance <> 0
        UNION ALL SELECT posting_seq, '{inventory}', value FROM ledger_revaluation
        UNION ALL SELECT posting_seq, '{cost_of_sales}', variance FROM ledger_revaluation
        UNION ALL SELECT posting_seq, account, -value - variance FROM ledger_revaluation
    ) meant WHERE account IS NOT NULL AND amount <> 0
    UNION ALL
    SELECT posting_seq, account, debit > 0, -debit - credit FROM ledger_entry WHERE derived
) both_sides GROUP BY posting_seq, account, debits HAVING sum(amount) <> 0
"""


def _account_of(end: str, other: str, accounts: dict[AccountRole, str]) -> str:
    choosable = ", ".join(str(int(place)) for place in sorted(CHOOSABLE))
    usual = " ".join(f"WHEN {int(place)} THEN '{accounts[role]}'" for place, role in ROLE_OF_END.items())
    chosen = f"account IS NOT NULL AND {end} <> {int(End.SUPPLIER)}"
    return (
        f"CASE WHEN {chosen} AND ({end} IN ({choosable}) OR {other} NOT IN ({choosable})) THEN account "
        f"ELSE CASE {end} {usual} END END"
    )
