"""Everything that must hold: the static checks side by side, then the tests, then one summary."""

import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import environment
import machine

RESULTS = Path("test-results/pytest.xml")
CORES = "2"


@dataclass(frozen=True)
class Result:
    """How one check ended."""

    name: str
    passed: bool
    seconds: float
    output: str


def in_ci() -> bool:
    """Tell whether nothing may be left out."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def static_checks() -> list[tuple[str, list[str]]]:
    """Return the checks that read code and words, by name."""
    tool = str(environment.BIN)
    return [
        ("mypy", [f"{tool}/mypy"]),
        # Beside the other one, and two of them trip over one cache.
        ("mypy of the set-up", [f"{tool}/mypy", "--cache-dir", ".mypy_cache/set-up", ".setup/make.py"]),
        ("ruff", [f"{tool}/ruff", "check"]),
        ("ruff format", [f"{tool}/ruff", "format", "--check"]),
        ("import contracts", [f"{tool}/lint-imports"]),
        ("translations", [environment.PYTHON, "-m", "app.translations", "check"]),
    ]


def run_side_by_side(checks: list[tuple[str, list[str]]]) -> list[Result]:
    """Run *checks*, two at a time; tell of each as it ends, with its output if it failed."""
    results = []
    with ThreadPoolExecutor(int(CORES)) as pool:
        for result in pool.map(lambda check: _run(*check), checks):
            print(f"{'✓' if result.passed else '✗'} {result.name}  {result.seconds:.1f} s", flush=True)
            if not result.passed:
                print(result.output, flush=True)
            results.append(result)
    return results


def test(arguments: list[str]) -> int:
    """Run everything; return the exit code."""
    missing = machine.ensure(machine.TO_TEST)
    left_out = [f"left out: {need.without}; apt-get install {need.package}" for need in missing]
    if left_out and in_ci():
        print("\n".join(left_out), "\nnothing may be left out where CI is set\n0 passed, 1 failed", sep="")
        return 1
    npm = environment.find_node()
    client = ("client tests", [*npm, "--prefix", str(environment.STATIC), "--silent", "test"])
    results = run_side_by_side([*static_checks(), client])
    code = _pytest(arguments, without_browser=machine.CHROMIUM in missing or machine.FFMPEG in missing)
    counts, skipped = _counts()
    broken = [f"✗ {result.name}" for result in results if not result.passed]
    if in_ci() and skipped:
        broken += [f"✗ left out: {name}" for name in skipped]
    print("\n".join(["", *broken, *left_out, counts]), flush=True)
    return 1 if broken else code


def _run(name: str, command: list[str]) -> Result:
    start = time.monotonic()
    path = f"{os.environ['PATH']}{os.pathsep}{environment.BIN.resolve()}"
    done = subprocess.run(
        command,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Result(name, done.returncode == 0, time.monotonic() - start, done.stdout)


def _pytest(arguments: list[str], *, without_browser: bool) -> int:
    RESULTS.unlink(missing_ok=True)
    command = [environment.PYTHON, "-m", "pytest", "-n", CORES, "--dist", "worksteal", f"--junit-xml={RESULTS}"]
    if without_browser:
        command += ["-m", "not browser"]
    return subprocess.run([*command, *arguments], check=False).returncode


def _counts() -> tuple[str, list[str]]:
    """Return the closing line and the names of the tests that were skipped."""
    if not RESULTS.exists():
        return "0 passed, 1 failed", []
    cases = list(ET.parse(RESULTS).getroot().iter("testcase"))  # noqa: S314  # pytest wrote it just now
    failed = sum(1 for case in cases if case.find("failure") is not None or case.find("error") is not None)
    skips = [
        f"{case.get('classname')}.{case.get('name')}: {skip.get('message')}"
        for case in cases
        if (skip := case.find("skipped")) is not None and skip.get("type") == "pytest.skip"
    ]
    line = f"{len(cases) - failed - len(skips)} passed, {failed} failed"
    return (f"{line}, {len(skips)} skipped" if skips else line), skips


def lint() -> int:
    """Run the static checks alone."""
    return 0 if all(result.passed for result in run_side_by_side(static_checks())) else 1
