"""Score decoding on photographs beside plain pyzbar and plain zxing-cpp in the same run: a table per symbology.

`python -m tests.benchmarks.decoding [FOLDER] [--all] [--found 91] [--wrong 2]`: FOLDER holds manifest.csv and the
images it names; --all adds generated pictures to the photographs. A picture is *found* where its expected code is among
the answers, *wrong* where only untrue codes are, *extra* where untrue codes stand beside the true one. Whatever is
missed is said in words and by the exit code.
"""

import argparse
import csv
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import zxingcpp
from PIL import Image
from pyzbar import pyzbar

from app.kernel.errors import InvalidInput
from app.kernel.gtin import expand_upc_e, find_gtin14
from app.scanning.decode import decode

# What must be reached on the photographs that everybody may look at; others bring bars of their own.
FOUND_PERCENT, MOST_WRONG = 91.0, 2
# How much more than one pass of each engine the usual picture may cost.
COST = 1.5
DEFAULT = Path(__file__).resolve().parents[3] / "shared" / "data" / "barcodes" / "dev"


class Answer(NamedTuple):
    """One code as a reader gave it."""

    text: str
    gtin14: str | None


Reader = Callable[[Path], list[Answer]]


@dataclass(frozen=True)
class Case:
    """One picture and the truth about it."""

    path: Path
    symbology: str
    is_photo: bool
    expected: str | None
    gtin14: str | None
    also: frozenset[str]

    def is_expected(self, answer: Answer) -> bool:
        """Return whether *answer* is the code the picture was taken for."""
        if self.expected is None:
            return False
        if self.gtin14 and self.symbology != "DataBar Expanded":
            return answer.gtin14 == self.gtin14
        return _plain(answer.text) == _plain(self.expected)

    def is_true(self, answer: Answer) -> bool:
        """Return whether *answer* is any code in the picture."""
        return self.is_expected(answer) or answer.text in self.also


def _plain(text: str) -> str:
    """Return *text* without what marks the borders of GS1 elements, which sources write in different ways."""
    return text.replace("\x1d", "").replace("(", "").replace(")", "")


def read_cases(folder: Path) -> list[Case]:
    """Return the cases that the manifest in *folder* lists."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [
            Case(
                folder / row["path"],
                row["symbology"],
                row["is_photo"] == "1",
                json.loads(row["expected_json"]) if row["expected_json"] else None,
                row["gtin14"] or None,
                frozenset(text for _, text in json.loads(row["also_json"] or "[]")),
            )
            for row in csv.DictReader(file)
        ]


def with_pyzbar(path: Path) -> list[Answer]:
    """Read *path* as pyzbar's manual shows it."""
    with warnings.catch_warnings(action="ignore"):
        found = pyzbar.decode(Image.open(path))
    return [_answer(code.type, code.data.decode("utf-8", "replace")) for code in found]


def with_zxing(path: Path) -> list[Answer]:
    """Read *path* as zxing-cpp's manual shows it."""
    with warnings.catch_warnings(action="ignore"):
        found = zxingcpp.read_barcodes(Image.open(path), text_mode=zxingcpp.TextMode.Plain)
    return [_answer(code.format.name, code.text) for code in found]


def with_ours(path: Path) -> list[Answer]:
    """Read *path* as the product does."""
    try:
        return [Answer(symbol.text, symbol.gtin14) for symbol in decode(path.read_bytes()).symbols]
    except InvalidInput:
        return []


def _answer(kind: str, text: str) -> Answer:
    if kind.startswith(("EAN", "UPC")):
        return Answer(text, find_gtin14(text) or find_gtin14(expand_upc_e(text) or ""))
    if kind.upper().startswith("DATABAR"):
        return Answer(text, text.removeprefix("01"))
    return Answer(text, None)


READERS: dict[str, Reader] = {"pyzbar": with_pyzbar, "zxing-cpp": with_zxing, "Zhangshi": with_ours}


@dataclass
class Score:
    """How one reader did on some cases."""

    cases: int = 0
    found: int = 0
    wrong: int = 0
    extra: int = 0
    milliseconds: list[float] = field(default_factory=list)

    def add(self, case: Case, answers: Sequence[Answer], milliseconds: float) -> None:
        """Count one picture."""
        hit = any(case.is_expected(answer) for answer in answers)
        untrue = any(not case.is_true(answer) for answer in answers)
        self.cases += 1
        self.found += hit
        self.wrong += untrue and not hit
        self.extra += untrue and hit
        self.milliseconds.append(milliseconds)

    @property
    def rate(self) -> float:
        """Return the found part in percent."""
        return 100 * self.found / self.cases

    @property
    def median(self) -> float:
        """Return the median cost in ms."""
        return statistics.median(self.milliseconds)

    @property
    def p95(self) -> float:
        """Return the cost in ms that 19 of 20 pictures stay under."""
        return sorted(self.milliseconds)[int(0.95 * len(self.milliseconds))]

    def __str__(self) -> str:
        return f"{self.rate:5.1f} {self.wrong:2}+{self.extra:<2}{self.median:6.1f}·{self.p95:<6.0f}"


Scores = dict[str, dict[str, Score]]


def score(cases: Sequence[Case]) -> Scores:
    """Return symbology → reader → score; "all" holds every case with a code, "none" those without."""
    scores: Scores = {}
    for case in cases:
        for name, reader in READERS.items():
            started = time.perf_counter()
            answers = reader(case.path)
            cost = 1000 * (time.perf_counter() - started)
            groups = [case.symbology] if case.symbology == "none" else [case.symbology, "all"]
            for group in groups:
                scores.setdefault(group, {}).setdefault(name, Score()).add(case, answers, cost)
    return scores


def table(scores: Scores) -> str:
    """Return *scores* as text: found %, wrong + extra pictures, median and p95 ms a picture."""
    lines = [f"{'':18}{'n':>4}   " + "".join(f"{name:<25}" for name in READERS)]
    order = sorted(scores, key=lambda name: (name == "none", name == "all", name))
    for name in order:
        row = scores[name]
        lines.append(f"{name:18}{row['Zhangshi'].cases:>4}   " + "".join(f"{row[reader]!s:<25}" for reader in READERS))
    return "\n".join(lines)


def shortfalls(scores: Scores, found: float = FOUND_PERCENT, wrong: int = MOST_WRONG) -> list[str]:
    """Return in words where a bar is missed; empty when all are met."""
    return [*_behind(scores), *_untrue(scores, found, wrong), *_dear(scores)]


def _behind(scores: Scores) -> list[str]:
    """Return the symbologies of which a plain engine finds more."""
    missed = []
    for name, row in scores.items():
        better = max(row["pyzbar"].rate, row["zxing-cpp"].rate)
        if name != "none" and row["Zhangshi"].rate < better:
            missed.append(f"{name}: {row['Zhangshi'].rate:.1f} % found, a plain engine {better:.1f} %")
    return missed


def _untrue(scores: Scores, found: float, wrong: int) -> list[str]:
    """Return what is missed of all: too few found, too many wrong, or a code read where there is none."""
    ours, missed = scores["all"]["Zhangshi"], []
    if ours.rate < found:
        missed.append(f"{ours.rate:.1f} % found of all, asked for {found:.1f} %")
    if ours.wrong > wrong:
        missed.append(f"{ours.wrong} pictures read wrong, at most {wrong} may be")
    if "none" in scores and scores["none"]["Zhangshi"].wrong:
        missed.append("a code was read where there is none")
    return missed


def _dear(scores: Scores) -> list[str]:
    """Return where the usual picture costs too much."""
    ours, once = scores["all"]["Zhangshi"].median, scores["all"]["pyzbar"].median + scores["all"]["zxing-cpp"].median
    return [f"median {ours:.1f} ms, one pass of each engine {once:.1f} ms"] if ours > COST * once else []


def main(arguments: Sequence[str]) -> int:
    """Print the table; return 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.decoding")
    parser.add_argument("folder", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--found", type=float, default=FOUND_PERCENT)
    parser.add_argument("--wrong", type=int, default=MOST_WRONG)
    asked = parser.parse_args(arguments)
    scores = score([case for case in read_cases(asked.folder) if case.is_photo or asked.all])
    print(table(scores))
    missed = shortfalls(scores, asked.found, asked.wrong)
    print(*(f"missed: {one}" for one in missed), sep="\n")
    return bool(missed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
