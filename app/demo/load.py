"""Fills a fresh installation with the demo company, through the same services that people's clicks call."""

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalog.adding import add_items
from app.catalog.lots import ensure_lots
from app.catalog.models import NO_LOT
from app.catalog.rules import ItemRow
from app.company.rules import AccountRole, FieldKind, FieldSubject, Settings, SetUp, TaxStatus
from app.company.service import add_field, set_up
from app.db import transaction
from app.demo.counting import Counter, Shelf, list_shelves, plan_ahead, take_stock
from app.demo.goods import demo_items
from app.identity.rules import Role
from app.identity.service import NewUser, create_user
from app.kernel.clock import business_day
from app.kernel.exact import ZERO, round_money
from app.ledger.facts import EntryFact, MoveFact
from app.ledger.service import post
from app.partners.models import Partner
from app.partners.rules import PartnerDraft
from app.partners.service import add_partners
from app.places.models import Location
from app.places.queries import list_warehouses
from app.places.rules import End, LocationKind
from app.places.service import add_place, add_range
from app.stocktake.rules import StocktakeState

PASSWORD: Final = "zhangshi-demo-2026"  # noqa: S105  # printed at every start of the demo, on purpose
PEOPLE: Final = (
    ("owner", "张老板", Role.OWNER),
    ("manager", "李经理", Role.MANAGER),
    ("warehouse", "王师傅", Role.WAREHOUSE),
    ("warehouse2", "赵师傅", Role.WAREHOUSE),
    ("buyer", "陈采购", Role.BUYER),
    ("seller", "刘销售", Role.SELLER),
    ("finance", "周会计", Role.FINANCE),
    ("viewer", "吴访客", Role.VIEWER),
)
ZONES: Final = (("A", "饮料区"), ("B", "零食区"), ("C", "粮油区"), ("D", "日化区"))
SEED: Final = 20261123
RECEIVED: Final = Decimal(24)
SHIPPED: Final = Decimal(6)


def load_demo(now: datetime | None = None) -> None:
    """Fill the empty installation. Errors: AlreadySetUp."""
    now = now or datetime.now(UTC)
    chance = random.Random(SEED)  # noqa: S311  # a shop, not a secret
    opened = now - timedelta(days=60)
    owner = _found_company(opened)
    items = _fill_shelves(owner, opened, chance)
    counters = [
        Counter(login, {item_id: row.codes[0] for item_id, row in items}) for login in ("warehouse", "warehouse2")
    ]
    take_stock("D", StocktakeState.POSTED, now - timedelta(days=52, hours=2), counters, chance)
    _trade(owner, items, now, range(30, 20, -1), chance)
    take_stock("A", StocktakeState.POSTED, now - timedelta(days=20, hours=2), counters, chance)
    _trade(owner, items, now, range(19, 1, -1), chance)
    take_stock("B", StocktakeState.REVIEW, now - timedelta(days=1, hours=2), counters, chance)
    take_stock("C", StocktakeState.COUNTING, now - timedelta(minutes=25), counters, chance)
    plan_ahead(now - timedelta(minutes=5), _day(now))


def _found_company(now: datetime) -> int:
    people = [NewUser.checked(login, name, PASSWORD, {role}) for login, name, role in PEOPLE]
    with transaction() as session:
        owner = set_up(session, SetUp(Settings("云栖商贸（演示）", TaxStatus.GENERAL)), people[0], now)
        for person in people[1:]:
            create_user(session, person, owner.id, now)
        add_partners(
            session,
            [
                PartnerDraft(
                    "杭州大华饮料经销部", is_supplier=True, contact="沈经理", phone="0571-85550101", terms_days=30
                ),
                PartnerDraft("江南粮油批发", is_supplier=True, contact="钱先生", phone="0571-85550102", terms_days=15),
                PartnerDraft("蓝天日化", is_supplier=True, terms_days=45),
                PartnerDraft("西溪便利店", is_customer=True, contact="何店长", phone="0571-85550201", terms_days=3),
                PartnerDraft("阳光幼儿园", is_customer=True, terms_days=30),
                PartnerDraft("城北小超市", is_customer=True, is_supplier=True, terms_days=10),
            ],
        )
        add_field(session, FieldSubject.ITEM, "产地", FieldKind.TEXT, "", owner.id, now)
        warehouse = list_warehouses(session)[0]
        for zone, name in ZONES:
            place = add_place(session, LocationKind.ZONE, warehouse.id, zone, name, owner.id, now)
            codes = [f"{zone}-{row:02d}-{level}" for row in range(1, 5) for level in range(1, 4)]
            add_range(session, place.id, codes, owner.id, now)
        return owner.id


def _fill_shelves(owner: int, now: datetime, chance: random.Random) -> Sequence[tuple[int, ItemRow]]:
    rows = demo_items()
    with transaction() as session:
        ids = add_items(session, rows)
        bins = _bins(session)
        moves = []
        for index, (item_id, row) in enumerate(zip(ids, rows, strict=True)):
            places = {bins[index * 4 // 5 % len(bins)], bins[(index * 7 + 3) % len(bins)]}
            moves += [_opening(session, item_id, row, bin_id, now, chance) for bin_id in sorted(places)]
        post(session, "opening", "demo:opening", moves, by=owner, effective_on=_day(now), now=now)
        money = [
            EntryFact(AccountRole.BANK, debit=Decimal(186_500)),
            EntryFact(AccountRole.CASH, debit=Decimal("4210.50")),
            EntryFact(AccountRole.OPENING, credit=Decimal("190710.50")),
        ]
        post(session, "opening", "demo:cash", entries=money, by=owner, effective_on=_day(now), now=now)
    return list(zip(ids, rows, strict=True))


def _opening(
    session: Session, item_id: int, row: ItemRow, bin_id: int, now: datetime, chance: random.Random
) -> MoveFact:
    quantity = Decimal(chance.randint(10, 90))
    lot = NO_LOT
    if row.item.tracks_lots:
        code = f"L{chance.randint(2601, 2610)}"
        expiry = _day(now) + timedelta(days=chance.randint(20, 200))
        lot = ensure_lots(session, {(item_id, code): expiry})[item_id, code]
    value = round_money(quantity * (row.item.purchase_price or ZERO))
    return MoveFact(item_id, quantity, End.OPENING, bin_id, now, lot=lot, value=value)


def _trade(
    owner: int, items: Sequence[tuple[int, ItemRow]], now: datetime, days: Iterable[int], chance: random.Random
) -> None:
    """Receive and ship on each of these days (how many ago)."""
    known = dict(items)
    free = [(item_id, row) for item_id, row in items if not row.item.tracks_lots]
    with transaction() as session:
        suppliers = list(session.scalars(select(Partner.id).where(Partner.is_supplier).order_by(Partner.id)))
        customers = list(session.scalars(select(Partner.id).where(Partner.is_customer).order_by(Partner.id)))
        bins = _bins(session)
        for back in days:
            at = now - timedelta(days=back, hours=3)
            item_id, row = chance.choice(free)
            supplier, bin_id = chance.choice(suppliers), chance.choice(bins)
            _receive(session, owner, f"demo:receipt:{back}", item_id, row, supplier, bin_id, at)
            full = [shelf for shelf in list_shelves(session) if shelf.quantity >= SHIPPED and not shelf.lot_id]
            shelf = chance.choice(full)
            _ship(session, owner, f"demo:shipment:{back}", shelf, known[shelf.item_id], chance.choice(customers), at)


def _receive(
    session: Session, by: int, key: str, item_id: int, row: ItemRow, partner: int, bin_id: int, at: datetime
) -> None:
    quantity = RECEIVED
    net = round_money(quantity * (row.item.purchase_price or ZERO))
    tax = round_money(net * Decimal("0.13"))
    post(
        session,
        "receipt",
        key,
        [MoveFact(item_id, quantity, End.SUPPLIER, bin_id, at, value=net)],
        entries=[
            EntryFact(AccountRole.INPUT_VAT, debit=tax),
            EntryFact(AccountRole.PAYABLE, credit=net + tax, partner=partner, due_on=_day(at) + timedelta(days=30)),
        ],
        by=by,
        effective_on=_day(at),
        now=at,
    )


def _ship(session: Session, by: int, key: str, shelf: Shelf, row: ItemRow, partner: int, at: datetime) -> None:
    quantity = SHIPPED
    gross = round_money(quantity * (row.item.sale_price or ZERO))
    net = round_money(gross / Decimal("1.13"))
    due = _day(at) + timedelta(days=15)
    post(
        session,
        "shipment",
        key,
        [MoveFact(shelf.item_id, quantity, shelf.bin_id, End.CUSTOMER, at, lot=shelf.lot_id)],
        entries=[
            EntryFact(AccountRole.RECEIVABLE, debit=gross, partner=partner, due_on=due),
            EntryFact(AccountRole.REVENUE, credit=net),
            EntryFact(AccountRole.OUTPUT_VAT, credit=gross - net),
        ],
        by=by,
        effective_on=_day(at),
        now=at,
    )


def _bins(session: Session) -> list[int]:
    return list(session.scalars(select(Location.id).where(Location.kind == LocationKind.BIN).order_by(Location.code)))


def _day(at: datetime) -> date:
    return business_day(at, "Asia/Shanghai")
