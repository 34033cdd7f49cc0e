"""`flask ledger verify` names every breach: each invariant is broken once, behind the triggers' back."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.company.rules import AccountRole
from app.db import db
from app.ledger.chain import seal_everything
from app.ledger.facts import EntryFact
from app.ledger.periods import close_period
from app.ledger.seals import REFUSALS
from app.ledger.service import reverse
from app.ledger.verify import INVARIANTS, verify
from tests.ledger.conftest import NOW, TODAY, Shop

D = Decimal
# What breaks no sum and no rule: only its seal tells of it. The last posting pays 5.00 to the supplier.
ALTERED = (
    "UPDATE ledger_entry SET debit = debit * 2, credit = credit * 2 WHERE posting_seq = 8",
    "UPDATE ledger_entry SET account = '1001' WHERE posting_seq = 8 AND account = '1002'",
    "UPDATE ledger_entry SET partner_id = 2 WHERE posting_seq = 8 AND partner_id = 1",
    "UPDATE ledger_entry SET due_on = '2030-01-01' WHERE posting_seq = 1 AND partner_id = 1",
    "UPDATE ledger_entry SET derived = NOT derived WHERE posting_seq = 8",
    "DELETE FROM ledger_entry WHERE posting_seq = 8 AND id % 4 > 1",  # its last two lines, which balance
    "UPDATE ledger_posting SET kind = 'gift' WHERE seq = 8",
    "UPDATE ledger_posting SET key = 'other' WHERE seq = 8",
    "UPDATE ledger_posting SET by = 1 WHERE seq = 8",
    "UPDATE ledger_posting SET recorded_at = '2026-01-01 00:00:00' WHERE seq = 8",
    "UPDATE ledger_posting SET effective_on = '2026-04-02' WHERE seq = 8",
    "UPDATE ledger_move SET occurred_at = '2026-03-02 00:59:00' WHERE posting_seq = 6",
    "UPDATE ledger_anchor SET uncertainty_ms = 9000",
    "UPDATE ledger_anchor SET unit_cost = unit_cost + 1",
    "UPDATE ledger_anchor SET key = 'other'",
)
CLOSINGS_ALTERED = (
    "UPDATE ledger_period SET by = 1",
    "UPDATE ledger_period SET at = '2026-01-01 00:00:00'",
    "UPDATE ledger_period SET after_seq = after_seq + 1",
    "DELETE FROM ledger_period WHERE until = '2026-03-05'",
)
# What breaks which invariant; all rows stay possible for the constraints.
BREAKS = {
    "postings are as they were sealed": "UPDATE ledger_posting SET seal = digest WHERE seq = 1",
    "closings are as they were sealed": "UPDATE ledger_period SET seal = 'x'",
    "sequence without gaps": "UPDATE ledger_counter SET seq = seq + 1",
    "lines without gaps": "UPDATE ledger_move SET id = id + 7 WHERE posting_seq = 1",
    "postings balance": "UPDATE ledger_entry SET debit = debit + 1 WHERE posting_seq = 1 AND debit > 0",
    "balances are the sum of moves": "UPDATE ledger_balance SET quantity = quantity + 1",
    "late facts can be told": "UPDATE ledger_balance SET last_moved_at = NULL",
    "costs are the sum of values": "UPDATE ledger_cost SET value = value + 1",
    "last costs are what goods stood at": "UPDATE ledger_cost SET last_price = last_price + 1",
    "goods are the inventory account": "UPDATE ledger_cost SET value = value + 1",
    "entries follow from goods": "UPDATE ledger_entry SET account = '1001' WHERE derived AND posting_seq = 1",
    "counts hold as of their instant": "UPDATE ledger_anchor SET counted = counted + 1",
    "counts booked their difference": "UPDATE ledger_anchor SET book = book + 1",
    "no shelf runs below zero": "UPDATE ledger_move SET quantity = 99000 WHERE posting_seq = 4 AND reason = 'primary'",
    "beyond book is given back once": "UPDATE ledger_move SET quantity = 1 WHERE reason = 'beyond_book'",
    "derived moves fit their reason": "UPDATE ledger_move SET cause_id = 1048576 WHERE reason = 'give_back'",
    "reversals mirror": "UPDATE ledger_move SET quantity = 500 WHERE posting_seq = 7",
    "closed periods take nothing": "UPDATE ledger_period SET until = '2027-01-01' WHERE until = '2026-03-10'",
    "the first open day follows the closings": "UPDATE ledger_counter SET open_from = NULL",
    "goods lie in places of their own lot": "UPDATE location SET kind = 'zone' WHERE code = 'bin_a'",
}


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """A shop in which every kind of thing has happened."""
    shop.receive("r1", "10", "100.00", 1)
    shop.issue("s1", "13", 5)
    with shop.write() as session:
        close_period(session, date(2026, 3, 5), by=shop.user, now=NOW)
        close_period(session, date(2026, 3, 10), by=shop.user, now=NOW)
    shop.receive("r2", "5", "60.00", 4)
    shop.issue("s2", "1", 30)
    shop.count("c1", "2", 10)
    posted = shop.receive("r3", "1", "1.00", 40, item=shop.items[1])
    assert posted.seq == 6
    with shop.write() as session:
        reverse(session, 4, "undo", by=shop.user, effective_on=TODAY, now=NOW)
    for_it = [
        EntryFact(AccountRole.PAYABLE, debit=D(3), partner=shop.supplier),
        EntryFact(AccountRole.BANK, credit=D(3)),
    ]
    and_it = [
        EntryFact(AccountRole.PAYABLE, debit=D(2), partner=shop.supplier),
        EntryFact(AccountRole.BANK, credit=D(2)),
    ]
    assert shop.post("pay", entries=[*for_it, *and_it]).seq == 8
    return shop


def unguard(session: Session) -> list[str]:
    """Return statements that take every trigger off, for one transaction."""
    if db.engine.dialect.name == "postgresql":
        return ["SET LOCAL session_replication_role = replica"]
    names = session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all()
    return [f"DROP TRIGGER {name}" for name in names]


class Undone(Exception):
    """Rolls a broken ledger back."""


def breaches_after(shop: Shop, statement: str) -> dict[str, str]:
    """Break the ledger, ask it, and put it right again."""
    found: dict[str, str] = {}
    with suppress(Undone), shop.write() as session:
        for each in [*unguard(session), statement]:
            session.execute(text(each))
        found = {breach.invariant: breach.where for breach in verify(session)}
        raise Undone
    return found


def test_a_busy_ledger_proves_itself_and_names_whatever_is_broken(busy: Shop) -> None:
    missed = [name for name, statement in BREAKS.items() if name not in breaches_after(busy, statement)]
    assert missed == []
    assert verify(db.session()) == []


def test_whatever_is_altered_behind_the_triggers_back_breaks_its_seal(busy: Shop) -> None:
    for statements, invariant in (
        (ALTERED, "postings are as they were sealed"),
        (CLOSINGS_ALTERED, "closings are as they were sealed"),
    ):
        assert [each for each in statements if invariant not in breaches_after(busy, each)] == []


def test_a_closing_that_is_gone_leaves_an_open_day_that_follows_nothing(busy: Shop) -> None:
    found = breaches_after(busy, "DELETE FROM ledger_period WHERE until = '2026-03-10'")
    assert "the first open day follows the closings" in found


def test_the_seals_stand_for_what_both_databases_keep(busy: Shop) -> None:
    with busy.write() as session:
        before = session.execute(text("SELECT seal FROM ledger_posting ORDER BY seq")).all()
        for each in unguard(session):
            session.execute(text(each))
        seal_everything(session.connection())
        assert session.execute(text("SELECT seal FROM ledger_posting ORDER BY seq")).all() == before


def test_a_trigger_that_is_gone_is_missed(busy: Shop) -> None:
    table, name, *_ = REFUSALS[0]
    on = f" ON {table}" if db.engine.dialect.name == "postgresql" else ""
    with busy.write() as session:
        session.execute(text(f"DROP TRIGGER {name}{on}"))
    assert [breach.invariant for breach in verify(db.session())] == ["triggers present"]


def test_a_trigger_that_lets_everything_through_is_missed(busy: Shop) -> None:
    lite = db.engine.dialect.name == "sqlite"
    refuses = "zhangshi_refuse_change()"
    lets = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
    emptied = (
        [
            "DROP TRIGGER ledger_move_no_update",
            "CREATE TRIGGER ledger_move_no_update BEFORE UPDATE ON ledger_move WHEN 0 BEGIN SELECT 1; END",
            "DROP TRIGGER ledger_entry_sealed",
            "CREATE TRIGGER ledger_entry_sealed BEFORE INSERT ON unit BEGIN SELECT 1; END",
        ]
        if lite
        else [
            "DROP TRIGGER ledger_move_no_change ON ledger_move",
            f"CREATE TRIGGER ledger_move_no_change BEFORE DELETE ON ledger_move EXECUTE FUNCTION {refuses}",
            f"CREATE OR REPLACE FUNCTION ledger_entry_sealed() {lets}",
        ]
    )
    with busy.write() as session:
        for statement in emptied:
            session.execute(text(statement))
    assert [breach.where.split(":")[0] for breach in verify(db.session())] == ["ledger_move", "ledger_entry_sealed"]


def test_every_invariant_is_broken_by_a_test() -> None:
    # A balance below zero cannot even be written behind the triggers' back: a CHECK holds it.
    assert set(BREAKS) | {"triggers present", "nothing is negative"} == set(INVARIANTS)


def test_the_command_fails_and_names_the_breach(busy: Shop, app: Flask) -> None:
    right = app.test_cli_runner().invoke(args=["ledger", "verify"])
    assert (right.exit_code, "hold" in right.output) == (0, True)
    db.session.remove()
    with busy.write() as session:
        session.execute(text(BREAKS["costs are the sum of values"]))
    wrong = app.test_cli_runner().invoke(args=["ledger", "verify"])
    assert wrong.exit_code == 1
    assert "costs are the sum of values: item" in wrong.output
