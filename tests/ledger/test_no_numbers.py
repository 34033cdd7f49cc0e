"""What is no number, or below zero where nothing can be, is refused with a sentence and never by the database."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from app.company.rules import AccountRole
from app.db import db
from app.kernel.exact import NotANumber
from app.ledger.facts import CountFact, Draft, EntryFact, MoveFact, RevaluationFact
from app.ledger.rules import ImpossibleCount, ImpossibleRevaluation
from app.ledger.service import post_all
from app.ledger.verify import verify
from app.places.rules import End
from tests.ledger.conftest import NOW, TODAY, Shop, at

D = Decimal


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused_wherever_it_stands(shop: Shop, text: str) -> None:
    number, (item, *_) = D(text), shop.items
    count = CountFact(item, shop.bin_a, D(2), at(3), "c", unit_cost=D(1))
    drafts = [
        Draft("t", "k", [MoveFact(item, number, shop.bin_a, End.CUSTOMER, at(3))]),
        Draft("t", "k", [MoveFact(item, D(1), End.OPENING, shop.bin_a, at(3), value=number)]),
        Draft("t", "k", entries=[EntryFact(AccountRole.BANK, number), EntryFact(AccountRole.REVENUE, credit=number)]),
        Draft("t", "k", revaluations=[RevaluationFact(item, number, account=AccountRole.OTHER_INCOME)]),
        Draft("t", "k", revaluations=[RevaluationFact(item, D(1), number, AccountRole.OTHER_INCOME)]),
        Draft("t", "k", counts=[replace(count, counted=number)]),
        Draft("t", "k", counts=[replace(count, unit_cost=number)]),
    ]
    for draft in drafts:
        with pytest.raises(NotANumber), shop.write() as session:
            post_all(session, [draft], by=shop.user, effective_on=TODAY, now=NOW)
    assert verify(db.session()) == []


@pytest.mark.parametrize("quantity", [D(0), D(-1)])
def test_a_revaluation_concerns_some_goods(shop: Shop, quantity: Decimal) -> None:
    fact = RevaluationFact(shop.items[0], D(1), quantity, AccountRole.OTHER_INCOME)
    with pytest.raises(ImpossibleRevaluation):
        shop.post("k", revaluations=[fact])


def test_a_count_is_of_no_cost_below_zero_and_stands_once_in_a_posting(shop: Shop) -> None:
    count = CountFact(shop.items[0], shop.bin_a, D(2), at(3), "c", unit_cost=D(1))
    for wrong in ([replace(count, unit_cost=D(-1))], [replace(count, uncertainty_ms=-1)], [count, count]):
        with pytest.raises(ImpossibleCount, match="Count c:"):
            shop.post("k", counts=wrong)
