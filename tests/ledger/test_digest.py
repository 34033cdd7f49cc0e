"""The fingerprint of what was asked: equal content, equal digest; anything else, another."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from msgspec.structs import replace

from app.company.rules import AccountRole
from app.kernel.exact import TooPrecise
from app.ledger.digest import digest
from app.ledger.facts import CountFact, Draft, EntryFact, MoveFact, RevaluationFact
from app.places.rules import End

D = Decimal
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
MOVE = MoveFact(1, D(2), End.SUPPLIER, 101, NOON, value=D("3.50"))
ENTRY = EntryFact(AccountRole.PAYABLE, credit=D("3.50"), partner=7)
COUNT = CountFact(1, 101, D(2), NOON, "c")
DRAFT = Draft("receipt", "r", [MOVE], [RevaluationFact(1, D(1))], [ENTRY], [COUNT])


def test_the_same_content_written_otherwise_is_the_same() -> None:
    beijing = NOON.astimezone(timezone(timedelta(hours=8)))
    same = replace(MOVE, quantity=D("2.000"), source=1, value=D("3.5"), occurred_at=beijing)
    assert digest(replace(DRAFT, moves=[same])) == digest(DRAFT)


def test_what_was_expected_of_the_books_is_a_condition_and_no_content() -> None:
    assert digest(replace(DRAFT, counts=[replace(COUNT, expected_difference=D(1))])) == digest(DRAFT)


@pytest.mark.parametrize(
    "other",
    [
        replace(DRAFT, kind="return"),
        replace(DRAFT, reverses=4),
        replace(DRAFT, moves=[MOVE, MOVE]),
        replace(DRAFT, moves=[replace(MOVE, quantity=D("2.001"))]),
        replace(DRAFT, moves=[replace(MOVE, lot=3)]),
        replace(DRAFT, moves=[replace(MOVE, value=None)]),
        replace(DRAFT, moves=[replace(MOVE, occurred_at=NOON + timedelta(microseconds=1))]),
        replace(DRAFT, revaluations=[]),
        replace(DRAFT, revaluations=[RevaluationFact(1, D(1), D(1))]),
        replace(DRAFT, entries=[replace(ENTRY, partner=8)]),
        replace(DRAFT, entries=[replace(ENTRY, credit=D(0), debit=D("3.50"))]),
        replace(DRAFT, counts=[replace(COUNT, counted=D(3))]),
        replace(DRAFT, counts=[replace(COUNT, unit_cost=D(0))]),
    ],
)
def test_any_other_content_is_another(other: Draft) -> None:
    assert digest(other) != digest(DRAFT)


def test_numbers_the_books_cannot_carry_are_refused_before_anything_is_asked() -> None:
    with pytest.raises(TooPrecise):
        digest(replace(DRAFT, moves=[replace(MOVE, value=D("3.505"))]))
