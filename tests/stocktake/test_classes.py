"""ABC classes: the rule to the limit, what the value is taken from, a count of one class."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from app.db import db
from app.identity.models import AuditEvent
from app.places.rules import End
from app.stocktake.classes.models import StocktakePolicy
from app.stocktake.classes.queries import get_policy, item_classes
from app.stocktake.classes.rules import AbcClass, Policy, PolicyInvalid, classify, ensure_policy
from app.stocktake.classes.service import save_policy
from app.stocktake.rules import Scope, ScopeKind
from app.stocktake.service import start
from tests.conftest import SignIn
from tests.stocktake.shop import Shop, now

A, B, C = AbcClass.A, AbcClass.B, AbcClass.C


def worth(*values: int) -> dict[int, Decimal]:
    return {number: Decimal(value) for number, value in enumerate(values, start=1)}


def test_the_first_items_up_to_80_percent_are_a_up_to_95_b_the_rest_c() -> None:
    classes = classify(worth(50, 30, 10, 5, 3, 2), Policy())
    assert list(classes.values()) == [A, A, B, B, C, C]


def test_the_item_that_crosses_a_limit_is_in_the_better_class() -> None:
    assert classify(worth(70, 20, 6, 4), Policy()) == {1: A, 2: A, 3: B, 4: C}
    assert classify(worth(100), Policy()) == {1: A}


def test_what_is_worth_nothing_or_less_is_class_c() -> None:
    assert classify(worth(0, 10, -5), Policy()) == {1: C, 2: A, 3: C}
    assert classify(worth(0, 0), Policy()) == {1: C, 2: C}


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=40), st.integers(1, 98))
def test_class_a_holds_at_least_its_share_and_no_item_too_many(values: list[int], share: int) -> None:
    policy = Policy(share_a=share, share_b=99)
    classes = classify(worth(*values), policy)
    ours = sorted((values[item - 1] for item, abc in classes.items() if abc is A), reverse=True)
    if sum(values):
        assert sum(ours) * 100 >= share * sum(values)
        assert sum(ours[:-1]) * 100 < share * sum(values)
    rest = [values[item - 1] for item, abc in classes.items() if abc is not A]
    assert max(rest, default=0) <= min(ours, default=10**9)


@pytest.mark.parametrize(
    "policy",
    [Policy(share_a=95), Policy(share_a=0), Policy(share_b=101), Policy(days_a=0), Policy(months=0), Policy(months=61)],
)
def test_shares_rise_and_periods_have_a_length(policy: Policy) -> None:
    with pytest.raises(PolicyInvalid):
        ensure_policy(policy)


def test_what_left_in_the_period_decides_and_what_came_back_did_not_leave(shop: Shop) -> None:
    first, *_ = shop.bins
    shop.stock(shop.tea, first, 100, 100)
    shop.stock(shop.cola, first, 100, 1000)
    shop.stock(shop.nuts, first, 100, 500)
    db.session.remove()
    assert item_classes(db.session(), Policy(), now())[shop.cola] is A  # nothing left yet: by what lies here
    shop.move(shop.tea, first, End.CUSTOMER, 90)
    shop.move(shop.nuts, first, End.CONSUMPTION, 4)
    shop.move(shop.cola, first, End.CUSTOMER, 50)
    shop.move(shop.cola, End.CUSTOMER, first, 50)
    db.session.remove()
    classes = item_classes(db.session(), Policy(), now())
    assert [classes[item] for item in (shop.tea, shop.nuts, shop.cola, shop.milk)] == [A, B, C, C]
    later = item_classes(db.session(), Policy(months=1), now() + timedelta(days=40))
    assert later[shop.cola] is A  # that is long ago by then: what lies here decides again


def test_a_count_of_a_class_takes_its_items_as_of_the_start(shop: Shop) -> None:
    first, second, *_ = shop.bins
    shop.stock(shop.tea, first, 10, 900)
    shop.stock(shop.cola, second, 10, 10)
    draft = shop.draft(scope=Scope(ScopeKind.ABC, (A,)))
    shop.stock(shop.nuts, second, 10, 90_000)
    with shop.write() as session:
        start(session, draft, shop.owner, now())
    assert [(line.place.bin, line.place.item) for line in shop.report(draft).lines] == [(second, shop.nuts)]


def test_the_policy_is_kept_told_to_the_audit_trail_and_guarded_by_the_database(shop: Shop) -> None:
    assert get_policy(db.session()) == Policy()
    with shop.write() as session:
        save_policy(session, Policy(days_a=7), shop.owner, now())
    db.session.remove()
    assert get_policy(db.session()).days_a == 7
    event = db.session.query(AuditEvent).filter_by(action="stocktake.policy").one()
    assert event.details == {"days_a": {"old": 30, "new": 7}}
    for broken in ({"share_a": 96}, {"days_c": 0}, {"id": 2}):
        with pytest.raises(IntegrityError), shop.write() as session:
            session.execute(update(StocktakePolicy).values(**broken))
    with pytest.raises(IntegrityError), shop.write() as session:
        session.execute(text("INSERT INTO stocktake_policy SELECT 1, 1, 2, 3, 1, 1, 1"))


def test_the_policy_is_typed_and_refused_in_words(shop: Shop, sign_in: SignIn) -> None:
    assert shop
    client = sign_in("finance")
    typed = {"months": 6, "share_a": 70, "share_b": 90, "days_a": 14, "days_b": 60, "days_c": 365}
    assert client.post("/stocktakes/classes", data=typed).status_code == 303
    assert get_policy(db.session()) == Policy(6, 70, 90, 14, 60, 365)
    page = client.get("/stocktakes/classes").get_data(as_text=True)
    assert 'value="365"' in page
    refused = client.post("/stocktakes/classes", data=typed | {"share_a": 95})
    assert refused.status_code == PolicyInvalid().status
    assert "Shares rise" in refused.get_data(as_text=True)
