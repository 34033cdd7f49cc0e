"""The whole ledger against the naive model: any facts in any order on both databases, every run ending with verify."""

from decimal import Decimal
from itertools import count
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from app.catalog.models import NO_LOT, Item, Lot
from app.company.rules import AccountRole
from app.db import db
from app.ledger import queries
from app.ledger.facts import CountFact, EntryFact, MoveFact, RevaluationFact
from app.ledger.models import Posting
from app.ledger.service import reverse
from app.ledger.verify import verify
from app.places.rules import End
from tests.ledger.conftest import NOW, TODAY, Shop, at
from tests.ledger.naive import Act, shelves_after
from tests.ledger.scale import examples

minutes = st.integers(0, 30)
pieces = st.integers(1, 9).map(Decimal) | st.sampled_from([Decimal("0.001"), Decimal("2.5"), Decimal("7.333")])
_runs = count()  # what is posted stays: each run trades goods and keys of its own


class Books(RuleBasedStateMachine):
    """Facts arrive; after each of them what the books say lies there is what the naive model says."""

    shop: Shop

    def __init__(self) -> None:
        super().__init__()
        self.acts: list[Act] = []
        self.reversible: dict[int, list[Act]] = {}
        self.number = 0
        self.run = next(_runs)

    @initialize()
    def put_new_goods_on_offer(self) -> None:
        with self.shop.write() as session:
            unit = session.get_one(Item, self.shop.items[0]).unit_id
            items = [Item(code=f"{self.run}-{number}", name="goods", unit_id=unit) for number in range(2)]
            session.add_all(items)
            session.flush()
            lot = Lot(item_id=items[0].id, code="L")
            session.add(lot)
            session.flush()
            self.goods = ((items[0].id, NO_LOT), (items[0].id, lot.id), (items[1].id, NO_LOT))
        self.places = (self.shop.bin_a, self.shop.bin_b)

    @rule(minute=minutes, goods=st.integers(0, 2), place=st.integers(0, 1), quantity=pieces, fen=st.integers(0, 999))
    def receive(self, minute: int, goods: int, place: int, quantity: Decimal, fen: int) -> None:
        value = Decimal(fen).scaleb(-2)
        owed = [EntryFact(AccountRole.PAYABLE, credit=value, partner=self.shop.supplier)] if value else []
        self._post([self._act(minute, goods, End.SUPPLIER, self.places[place], quantity)], [value], owed)

    @rule(minute=minutes, goods=st.integers(0, 2), place=st.integers(0, 1), quantity=pieces)
    def ship(self, minute: int, goods: int, place: int, quantity: Decimal) -> None:
        self._post([self._act(minute, goods, self.places[place], End.CUSTOMER, quantity)])

    @rule(minute=minutes, goods=st.integers(0, 2), place=st.integers(0, 1), quantity=pieces)
    def transfer(self, minute: int, goods: int, place: int, quantity: Decimal) -> None:
        self._post([self._act(minute, goods, self.places[place], self.places[1 - place], quantity)])

    @rule(
        minute=minutes,
        goods=st.integers(0, 2),
        place=st.integers(0, 1),
        quantity=pieces,
        end=st.sampled_from([End.SCRAP, End.CONSUMPTION, End.SUPPLIER]),
        fen=st.integers(0, 999),
    )
    def take_away(self, minute: int, goods: int, place: int, quantity: Decimal, end: End, fen: int) -> None:
        act = self._act(minute, goods, self.places[place], end, quantity)
        if end is not End.SUPPLIER or not fen:
            self._post([act], [Decimal(0) if end is End.SUPPLIER else None])
            return
        value = Decimal(fen).scaleb(-2)
        self._post([act], [value], [EntryFact(AccountRole.PAYABLE, debit=value, partner=self.shop.supplier)])

    @rule(
        together=st.lists(
            st.tuples(minutes, st.integers(0, 2), st.integers(0, 1), pieces, st.booleans()), min_size=2, max_size=4
        )
    )
    def move_many_at_once(self, together: list[tuple[int, int, int, Decimal, bool]]) -> None:
        self._post(
            [
                self._act(
                    minute, goods, self.places[place], End.CUSTOMER if leaves else self.places[1 - place], quantity
                )
                for minute, goods, place, quantity, leaves in together
            ]
        )

    @rule(minute=minutes, goods=st.integers(0, 2), place=st.integers(0, 1), counted=st.integers(0, 9).map(Decimal))
    def count(self, minute: int, goods: int, place: int, counted: Decimal) -> None:
        item, lot = self.goods[goods]
        self.number += 1
        key = f"{self.run}:{self.number}"
        fact = CountFact(item, self.places[place], counted, at(minute), key, lot, unit_cost=Decimal("1.25"))
        self.shop.post(key, kind="stocktake", counts=[fact])
        self.acts.append(Act(minute, item, lot, self.places[place], self.places[place], counted=counted))
        self._compare()

    @rule(goods=st.integers(0, 2), fen=st.integers(-500, 500), pieces_concerned=st.none() | pieces)
    def revalue(self, goods: int, fen: int, pieces_concerned: Decimal | None) -> None:
        self.number += 1
        fact = RevaluationFact(
            self.goods[goods][0], Decimal(fen).scaleb(-2), pieces_concerned, AccountRole.OTHER_EXPENSE
        )
        posted = self.shop.post(f"{self.run}:{self.number}", revaluations=[fact])
        self.reversible[posted.seq] = []

    @precondition(lambda self: self.reversible)
    @rule(data=st.data())
    def undo(self, data: Any) -> None:
        seq = data.draw(st.sampled_from(sorted(self.reversible)))
        self.number += 1
        with self.shop.write() as session:
            reverse(session, seq, f"{self.run}:{self.number}", by=self.shop.user, effective_on=TODAY, now=NOW)
        for act in self.reversible.pop(seq):
            self.acts.remove(act)
        self._compare()

    def _act(self, minute: int, goods: int, source: int, target: int, quantity: Decimal) -> Act:
        return Act(minute, *self.goods[goods], source, target, quantity)

    def _post(
        self, acts: list[Act], values: list[Decimal | None] | None = None, entries: list[EntryFact] | None = None
    ) -> None:
        self.number += 1
        moves = [
            MoveFact(act.item, act.quantity, act.source, act.target, at(act.minute), act.lot, value)
            for act, value in zip(acts, values or [None] * len(acts), strict=True)
        ]
        posted = self.shop.post(f"{self.run}:{self.number}", moves, entries=entries or [])
        self.acts += acts
        self.reversible[posted.seq] = acts
        self._compare()

    def _compare(self) -> None:
        session = db.session()
        session.rollback()
        items = {item for item, _ in self.goods}
        lying = {
            (row.item_id, row.lot_id, row.location_id): row.quantity
            for item in items
            for row in queries.balances(session, item=item)
        }
        assert lying == shelves_after(self.acts)
        session.rollback()

    def teardown(self) -> None:
        assert verify(db.session()) == []
        db.session.remove()


def test_the_books_are_what_the_physical_acts_say_in_any_order(shop: Shop) -> None:
    class OfThisShop(Books):
        pass

    OfThisShop.shop = shop
    run_state_machine_as_test(
        OfThisShop,
        settings=settings(
            max_examples=examples(12, 400),
            stateful_step_count=examples(20, 50),
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert db.session().query(Posting).count() > 50
