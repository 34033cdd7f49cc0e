"""What the project builds for itself: .venv, locked packages, front-end assets, compiled words.

Law: each step has a stamp, the hash of everything it was made from; a step whose stamp still fits costs nothing.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path

import machine

VENV = Path(".venv")
BIN = VENV / "bin"
PYTHON = str(BIN / "python")
STAMPS = VENV / "stamps"
STATIC = Path("static")
OLDEST_NODE = 20


def make_venv() -> None:
    """Make .venv, or make it anew if its interpreter has gone."""
    if Path(PYTHON).exists() and subprocess.run([PYTHON, "-c", ""], check=False).returncode == 0:
        return
    if machine.ensure([machine.VENV]):
        sys.exit("Python's venv module is missing and only root may install it: apt-get install python3-venv")
    shutil.rmtree(VENV, ignore_errors=True)
    with _told("environment"):
        _run([sys.executable, "-m", "venv", str(VENV)])


def install_locked(lock: str) -> None:
    """Install exactly what *lock* names, each file checked by its hash."""
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", lock]
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_ROOT_USER_ACTION": "ignore"}
    _stamped(f"packages of {lock}", [Path(lock)], lambda: _run(pip, environment=quiet))


def build_assets() -> None:
    """Install the locked front-end packages and build static/dist with them."""
    node = find_node()
    npm = [*node, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    locks = [STATIC / "package.json", STATIC / "package-lock.json"]
    _stamped("front-end packages", locks, lambda: run_npm(npm), made=STATIC / "node_modules")
    sources = [*locks, *STATIC.glob("*.mjs"), *STATIC.glob("*.json"), *_files(STATIC / "src")]
    _stamped("front end", sources, lambda: run_npm([*node, "run", "--silent", "build"]), made=STATIC / "dist")


def compile_words() -> None:
    """Compile the translations that the running program reads."""
    sources = [*_files(Path("app/translations"), ".po"), *_files(Path("app/translations"), ".py")]
    _stamped("words", sources, lambda: _run([PYTHON, "-m", "app.translations", "compile"]))


def compile_code() -> None:
    """Compile the program to bytecode, which is a third of its start where Python keeps none."""
    code = [PYTHON, "-m", "compileall", "-q", "app"]
    _stamped("program", _files(Path("app"), ".py"), lambda: _run(code))


def find_node() -> list[str]:
    """Return how to call npm: the machine's where its Node.js is new enough, else one from PyPI in .venv."""
    if _is_new_enough("node") and shutil.which("npm"):
        return ["npm"]
    install_locked(".setup/node.lock")
    return [str(BIN.resolve() / "npm")]


def run_npm(command: list[str]) -> None:
    """Run an npm command in static/; a Node.js in .venv is found by the scripts that npm starts."""
    _run(command, folder=STATIC, environment={"PATH": f"{os.environ['PATH']}{os.pathsep}{BIN.resolve()}"})


def _is_new_enough(node: str) -> bool:
    if shutil.which(node) is None:
        return False
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = told.strip().lstrip("v").split(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def _files(folder: Path, suffix: str = "") -> list[Path]:
    return [path for path in folder.rglob(f"*{suffix}") if path.is_file()]


def _stamped(name: str, sources: Iterable[Path], make: Callable[[], None], made: Path | None = None) -> None:
    stamp = STAMPS / name.replace("/", "-").replace(" ", "-")
    digest = _digest(sources)
    if stamp.exists() and stamp.read_text() == digest and (made is None or made.exists()):
        return
    stamp.unlink(missing_ok=True)
    with _told(name):
        make()
    STAMPS.mkdir(exist_ok=True)
    stamp.write_text(digest)


def _digest(sources: Iterable[Path]) -> str:
    total = sha256()
    for path in sorted(set(sources)):
        total.update(f"{path}\0".encode() + sha256(path.read_bytes()).digest())
    return total.hexdigest()


class _told:  # noqa: N801  # reads as a word: with _told("…")
    """Say what is being made and how long it took."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        self.start = time.monotonic()
        print(f"· {self.name} …", end="", flush=True)

    def __exit__(self, *error: object) -> None:
        print(f" {time.monotonic() - self.start:.1f} s" if error[0] is None else "", flush=True)


def _run(command: list[str], folder: Path = Path(), environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"\n{done.stdout}\n{' '.join(command)} failed ({done.returncode})")
