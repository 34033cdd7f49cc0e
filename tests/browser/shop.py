"""A small shop for browser tests: filled through the services people use, looked at through the ledger's models."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.catalog.adding import add_items
from app.catalog.models import Item, Lot
from app.catalog.rules import ItemDraft, ItemRow, PackDraft
from app.company.rules import Settings, SetUp, TaxStatus
from app.company.service import set_up
from app.db import db, transaction
from app.identity.models import User
from app.identity.rules import Role
from app.identity.service import NewUser, create_user
from app.kernel.gtin import check_digit
from app.kernel.owncode import OwnKind, make_own_code
from app.ledger.facts import MoveFact
from app.ledger.models import Balance, Entry, Posting
from app.ledger.service import post
from app.ledger.verify import Breach, verify
from app.places.models import Location
from app.places.queries import list_warehouses
from app.places.rules import End, LocationKind
from app.places.service import add_place, add_range
from app.scanning.models import Scan
from app.stocktake.queries import get_stocktake
from app.stocktake.report.queries import read_report
from app.stocktake.rules import Scope, ScopeKind
from app.stocktake.service import Plan, plan, start

PASSWORD = "the words of this test"
PEOPLE = (
    ("owner", "张老板", Role.OWNER),
    ("manager", "李经理", Role.MANAGER),
    ("worker", "王师傅", Role.WAREHOUSE),
    ("worker2", "赵师傅", Role.WAREHOUSE),
)
CARTON = Decimal(24)

# Bin → code of an item → how many lie there by the books, and what they cost together.
Stock = Mapping[str, Mapping[str, tuple[int, str]]]


def gtin(payload: str) -> str:
    """Return *payload* with its check digit."""
    return payload + check_digit(payload)


def goods(name: str, unit: str, code: str, carton: str | None = None, *, by_lots: bool = False) -> ItemRow:
    """Return an item with a barcode, and with another one for a carton of 24; *by_lots*: with lots that expire."""
    packs = (PackDraft("箱", CARTON, (carton,)),) if carton else ()
    return ItemRow(ItemDraft(name=name, unit=unit, tracks_lots=by_lots, tracks_expiry=by_lots), (code,), packs)


@dataclass(frozen=True)
class Books:
    """What the ledgers said at a moment: on hand by bin and item, and the last posting."""

    on_hand: Mapping[tuple[str, str], Decimal]
    seq: int


class Shop:
    """The shop: who works there, what lies where, and what its database says."""

    def __init__(self, items: Sequence[ItemRow], stock: Stock) -> None:
        self._items = items
        self._stock = stock
        self._app: Flask | None = None

    def fill(self, app: Flask) -> None:
        """Found the company in *app* and put the goods on the shelves."""
        self._app = app
        now = datetime.now(UTC) - timedelta(hours=2)
        people = [NewUser.checked(login, name, PASSWORD, {role}) for login, name, role in PEOPLE]
        with transaction() as session:
            owner = set_up(session, SetUp(Settings("云栖商贸", TaxStatus.GENERAL)), people[0], now).id
            for person in people[1:]:
                create_user(session, person, owner, now)
            zone = add_place(session, LocationKind.ZONE, list_warehouses(session)[0].id, "A", "饮料区", owner, now)
            add_range(session, zone.id, list(self._stock), owner, now)
            self._shelve(session, owner, now)

    def _shelve(self, session: Session, owner: int, now: datetime) -> None:
        numbers = dict(zip((row.codes[0] for row in self._items), add_items(session, self._items), strict=True))
        moves = [
            MoveFact(numbers[code], Decimal(quantity), End.OPENING, _bin(session, name), now, value=Decimal(value))
            for name, lying in self._stock.items()
            for code, (quantity, value) in lying.items()
        ]
        post(session, "opening", "opening", moves, by=owner, effective_on=now.date(), now=now)

    @contextmanager
    def inside(self) -> Iterator[Session]:
        """Look into the database beside the running server."""
        assert self._app
        with self._app.app_context():
            try:
                yield db.session()
            finally:
                db.session.remove()
                db.engine.dispose()

    def start_stocktake(self, *bins: str) -> int:
        """Plan a blind stocktake of *bins* and start it; return its id."""
        with self.inside(), transaction() as session:
            by = session.scalars(select(User.id).where(User.login == "owner")).one()
            scope = Scope(ScopeKind.BINS, tuple(_bin(session, name) for name in bins))
            now = datetime.now(UTC)
            number = plan(session, Plan(list_warehouses(session)[0].id, scope), by, now).id
            start(session, number, by, now)
            return number

    def label(self, name: str) -> str:
        """Return what the printed label of a bin says."""
        with self.inside() as session:
            return make_own_code(OwnKind.BIN, _bin(session, name))

    def books(self) -> Books:
        """Return what the ledgers say now."""
        with self.inside() as session:
            names = {row.item.name: row.codes[0] for row in self._items}
            lying = select(Location.code, Item.name, Balance.quantity).join_from(Balance, Location).join(Item)
            on_hand = {(place, names[name]): quantity for place, name, quantity in session.execute(lying) if quantity}
            return Books(on_hand, session.scalar(select(func.max(Posting.seq))) or 0)

    def entries_after(self, seq: int) -> list[tuple[str, Decimal, Decimal]]:
        """Return account, debit and credit of every entry of the postings after *seq*."""
        with self.inside() as session:
            query = select(Entry.account, Entry.debit, Entry.credit).where(Entry.posting_seq > seq)
            return sorted((account, debit, credit) for account, debit, credit in session.execute(query))

    def scans(self, stocktake: int, kind: str = "scan") -> list[str]:
        """Return the texts of the accepted scans of a stocktake, in the order in which the phone made them."""
        with self.inside() as session:
            of_task = (Scan.task_id == stocktake, Scan.kind == kind, Scan.status == "accepted")
            return [raw or "" for raw in session.scalars(select(Scan.raw).where(*of_task).order_by(Scan.sequence))]

    def counted(self, stocktake: int, bin_name: str) -> dict[str, Decimal | None]:
        """Return what the report says was counted of each item in a bin; None where nobody counted."""
        with self.inside() as session:
            report = read_report(session, get_stocktake(session, stocktake), datetime.now(UTC))
            names = {row.item.name: row.codes[0] for row in self._items}
            here = [line for line in report.lines if line.place.bin == _bin(session, bin_name)]
            return {names[report.items[line.place.item].name]: line.counted for line in here}

    def counted_by_lot(self, stocktake: int, bin_name: str) -> dict[tuple[str, str], Decimal]:
        """Return what the report says was found of each item and lot in a bin, what is counted zero left out."""
        with self.inside() as session:
            report = read_report(session, get_stocktake(session, stocktake), datetime.now(UTC))
            lots = {row.id: row.code for row in session.execute(select(Lot.id, Lot.code))}
            here = [line for line in report.lines if line.place.bin == _bin(session, bin_name) and line.counted]
            return {
                (report.items[line.place.item].name, lots[line.place.lot]): line.counted or Decimal(0) for line in here
            }

    def expiries(self) -> dict[str, str]:
        """Return the expiry date of each lot."""
        with self.inside() as session:
            lots = session.execute(select(Lot.code, Lot.expiry).where(Lot.expiry.is_not(None)))
            return {code: expiry.isoformat() for code, expiry in lots if expiry}

    def bin(self, name: str) -> int:
        """Return the id of a bin."""
        with self.inside() as session:
            return _bin(session, name)

    def breaches(self) -> list[Breach]:
        """Return what `flask ledger verify` would complain about."""
        with self.inside() as session:
            return verify(session)


def _bin(session: Session, name: str) -> int:
    return session.scalars(select(Location.id).where(Location.code == name)).one()
