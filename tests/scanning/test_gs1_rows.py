"""The GS1 strings of other projects' test suites, row by row; and biip as a second opinion on texts made here."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from biip.gs1_messages import GS1Message
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.gtin import check_digit
from app.scanning.parse import CodeKind, ParsedCode, parse

TODAY = date(2026, 11, 23)
AS_IT_IS = {"raw", "raw_single", "element_string", "scan_data", "digital_link"}

# Rows left out, by id, and why.
_GTIN = "digits of a GTIN's length with a right check digit are a GTIN, not a lone date or lot"
_PLAIN = "text without any mark of GS1 is a shop's own code, and a right one"
_LINK = "other sources of the same file take short names and GTINs without leading zeros"
LEFT_OUT = {
    "d68821ea05": _GTIN,
    "532cd2d379": _GTIN,
    "a913a9bd7b": _GTIN,
    "1ebb0ea6ca": _GTIN,
    "c781742ffc": _PLAIN,
    "8d5cea4359": _PLAIN,
    "09ee81f11a": _PLAIN,
    "ea497b6f09": _LINK,
    "63dbadead7": _LINK,
    "c7287eee79": "other sources keep an impossible date with a warning",
    "6bdc64a69c": "54 digits where other sources refuse more than 15",
}


class Row(NamedTuple):
    """One row of the file, ready to be parsed."""

    name: str
    kind: str
    text: str
    valid: str
    expected: list[list[str]] | None
    is_whole: bool


def rows(shared_data: Path) -> Iterator[Row]:
    """Yield the rows of tier core: as they are, or in the form that the scanner of a GS1 symbol sends."""
    with (shared_data / "barcodes" / "gs1_dev.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            text = row["input"] if row["kind"] in AS_IT_IS else row["raw_equivalent"] and "]C1" + row["raw_equivalent"]
            if row["tier"] == "core" and (row["kind"] in AS_IT_IS or text):
                expected = json.loads(row["expected"]) if row["expected"] else None
                is_whole = "maybe not all" not in row["option"]
                yield Row(row["id"], row["kind"], text.replace("<GS>", "\x1d"), row["valid"], expected, is_whole)


def agrees(row: Row, parsed: ParsedCode) -> bool:
    """Return whether *parsed* is what *row* demands."""
    if row.valid == "0":
        return not parsed.is_valid and parsed.problem is not None and parsed.kind is CodeKind.PLAIN
    elements = [[element.ai, element.value] for element in parsed.elements]
    if row.expected is not None and not row.is_whole:
        elements = elements[: len(row.expected)]
    is_warned = row.valid == "1" or parsed.problem is not None
    return parsed.is_valid and is_warned and row.expected in (None, elements)


def test_every_row_of_the_other_suites_agrees_but_those_left_out_by_name(shared_data: Path) -> None:
    counts: Counter[str] = Counter()
    disagreeing = {}
    for row in rows(shared_data):
        counts[f"{row.kind} {row.valid}"] += 1
        if not agrees(row, parse(row.text, today=TODAY)):
            disagreeing[row.name] = row.text
    print(*(f"{name}: {count}" for name, count in sorted(counts.items())), sep="\n")
    print(*(f"left out {name} {disagreeing.get(name)!r}: {reason}" for name, reason in LEFT_OUT.items()), sep="\n")
    assert counts.total() > 350
    assert set(disagreeing) == set(LEFT_OUT)
    assert len(LEFT_OUT) < 15


gtins = st.text("0123456789", min_size=13, max_size=13).map(lambda payload: payload + check_digit(payload))
lots = st.text("ABCXYZ0123456789-/.", min_size=1, max_size=20)
days = st.dates(date(2000, 1, 1), date(2070, 12, 31)).map(lambda day: f"{day:%y%m%d}")
weights = st.integers(0, 999_999).map(lambda grams: f"{grams:06d}")
fields = st.one_of(
    st.tuples(st.just("01"), gtins),
    st.tuples(st.sampled_from(["10", "21", "240"]), lots),
    st.tuples(st.sampled_from(["11", "13", "15", "17"]), days),
    st.tuples(st.sampled_from(["3100", "3103", "3922"]), weights),
    st.tuples(st.just("37"), st.integers(1, 99_999_999).map(str)),
)


@given(st.lists(fields, min_size=1, max_size=6, unique_by=lambda field: field[0]))
def test_biip_reads_the_same_elements(written: list[tuple[str, str]]) -> None:
    text = "\x1d".join(ai + value for ai, value in written)
    ours = [(element.ai, element.value) for element in parse("]C1" + text, today=TODAY).elements]
    theirs = [(element.ai.ai, element.value) for element in GS1Message.parse(text).element_strings]
    assert ours == theirs == written
