"""Entry of the Makefile: find a Python that is new enough, then do the named target."""

# ruff: noqa: S606  # a command-line script: it prints and replaces itself
import os
import shutil
import sys
from pathlib import Path

OLDEST = (3, 11)


def use_a_new_enough_python() -> None:
    """Go on with the newest Python of this machine if the one that started us is too old."""
    if sys.version_info >= OLDEST:
        return
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        if found and os.system(f"{found} -c '' 2>/dev/null") == 0:  # noqa: S605  # pyenv's shims exist but may refuse
            os.execv(found, [found, *sys.argv])
    sys.exit(f"Python 3.11 or newer is needed; {sys.executable} is {sys.version.split()[0]}. Try make PYTHON=…")


def main() -> None:
    """Do the target that the command line names."""
    use_a_new_enough_python()
    os.chdir(Path(__file__).resolve().parent.parent)
    import targets  # noqa: PLC0415  # its syntax needs the Python found above

    targets.do(sys.argv[1])


if __name__ == "__main__":
    main()
