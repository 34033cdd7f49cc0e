"""Triggers beside append-only: a posting's row seals it, and goods lie only where goods can lie.

A posting's lines come first, its row last. When the row comes, the database checks that its number is the next one,
that its day is open and that debit is credit; once it is there, no line can be added to it.
"""

from sqlalchemy import MetaData, event
from sqlalchemy.orm import Session
from sqlalchemy.schema import DDL

from app.ledger.rules import LINES
from app.places.rules import LEAVES
from app.triggers import body_of, lite_trigger, read_triggers

SEALED = ("ledger_move", "ledger_revaluation", "ledger_entry", "ledger_anchor")
_LEAVES = ", ".join(sorted(f"'{kind.value}'" for kind in LEAVES))

_NOT_NEXT = "NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ledger_posting)"
_OWN_LINES = f"id >= NEW.seq * {LINES} AND id < (NEW.seq + 1) * {LINES}"
_SIDES = f"SELECT coalesce(sum(debit) - sum(credit), 0) FROM ledger_entry WHERE {_OWN_LINES}"  # noqa: S608  # our own words
_NOT_BALANCED = f"({_SIDES}) <> 0"
_CLOSED = "NEW.effective_on < (SELECT open_from FROM ledger_counter)"
_SEALED = "EXISTS (SELECT 1 FROM ledger_posting WHERE seq = NEW.posting_seq)"
_NO_LEAF = f"NOT EXISTS (SELECT 1 FROM location WHERE id = NEW.location_id AND kind IN ({_LEAVES}))"  # noqa: S608  # our own words
_STRANGE_LOT = "NEW.lot_id <> 0 AND NOT EXISTS (SELECT 1 FROM lot WHERE id = NEW.lot_id AND item_id = NEW.item_id)"

# table, name, when, condition → the sentence it is refused with
REFUSALS = (
    ("ledger_posting", "ledger_posting_next", "BEFORE", _NOT_NEXT, "a posting takes the next number"),
    ("ledger_posting", "ledger_posting_balanced", "BEFORE", _NOT_BALANCED, "debit is credit in every posting"),
    ("ledger_posting", "ledger_posting_open", "BEFORE", _CLOSED, "a closed period takes no posting"),
    *((table, f"{table}_sealed", "BEFORE", _SEALED, "a posting is sealed by its row") for table in SEALED),
    # AFTER: an upsert that finds its row never gets here, so the hot path pays nothing.
    ("ledger_balance", "ledger_balance_place", "AFTER", _NO_LEAF, "goods lie in leaves of the tree of places"),
    ("ledger_balance", "ledger_balance_lot", "AFTER", _STRANGE_LOT, "a lot belongs to one item"),
)


_PG_ON_INSERT = {"BEFORE": 1 + 2 + 4, "AFTER": 1 + 4}  # PostgreSQL's type of a trigger: for each row, when, INSERT


def seal_ddl(table: str, dialect: str) -> list[str]:
    """Return the statements that guard *table*; a migration that makes the table runs them."""
    return [
        statement
        for guarded, name, when, condition, sentence in REFUSALS
        if guarded == table
        for statement in _refusal(guarded, name, when, condition, sentence, dialect)
    ]


def _refusal(table: str, name: str, when: str, condition: str, sentence: str, dialect: str) -> list[str]:
    if dialect == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{sentence}'); END"
        return [f"CREATE TRIGGER {name} {when} INSERT ON {table} WHEN {condition} {refuse}"]
    refuse = f"RAISE EXCEPTION '{sentence}' USING ERRCODE = 'integrity_constraint_violation'"
    body = f"BEGIN IF {condition} THEN {refuse}; END IF; RETURN NEW; END"
    return [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        f"CREATE TRIGGER {name} {when} INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]


def attach_seals(metadata: MetaData) -> None:
    """Make the triggers once every table that they ask exists."""
    for dialect in ("sqlite", "postgresql"):
        for table in dict.fromkeys(refusal[0] for refusal in REFUSALS):
            for statement in seal_ddl(table, dialect):
                ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]  # SQLAlchemy's gap
                event.listen(metadata.tables[table], "after_create", ddl.execute_if(dialect=dialect))


def missing_seals(session: Session) -> list[str]:
    """Return the triggers of this module that are absent, switched off or not what they should be."""
    found = read_triggers(session)
    dialect = session.get_bind().dialect.name
    return [refusal[1] for refusal in REFUSALS if _as_read(*refusal, dialect) not in found]


def _as_read(table: str, name: str, when: str, condition: str, sentence: str, dialect: str) -> tuple[str | int, ...]:
    statement = _refusal(table, name, when, condition, sentence, dialect)[0]
    if dialect == "sqlite":
        return lite_trigger(statement)
    return table, name, name, body_of(statement), _PG_ON_INSERT[when]
