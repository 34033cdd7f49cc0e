"""Shelves falsified in known ways: the report says exactly that, and afterwards the books say what lies there.

1,669 real articles in 200 bins, imported as a shop would; 40 bins are counted by two people with phones, through the
API. The oracle knows only the physical acts: what was put on a shelf, and what was done to it at night.
"""

import csv
import io
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from python_calamine import load_workbook
from sqlalchemy import select

from app.catalog.models import Barcode, Item, Pack
from app.catalog.rules import shown_barcode
from app.db import db
from app.imports.queries import get_import
from app.imports.rules import ImportState
from app.imports.service import add_import, propose_columns, send_to_work, start_applying, start_staging, work
from app.kernel.gtin import check_digit
from app.ledger.models import Balance, CountAnchor, Move
from app.ledger.verify import verify
from app.places.models import Location
from app.places.service import add_warehouse
from tests.conftest import SHARED_DATA, SignIn, Write
from tests.handheld.phones import Phone
from tests.stocktake.conftest import make_phone
from tests.stocktake.shop import now

__all__ = ["make_phone"]

ARTICLES, BINS, COUNTED, CARTON = 1_669, 200, 40, 24
BATCH = 50
Place = tuple[str, str]  # bin code, article


@dataclass
class Shelves:
    """What lies where, and what the books were told."""

    books: dict[Place, int]
    truth: dict[Place, int]
    counted: list[str]

    @property
    def differences(self) -> dict[Place, int]:
        """What the count must find in the counted bins: truth less books, where they differ."""
        places = {place for place in self.books.keys() | self.truth.keys() if place[0] in self.counted}
        gaps = {place: self.truth.get(place, 0) - self.books.get(place, 0) for place in places}
        return {place: gap for place, gap in gaps.items() if gap}


def articles() -> list[tuple[str, str]]:
    """The real articles (GTIN, name); a newcomer without the data gets as many made-up ones."""
    path = SHARED_DATA / "business" / "products_ean_zh.csv"
    if path.exists():
        with path.open(encoding="utf-8") as file:
            return [(row["gtin"], row["name"]) for row in csv.DictReader(file) if row["gtin"].startswith("69")]
    bodies = [f"69{number:010d}" for number in range(ARTICLES)]
    return [(body + check_digit(body), f"商品{body[-4:]}") for body in bodies]


def falsify(shelves: Shelves, chance: random.Random) -> None:
    """Do to the counted bins what happens to shelves: loss, surplus, wrong bins, cartons unseen, strangers."""
    places = sorted(place for place in shelves.books if place[0] in shelves.counted)
    chosen = iter(chance.sample(places, len(places) // 8))
    truth = shelves.truth
    for number, place in enumerate(chosen):
        bin_code, article = place
        match number % 6:
            case 0:
                truth[place] -= chance.randint(1, truth[place])
            case 1:
                truth[place] += chance.randint(1, 9)
            case 2:
                neighbour = shelves.counted[(shelves.counted.index(bin_code) + 1) % len(shelves.counted)]
                amount = chance.randint(1, truth[place])
                truth[place] -= amount
                truth[neighbour, article] = truth.get((neighbour, article), 0) + amount
            case 3:
                truth[place] += CARTON - 1
            case 4:
                truth[place] = 0
            case 5:
                stranger = chance.choice(places)[1]
                truth[bin_code, stranger] = truth.get((bin_code, stranger), 0) + chance.randint(1, 5)


@pytest.fixture
def load(write: Write, make_user: Callable[..., int], tmp_path: Path) -> Callable[[str, list[list[str]]], None]:
    """Import rows as a file of the given kind, as a person does: upload, match, check, take over."""
    by = make_user("owner")

    def run(kind: str, rows: list[list[str]]) -> None:
        path = tmp_path / f"{kind}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
        with write() as session:
            number = add_import(session, kind, path.name, by, now()).id
        heading, columns = propose_columns(path, path.name, kind, {})
        with write() as session:
            start_staging(session, number, heading, columns, now())
            run_number = send_to_work(session, number, now())
        work(number, run_number, path, "Asia/Shanghai")
        with write() as session:
            start_applying(session, number, now(), only_good=False)
            run_number = send_to_work(session, number, now())
        work(number, run_number, path, "Asia/Shanghai")
        assert get_import(db.session(), number).state == ImportState.APPLIED

    return run


@pytest.fixture
def shelves(write: Write, load: Callable[[str, list[list[str]]], None]) -> Shelves:
    """Everything imported with opening stock in 200 bins, then falsified in 40 of them."""
    chance = random.Random(69)
    with write() as session:
        warehouse = add_warehouse(session, "CK1", "主仓库", None, now()).code
    goods = articles()
    assert len(goods) == ARTICLES
    bins = [f"A-{number // 20 + 1:02d}-{number % 20 + 1:02d}" for number in range(BINS)]
    load("items", [["条码", "商品名称", "单位"], *([gtin, name, "瓶"] for gtin, name in goods)])
    load("bins", [["库位编码", "仓库"], *([code, warehouse] for code in bins)])
    books = {(bins[number % BINS], gtin): chance.randint(1, 60) for number, (gtin, _) in enumerate(goods)}
    stock = [[gtin, code, str(quantity), "3.50"] for (code, gtin), quantity in books.items()]
    load("opening-stock", [["条码", "库位", "数量", "单位成本"], *stock])
    shelves = Shelves(books, dict(books), bins[:COUNTED])
    falsify(shelves, chance)
    assert len(shelves.differences) > COUNTED
    return shelves


def acts(lying: dict[str, int], chance: random.Random) -> Iterator[tuple[str, str, str | None]]:
    """How a person counts what lies in a bin (kind, code, quantity): one by one, typed, or mistaken and corrected."""
    for article, quantity in lying.items():
        way = chance.randrange(3)
        if way == 0 and quantity <= 6:
            yield from (("scan", article, "1.000") for _ in range(quantity))
        elif way == 1:
            yield "scan", article, "1.000"
            yield "set", article, f"{quantity}.000"
        else:
            yield "set", article, f"{quantity + 1}.000"
            yield "undo", article, None
            yield "set", article, f"{quantity}.000"


def count_bin(phone: Phone, bin_id: int, lying: dict[str, int], chance: random.Random) -> list[dict[str, Any]]:
    """Return the events of one bin's count as the phone stores them."""
    events = [phone.event(None, "open_bin", location=bin_id)]
    for kind, article, quantity in acts(lying, chance):
        if kind == "undo":
            events.append(phone.event(None, "undo", location=bin_id, undoes=events[-1]["id"]))
        else:
            events.append(phone.event(article, kind, location=bin_id, quantity=quantity))
    return [*events, phone.event(None, "close_bin", location=bin_id)]


def count_all(phones: list[Phone], stocktake: int, shelves: Shelves, chance: random.Random) -> None:
    """Count every bin of the stocktake, the phones in turn, each bin in batches as the outbox sends them."""
    bin_ids = {row.code: row.id for row in db.session.execute(select(Location.code, Location.id))}
    lying: dict[str, dict[str, int]] = defaultdict(dict)
    for (bin_code, article), quantity in shelves.truth.items():
        if quantity:
            lying[bin_code][article] = quantity
    for number, bin_code in enumerate(shelves.counted):
        phone = phones[number % len(phones)]
        phone.task = f"stocktake:{stocktake}"
        events = count_bin(phone, bin_ids[bin_code], lying[bin_code], chance)
        for first in range(0, len(events), BATCH):
            assert {answer["status"] for answer in phone.send(*events[first : first + BATCH])} == {"accepted"}


def report_of(client: FlaskClient, stocktake: int) -> tuple[dict[Place, int], int]:
    """Read the report's workbook: the difference of every line that has one, and how many lines were counted."""
    answer = client.get(f"/stocktakes/{stocktake}/report?show=all&format=xlsx")
    heading, *rows = load_workbook(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    at = {str(title): number for number, title in enumerate(heading)}
    codes = {code: shown_barcode(key) for code, key in db.session.execute(_barcodes())}
    found = {(str(row[at["Bin"]]), codes[str(row[at["Item code"]])]): row[at["Difference"]] for row in rows}
    return {place: int(gap) for place, gap in found.items() if gap}, len(rows)  # type: ignore[arg-type]  # a number or empty


def _barcodes() -> Any:
    return select(Item.code, Barcode.code).join(Pack, Pack.item_id == Item.id).join(Barcode, Barcode.pack_id == Pack.id)


def books_now() -> dict[Place, Decimal]:
    """What the books have in every place."""
    db.session.remove()
    statement = (
        select(Location.code, Barcode.code, Balance.quantity)
        .join(Location, Location.id == Balance.location_id)
        .join(Pack, Pack.item_id == Balance.item_id)
        .join(Barcode, Barcode.pack_id == Pack.id)
        .where(Balance.quantity > 0)
    )
    return {(bin_code, shown_barcode(key)): quantity for bin_code, key, quantity in db.session.execute(statement)}


def test_the_report_is_what_was_falsified_and_the_books_become_the_shelves(
    shelves: Shelves, sign_in: SignIn, make_phone: Callable[..., Phone]
) -> None:
    planner = sign_in("finance")
    warehouse = db.session.scalar(select(Location.id).where(Location.code == "CK1"))
    plan = {
        "warehouse": warehouse,
        "scope": "bins",
        "bins": f"{shelves.counted[0]}..{shelves.counted[-1]}",
        "blind": "y",
    }
    address = planner.post("/stocktakes/plan", data=plan).headers["Location"]
    stocktake = int(address.rsplit("/", 1)[1])
    assert planner.post(f"{address}/start").status_code == 303

    phones = [make_phone("warehouse"), make_phone("warehouse")]
    count_all(phones, stocktake, shelves, random.Random(7))
    assert planner.post(f"{address}/finish").status_code == 303

    manager = sign_in("manager")
    differences, lines = report_of(manager, stocktake)
    assert differences == shelves.differences
    expected = {place for place in shelves.books.keys() | shelves.truth.keys() if place[0] in shelves.counted}
    assert lines == len(expected)

    page = manager.get(f"{address}/report").get_data(as_text=True)
    fingerprint = page.split('name="all" value="')[1].split('"')[0]
    assert phones[0].client.post(f"{address}/approve", data={"all": fingerprint}).status_code == 403
    assert manager.post(f"{address}/approve", data={"all": fingerprint, "reason": ""}).status_code == 303
    assert manager.post(f"{address}/post").status_code == 303
    assert "the books match what was counted" in manager.get(address).get_data(as_text=True)

    after = {place: quantity for place, quantity in shelves.books.items() if place[0] not in shelves.counted}
    after |= {place: quantity for place, quantity in shelves.truth.items() if place[0] in shelves.counted and quantity}
    assert books_now() == after
    assert verify(db.session()) == []
    posting = db.session.scalar(select(CountAnchor.posting_seq).limit(1))
    moved = db.session.scalars(select(Move.id).where(Move.posting_seq == posting)).all()
    assert len(moved) == len(shelves.differences)  # every counted line is an anchor, only differences move
    assert len(db.session.scalars(select(CountAnchor.id)).all()) == len(expected)
    assert report_of(manager, stocktake)[0] == shelves.differences
