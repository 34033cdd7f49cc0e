"""How long the searches run: short in every test run, long where ZHANGSHI_FULL=1 asks for it."""

import os

IS_FULL = os.environ.get("ZHANGSHI_FULL") == "1"


def examples(short: int, full: int) -> int:
    """The number of examples to search."""
    return full if IS_FULL else short
