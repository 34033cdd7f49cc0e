"""What must never be false is refused by the database itself, whoever asks."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Table, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from app.db import db
from app.ledger import models
from app.ledger.facts import RevaluationFact
from app.ledger.rules import Reason, line_id
from app.places.rules import End
from tests.ledger.conftest import TODAY, Shop, at

D = Decimal
TABLES = ("posting", "move", "revaluation", "entry", "anchor", "period")


def table(name: str) -> Table:
    return db.metadata.tables[f"ledger_{name}"]


@pytest.fixture
def traded(shop: Shop) -> Shop:
    """A shop whose every ledger table has a row."""
    shop.receive("r", "10", "100.00", 1)
    shop.post("v", revaluations=[RevaluationFact(shop.items[0], D(1), account="5711")])
    shop.issue("s", "12", 2)
    shop.count("c", "1", 3)
    with shop.write() as session:
        session.execute(
            insert(table("period")),
            [
                {
                    "until": date(2025, 12, 31),
                    "after_seq": 0,
                    "by": shop.user,
                    "at": datetime(2026, 1, 1, tzinfo=UTC),
                    "seal": "0" * 64,
                }
            ],
        )
    return shop


def test_facts_cannot_be_changed_or_removed(traded: Shop) -> None:
    for name in TABLES:
        target = table(name)
        column = next(iter(target.primary_key)).name
        verbs: list[Any] = [update(target).values({column: target.c[column] + 1}), delete(target)]
        if db.engine.dialect.name == "postgresql":  # SQLite has no TRUNCATE: its DELETE is one
            verbs.append(text(f"TRUNCATE {target.name} CASCADE"))
        for verb in verbs:
            with pytest.raises(DBAPIError, match="append-only"), traded.write() as session:
                session.execute(verb)
        assert db.session().execute(select(target)).first() is not None
        db.session.remove()


def a_move(shop: Shop, **changed: Any) -> dict[str, Any]:
    """A good move of the posting to come, but for what is changed."""
    return {
        "id": line_id(5, 0),
        "posting_seq": 5,
        "line": 0,
        "item_id": shop.items[0],
        "lot_id": 0,
        "source_id": shop.bin_a,
        "target_id": shop.bin_b,
        "quantity": D(1),
        "occurred_at": at(1),
        "reason": Reason.PRIMARY,
        "value": None,
        "variance": D(0),
        "account": None,
        "cause_id": None,
        "anchor_id": None,
        "gives_back_id": None,
    } | changed


def wrong_moves(shop: Shop) -> dict[str, dict[str, Any]]:
    derived = {"line": None, "source_id": End.LOSS, "value": D(0)}
    return {
        "nothing moved": {"quantity": D(0)},
        "less than nothing": {"quantity": D(-1)},
        "it stayed where it was": {"target_id": shop.bin_a},
        "a value on its way between our own places": {"value": D(1)},
        "no value on its way out": {"target_id": End.CUSTOMER},
        "a value below zero": {"target_id": End.CUSTOMER, "value": D(-1)},
        "an id of another posting": {"id": line_id(4, 9)},
        "a line of no document": {"line": None},
        "not against loss": {
            "reason": Reason.GIVE_BACK,
            "line": None,
            "cause_id": line_id(1, 0),
            "anchor_id": line_id(4, 0),
        },
        "beyond book without a cause": derived | {"reason": Reason.BEYOND_BOOK},
        "a difference of no count": derived | {"reason": Reason.DIFFERENCE},
        "a primary move with a cause": {"cause_id": line_id(1, 0)},
        "an item that is none": {"item_id": 999_999},
        "a place that is none": {"target_id": 999_999},
        "a posting that is sealed": {"id": line_id(1, 9), "posting_seq": 1},
        "a posting that never comes": {},
    }


def test_a_move_that_cannot_be_is_refused(traded: Shop) -> None:
    accepted = [
        name
        for name, wrong in wrong_moves(traded).items()
        if not is_refused(traded, ("move", [a_move(traded, **wrong)]))
    ]
    assert accepted == []
    assert not is_refused(traded, ("move", [a_move(traded)]), ("posting", [posting(traded)]))


def is_refused(shop: Shop, *writes: tuple[str, list[dict[str, Any]]]) -> bool:
    """Return whether the database refuses these rows, by table in their order."""
    try:
        with shop.write() as session:
            for name, rows in writes:
                session.execute(insert(table(name)), rows)
    except DBAPIError:
        return True
    return False


def test_a_late_move_is_given_back_once_behind_a_count_and_once_for_each_lack(traded: Shop) -> None:
    session = db.session()
    anchor = session.scalar(select(models.CountAnchor.id))
    beyond = session.scalar(select(models.Move.id).where(models.Move.reason == Reason.BEYOND_BOOK))
    session.rollback()
    given: dict[str, Any] = {
        "reason": Reason.GIVE_BACK,
        "line": None,
        "source_id": End.LOSS,
        "target_id": traded.bin_a,
        "value": D(0),
    }
    named: tuple[dict[str, Any], ...] = ({"anchor_id": anchor}, {"gives_back_id": beyond})
    for by in named:
        once = a_move(traded, id=line_id(5, 0), cause_id=line_id(1, 0), **given, **by)
        assert is_refused(traded, ("move", [once, once | {"id": line_id(5, 1)}]), ("posting", [posting(traded)]))


def entry(shop: Shop, line: int, **changed: Any) -> dict[str, Any]:
    return {
        "id": line_id(5, line),
        "posting_seq": 5,
        "account": "1001",
        "debit": D(0),
        "credit": D(0),
        "partner_id": None,
        "due_on": None,
        "derived": False,
    } | changed


def posting(shop: Shop, **changed: Any) -> dict[str, Any]:
    return {
        "seq": 5,
        "kind": "x",
        "key": "x",
        "digest": "0" * 64,
        "by": shop.user,
        "recorded_at": at(1),
        "effective_on": TODAY,
        "reverses": None,
        "seal": "0" * 64,
    } | changed


def test_entries_that_do_not_balance_never_become_a_posting(traded: Shop) -> None:
    lopsided = [entry(traded, 0, debit=D(2)), entry(traded, 1, account="1002", credit=D(1))]
    even = [lopsided[0], lopsided[1] | {"credit": D(2)}]
    assert is_refused(traded, ("entry", lopsided), ("posting", [posting(traded)]))
    assert not is_refused(traded, ("entry", even), ("posting", [posting(traded)]))


def test_an_entry_that_cannot_be_is_refused(traded: Shop) -> None:
    wrongs: dict[str, dict[str, Any]] = {
        "no side": {},
        "both sides": {"debit": D(1), "credit": D(1)},
        "below zero": {"debit": D(-1)},
        "owed by nobody": {"account": "1122", "debit": D(1)},
        "no such account": {"account": "9", "debit": D(1)},
    }
    against = entry(traded, 1, credit=D(1))
    accepted = [
        name
        for name, wrong in wrongs.items()
        if not is_refused(traded, ("entry", [entry(traded, 0, **wrong), against]), ("posting", [posting(traded)]))
    ]
    assert accepted == []


def test_a_posting_that_cannot_be_is_refused(traded: Shop) -> None:
    wrongs: dict[str, dict[str, Any]] = {
        "a gap": {"seq": 7},
        "a number twice": {"seq": 4},
        "a key twice": {"key": "r"},
        "no digest": {"digest": "short"},
        "posted by nobody": {"by": 999},
        "reverses itself": {"reverses": 5},
        "reverses nothing": {"reverses": 99},
    }
    accepted = [
        name for name, wrong in wrongs.items() if not is_refused(traded, ("posting", [posting(traded, **wrong)]))
    ]
    assert accepted == []
    twice = [posting(traded, seq=seq, key=str(seq), reverses=1) for seq in (5, 6)]
    assert is_refused(traded, ("posting", twice[:1]), ("posting", twice[1:]))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("balance", {"quantity": D(-1)}),
        ("balance", {"location_id": End.LOSS.value}),
        ("cost", {"value": D(-1)}),
        ("cost", {"quantity": D(-1)}),
        ("cost", {"quantity": D(0), "value": D(1)}),
        ("counter", {"id": 2}),
    ],
)
def test_kept_numbers_stay_possible(traded: Shop, name: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(DBAPIError), traded.write() as session:
        session.execute(update(table(name)).values(wrong))


def test_a_count_is_of_our_own_places_once_an_instant_and_never_negative(traded: Shop) -> None:
    good = {
        "id": line_id(5, 0),
        "posting_seq": 5,
        "key": "new",
        "item_id": traded.items[0],
        "lot_id": 0,
        "location_id": traded.bin_a,
        "counted_at": at(9),
        "uncertainty_ms": 0,
        "counted": D(1),
        "book": D(1),
        "unit_cost": None,
    }
    wrongs: list[dict[str, Any]] = [
        {"location_id": End.LOSS.value},
        {"counted": D(-1)},
        {"counted_at": at(3)},
        {"key": "c:line"},
        {"uncertainty_ms": -1},
    ]
    sealed = ("posting", [posting(traded)])
    assert [wrong for wrong in wrongs if not is_refused(traded, ("anchor", [good | wrong]), sealed)] == []
    assert not is_refused(traded, ("anchor", [good]), sealed)


def test_goods_lie_in_leaves_and_in_lots_of_their_own(traded: Shop) -> None:
    row = {"item_id": traded.items[1], "lot_id": 0, "location_id": traded.bin_b, "quantity": D(0)}
    assert is_refused(traded, ("balance", [row | {"location_id": traded.warehouse}]))
    assert is_refused(traded, ("balance", [row | {"lot_id": traded.lots[0]}]))
    assert not is_refused(traded, ("balance", [row]))
