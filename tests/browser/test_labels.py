"""Choosing labels: what is ticked stays ticked while one searches and turns pages."""

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.demo.load import PASSWORD, load_demo
from tests.browser.conftest import PHONE, Server, served, sign_in

NewContext = Callable[..., BrowserContext]


@pytest.fixture(scope="module")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo company, served."""
    with served(tmp_path_factory.mktemp("labels"), lambda _: load_demo()) as server:
        yield server


def search(page: Page, words: str) -> None:
    page.fill("input[name=q]", words)
    page.press("input[name=q]", "Enter")
    expect(page.locator("tbody tr").first).to_contain_text(words)


def asked_of(page: Page) -> list[str]:
    """Return the ids that the form would send."""
    sheet = "**/labels/items.pdf*"
    page.route(sheet, lambda route: route.fulfill(body="labels", content_type="text/plain"))
    page.click("#id-form .btn-primary")
    page.wait_for_url(sheet)  # arrived, not only asked for: there is no way back out of a page that is being left
    asked = parse_qs(urlsplit(page.url).query).get("id", [])
    page.go_back()
    return sorted(asked)


def test_ticks_outlive_searches_pages_and_the_way_back(demo_server: Server, new_context: NewContext) -> None:
    page = new_context(**PHONE).new_page()
    sign_in(page, demo_server.url, "owner", PASSWORD)
    page.goto(f"{demo_server.url}/labels/items")
    ticked = []
    for words in ("可乐", "饼干"):
        search(page, words)
        box = page.locator("tbody input[name=id]").first
        box.check()
        ticked.append(box.input_value())
    told = page.locator("[data-ticked]")
    expect(told.locator("output")).to_have_text("2")
    assert asked_of(page) == sorted(ticked)
    page.goto(f"{demo_server.url}/labels/items?size=25&page=2")
    expect(told.locator("output")).to_have_text("2")
    search(page, "可乐")
    first = page.locator("tbody input[name=id]").first
    expect(first).to_be_checked()
    first.uncheck()
    expect(told.locator("output")).to_have_text("1")
    assert asked_of(page) == ticked[1:]
    told.locator("button").click()
    expect(told).to_be_hidden()
    assert asked_of(page) == []
    page.reload()
    expect(page.locator("tbody input[name=id]:checked")).to_have_count(0)


def test_what_another_page_asks_to_print_is_ticked_too(demo_server: Server, new_context: NewContext) -> None:
    page = new_context(**PHONE).new_page()
    sign_in(page, demo_server.url, "owner", PASSWORD)
    page.goto(f"{demo_server.url}/labels/items")
    second = page.locator("tbody input[name=id]").nth(1).input_value()
    page.goto(f"{demo_server.url}/labels/items?id={second}")
    expect(page.locator("[data-ticked] output")).to_have_text("1")
    page.goto(f"{demo_server.url}/labels/items")
    expect(page.locator(f"tbody input[name=id][value='{second}']")).to_be_checked()
