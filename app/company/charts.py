"""The charts of accounts of both standards (charts.csv), with the sub-accounts that documents book to."""

import csv
from collections.abc import Iterator
from pathlib import Path

from app.company.models import Account
from app.company.rules import Chart

PATH = Path(__file__).with_name("charts.csv")


def accounts_of(chart: Chart) -> Iterator[Account]:
    """Yield the accounts of *chart*, parents before children."""
    with PATH.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["chart"] == chart:
                yield Account(
                    code=row["code"],
                    name=row["name"],
                    name_en=row["name_en"],
                    category=row["category"],
                    direction=row["direction"],
                    parent_code=row["parent"] or None,
                )
