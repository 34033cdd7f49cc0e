"""WebKit, the engine of every browser on an iPhone: WebKitGTK under a screen of its own, driven by Selenium."""

import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import WebKitGTK
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

DRIVER, SCREEN = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
PATIENCE_S = 60


@contextmanager
def screen() -> Iterator[str]:
    """Start a screen that nobody sees; yield its name for DISPLAY."""
    theirs, ours = os.pipe()
    command = [str(SCREEN), "-displayfd", str(ours), "-screen", "0", "800x1000x24", "-nolisten", "tcp"]
    with open(theirs, encoding="ascii") as told:  # noqa: PTH123  # the end of a pipe
        server = subprocess.Popen(command, pass_fds=[ours], stderr=subprocess.DEVNULL)
        os.close(ours)
        try:
            yield f":{told.readline().strip()}"
        finally:
            server.terminate()
            server.wait(timeout=20)


@contextmanager
def webkit(home: Path) -> Iterator[WebKitGTK]:
    """Open a browser that keeps what it keeps in *home*."""
    [browser] = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))[-1:]
    options = Options()
    options.binary_location = str(browser)
    options.add_argument("--automation")
    with screen() as display:
        environment = {
            **os.environ,
            "DISPLAY": display,
            "HOME": str(home),
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",  # a sandbox needs rights that machines that test lack
        }
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # within Selenium itself
            driver = WebKitGTK(options=options, service=Service(str(DRIVER), env=environment))
        driver.set_script_timeout(PATIENCE_S)
        try:
            yield driver
        finally:
            driver.quit()
