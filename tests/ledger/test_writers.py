"""Eight writers on the same balances: nothing lost, nothing negative, nobody stuck, goods and money conserved."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.company.rules import ACCOUNTS, AccountRole, Chart
from app.db import db, transaction
from app.kernel.errors import RuleBroken
from app.ledger.facts import CountFact, Draft, EntryFact, MoveFact
from app.ledger.models import Balance, Move, Posting
from app.ledger.queries import account_balance, costs, on_hand
from app.ledger.rules import AlreadyReversed, KeyTaken
from app.ledger.service import post, post_all, reverse
from app.ledger.verify import verify
from app.places.rules import End
from tests.ledger.conftest import NOW, TODAY, Shop, at
from tests.ledger.scale import examples

WRITERS = 8
EACH = examples(15, 400)
PLENTY = Decimal(100_000)


def in_parallel(app: Flask, work: Callable[[int], None]) -> None:
    """Run *work* in as many threads as there are writers, all starting at once; raise what any of them raised."""
    failures: list[BaseException] = []
    start = threading.Barrier(WRITERS)

    def run(number: int) -> None:
        try:
            with app.app_context():
                start.wait(10)
                work(number)
                db.session.remove()
        except BaseException as failure:  # noqa: BLE001  # handed to the test
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    assert not any(thread.is_alive() for thread in threads)
    if failures:
        raise failures[0]


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    """Plenty of two items in both bins."""
    moves = [
        MoveFact(item, PLENTY, End.OPENING, place, at(0), value=PLENTY * 3)
        for item in shop.items[:2]
        for place in (shop.bin_a, shop.bin_b)
    ]
    shop.post("opening", moves)
    return shop


def test_no_update_is_lost_and_no_value_strays(app: Flask, stocked: Shop) -> None:
    gone: Counter[int] = Counter()
    lock = threading.Lock()

    def work(number: int) -> None:
        chance = random.Random(number)
        for turn in range(EACH):
            item, place = chance.choice(stocked.items[:2]), chance.choice([stocked.bin_a, stocked.bin_b])
            other = stocked.bin_b if place == stocked.bin_a else stocked.bin_a
            moves = [
                MoveFact(item, Decimal(1), place, End.CUSTOMER, at(turn)),
                MoveFact(stocked.items[0], Decimal(2), other, place, at(turn)),
                MoveFact(stocked.items[1], Decimal(2), place, other, at(turn)),
            ]
            chance.shuffle(moves)
            with transaction() as session:
                post(session, "mixed", f"{number}:{turn}", moves, by=stocked.user, effective_on=TODAY, now=NOW)
            with lock:
                gone[item] += 1

    in_parallel(app, work)
    session = db.session()
    assert session.scalar(select(func.count()).select_from(Posting)) == 1 + WRITERS * EACH
    for item in stocked.items[:2]:
        left = 2 * PLENTY - gone[item]
        assert on_hand(session, [item])[item] == left
        assert costs(session, [item])[item].value == left * 3
    assert verify(session) == []


def test_writers_who_take_more_than_there_is_leave_nothing_negative(app: Flask, shop: Shop) -> None:
    shop.receive("r", "20", "60.00", 0)

    def work(number: int) -> None:
        chance = random.Random(number)
        for turn in range(EACH):
            minute = chance.randint(1, 60)
            key, place = f"{number}:{turn}", chance.choice([shop.bin_a, shop.bin_b])
            act = chance.random()
            with transaction() as session:
                if act < 0.2:
                    fact = CountFact(shop.items[0], place, Decimal(chance.randint(0, 5)), at(minute), key)
                    post(session, "count", key, counts=[fact], by=shop.user, effective_on=TODAY, now=NOW)
                    continue
                ends = (place, End.CUSTOMER) if act < 0.7 else (shop.bin_a, shop.bin_b)
                move = MoveFact(shop.items[0], Decimal(chance.randint(1, 4)), *ends, at(minute))
                post(session, "move", key, [move], by=shop.user, effective_on=TODAY, now=NOW)

    in_parallel(app, work)
    session = db.session()
    assert all(quantity >= 0 for quantity in session.scalars(select(Balance.quantity)))
    assert verify(session) == []


def test_the_same_key_from_every_writer_is_one_posting(app: Flask, stocked: Shop) -> None:
    answers: list[tuple[int, int]] = []
    lock = threading.Lock()
    paid = [
        EntryFact(AccountRole.BANK, credit=Decimal(5)),
        EntryFact(AccountRole.PAYABLE, debit=Decimal(5), partner=stocked.supplier),
    ]

    def work(number: int) -> None:
        del number
        for turn in range(5):
            moves = [MoveFact(stocked.items[0], Decimal(1), stocked.bin_a, End.CUSTOMER, at(turn))]
            for key, facts in ((f"goods:{turn}", moves), (f"money:{turn}", [])):
                with transaction() as session:
                    posted = post(
                        session,
                        "same",
                        key,
                        facts,
                        entries=[] if facts else paid,
                        by=stocked.user,
                        effective_on=TODAY,
                        now=NOW,
                    )
                with lock:
                    answers.append((turn, posted.seq))

    in_parallel(app, work)
    assert len(answers) == WRITERS * 10
    assert len(set(answers)) == 10
    session = db.session()
    assert account_balance(session, ACCOUNTS[Chart.SMALL][AccountRole.BANK]) == -25
    assert session.scalar(select(func.count()).select_from(Move).where(Move.target_id == End.CUSTOMER)) == 5


def test_writers_of_many_facts_at_once_never_wait_for_each_other_in_a_circle(app: Flask, stocked: Shop) -> None:
    def work(number: int) -> None:
        chance = random.Random(number)
        for turn in range(max(3, EACH // 5)):
            drafts = [
                Draft(
                    "many",
                    f"{number}:{turn}:{each}",
                    [
                        MoveFact(
                            chance.choice(stocked.items[:2]),
                            Decimal(1),
                            chance.choice([stocked.bin_a, stocked.bin_b]),
                            End.CUSTOMER,
                            at(turn),
                        )
                    ],
                )
                for each in range(4)
            ]
            with transaction() as session:
                post_all(session, drafts, by=stocked.user, effective_on=TODAY, now=NOW)

    in_parallel(app, work)
    session = db.session()
    assert session.scalar(select(func.count()).select_from(Posting)) == 1 + WRITERS * max(3, EACH // 5) * 4
    assert verify(session) == []


def told(app: Flask, work: Callable[[int], None]) -> list[RuleBroken]:
    """Run *work* in parallel; return what writers were refused with."""
    refused: list[RuleBroken] = []

    def careful(number: int) -> None:
        try:
            work(number)
        except RuleBroken as error:
            refused.append(error)

    in_parallel(app, careful)
    return refused


def test_of_those_who_take_one_key_for_different_goods_all_but_one_are_told(app: Flask, shop: Shop) -> None:
    def work(number: int) -> None:
        item = shop.items[number % len(shop.items)]
        goods = MoveFact(item, Decimal(number + 1), End.OPENING, shop.bin_a, at(1), value=Decimal(1))
        with transaction() as session:
            post(session, "opening", "same", [goods], by=shop.user, effective_on=TODAY, now=NOW)

    assert [type(error) for error in told(app, work)] == [KeyTaken] * (WRITERS - 1)
    assert verify(db.session()) == []


def test_of_those_who_reverse_one_posting_all_but_one_are_told(app: Flask, stocked: Shop) -> None:
    def work(number: int) -> None:
        with transaction() as session:
            reverse(session, 1, f"undo:{number}", by=stocked.user, effective_on=TODAY, now=NOW)

    assert [type(error) for error in told(app, work)] == [AlreadyReversed] * (WRITERS - 1)
    assert verify(db.session()) == []


def test_who_goes_on_after_having_been_told_leaves_no_gap(app: Flask, stocked: Shop) -> None:
    def work(number: int) -> None:
        moves = [MoveFact(stocked.items[number % 2], Decimal(number + 1), stocked.bin_a, End.CUSTOMER, at(1))]
        with transaction() as session, suppress(KeyTaken):
            post(session, "sale", "same", moves, by=stocked.user, effective_on=TODAY, now=NOW)

    in_parallel(app, work)
    assert verify(db.session()) == []
    assert stocked.issue("next", "1", 2).seq == 3


def test_the_books_prove_themselves_while_others_write(app: Flask, stocked: Shop) -> None:
    breaches: list[object] = []

    def work(number: int) -> None:
        for turn in range(EACH):
            if not number:
                breaches.extend(verify(db.session()))
                db.session.remove()
                continue
            moves = [MoveFact(stocked.items[number % 2], Decimal(1), stocked.bin_a, End.CUSTOMER, at(turn))]
            with transaction() as session:
                post(session, "sale", f"{number}:{turn}", moves, by=stocked.user, effective_on=TODAY, now=NOW)

    in_parallel(app, work)
    assert breaches == []
