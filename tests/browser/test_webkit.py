"""The scan page in the engine of the iPhone: its outbox without a server, and its decoder."""

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver import WebKitGTK
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.camera import code_128, ean13
from tests.browser.conftest import Server, served, start_server
from tests.browser.handset import BURST, HELD
from tests.browser.shop import PASSWORD, Shop, goods, gtin
from tests.browser.webkit import DRIVER, PATIENCE_S, SCREEN, webkit
from tests.scanning.drawing import as_bytes

pytestmark = pytest.mark.skipif(
    not (DRIVER and SCREEN) and not os.environ.get("CI"), reason="WebKit is not installed (webkit2gtk-driver, xvfb)"
)

TEA, COLA = gtin("690000000401"), gtin("690000000402")
BIN = "A-01-1"
# A function that returns a promise, told to Selenium: the last argument hears what becomes of it.
AWAITED = "const tell = arguments[arguments.length - 1]; (%s)(...arguments).then(tell, (e) => tell(String(e)));"
KEPT = "async () => (await caches.match(location.href)) !== undefined"
DECODE = """async (encoded) => {
  const { worker, wasm } = JSON.parse(document.getElementById("scan-config").textContent);
  const picture = new Image();
  picture.src = "data:image/png;base64," + encoded;
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height];
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0);
  const image = pen.getImageData(0, 0, canvas.width, canvas.height);
  const decoder = new Worker(worker, { type: "module" });
  const hear = () => new Promise((resolve, reject) => {
    decoder.onmessage = ({ data }) => resolve(data);
    decoder.onerror = (event) => reject(new Error(event.message));
  });
  decoder.postMessage({ kind: "prepare", wasm });
  const ready = await hear();
  decoder.postMessage({ kind: "decode", id: 1, image, rotate: false });
  const { reads } = await hear();
  decoder.terminate();
  return { ready: ready.kind, reads };
}"""


class Hand:
    """The scan page in somebody's hand."""

    def __init__(self, driver: WebKitGTK) -> None:
        self.driver = driver

    def sees(self, testid: str, more: str = "") -> None:
        """Wait until a part is there to be seen."""
        where = (By.CSS_SELECTOR, f'[data-testid="{testid}"]{more}')
        found = WebDriverWait(self.driver, PATIENCE_S, 0.05)
        found.until(lambda driver: any(part.is_displayed() for part in driver.find_elements(*where)), f"{where}")

    def wedge(self, text: str) -> None:
        """Scan with a scanner that pretends to be a keyboard."""
        self.driver.execute_script(f"({BURST})(arguments[0])", text)

    def awaits(self, promise: str, *arguments: object) -> Any:
        """Return what the JavaScript function *promise* promises."""
        return self.driver.execute_async_script(AWAITED % promise, *arguments)

    def waits_for(self, promise: str, value: object) -> None:
        """Ask again and again until *promise* gives *value*."""
        WebDriverWait(self.driver, PATIENCE_S, 0.05).until(lambda _: self.awaits(promise) == value, promise)


@pytest.fixture(scope="module")
def shop() -> Shop:
    """Tea and cola in a bin."""
    return Shop([goods("冰红茶", "瓶", TEA), goods("可乐", "瓶", COLA)], {BIN: {TEA: (6, "12.00"), COLA: (6, "9.00")}})


@pytest.fixture(scope="module")
def server(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The shop, served."""
    with served(tmp_path_factory.mktemp("shop"), shop.fill) as server:
        yield server


@pytest.fixture(scope="module")
def driver(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebKitGTK]:
    """A phone, its user signed in."""
    with webkit(tmp_path_factory.mktemp("phone")) as driver:
        driver.get(f"{server.url}/sign-in")
        driver.find_element(By.NAME, "login").send_keys("worker")
        driver.find_element(By.NAME, "password").send_keys(PASSWORD)
        driver.execute_script("document.querySelector('form .btn-primary').click()")
        WebDriverWait(driver, PATIENCE_S, 0.05).until(lambda driver: "/sign-in" not in driver.current_url)
        yield driver


@pytest.fixture
def stocktake(shop: Shop, server: Server) -> int:
    """A stocktake, begun."""
    assert server
    return shop.start_stocktake(BIN)


@pytest.fixture
def hand(driver: WebKitGTK, server: Server, stocktake: int) -> Hand:
    """The scan page of the stocktake."""
    driver.get(f"{server.url}/stocktakes/{stocktake}/scan")
    hand = Hand(driver)
    hand.sees("bin")
    return hand


def test_scans_without_a_server_survive_a_restart_of_the_page_and_are_delivered_once(
    hand: Hand, server: Server, shop: Shop, stocktake: int
) -> None:
    hand.wedge(shop.label(BIN))
    hand.wedge(TEA)
    hand.sees("line", f'[data-amount="1"][data-raw="{TEA}"]')
    hand.waits_for(HELD, 0)
    hand.waits_for(KEPT, True)
    server.kill()
    for code in (TEA, COLA, TEA):
        hand.wedge(code)
    hand.sees("line", f'[data-amount="3"][data-raw="{TEA}"]')
    hand.driver.refresh()
    hand.sees("line", f'[data-amount="3"][data-raw="{TEA}"]')
    assert hand.awaits(HELD) == 3
    server.process = start_server(server.instance, int(server.url.rsplit(":", 1)[1]))
    hand.wedge(COLA)
    hand.waits_for(HELD, 0)
    hand.sees("sync", '[data-state="idle"]')
    assert shop.scans(stocktake) == [TEA, TEA, COLA, TEA, COLA]


def test_the_decoder_reads_in_its_worker(hand: Hand) -> None:
    for code, raw, symbology in ((ean13(TEA), TEA, "EAN-13"), (code_128("ZSB000000101"), "ZSB000000101", "Code 128")):
        told = hand.awaits(DECODE, b64encode(as_bytes(code)).decode())
        assert told == {"ready": "ready", "reads": [{"raw": raw, "symbology": symbology}]}, json.dumps(told)
