"""Accounts, partners and items that do not exist: named in a sentence before anything is written."""

from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.company.rules import AccountRole
from app.db import db
from app.kernel.errors import InvalidInput
from app.ledger.facts import Draft, EntryFact, MoveFact, RevaluationFact
from app.ledger.models import Counter, Entry, Move
from app.ledger.rules import UnknownAccount, UnknownItem, UnknownPartner
from app.ledger.service import post_all, reverse
from app.ledger.verify import verify
from app.places.rules import End
from tests.ledger.conftest import NOW, TODAY, Shop, at

D = Decimal
BANK = EntryFact(AccountRole.BANK, debit=D(5))
NOBODY = 987_654


def written() -> tuple[int | None, ...]:
    """How many moves and entries there are, and the last number given."""
    session = db.session()
    session.rollback()
    counts = [session.scalar(select(func.count()).select_from(model)) for model in (Move, Entry)]
    found = (*counts, session.scalar(select(Counter.seq)))
    session.rollback()
    return found


WRONG: dict[str, tuple[Draft, type[InvalidInput], str]] = {
    "entry": (Draft("t", "k", entries=[BANK, EntryFact("9x99", credit=D(5))]), UnknownAccount, "9x99"),
    "empty": (Draft("t", "k", entries=[BANK, EntryFact("", credit=D(5))]), UnknownAccount, "chart"),
    "role as text": (Draft("t", "k", entries=[BANK, EntryFact("revenue", credit=D(5))]), UnknownAccount, "revenue"),
    "partner": (
        Draft("t", "k", entries=[BANK, EntryFact(AccountRole.RECEIVABLE, credit=D(5), partner=NOBODY)]),
        UnknownPartner,
        str(NOBODY),
    ),
    "partner beside": (
        Draft("t", "k", entries=[BANK, EntryFact(AccountRole.REVENUE, credit=D(5), partner=-1)]),
        UnknownPartner,
        "-1",
    ),
    "revaluation": (Draft("t", "k", revaluations=[RevaluationFact(1, D(1), account="9999")]), UnknownAccount, "9999"),
    "goods revalued": (
        Draft("t", "k", revaluations=[RevaluationFact(NOBODY, D(1), account=AccountRole.OTHER_INCOME)]),
        UnknownItem,
        str(NOBODY),
    ),
    "goods never here": (
        Draft("t", "k", [MoveFact(NOBODY, D(1), End.SUPPLIER, End.CUSTOMER, at(3), value=D(0))]),
        UnknownItem,
        str(NOBODY),
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_exist_is_named_and_nothing_is_written(shop: Shop, case: str) -> None:
    shop.receive("r", "10", "100.00", 1)
    draft, error, named = WRONG[case]
    before = written()
    with pytest.raises(error, match=named):
        shop.post("k", draft.moves, entries=draft.entries, revaluations=draft.revaluations)
    assert written() == before


@pytest.mark.parametrize("target", [End.SCRAP, "bin_b"])
def test_the_chosen_expense_of_a_move_must_exist(shop: Shop, target: End | str) -> None:
    shop.receive("r", "10", "100.00", 1)
    place = target if isinstance(target, End) else getattr(shop, target)
    move = MoveFact(shop.items[0], D(1), shop.bin_a, place, at(3), account="0000")
    before = written()
    with pytest.raises(UnknownAccount, match="0000"):
        shop.post("k", [move])
    assert written() == before


def test_whoever_catches_it_has_written_nothing_and_may_go_on(shop: Shop) -> None:
    shop.receive("r", "10", "100.00", 1)
    with shop.write() as session:
        wrong = Draft("t", "w", entries=[BANK, EntryFact("9x99", credit=D(5))])
        with pytest.raises(UnknownAccount):
            post_all(session, [wrong], by=shop.user, effective_on=TODAY, now=NOW)
        right = Draft("t", "w", entries=[BANK, EntryFact("5001", credit=D(5))])
        [posted] = post_all(session, [right], by=shop.user, effective_on=TODAY, now=NOW)
    assert posted.seq == 2
    assert verify(db.session()) == []


def test_codes_and_partners_that_exist_are_posted_repeated_and_reversed(shop: Shop) -> None:
    entries = [
        EntryFact("1122", debit=D(8), partner=shop.customer),
        EntryFact("5001", credit=D(3)),
        EntryFact(AccountRole.PAYABLE, credit=D(5), partner=shop.supplier),
    ]
    posted = shop.post("k", entries=entries)
    assert shop.post("k", entries=entries).is_repeat
    with shop.write() as session:
        reverse(session, posted.seq, "u", by=shop.user, effective_on=TODAY, now=NOW)
    assert verify(db.session()) == []


def test_of_more_partners_than_one_statement_asks_for_the_unknown_one_is_named(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ledger.holding.CHUNK", 1)
    known = [EntryFact("1122", debit=D(8), partner=each) for each in (shop.customer, shop.supplier)]
    shop.post("k", entries=[*known, EntryFact("5001", credit=D(16))])
    wrong = EntryFact("2202", credit=D(16), partner=NOBODY)
    with pytest.raises(UnknownPartner, match=str(NOBODY)):
        shop.post("k2", entries=[*known, wrong])
    assert verify(db.session()) == []
