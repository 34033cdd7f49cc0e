"""1901 after a stocktake: cleared line by line with a reason, never more than is left, and taken back."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError

from app.company.rules import AccountRole
from app.db import db
from app.kernel.errors import RuleBroken
from app.ledger.facts import RevaluationFact
from app.ledger.models import Entry
from app.ledger.queries import account_balance
from app.ledger.rules import ids_of
from app.ledger.service import post
from app.ledger.verify import OTHERS, verify
from app.places.rules import End
from app.stocktake.accuracy.queries import Only, grouped
from app.stocktake.accuracy.rules import By
from app.stocktake.clearing import service, views
from app.stocktake.clearing.models import StocktakeClearing, StocktakeClearingLine
from app.stocktake.clearing.queries import count_uncleared, list_balances
from app.stocktake.clearing.rules import (
    AmountMissing,
    ClearingDraft,
    ClearingReasonMissing,
    DebtorMissing,
    LeftChanged,
    LineBalance,
    MoreThanLeft,
    NotPosted,
    WrongTarget,
)
from tests.conftest import SignIn
from tests.stocktake.shop import COLA, TEA, Shop, facts, now

D = Decimal
LOSS = "1901"
WRONG: list[dict[str, object]] = [{"amount": D(0)}, {"reason": ""}]


@pytest.fixture
def posted(shop: Shop) -> int:
    """A posted stocktake: two tea (6.00) and one cola (4.00) too few, one carton of nuts' kilo (5.00) too many."""
    bin_id, other = shop.bins[:2]
    shop.stock(shop.tea, bin_id, 10, 30)
    shop.stock(shop.cola, bin_id, 5, 20)
    shop.stock(shop.tea, other, 1, 3)
    stocktake = shop.plan(bin_id, other)
    counter = shop.counter(stocktake)
    counter.count(bin_id, [(TEA, 8), (COLA, 4)])
    counter.count(other, [(TEA, 2)])
    shop.finish(stocktake)
    shop.approve_all(stocktake)
    shop.post(stocktake)
    return stocktake


def balances(stocktake: int) -> list[LineBalance]:
    db.session.remove()
    return list_balances(db.session(), stocktake)


def draft(stocktake: int, *, is_surplus: bool = False, **how: Any) -> ClearingDraft:
    """All that is left of one side, to its usual account."""
    chosen = {each.line_id: each.left for each in balances(stocktake) if each.is_surplus == is_surplus and each.left}
    usual = AccountRole.OTHER_INCOME if is_surplus else AccountRole.OTHER_EXPENSE
    given: dict[str, Any] = {"seen": chosen, "target": usual, "reason": "年末清理"} | how
    return ClearingDraft(uuid4(), is_surplus, **given)


def clear(shop: Shop, stocktake: int, wanted: ClearingDraft) -> StocktakeClearing:
    with shop.write() as session:
        return service.clear(session, stocktake, wanted, shop.owner, now())


def entries(seq: int) -> list[tuple[object, ...]]:
    rows = db.session.scalars(select(Entry).where(Entry.id.between(*ids_of(seq))).order_by(Entry.id))
    return [(row.account, row.debit, row.credit) for row in rows]


def test_shortages_and_surpluses_are_cleared_apart_until_nothing_is_left(shop: Shop, posted: int) -> None:
    assert [facts(each.booked, each.left) for each in balances(posted)] == [(-6, 6), (-4, 4), (3, 3)]
    assert count_uncleared(db.session(), LOSS) == 1
    shortage = clear(shop, posted, draft(posted))
    assert entries(shortage.posting_seq) == [("5711", 10, 0), (LOSS, 0, 10)]
    surplus = clear(shop, posted, draft(posted, is_surplus=True))
    assert entries(surplus.posting_seq) == [(LOSS, 3, 0), ("5301", 0, 3)]
    assert [each.left for each in balances(posted)] == [0, 0, 0]
    assert account_balance(db.session(), LOSS) == 0
    assert count_uncleared(db.session(), LOSS) == 0
    assert verify(db.session()) == []


def test_a_part_is_cleared_to_who_made_up_for_it_and_the_rest_later(shop: Shop, posted: int) -> None:
    first = draft(posted, target=AccountRole.OTHER_RECEIVABLE, owed_by="小王", amount=D("7.50"))
    assert entries(clear(shop, posted, first).posting_seq)[0] == ("1221", D("7.50"), 0)
    assert [each.left for each in balances(posted)] == [0, D("2.50"), 3]
    clear(shop, posted, draft(posted, target=AccountRole.ADMIN_EXPENSE))
    assert [each.left for each in balances(posted)] == [0, 0, 3]


def test_the_same_clearing_sent_twice_is_booked_once(shop: Shop, posted: int) -> None:
    wanted = draft(posted)
    assert clear(shop, posted, wanted).id == clear(shop, posted, wanted).id
    assert db.session.scalar(select(func.count()).select_from(StocktakeClearing)) == 1


def test_a_clearing_is_taken_back_once_and_what_it_cleared_is_left_again(shop: Shop, posted: int) -> None:
    done = clear(shop, posted, draft(posted))
    for _ in range(2):
        with shop.write() as session:
            service.take_back(session, posted, done.id, shop.owner, now())
    assert [each.left for each in balances(posted)] == [6, 4, 3]
    assert account_balance(db.session(), LOSS) == 7
    clear(shop, posted, draft(posted))
    assert verify(db.session()) == []


def test_all_lines_are_cleared_at_once_if_so_much_is_left_as_was_seen(
    shop: Shop, posted: int, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "SHOWN", 1)
    client, address = sign_in("finance"), f"/stocktakes/{posted}/clearing"
    page = client.get(address).get_data(as_text=True)
    assert page.count('name="line"') == 2  # one of each side: the shortage of which most is left, and the surplus
    assert "=6.00" in page or '=6"' in page
    assert 'name="all" value="10' in page
    token = str(uuid4())
    form = {"shortage-token": token, "shortage-target": "admin_expense", "shortage-reason": "年末清理"}
    assert client.post(f"{address}/shortage", data=form | {"all": "9.99"}).status_code == 409
    assert client.post(f"{address}/shortage", data=form | {"all": "10"}).status_code == 303
    assert client.post(f"{address}/shortage", data=form | {"all": "10"}).status_code == 303  # asked again
    assert [each.left for each in balances(posted)] == [0, 0, 3]
    assert db.session.scalar(select(func.count()).select_from(StocktakeClearing)) == 1


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ({"amount": D("10.01")}, MoreThanLeft),
        ({"amount": D(0)}, AmountMissing),
        ({"reason": ""}, ClearingReasonMissing),
        ({"target": AccountRole.OTHER_RECEIVABLE}, DebtorMissing),
        ({"target": AccountRole.OTHER_INCOME}, WrongTarget),
        ({"target": AccountRole.CASH}, WrongTarget),
        ({"seen": {}}, LeftChanged),
        ({"seen": {987_654: D(1)}}, LeftChanged),
    ],
)
def test_what_cannot_be_cleared_is_refused(
    shop: Shop, posted: int, how: dict[str, Any], error: type[RuleBroken]
) -> None:
    with pytest.raises(error):
        clear(shop, posted, draft(posted, **how))
    assert [each.left for each in balances(posted)] == [6, 4, 3]


def test_a_stocktake_that_is_not_posted_has_nothing_to_clear(shop: Shop) -> None:
    with pytest.raises(NotPosted):
        clear(shop, shop.plan(shop.bins[0]), ClearingDraft(uuid4(), False, {1: D(1)}, AccountRole.OTHER_EXPENSE, "x"))


def test_of_two_who_clear_the_same_lines_at_once_one_is_told(
    shop: Shop, posted: int, at_once: Callable[..., list[object]]
) -> None:
    one, other = draft(posted), draft(posted)
    results = at_once(lambda: clear(shop, posted, one), lambda: clear(shop, posted, other))
    assert sorted(isinstance(result, LeftChanged) for result in results) == [False, True]
    assert [each.left for each in balances(posted)] == [0, 0, 3]
    assert verify(db.session()) == []


def test_goods_that_come_back_late_lessen_what_is_left(shop: Shop, posted: int) -> None:
    before = shop.get(posted).started_at
    assert before is not None
    shop.move(shop.tea, shop.bins[0], shop.bins[2], 1, before)  # found out after the posting
    assert next(facts(each.booked, each.returned, each.left) for each in balances(posted)) == (-6, 3, 3)
    clear(shop, posted, draft(posted))
    clear(shop, posted, draft(posted, is_surplus=True))
    assert count_uncleared(db.session(), LOSS) == 0  # less was cleared than booked, and yet nothing is left
    assert verify(db.session()) == []


@pytest.fixture
def matching(shop: Shop) -> int:
    """A posted stocktake of a bin where ten tea (30.00) lay as the books said."""
    shop.stock(shop.tea, shop.bins[0], 10, 30)
    stocktake = shop.plan(shop.bins[0])
    shop.counter(stocktake).count(shop.bins[0], [(TEA, 10)])
    shop.finish(stocktake)
    shop.approve_all(stocktake)
    shop.post(stocktake)
    return stocktake


def leave_before(shop: Shop, stocktake: int, quantity: int) -> None:
    """Tea that left the first bin before it was counted becomes known now."""
    before = shop.get(stocktake).started_at
    assert before is not None
    shop.move(shop.tea, shop.bins[0], End.CUSTOMER, quantity, before)


def test_what_late_facts_find_where_the_count_matched_is_cleared_as_well(
    shop: Shop, matching: int, sign_in: SignIn
) -> None:
    assert balances(matching) == []
    leave_before(shop, matching, 2)
    assert account_balance(db.session(), LOSS) == -6
    assert count_uncleared(db.session(), LOSS) == 1
    [line] = balances(matching)
    assert facts(line.booked, line.returned, line.left, line.is_surplus) == (0, 6, 6, True)
    client = sign_in("finance")
    assert shop.get(matching).number in client.get("/stocktakes/clearing?left=open").get_data(as_text=True)
    assert "6.00 left" in client.get(f"/stocktakes/{matching}/clearing").get_data(as_text=True)
    clear(shop, matching, draft(matching, is_surplus=True))
    assert account_balance(db.session(), LOSS) == 0
    assert count_uncleared(db.session(), LOSS) == 0
    assert verify(db.session()) == []


def test_a_shortage_of_which_late_facts_make_a_surplus_is_cleared_as_what_it_is(shop: Shop, posted: int) -> None:
    leave_before(shop, posted, 5)  # two were too few, so three were too many
    assert [facts(each.left, each.is_surplus) for each in balances(posted)] == [(9, True), (4, False), (3, True)]
    clear(shop, posted, draft(posted))
    clear(shop, posted, draft(posted, is_surplus=True))
    assert account_balance(db.session(), LOSS) == 0
    assert count_uncleared(db.session(), LOSS) == 0
    assert verify(db.session()) == []


def test_what_was_cleared_before_late_facts_turned_it_is_made_up_for_or_taken_back(shop: Shop, posted: int) -> None:
    done = clear(shop, posted, draft(posted))
    leave_before(shop, posted, 1)
    assert count_uncleared(db.session(), LOSS) == 1
    assert facts(balances(posted)[0].left, balances(posted)[0].is_surplus) == (-3, False)  # cleared too much
    leave_before(shop, posted, 4)
    turned = balances(posted)[0]
    assert facts(turned.left, turned.is_surplus, turned.cleared_of_side) == (15, True, -6)
    clear(shop, posted, draft(posted, is_surplus=True))
    assert account_balance(db.session(), LOSS) == 0
    assert verify(db.session()) == []
    with shop.write() as session:
        service.take_back(session, posted, done.id, shop.owner, now())
    assert balances(posted)[0].left == -6
    assert verify(db.session()) == []


def test_what_came_back_is_what_the_account_took_though_the_goods_were_worth_less(shop: Shop, posted: int) -> None:
    before = shop.get(posted).started_at
    assert before is not None
    with shop.write() as session:  # everything lost its worth after the count
        worthless = RevaluationFact(shop.tea, D("-29.90"), account=AccountRole.OTHER_EXPENSE)
        post(session, "test", "less", revaluations=[worthless], by=shop.owner, effective_on=now().date(), now=now())
    shop.move(shop.tea, shop.bins[2], shop.bins[1], 1, before)  # the surplus tea was brought there before the count
    surplus = balances(posted)[2]
    assert facts(surplus.booked, surplus.returned, surplus.left) == (3, -3, 0)
    explained = [row.explained for row in db.session.execute(grouped(db.session(), By.BIN, Only(bin=shop.bins[1])))]
    assert explained == [-3]


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("differences are cleared once", "UPDATE stocktake_clearing_line SET amount = amount + 1"),
        ("clearings are booked as they say", "UPDATE stocktake_clearing SET amount = amount + 1"),
    ],
)
def test_the_proof_names_a_clearing_that_is_wrong(shop: Shop, posted: int, name: str, statement: str) -> None:
    clear(shop, posted, draft(posted))
    assert name in OTHERS
    assert name in breaches_after(shop, statement)


def breaches_after(shop: Shop, statement: str) -> list[str]:
    """Break the clearings behind the triggers' back, ask the proof, and put them right again."""
    found: list[str] = []
    with suppress(ZeroDivisionError), shop.write() as session:
        if db.engine.dialect.name == "postgresql":
            session.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            for table in ("stocktake_clearing", "stocktake_clearing_line"):
                session.execute(text(f"DROP TRIGGER {table}_no_update"))
        session.execute(text(statement))
        found = [breach.invariant for breach in verify(session)]
        raise ZeroDivisionError  # rolls the broken rows back
    return found


@pytest.mark.parametrize("table", ["stocktake_clearing", "stocktake_clearing_line"])
def test_the_database_lets_nobody_change_a_clearing(shop: Shop, posted: int, table: str) -> None:
    clear(shop, posted, draft(posted))
    table_of = {model.__tablename__: model for model in (StocktakeClearing, StocktakeClearingLine)}
    with pytest.raises(DBAPIError, match="append-only"), shop.write() as session:
        session.execute(update(table_of[table]).values(amount=D(1)))


def test_the_database_takes_no_clearing_of_nothing_and_none_without_a_reason(shop: Shop, posted: int) -> None:
    done = clear(shop, posted, draft(posted))
    given = {
        column.name: getattr(done, column.name) for column in StocktakeClearing.__table__.columns if column.name != "id"
    }
    line = balances(posted)[2].line_id
    wrong = [StocktakeClearing(**given | {"key": "other", "posting_seq": 1} | each) for each in WRONG]
    for row in [*wrong, StocktakeClearingLine(clearing_id=done.id, line_id=line, amount=D(0))]:
        with pytest.raises(DBAPIError), shop.write() as session:
            session.add(row)


def test_finance_clears_from_the_page_and_keeps_what_was_typed_when_refused(
    shop: Shop, posted: int, sign_in: SignIn
) -> None:
    client, address = sign_in("finance"), f"/stocktakes/{posted}/clearing"
    listed = client.get("/stocktakes/clearing?left=open").get_data(as_text=True)
    assert shop.get(posted).number in listed
    assert "Differences to clear" in client.get("/").get_data(as_text=True)
    page = client.get(address).get_data(as_text=True)
    assert "10.00 left" in page
    lines = [f"{each.line_id}={each.left}" for each in balances(posted) if not each.is_surplus]
    typed = {"shortage-target": "other_receivable", "shortage-reason": "赔偿", "shortage-amount": "5", "line": lines}
    refused = client.post(f"{address}/shortage", data=typed)
    assert refused.status_code == 400
    said = refused.get_data(as_text=True)
    assert "Enter who owes it." in said
    assert 'value="赔偿"' in said
    assert 'value="5"' in said
    assert client.post(f"{address}/shortage", data={"shortage-reason": "x"}).status_code == 400
    assert client.post(f"{address}/shortage", data=typed | {"shortage-owed_by": "小王"}).status_code == 303
    assert "5.00 left" in client.get(address).get_data(as_text=True)
    db.session.remove()
    done = db.session.scalars(select(StocktakeClearing)).one()
    assert facts(done.owed_by, done.amount) == ("小王", 5)
    assert client.get(f"/stock/postings/{done.posting_seq}").status_code == 200
    assert client.post(f"{address}/{done.id}/take-back").status_code == 303
    assert "taken back" in client.get(address).get_data(as_text=True)
    assert client.post(f"{address}/999/take-back").status_code == 404
