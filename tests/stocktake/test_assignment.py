"""Who is asked to count which bins: a wish that phones show first and that locks nobody out."""

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from app.db import db
from app.stocktake.assignment.models import StocktakeAssignment
from app.stocktake.assignment.queries import list_assigned, list_choices
from app.stocktake.assignment.rules import Bin, CountedBefore, NoBinChosen, NobodyChosen, NotACounter, share_out
from app.stocktake.assignment.service import assign, release
from app.stocktake.rules import WrongState
from app.stocktake.service import cancel
from tests.conftest import SignIn
from tests.stocktake.shop import TEA, Shop, now


def ask(shop: Shop, stocktake: int, bins: tuple[int, ...], *counters: int) -> int:
    with shop.write() as session:
        return assign(session, stocktake, bins, counters, shop.manager, now())


def whose(stocktake: int) -> dict[tuple[int, int], int]:
    db.session.remove()
    return {key: each.user_id for key, each in list_assigned(db.session(), stocktake).items()}


def seen_by(client: Any, stocktake: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/v1/stocktakes/{stocktake}").get_json()["bins"]
    return found


def test_neighbours_go_to_one_counter_and_the_work_is_even() -> None:
    bins = [Bin(number, f"A-{number}", lines) for number, lines in enumerate((9, 9, 9, 9, 39))]
    assert share_out(bins, (7, 8)) == {0: 7, 1: 7, 2: 7, 3: 7, 4: 8}
    assert set(share_out([Bin(number, "", 0) for number in range(9)], (1, 2, 3)).values()) == {1, 2, 3}
    assert share_out(bins[:1], (7, 8)) == {0: 8} or share_out(bins[:1], (7, 8)) == {0: 7}


def test_phones_show_their_own_bins_first_then_nobodys_then_others(shop: Shop) -> None:
    stocktake = shop.plan()
    one, other = shop.counter(stocktake), shop.counter(stocktake)
    assert ask(shop, stocktake, shop.bins[2:], one.id) == 2
    ask(shop, stocktake, shop.bins[:1], other.id)
    mine = seen_by(one.phone.client, stocktake)
    assert [(each["code"], each["mine"]) for each in mine] == [
        ("A-3", True),
        ("A-4", True),
        ("A-2", False),
        ("A-1", False),
    ]
    assert mine[3]["assigned"] is not None
    assert [each["code"] for each in seen_by(other.phone.client, stocktake)] == ["A-1", "A-2", "A-3", "A-4"]
    other.count(shop.bins[0], [])
    other.count(shop.bins[1], [])
    counted_last = [(each["code"], each["state"]) for each in seen_by(other.phone.client, stocktake)]
    assert counted_last == [("A-3", "waiting"), ("A-4", "waiting"), ("A-1", "closed"), ("A-2", "closed")]


def test_an_assignment_locks_nobody_out(shop: Shop) -> None:
    stocktake = shop.plan(shop.bins[0])
    one, other = shop.counter(stocktake), shop.counter(stocktake)
    ask(shop, stocktake, shop.bins[:1], one.id)
    assert [each["status"] for each in other.count(shop.bins[0], [(TEA, 1)])] == ["accepted"] * 3
    # It is counted: there is nothing left to ask for.
    with pytest.raises(NoBinChosen):
        ask(shop, stocktake, shop.bins[:1], one.id)


def test_bins_are_shared_out_in_the_plan_already_and_taken_back(shop: Shop) -> None:
    draft = shop.draft(*shop.bins[:2])
    one = shop.counter(draft)
    assert ask(shop, draft, shop.bins, one.id) == 2  # of its own bins, and no other
    with shop.write() as session:
        assert release(session, draft, shop.bins[:1], shop.manager, now()) == 1
    assert whose(draft) == {(shop.bins[1], 1): one.id}
    planned = shop.get(draft)
    choices = list_choices(db.session(), planned, shop.bins[:2])
    assert [(each.bin.code, each.zone, each.assigned is not None) for each in choices] == [
        ("A-1", "Z1", False),
        ("A-2", "Z1", True),
    ]


def test_a_recount_is_asked_of_somebody_else(shop: Shop) -> None:
    bin_id = shop.bins[0]
    shop.stock(shop.tea, bin_id, 10, 30)
    stocktake = shop.plan(bin_id)
    one, other = shop.counter(stocktake), shop.counter(stocktake)
    ask(shop, stocktake, (bin_id,), one.id)
    one.count(bin_id, [(TEA, 8)])
    shop.recount(stocktake, shop.line(stocktake, bin_id, shop.tea).place)
    with pytest.raises(CountedBefore):
        ask(shop, stocktake, (bin_id,), one.id)
    ask(shop, stocktake, (bin_id,), other.id)
    assert whose(stocktake) == {(bin_id, 1): one.id, (bin_id, 2): other.id}
    assert [each["mine"] for each in seen_by(one.phone.client, stocktake)] == [False]


def test_what_makes_no_sense_is_refused(shop: Shop) -> None:
    stocktake = shop.plan(shop.bins[0])
    counter = shop.counter(stocktake)
    viewer = shop.make_phone("viewer").user_id
    with pytest.raises(NobodyChosen):
        ask(shop, stocktake, shop.bins)
    with pytest.raises(NotACounter):
        ask(shop, stocktake, shop.bins, viewer)
    with pytest.raises(NoBinChosen):
        ask(shop, stocktake, shop.bins[3:], counter.id)
    with shop.write() as session:
        cancel(session, stocktake, shop.owner, now())
    with pytest.raises(WrongState):
        ask(shop, stocktake, shop.bins, counter.id)


def test_the_page_shares_out_by_ticks_and_by_ranges_and_keeps_what_was_chosen(shop: Shop, sign_in: SignIn) -> None:
    stocktake = shop.plan()
    one, other = shop.counter(stocktake), shop.counter(stocktake)
    client = sign_in("manager")
    address = f"/stocktakes/{stocktake}/assign"
    chosen = {"bin": [shop.bins[0]], "bins": "a-3..a-4", "counter": [one.id]}
    assert client.post(address, data=chosen).status_code == 303
    assert set(whose(stocktake)) == {(shop.bins[0], 1), (shop.bins[2], 1), (shop.bins[3], 1)}
    assert "3 bins are shared out." in client.get(address).get_data(as_text=True)
    refused = client.post(address, data={"bin": [shop.bins[1]], "bins": "NOWHERE", "counter": [other.id]})
    page = refused.get_data(as_text=True)
    assert refused.status_code == 400
    assert "NOWHERE" in page
    assert f'value="{other.id}" checked' in page
    assert f'value="{shop.bins[1]}" aria-label="A-2" checked' in page
    of_one = client.get(f"{address}?whose={one.id}&q=A").get_data(as_text=True)
    assert ("A-1" in of_one, "A-2" in of_one.split("<tbody>")[1]) == (True, False)
    assert client.get(f"{address}?format=xlsx").data[:2] == b"PK"
    assert client.post(address, data={"bins": "A-1..A-4", "release": "1"}).status_code == 303
    assert whose(stocktake) == {}


def test_bins_the_books_think_empty_are_told_to_the_phone(shop: Shop) -> None:
    shop.stock(shop.tea, shop.bins[1], 1, 3)
    stocktake = shop.plan(*shop.bins[:2])
    told = seen_by(shop.counter(stocktake).phone.client, stocktake)
    assert {each["code"]: each["expected_empty"] for each in told} == {"A-1": True, "A-2": False}


def test_of_two_managers_who_share_out_at_once_one_holds_whole(app: Flask, shop: Shop) -> None:
    stocktake = shop.plan()
    counters = [shop.counter(stocktake).id for _ in range(2)]
    ready = threading.Barrier(2)

    def one(counter: int) -> None:
        with app.app_context():
            ready.wait(10)
            ask(shop, stocktake, shop.bins, counter)
            db.session.remove()

    db.session.remove()
    threads = [threading.Thread(target=one, args=(counter,)) for counter in counters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    asked = whose(stocktake)
    assert len(asked) == len(shop.bins)
    assert len(set(asked.values())) == 1


def test_the_database_refuses_a_bin_that_is_two_peoples(shop: Shop) -> None:
    stocktake = shop.plan(shop.bins[0])
    one, other = shop.counter(stocktake), shop.counter(stocktake)
    ask(shop, stocktake, shop.bins[:1], one.id)
    row = {"stocktake_id": stocktake, "bin_id": shop.bins[0], "user_id": other.id, "assigned_at": now()}
    for round_number in (1, 0):  # the same round again, and one that cannot be
        with pytest.raises(IntegrityError), shop.write() as session:
            session.execute(insert(StocktakeAssignment).values(**row, round=round_number, assigned_by=shop.owner))
