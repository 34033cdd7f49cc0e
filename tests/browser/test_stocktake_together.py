"""Two phones and a desk at the same time: one stocktake from plan to posted, a slip caught by a recount."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.camera import ean13, itf, qr
from tests.browser.conftest import DESK, PHONE
from tests.browser.handset import Handset
from tests.browser.test_first_run import BIN, DRAWN, OTHER_BIN, Run, approve_and_post, open_stocktake, plan, run_of

BOTTLE, BISCUITS = "冰红茶", "饼干"


def count_drinks(hand: Handset) -> None:
    """Count 26 bottles, a cola and three soaps in the open bin."""
    hand.show(ean13(DRAWN.bottle), lambda: hand.sees_line("1", DRAWN.bottle))
    hand.show(ean13(DRAWN.bottle), lambda: hand.sees_line("2", DRAWN.bottle))
    hand.show(itf(DRAWN.carton), lambda: hand.sees_line("26", DRAWN.carton))
    hand.show(ean13(DRAWN.cola), lambda: hand.sees_line("1", DRAWN.cola))
    hand.show(ean13(DRAWN.soap), lambda: hand.sees_line("1", DRAWN.soap))
    hand.set_quantity(DRAWN.soap, "3")


def count_biscuits(hand: Handset, typed: str) -> None:
    """Count the biscuits in the open bin, type how many there are, and close it."""
    hand.show(ean13(DRAWN.biscuits), lambda: hand.sees_line("1", DRAWN.biscuits))
    hand.set_quantity(DRAWN.biscuits, typed)
    hand.close_bin()
    hand.sees_sent()


def end_counting(desk: Page, address: str) -> dict[str, str]:
    """End the counting at the desk; return the difference that the report shows of each item that has one."""
    desk.goto(address)
    desk.click('form[action$="/finish"] button')
    desk.goto(f"{address}/report")
    rows = desk.locator(".report-lines tbody tr").all()
    return {row.locator(".cell-title a").inner_text(): row.locator(".cell-signed").inner_text().strip() for row in rows}


def ask_recount(desk: Page, item: str) -> None:
    """Have the line of an item recounted by somebody else."""
    desk.click(f".report-lines .cell-title a:text-is('{item}')")
    desk.click('button[formaction$="/recount"], form[action$="/recount"] button')


def test_two_phones_and_a_desk_bring_a_stocktake_from_plan_to_posted(
    tmp_path: Path, new_context: Callable[..., BrowserContext]
) -> None:
    with run_of(DRAWN, tmp_path, new_context) as run:
        desk = run.enter("manager", DESK).page
        stocktake = plan(desk, f"{BIN} {OTHER_BIN}")
        before = run.shop.books()
        address = run.address(stocktake)
        wang, zhao = (run.enter(login, PHONE, camera=True) for login in ("worker", "worker2"))
        for hand, name in ((wang, BIN), (zhao, OTHER_BIN)):
            open_stocktake(hand, stocktake)
            hand.show(qr(run.shop.label(name)), partial(hand.sees_open, name))
            hand.sees_sent()
        desk.goto(address)
        for counter in ("王师傅", "赵师傅"):
            expect(desk.locator("main")).to_contain_text(counter)
        count_biscuits(zhao, "9")  # there are ten: a slip
        count_same_bin(run, zhao)
        count_drinks(wang)
        wang.close_bin()
        wang.sees_sent()
        wang.sees("notice", '[data-notice="all_counted"]')
        assert end_counting(desk, address) == {BOTTLE: "−1 瓶", BISCUITS: "−1 包"}
        ask_recount(desk, BISCUITS)
        wang.page.reload()
        wang.sees("bin", f'[data-code="{OTHER_BIN}"][data-state="waiting"]')
        wang.start_camera()
        wang.show(qr(run.shop.label(OTHER_BIN)), lambda: wang.sees_open(OTHER_BIN))
        assert BISCUITS in wang.text("notice")
        count_biscuits(wang, "10")
        assert end_counting(desk, address) == {BOTTLE: "−1 瓶"}
        approve_and_post(desk)
        assert run.shop.books().on_hand == {**before.on_hand, (BIN, DRAWN.bottle): Decimal(26)}
        assert run.shop.breaches() == []
        wang.page.reload()
        wang.sees("notice", '[data-notice="over_posted"]')


def count_same_bin(run: Run, hand: Handset) -> None:
    """Count the bin that the other one has open: asked first, then a second count, never a sum."""
    hand.page.reload()
    hand.sees("bin", f'[data-code="{BIN}"][data-state="open"]')
    hand.start_camera()
    hand.show(qr(run.shop.label(BIN)), lambda: hand.sees("question", "[open]"))
    hand.tap("question-ok")
    hand.sees_open(BIN)
    count_drinks(hand)
    hand.close_bin()
    hand.sees_sent()
