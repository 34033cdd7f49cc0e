"""A real server and a real Chromium for every browser test; a phone and a desk, a camera that shows what we draw."""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from app import create_app
from app.db import db
from tests.browser.camera import Camera
from tests.browser.handset import Handset
from tests.browser.shop import PASSWORD, Shop

Take = Callable[..., Handset]

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium")
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
START_PATIENCE_S = 30
PATIENCE_MS = 60_000  # machines that test may be busy with other things


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave browser tests out where there is no Chromium; an integration server must have it."""
    if CHROMIUM or os.environ.get("CI"):
        return
    skip = pytest.mark.skip(reason="Chromium is not installed")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(skip)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": CHROMIUM_ARGS}


@dataclass
class Server:
    """A served installation: where it is, where it lives, and the application for looking at its database."""

    url: str
    instance: Path
    app: Flask
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        """End every process of the server at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def start_server(
    instance: Path, port: int, workers: int = 1, database_url: str | None = None, door: int | None = None
) -> subprocess.Popen[bytes]:
    """Start the server on plain HTTP of 127.0.0.1 (a secure context) and wait until it answers.

    With *door*, the port of the plain door: on HTTPS with the installation's own certificates.
    """
    environment = os.environ | {"ZHANGSHI_INSTANCE": str(instance)}
    if not door:
        environment["ZHANGSHI_HTTP_FULL"] = "1"
    if database_url:
        environment["ZHANGSHI_DATABASE_URL"] = database_url
    command = [sys.executable, "-m", "app.serve", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", str(workers)]
    command += ["--http-port", str(door)] if door else ["--no-tls"]
    with (instance / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + START_PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(f"{'https' if door else 'http'}://127.0.0.1:{port}/api/v1/clock", instance / "tls" / "ca.crt"):
            return process
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start (exit code {process.poll()})")


def _answers(url: str, authority: Path) -> bool:
    trusting = ssl.create_default_context(cafile=authority) if authority.exists() else None
    try:
        with urllib.request.urlopen(url, timeout=2, context=trusting):  # noqa: S310  # our own server
            return True
    except urllib.error.HTTPError as answer:
        answer.close()
        return True
    except OSError:
        return False


@contextmanager
def served(instance: Path, fill: Callable[[Flask], None], *, secure: bool = False) -> Iterator[Server]:
    """Serve a fresh installation in *instance* that *fill* has filled."""
    app = create_app(instance)
    with app.app_context():
        db.create_all()
        fill(app)
        db.session.remove()
        db.engine.dispose()
    port = free_port()
    url = f"{'https' if secure else 'http'}://127.0.0.1:{port}"
    server = Server(url, instance, app, start_server(instance, port, door=free_port() if secure else None))
    try:
        yield server
    finally:
        if server.process.poll() is None:
            os.killpg(server.process.pid, signal.SIGTERM)
            server.process.wait(timeout=20)


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Open browser contexts (phones, desks) that are closed after the test."""
    opened: list[BrowserContext] = []

    def open_one(**options: Any) -> BrowserContext:
        opened.append(browser.new_context(**options))
        opened[-1].set_default_timeout(PATIENCE_MS)
        return opened[-1]

    yield open_one
    for context in opened:
        context.close()


def sign_in(page: Page, url: str, login: str, password: str) -> None:
    """Sign in through the page, as a person does."""
    page.goto(f"{url}/sign-in")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", password)
    page.click("button[type=submit], form button:not([type])")
    page.wait_for_url(lambda address: "/sign-in" not in address)


# --- phones on the scan page, for modules that have a `shop` ----------------------------------------------------------


@pytest.fixture(scope="module")
def server(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The module's shop, served."""
    with served(tmp_path_factory.mktemp("shop"), shop.fill) as server:
        yield server


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the browser complains about: nothing, but for the network where a test takes it away."""
    said: list[str] = []
    yield said
    assert [one for one in said if not re.match("Failed to load resource|camera ", one)] == []


@pytest.fixture(scope="module")
def cookies_of(browser: Browser, server: Server) -> Callable[[str], StorageState]:
    """Sign people in once, each on a phone of their own."""

    @cache
    def enter(login: str) -> StorageState:
        with browser.new_context(**PHONE) as context:
            sign_in(context.new_page(), server.url, login, PASSWORD)
            return context.storage_state()

    return enter


@pytest.fixture
def take(
    new_context: Callable[..., BrowserContext],
    server: Server,
    cookies_of: Callable[[str], StorageState],
    complaints: list[str],
) -> Take:
    """Give somebody a phone that is signed in and shows the scan page of a stocktake."""

    def give(
        stocktake: int, login: str = "worker", locale: str = "zh-CN", refusal: str | None = None, script: str = ""
    ) -> Handset:
        context = new_context(**PHONE, locale=locale, storage_state=cookies_of(login))
        camera = Camera(context, refusal)
        context.add_init_script(script)
        page = listened_to(context.new_page(), complaints)
        page.goto(scan_page(server, stocktake))
        hand = Handset(page, camera)
        hand.sees("bin")
        return hand

    return give


def listened_to(page: Page, complaints: list[str]) -> Page:
    """Return *page*; what it complains about goes into *complaints*."""
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    return page


def scan_page(server: Server, stocktake: int) -> str:
    return f"{server.url}/stocktakes/{stocktake}/scan"
