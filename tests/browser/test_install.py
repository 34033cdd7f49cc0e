"""HTTPS of the installation's own authority, installing on a phone, and the scan page without a network."""

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import BrowserContext, BrowserType, Page

from tests.browser.conftest import CHROMIUM, CHROMIUM_ARGS, PHONE, Server, served, sign_in
from tests.browser.handset import Handset
from tests.browser.shop import PASSWORD, Shop, goods, gtin

TEA = gtin("690000000301")
BIN = "A-01-1"
UNTIL_KEPT = """async () => {
  while (!(await caches.match(location.href))) await new Promise((resolve) => setTimeout(resolve, 50));
}"""


@pytest.fixture(scope="module")
def shop() -> Shop:
    """Tea in a bin."""
    return Shop([goods("冰红茶", "瓶", TEA)], {BIN: {TEA: (6, "12.00")}})


@pytest.fixture(scope="module")
def server(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The shop, served on HTTPS."""
    with served(tmp_path_factory.mktemp("shop"), shop.fill, secure=True) as server:
        yield server


@pytest.fixture
def phone(browser_type: BrowserType, server: Server, tmp_path: Path) -> Iterator[BrowserContext]:
    """A phone that keeps what it is told and trusts the installation's certificate."""
    arguments = [*CHROMIUM_ARGS, f"--ignore-certificate-errors-spki-list={_key_of(server.instance)}"]
    with browser_type.launch_persistent_context(
        tmp_path, executable_path=CHROMIUM, args=arguments, locale="zh-CN", **PHONE
    ) as context:
        yield context


def _key_of(instance: Path) -> str:
    """Return the fingerprint of the server's key as Chromium wants it."""
    leaf = x509.load_pem_x509_certificate((instance / "tls" / "server.crt").read_bytes())
    key = leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(sha256(key).digest()).decode()


@pytest.fixture
def page(phone: BrowserContext, server: Server) -> Page:
    """The phone's page, signed in."""
    page = phone.pages[0]
    sign_in(page, server.url, "worker", PASSWORD)
    return page


def scan_on(page: Page, server: Server, stocktake: int) -> Handset:
    """Open the scan page for the first time and wait until the phone has kept it."""
    page.goto(f"{server.url}/stocktakes/{stocktake}/scan")
    hand = Handset(page)
    hand.sees("bin")
    page.evaluate(UNTIL_KEPT)
    return hand


def test_cookies_belong_to_this_host_and_to_https_alone(page: Page, server: Server) -> None:
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert {"__Host-zhangshi", "__Host-zhangshi-device"} <= set(cookies)
    for name in ("__Host-zhangshi", "__Host-zhangshi-device"):
        assert cookies[name]["secure"]
        assert cookies[name]["httpOnly"]
        assert cookies[name]["path"] == "/"
        assert cookies[name]["domain"] == "127.0.0.1"
    assert all(cookie["secure"] for cookie in cookies.values())


def test_the_app_can_be_installed(page: Page, server: Server) -> None:
    page.goto(server.url)
    browser = page.context.new_cdp_session(page)
    assert browser.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    manifest = browser.send("Page.getAppManifest")
    assert manifest["errors"] == []
    said = json.loads(manifest["data"])
    assert (said["display"], said["scope"], said["start_url"]) == ("standalone", "/", "/")
    assert {icon["purpose"] for icon in said["icons"]} == {"any", "maskable"}


def test_the_scan_page_starts_without_network_and_delivers_when_it_is_back(
    page: Page, server: Server, shop: Shop
) -> None:
    stocktake = shop.start_stocktake(BIN)
    hand = scan_on(page, server, stocktake)
    hand.choose_bin(BIN)
    hand.wedge(TEA)
    hand.sees_line("1", TEA)
    hand.sees_sent()
    page.context.set_offline(True)
    page.reload()
    hand.sees_open(BIN)
    hand.sees_line("1", TEA)
    hand.wedge(TEA)
    hand.sees_line("2", TEA)
    page.reload()
    hand.sees_line("2", TEA)
    hand.sees_unsent(1)
    hand.start_camera()  # the decoder comes from the phone, too
    page.context.set_offline(False)
    hand.sees_sent()
    assert shop.scans(stocktake) == [TEA, TEA]


def test_whoever_leaves_the_scan_page_without_network_finds_the_way_back(
    page: Page, server: Server, shop: Shop
) -> None:
    stocktake = shop.start_stocktake(BIN)
    hand = scan_on(page, server, stocktake)
    hand.choose_bin(BIN)
    hand.sees_sent()
    which = hand.text("task-title")
    page.context.set_offline(True)
    hand.tap("back")  # an installed app has no other way back
    way_back = page.locator("#kept a")
    assert way_back.inner_text().endswith(which)
    way_back.click()
    hand.sees_open(BIN)


def test_a_new_version_is_offered_and_taken_only_when_everything_is_sent(
    page: Page, server: Server, shop: Shop
) -> None:
    stocktake = shop.start_stocktake(BIN)
    scan_on(page, server, stocktake)
    page.reload()  # from now on the page is the worker's
    hand = Handset(page)
    hand.sees("bin")
    assert page.is_hidden(hand.part("update"))
    page.evaluate("() => { navigator.serviceWorker.register('/sw.js?next'); }")  # to a browser, another worker
    hand.sees("update")
    page.context.set_offline(True)
    hand.choose_bin(BIN)
    hand.wedge(TEA)
    hand.sees("update-now", ":disabled")
    page.context.set_offline(False)
    hand.sees_sent()
    with page.expect_navigation():
        hand.tap("update-now", ":enabled")
    hand.sees_open(BIN)
    hand.sees_line("1", TEA)
    assert page.evaluate("navigator.serviceWorker.controller.scriptURL").endswith("?next")
    assert shop.scans(stocktake) == [TEA]


def test_what_a_phone_keeps_of_a_page_is_gone_once_somebody_signs_out(page: Page, server: Server, shop: Shop) -> None:
    stocktake = shop.start_stocktake(BIN)
    hand = scan_on(page, server, stocktake)
    page.context.clear_cookies()
    page.goto(f"{server.url}/sign-in")
    page.context.set_offline(True)
    page.goto(f"{server.url}/stocktakes/{stocktake}/scan")
    assert page.locator(hand.part("task-title")).count() == 0
    assert page.locator("main .empty-title").is_visible()
    assert page.locator("#kept").is_hidden()
