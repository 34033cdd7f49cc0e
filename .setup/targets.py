"""The targets of the Makefile, each from a bare checkout."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import checks
import environment
import machine

UV = "uv==0.13.9"
FIGURES = ("posting", "intake", "importing", "start", "decoding", "stocktake")  # modules of tests/benchmarks
SEARCHES = "searches"  # long loops in full, of the tests that have them:
SEARCHED = ("tests/ledger", "tests/scenarios")
FLASK = [environment.PYTHON, "-m", "flask", "--app", "app"]


def do(target: str) -> None:
    """Do *target* and end with its exit code."""
    sys.exit(TARGETS[target]())


def run() -> int:
    """Set up and serve; does not return while the server runs."""
    for need in machine.ensure(machine.TO_RUN):
        print(f"· without {need.package}: {need.without} (apt-get install {need.package})")
    _set_up()
    os.umask(0o077)  # the books are nobody else's
    if os.environ.get("DEMO"):
        os.environ["ZHANGSHI_INSTANCE"] = str(Path("instance/demo").resolve())
    Path(os.environ.get("ZHANGSHI_INSTANCE", "instance")).mkdir(parents=True, exist_ok=True)
    _call([*FLASK, "db", "upgrade"])
    if os.environ.get("DEMO"):
        _call([*FLASK, "demo", "load"])
    options = {"--port": "PORT", "--http-port": "HTTP_PORT", "--host": "HOST"}
    # Taken out of the environment too: a WSGI server shows HTTP_… of it to the application as a header.
    chosen = [
        part for option, name in options.items() if (value := os.environ.pop(name, "")) for part in (option, value)
    ]
    sys.stdout.flush()
    # From here on signals are the server's own.
    os.execv(environment.PYTHON, [environment.PYTHON, "-m", "app.serve", *chosen])  # noqa: S606  # our own command line


def test() -> int:
    """Run everything that must hold."""
    _set_up(tools=True)
    return checks.test(shlex.split(os.environ.get("ARGS", "")))


def bench() -> int:
    """Run the long searches and take the figures of the README."""
    _set_up(tools=True)
    machine.ensure(machine.TO_TEST)
    failed = []
    for name in shlex.split(os.environ.get("ARGS", "")) or [*FIGURES, SEARCHES]:
        print(f"\n— {name} —", flush=True)
        if name == SEARCHES:
            command = [environment.PYTHON, "-m", "pytest", "-n", "2", "-m", "not browser", *SEARCHED]
        else:
            command = [environment.PYTHON, "-m", f"tests.benchmarks.{name}"]
        if subprocess.run(command, env=os.environ | {"ZHANGSHI_FULL": "1"}, check=False).returncode != 0:
            failed.append(name)
    print(f"\nfailed: {', '.join(failed)}" if failed else "\nall done")
    return 1 if failed else 0


def lint() -> int:
    """Run the checks that read code and words."""
    _set_up(tools=True, front_end=False)
    return checks.lint()


def rewrite() -> int:
    """Let ruff sort, fix and format."""
    _set_up(tools=True, front_end=False)
    _call([str(environment.BIN / "ruff"), "check", "--fix", "--exit-zero"])
    _call([str(environment.BIN / "ruff"), "format"])
    return 0


def lock() -> int:
    """Pin every package anew, with hashes and without addresses."""
    environment.make_venv()
    tool = environment.VENV / "lock"
    _call([environment.PYTHON, "-m", "pip", "install", "--quiet", "--target", str(tool), UV])
    os.environ["UV_CUSTOM_COMPILE_COMMAND"] = "make lock"
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-annotate"]
    compile_ = [str(tool / "bin" / "uv"), "pip", "compile", "--quiet", *options]
    _call([*compile_, "pyproject.toml", "-o", "requirements.lock"])
    _call([*compile_, "tests/requirements.in", "-c", "requirements.lock", "-o", "tests/requirements.lock"])
    _call([*compile_, ".setup/node.in", "-o", ".setup/node.lock"])
    return 0


def clean() -> int:
    """Remove what set-up built; instance/ holds the books and stays."""
    built = [".venv", "static/dist", "static/node_modules", "test-results", ".mypy_cache", ".ruff_cache"]
    for folder in [*map(Path, [*built, ".import_linter_cache", ".hypothesis"]), *Path().glob("*/**/__pycache__")]:
        shutil.rmtree(folder, ignore_errors=True)
    for words in Path("app/translations").rglob("*.mo"):
        words.unlink()
    return 0


def _set_up(*, tools: bool = False, front_end: bool = True) -> None:
    environment.make_venv()
    environment.install_locked("requirements.lock")
    if tools:
        environment.install_locked("tests/requirements.lock")
    environment.compile_words()
    environment.compile_code()
    if front_end:
        environment.build_assets()


def _call(command: list[str]) -> None:
    done = subprocess.run(command, check=False)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)} failed ({done.returncode})")


TARGETS = {
    "run": run,
    "test": test,
    "bench": bench,
    "lint": lint,
    "format": rewrite,
    "lock": lock,
    "clean": clean,
}
