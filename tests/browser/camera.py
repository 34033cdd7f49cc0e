"""Cameras for tests: one whose picture a test draws and changes at will, and a film for Chromium's own fake device."""

import base64
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image, ImageFilter
from playwright.sync_api import BrowserContext, Page

from tests.scanning.drawing import as_bytes, draw

FRAME = (1280, 720)
DESK_GREY = 168
TILT_DEGREES = 3
FILM_FRAMES_PER_SECOND = 30  # what Chromium plays a film of single pictures at, whatever the file says
FFMPEG = (
    f"ffmpeg -y -loglevel error -f rawvideo -pix_fmt gray -s {FRAME[0]}x{FRAME[1]} -r {FILM_FRAMES_PER_SECOND} -i - "
    "-c:v mjpeg -q:v 3 -pix_fmt yuvj420p -f mjpeg"
)

# The page asks for a camera and gets a canvas. It is painted again and again: a still canvas emits no frames.
CANVAS_CAMERA = """
(() => {
  if (!navigator.mediaDevices) return;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [%d, %d];
  const pen = canvas.getContext("2d");
  let shown = null, refusal = %s, tick = 0;
  setInterval(() => {
    pen.fillStyle = `rgb(%d, ${160 + (tick++ %% 8)}, 160)`;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    if (shown) pen.drawImage(shown, (canvas.width - shown.width) / 2, (canvas.height - shown.height) / 2);
  }, 66);
  navigator.mediaDevices.getUserMedia = async () => {
    if (refusal) throw new DOMException("", refusal);
    return canvas.captureStream(15);
  };
  window.drawnCamera = {
    async show(encoded) {
      const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
      shown = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    },
    clear() { shown = null; },
    refuse(name) { refusal = name; },
  };
})();
"""

# Nobody between the camera and the page: the next code comes in the moment in which the last one is counted.
HURRY = """async codes => {
  const begun = performance.now();
  for (const [code, picture] of codes) {
    await drawnCamera.show(picture);
    while (!document.querySelector(`#lines [data-raw="${code}"]`)) await new Promise(requestAnimationFrame);
  }
  return (performance.now() - begun) / 1000;
}"""


class Camera:
    """What the camera of every page of a context shows. Codes lie a little askew, as in a hand."""

    def __init__(self, context: BrowserContext, refusal: str | None = None) -> None:
        """Put the camera into *context*; *refusal* is the name of the error that the page gets instead of it."""
        name = f'"{refusal}"' if refusal else "null"
        context.add_init_script(CANVAS_CAMERA % (*FRAME, name, DESK_GREY))

    def show(self, page: Page, picture: Image.Image) -> None:
        """Hold *picture* before the camera."""
        page.evaluate("encoded => drawnCamera.show(encoded)", base64.b64encode(as_bytes(picture)).decode())

    def hurry(self, page: Page, pictures: Mapping[str, Image.Image]) -> float:
        """Hold one code after the other before the camera, each until the page counts it; return the seconds."""
        encoded = [[code, base64.b64encode(as_bytes(picture)).decode()] for code, picture in pictures.items()]
        seconds: float = page.evaluate(HURRY, encoded)
        return seconds

    def clear(self, page: Page) -> None:
        """Show the empty desk."""
        page.evaluate("drawnCamera.clear()")

    def refuse(self, page: Page, error: str | None) -> None:
        """Refuse the camera with the DOMException called *error* from now on; None allows it."""
        page.evaluate("error => drawnCamera.refuse(error)", error)


def held(code: Image.Image) -> Image.Image:
    """Return a label of *code* as a camera sees it: on white paper, tilted and not quite sharp."""
    label = Image.new("L", (code.width + 60, code.height + 40), 255)
    label.paste(code, (30, 20))
    return label.rotate(TILT_DEGREES, expand=True, fillcolor=DESK_GREY).filter(ImageFilter.GaussianBlur(0.6))


def ean13(text: str) -> Image.Image:
    """Return an EAN-13 as it looks on a bottle in front of a phone."""
    return held(draw(text, "EAN13", 4))


def itf(text: str) -> Image.Image:
    """Return an ITF-14 as cartons carry it."""
    return held(draw(text, "ITF", 4))


def code_128(text: str) -> Image.Image:
    """Return a Code 128 as on our labels' linear form."""
    return held(draw(text, "Code128", 3))


def qr(text: str) -> Image.Image:
    """Return a QR code as on our bin labels."""
    return held(draw(text, "QRCode", 8))


def film(path: Path, pictures: Sequence[Image.Image], seconds_each: float = 1.5) -> Path:
    """Write a film that shows *pictures* one after the other with an empty desk between them; Chromium loops it."""
    empty = Image.new("L", FRAME, DESK_GREY)
    frames: list[Image.Image] = []
    for picture in pictures:
        frame = empty.copy()
        frame.paste(picture, ((FRAME[0] - picture.width) // 2, (FRAME[1] - picture.height) // 2))
        frames += [frame, empty]
    content = b"".join(frame.tobytes() * round(seconds_each * FILM_FRAMES_PER_SECOND) for frame in frames)
    subprocess.run([*FFMPEG.split(), str(path)], input=content, check=True, timeout=60)
    return path
