"""What the operating system has to give: installed where we may, named plainly where we may not."""

import ctypes.util
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

APT = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]


@dataclass(frozen=True)
class Need:
    """Something of the system: its Debian package, how to see it is there, and what is lost without it."""

    package: str
    is_there: Callable[[], bool]
    without: str


VENV = Need("python3-venv", lambda: importlib.util.find_spec("ensurepip") is not None, "no environment can be made")
ZBAR = Need(
    "libzbar0",
    lambda: ctypes.util.find_library("zbar") is not None,
    "photos are read by zxing-cpp alone, which finds fewer codes",
)
CHROMIUM = Need("chromium", lambda: shutil.which("chromium") is not None, "the browser tests")
FFMPEG = Need("ffmpeg", lambda: shutil.which("ffmpeg") is not None, "the browser tests (their fake camera)")
POSTGRES = Need(
    "postgresql",
    lambda: any(Path("/usr/lib/postgresql").glob("*/bin/initdb")) or shutil.which("initdb") is not None,
    "every test on PostgreSQL",
)
CHINESE_FONT = Need(
    "fonts-noto-cjk",
    lambda: any(Path("/usr/share/fonts").rglob("NotoSansCJK*")),
    "the measuring of Chinese text on pages",
)
WEBKIT = Need(
    "webkit2gtk-driver",
    lambda: shutil.which("WebKitWebDriver") is not None,
    "the tests of the scan page in WebKit, the engine of the iPhone",
)
SCREEN = Need("xvfb", lambda: shutil.which("Xvfb") is not None, "the tests in WebKit (their screen)")
POPPLER = Need(
    "poppler-utils", lambda: shutil.which("pdftoppm") is not None, "the reading back of labels from their printed page"
)
TO_RUN = (ZBAR,)
TO_TEST = (ZBAR, CHROMIUM, FFMPEG, POSTGRES, CHINESE_FONT, WEBKIT, SCREEN, POPPLER)


def ensure(needs: Iterable[Need]) -> list[Need]:
    """Install what is missing where we may; return what is missing still."""
    missing = [need for need in needs if not need.is_there()]
    if missing and may_install():
        _install([need.package for need in missing])
        importlib.invalidate_caches()
        missing = [need for need in missing if not need.is_there()]
    return missing


def may_install() -> bool:
    """Tell whether this user may install Debian packages here."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install(packages: list[str]) -> None:
    print(f"· system packages: {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # A failure shows its own message here, and as a package that is missing still.
    subprocess.run([*APT, "update"], env=environment, check=False)
    install = [*APT, "install", "-y", "--no-install-recommends", *packages]
    subprocess.run(install, env=environment, check=False, stdout=subprocess.DEVNULL)
