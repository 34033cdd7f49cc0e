"""A hand with a phone on the scan page: what it holds before the camera, types and taps, and what it then sees."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from PIL import Image
from playwright.sync_api import Page

from tests.browser.camera import Camera

# A code counts again after it left the frame for a while: longer than the page asks for, machines stumble.
OUT_OF_FRAME_S = 1.5
BURST = """text => {
  for (const key of [...text, "Enter"]) {
    const about = { key, code: key.length > 1 ? key : "", bubbles: true, cancelable: true };
    for (const kind of ["keydown", "keyup"]) document.activeElement.dispatchEvent(new KeyboardEvent(kind, about));
  }
}"""
HELD = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open("zhangshi-scan");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const counting = opening.result.transaction("outbox").objectStore("outbox").count();
    counting.onsuccess = () => { opening.result.close(); resolve(counting.result); };
  };
})"""
DELIVERY_PATIENCE_S = 60  # the longest pause between two tries is half of it


@dataclass
class Handset:
    """The scan page in somebody's hand."""

    page: Page
    camera: Camera | None = None
    left_at: dict[bytes, float] = field(default_factory=dict)

    def part(self, testid: str, more: str = "") -> str:
        """Return the selector of a part of the page."""
        return f'[data-testid="{testid}"]{more}'

    def tap(self, testid: str, more: str = "") -> None:
        """Tap a part."""
        self.page.tap(self.part(testid, more))

    def sees(self, testid: str, more: str = "") -> None:
        """Wait until a part is there to be seen."""
        self.page.wait_for_selector(self.part(testid, more))

    def text(self, testid: str) -> str:
        """Return what a part says."""
        return self.page.inner_text(self.part(testid)).strip()

    def slow_network(self, milliseconds: int) -> None:
        """Let every answer take so long from now on."""
        browser = self.page.context.new_cdp_session(self.page)
        speed = {"latency": milliseconds, "downloadThroughput": -1, "uploadThroughput": -1}
        browser.send("Network.enable")
        browser.send("Network.emulateNetworkConditions", {"offline": False, **speed})

    # --- input ---

    def start_camera(self) -> None:
        """Tap the camera on."""
        self.tap("start-camera")
        self.sees("view", '[data-camera="on"]')

    def show(self, picture: Image.Image, until: Callable[[], None]) -> None:
        """Hold *picture* before the camera, long enough after the last time, until the page has taken it."""
        assert self.camera
        pixels = picture.tobytes()
        missing = self.left_at.get(pixels, 0) + OUT_OF_FRAME_S - monotonic()
        if missing > 0:
            self.page.wait_for_timeout(missing * 1000)
        self.camera.show(self.page, picture)
        until()
        self.camera.clear(self.page)
        self.left_at[pixels] = monotonic()

    def wedge(self, text: str) -> None:
        """Scan with a scanner that pretends to be a keyboard: all keys in one burst, however busy the machine is."""
        self.page.evaluate(BURST, text)

    def type(self, text: str) -> None:
        """Press the keys of a code one after the other, as the browser gets them from hardware."""
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def keys(self, digits: str) -> None:
        """Tap digits on the keypad and accept them."""
        for digit in digits:
            self.tap(f"key-{digit}")
        self.tap("keypad-ok")

    def key_in_code(self, digits: str) -> None:
        """Type a code on the keypad."""
        self.tap("keypad-code")
        self.sees("keypad", "[open]")
        self.keys(digits)

    def set_quantity(self, code: str, digits: str) -> None:
        """Tap the line of *code* and type how many there are."""
        self.tap("line", f'[data-raw="{code}"]')
        self.sees("keypad", "[open]")
        self.keys(digits)

    def photograph(self, name: str, picture: bytes, mime: str = "image/jpeg") -> None:
        """Take a photo."""
        self.page.set_input_files(self.part("photo-file"), {"name": name, "mimeType": mime, "buffer": picture})

    def choose_bin(self, name: str) -> None:
        """Tap a bin in the list."""
        self.tap("bin", f'[data-code="{name}"]')

    def close_bin(self) -> None:
        """Say that everything in the open bin is counted."""
        self.tap("close-bin")
        self.sees("question", "[open]")
        self.tap("question-ok")
        self.sees("bins")

    # --- what it shows ---

    def sees_open(self, name: str) -> None:
        """Wait until the bin is open."""
        self.sees("bin-title", f':text-is("{name}")')
        self.sees("close-bin", ":not([disabled])")

    def sees_line(self, amount: str, raw: str | None = None) -> None:
        """Wait until a line says so many; *raw* is the code scanned last for it."""
        of = f'[data-raw="{raw}"]' if raw else ""
        self.sees("line", f'[data-amount="{amount}"]{of}')

    def sees_sent(self) -> None:
        """Wait until all that the page has taken reached the server, by what the phone stores and by what it says."""
        deadline = monotonic() + DELIVERY_PATIENCE_S
        while self.page.evaluate(HELD):
            assert monotonic() < deadline
            self.page.wait_for_timeout(50)
        self.sees_unsent(0)
        self.sees("sync", '[data-state="idle"]')

    def sees_unsent(self, count: int) -> None:
        """Wait until so many events are kept on the phone."""
        self.page.wait_for_selector(f'#unsent-text[data-count="{count}"]')
