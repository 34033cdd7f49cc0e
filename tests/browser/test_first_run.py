"""The first real job on a phone and a desk: plan, count by scanning, differences, approval, posting, books."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.camera import Camera, ean13, itf, qr
from tests.browser.conftest import DESK, PHONE, Server, served, sign_in
from tests.browser.handset import Handset
from tests.browser.shop import PASSWORD, Books, Shop, goods, gtin
from tests.scanning.drawing import as_bytes

BIN, OTHER_BIN = "A-01-1", "A-01-2"
# Photographs of real packages and labels (data/barcodes/dev): bottle, carton, cola, biscuits.
PHOTOGRAPHS = (
    "images/off_train_3422882000423_3.jpg",
    "images/quagga_upc_image-002.jpg",
    "images/off_train_3343001113322_2.jpg",
    "images/zxing_qrcode-2_23.png",
)
# Takes the picture of a code and waits until the page shows that it was taken.
Scan = Callable[[str, Callable[[], None]], None]


@dataclass(frozen=True)
class Codes:
    """What is printed on the goods of the story."""

    bottle: str
    carton: str
    cola: str
    biscuits: str
    soap: str = gtin("690000000204")


DRAWN = Codes(gtin("690000000201"), gtin("1690000000201"), gtin("690000000202"), gtin("690000000203"))


def shop_of(codes: Codes) -> Shop:
    """Return a shop whose books expect 27 bottles, one cola and three soaps in a bin, and biscuits in another one."""
    items = [
        goods("冰红茶", "瓶", codes.bottle, codes.carton),
        goods("可乐", "瓶", codes.cola),
        goods("饼干", "包", codes.biscuits),
        goods("香皂", "块", codes.soap),
    ]
    shelf = {codes.bottle: (27, "54.05"), codes.cola: (1, "3.10"), codes.soap: (3, "23.30")}
    return Shop(items, {BIN: shelf, OTHER_BIN: {codes.biscuits: (10, "43.50")}})


# What the report says: book, counted, difference, value at cost.
REPORT = {
    "冰红茶": ("27", "26", "−1 瓶", "−2.00"),
    "饼干": ("0", "1", "+1 包", "4.35"),
    "香皂": ("3", "0", "−3 块", "−23.30"),
}


@dataclass
class Run:
    """One shop, one server, and the people in it."""

    server: Server
    shop: Shop
    new_context: Callable[..., BrowserContext]

    def enter(self, login: str, device: dict[str, Any], camera: bool = False) -> Handset:
        """Sign somebody in on a device."""
        context = self.new_context(**device, locale="zh-CN")
        eye = Camera(context) if camera else None
        page = context.new_page()
        sign_in(page, self.server.url, login, PASSWORD)
        return Handset(page, eye)

    def address(self, stocktake: int) -> str:
        """Return the address of a stocktake."""
        return f"{self.server.url}/stocktakes/{stocktake}"


@contextmanager
def run_of(codes: Codes, folder: Path, new_context: Callable[..., BrowserContext]) -> Iterator[Run]:
    """Open the shop for goods of these codes."""
    shop = shop_of(codes)
    with served(folder / "instance", shop.fill) as server:
        yield Run(server, shop, new_context)


# --- the manager's part, on a desk ------------------------------------------------------------------------------------


def plan(desk: Page, bins: str = BIN) -> int:
    """Plan a stocktake of *bins* and start it; return its id."""
    desk.click('a[href="/stocktakes/"]')
    desk.click('a[href="/stocktakes/plan"]')
    desk.check("input[name=scope][value=bins]")
    desk.fill("[name=bins]", bins)
    desk.click("form.stocktake-plan button.btn-primary")
    desk.click('form[action$="/start"] button')
    expect(desk.locator('a[href$="/scan"]')).to_be_visible()
    return int(desk.url.rsplit("/", 1)[1])


def read_report(desk: Page) -> dict[str, tuple[str, ...]]:
    """Return what the report says of each item: book, counted, difference, value."""
    rows = desk.locator(".report-lines tbody tr")
    cells = (".cell-quantity >> nth=0", ".cell-quantity >> nth=1", ".cell-signed", ".cell-money")
    return {
        row.locator(".cell-title a").inner_text(): tuple(row.locator(cell).inner_text().strip() for cell in cells)
        for row in rows.all()
    }


def finish_and_decide(desk: Page, address: str) -> None:
    """End the counting of the stocktake at *address*, compare the report, approve and post."""
    desk.goto(address)
    desk.click('form[action$="/finish"] button')
    desk.click(".page-head a[href$='/report']")
    assert read_report(desk) == REPORT
    approve_and_post(desk)
    desk.goto(f"{address}/report")
    assert read_report(desk) == REPORT
    assert desk.inner_text("a.pill[href*='show=disturbed'] .pill-count") == "0"


def approve_and_post(desk: Page) -> None:
    """Approve every difference as it is shown, and post."""
    desk.click("button[name=all]")
    desk.click(".page-head .actions a.btn-primary")
    desk.click('form[action$="/post"] button')
    expect(desk.locator(".alert-success")).to_be_visible()


# --- the worker's part, on a phone ------------------------------------------------------------------------------------


def open_stocktake(hand: Handset, stocktake: int) -> None:
    """Go from the start page to scanning in two taps: what is to be counted, and the camera."""
    hand.page.tap(f"main a[href='/stocktakes/{stocktake}/scan']")
    hand.start_camera()


def count(hand: Handset, label: str, codes: Codes, scan: Scan) -> None:
    """Scan the label, a bottle twice, a carton of 24, a cola and a packet of biscuits; close the bin."""
    scan(label, lambda: hand.sees_open(BIN))
    scan(codes.bottle, lambda: hand.sees_line("1"))
    scan(codes.bottle, lambda: hand.sees_line("2"))
    scan(codes.carton, lambda: hand.sees_line("26"))
    scan(codes.cola, lambda: hand.sees("line", " >> nth=1"))
    scan(codes.biscuits, lambda: hand.sees("line", " >> nth=2"))
    hand.sees_sent()
    hand.close_bin()
    hand.sees_sent()


def ensure_books_changed_exactly(run: Run, codes: Codes, before: Books) -> None:
    """Check balances and entries to the piece and to the fen."""
    changed = {key: value for key, value in before.on_hand.items() if key != (BIN, codes.soap)}
    changed |= {(BIN, codes.bottle): Decimal(26), (BIN, codes.biscuits): Decimal(1)}
    after = run.shop.books()
    assert after.on_hand == changed
    assert after.seq == before.seq + 1
    shortage, surplus, none = Decimal("25.30"), Decimal("4.35"), Decimal(0)
    assert run.shop.entries_after(before.seq) == [
        ("1405", none, shortage),
        ("1405", surplus, none),
        ("1901", none, surplus),
        ("1901", shortage, none),
    ]
    assert run.shop.breaches() == []


def test_a_bin_is_counted_by_camera_and_its_differences_are_approved_and_posted(
    tmp_path: Path,
    new_context: Callable[..., BrowserContext],
    empty_database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ZHANGSHI_DATABASE_URL", empty_database_url)  # the server's as well as ours
    pictures = {DRAWN.carton: itf(DRAWN.carton)}
    with run_of(DRAWN, tmp_path, new_context) as run:
        manager = run.enter("manager", DESK).page
        stocktake = plan(manager)
        before = run.shop.books()
        hand = run.enter("worker", PHONE, camera=True)
        open_stocktake(hand, stocktake)
        label = run.shop.label(BIN)
        pictures[label] = qr(label)
        count(hand, label, DRAWN, lambda code, seen: hand.show(pictures.get(code) or ean13(code), seen))
        finish_and_decide(manager, run.address(stocktake))
        ensure_books_changed_exactly(run, DRAWN, before)


@pytest.mark.parametrize("source", ["drawn", "photographed"])
def test_the_same_by_photos_where_there_is_no_live_camera(
    source: str, request: pytest.FixtureRequest, tmp_path: Path, new_context: Callable[..., BrowserContext]
) -> None:
    codes, photos = photos_from(request.getfixturevalue("shared_data")) if source == "photographed" else drawn_photos()
    with run_of(codes, tmp_path, new_context) as run:
        stocktake = run.shop.start_stocktake(BIN)
        before = run.shop.books()
        hand = run.enter("worker", PHONE)
        hand.page.goto(f"{run.address(stocktake)}/scan")
        label = run.shop.label(BIN)
        photos[label] = photo_of(qr(label))

        def photograph(code: str, seen: Callable[[], None]) -> None:
            hand.photograph("photo.jpg", photos[code])
            seen()

        count(hand, label, codes, photograph)
        finish_and_decide(run.enter("manager", DESK).page, run.address(stocktake))
        ensure_books_changed_exactly(run, codes, before)


def drawn_photos() -> tuple[Codes, dict[str, bytes]]:
    """Return codes and photos of them for whoever has no photographs beside the checkout."""
    drawn = {code: photo_of(ean13(code)) for code in (DRAWN.bottle, DRAWN.cola, DRAWN.biscuits)}
    return DRAWN, drawn | {DRAWN.carton: photo_of(itf(DRAWN.carton))}


def photo_of(label: Image.Image) -> bytes:
    """Return a photo of a label on a desk, as phones send them."""
    desk = Image.new("L", (1600, 1200), 150)
    desk.paste(label, (500, 400))
    return as_bytes(desk, "JPEG", quality=85)


def photos_from(shared_data: Path) -> tuple[Codes, dict[str, bytes]]:
    """Return the codes that are on the photographs, and the files."""
    folder = shared_data / "barcodes" / "dev"
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        printed = {row["path"]: row["expected"] for row in csv.DictReader(file)}
    files = {printed[path]: (folder / path).read_bytes() for path in PHOTOGRAPHS}
    return Codes(*files), files
