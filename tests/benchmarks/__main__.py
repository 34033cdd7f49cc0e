"""`make bench`: every figure of the README in one run; `make bench ARGS="posting intake"` takes some of them."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence

from tests.benchmarks import decoding, importing, intake, posting


def _searches(_arguments: Sequence[str]) -> int:
    """Run the long searches of the test suite in full: kills, seeds, machines."""
    command = [sys.executable, "-m", "pytest", "tests/scenarios", "tests/ledger", "-q", "-n", "2"]
    return subprocess.run(command, env=os.environ | {"ZHANGSHI_FULL": "1"}, check=False).returncode


PARTS: dict[str, Callable[[Sequence[str]], int]] = {
    "posting": posting.main,
    "intake": intake.main,
    "importing": importing.main,
    "decoding": decoding.main,
    "searches": _searches,
}


def main(wanted: Sequence[str]) -> int:
    """Run the *wanted* parts, all by default; fail if one missed its bar."""
    failed = []
    for name in wanted or PARTS:
        print(f"\n== {name}", flush=True)
        if PARTS[name]([]):
            failed.append(name)
    if failed:
        print(f"\nBelow their bar: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
