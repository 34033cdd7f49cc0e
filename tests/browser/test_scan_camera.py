"""The live camera of the scan page: its tools, what it survives, and how fast it is."""

import pytest

from tests.browser.camera import ean13, qr
from tests.browser.conftest import Take
from tests.browser.shop import Shop, goods, gtin

BIN = "A-01-1"
CODES = [gtin(f"6900000004{number:02}") for number in range(20)]
# A phone with two cameras, a light and a lens that zooms: notes what it is asked for.
PHONE_CAMERA = """
window.asked = { lenses: [], settings: [], lit: 0 };
const drawn = navigator.mediaDevices.getUserMedia;
navigator.mediaDevices.getUserMedia = async (wanted) => {
  asked.lenses.push(wanted.video.deviceId?.exact ?? null);
  return drawn(wanted);
};
navigator.mediaDevices.enumerateDevices = async () =>
  ["wide", "close"].map((id) => ({ kind: "videoinput", deviceId: id, label: id }));
let zoom = 1;
MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true, zoom: { min: 1, max: 4 } });
MediaStreamTrack.prototype.getSettings = () => ({ zoom, deviceId: asked.lenses.at(-1) ?? "wide" });
MediaStreamTrack.prototype.applyConstraints = async ({ advanced: [setting] }) => {
  asked.settings.push(setting);
  zoom = setting.zoom ?? zoom;
};
navigator.wakeLock.request = async () => { asked.lit += 1; };
"""
NO_CAMERA_API = "delete Navigator.prototype.mediaDevices; Object.defineProperty(navigator, 'mediaDevices', {});"
IN_WECHAT = "Object.defineProperty(navigator, 'userAgent', { value: 'Mozilla/5.0 (Linux) MicroMessenger/8.0.50' });"
NOT_SECURE = "Object.defineProperty(window, 'isSecureContext', { value: false });"


@pytest.fixture(scope="module")
def shop() -> Shop:
    """Twenty articles, one of each in a bin."""
    return Shop([goods(f"商品 {code[-3:]}", "件", code) for code in CODES], {BIN: dict.fromkeys(CODES, (1, "2.00"))})


@pytest.fixture
def stocktake(shop: Shop, server: object) -> int:
    """A stocktake of the bin, begun."""
    assert server
    return shop.start_stocktake(BIN)


def test_twenty_codes_in_ten_seconds_by_camera_are_all_there_in_order_once(
    take: Take, shop: Shop, stocktake: int
) -> None:
    hand = take(stocktake)
    hand.slow_network(2_000)
    hand.start_camera()
    hand.show(qr(shop.label(BIN)), lambda: hand.sees_open(BIN))
    assert hand.camera
    seconds = hand.camera.hurry(hand.page, {code: ean13(code) for code in CODES})
    assert seconds <= 10
    hand.sees_sent()
    assert shop.scans(stocktake) == CODES


def test_twenty_codes_by_scanner_faster_than_any_hand_are_all_there_in_order_once(
    take: Take, shop: Shop, stocktake: int
) -> None:
    hand = take(stocktake)
    hand.slow_network(2_000)
    hand.wedge(shop.label(BIN))
    for code in CODES:
        hand.wedge(code)
    hand.sees_line("1", CODES[-1])
    hand.sees_sent()
    assert shop.scans(stocktake) == CODES


def test_light_zoom_and_lens_are_offered_and_the_lens_is_remembered(take: Take, stocktake: int) -> None:
    hand = take(stocktake, script=PHONE_CAMERA)
    hand.start_camera()
    assert hand.page.evaluate("asked.lit") == 1  # the screen stays on
    hand.tap("torch")
    hand.sees("torch", '[aria-pressed="true"]')
    hand.tap("zoom")
    hand.sees("zoom", ":text-is('2×')")
    assert hand.page.evaluate("asked.settings") == [{"torch": True}, {"zoom": 2}]
    hand.tap("lens")
    hand.tap("choice-row", " >> nth=1")
    hand.page.evaluate("async () => { while (asked.lenses.length < 2) await new Promise(requestAnimationFrame); }")
    hand.page.reload()
    hand.sees("bin")
    hand.start_camera()
    assert hand.page.evaluate("asked.lenses") == ["close"]


def test_a_picture_that_went_black_in_the_background_comes_back_by_itself(
    take: Take, shop: Shop, stocktake: int
) -> None:
    hand = take(stocktake)
    hand.wedge(shop.label(BIN))
    hand.start_camera()
    hand.show(ean13(CODES[0]), lambda: hand.sees_line("1", CODES[0]))
    hand.page.evaluate("document.getElementById('video').srcObject.getTracks().forEach((track) => track.stop())")
    hand.page.evaluate("window.dispatchEvent(new Event('focus'))")  # all that some phones tell of a return
    hand.show(ean13(CODES[1]), lambda: hand.sees_line("1", CODES[1]))


@pytest.mark.parametrize(
    ("script", "trouble", "word"),
    [
        (NO_CAMERA_API, "none", "没有找到摄像头"),
        (NO_CAMERA_API + IN_WECHAT, "wechat", "浏览器"),
        (NO_CAMERA_API + NOT_SECURE, "insecure", "不安全"),
    ],
)
def test_what_no_camera_can_work_in_is_said_before_anybody_taps(
    take: Take, shop: Shop, stocktake: int, script: str, trouble: str, word: str
) -> None:
    hand = take(stocktake, script=script)
    hand.sees("trouble", f'[data-trouble="{trouble}"]')
    assert word in hand.text("trouble")
    hand.wedge(shop.label(BIN))
    hand.sees_open(BIN)
