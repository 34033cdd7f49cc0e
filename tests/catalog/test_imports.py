"""Rows of a shop's own export: several codes in a cell, packs that are none, words of yes and no."""

from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from app.catalog.adding import ITEM_FACTS
from app.catalog.imports import ItemImport, several
from app.catalog.models import Barcode, Pack
from app.db import db
from app.imports.kinds import Applying
from tests.catalog.conftest import NOW
from tests.conftest import Write


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("6901234567892", ("6901234567892",)),
        ("6901234567892，6902083881405、A 1", ("6901234567892", "6902083881405", "A 1")),
        ("6901234567892 6902083881405", ("6901234567892", "6902083881405")),  # one under the other in the cell
        ("A 1", ("A 1",)),
    ],
)
def test_a_cell_may_hold_several_codes(cell: str, codes: tuple[str, ...]) -> None:
    assert several(cell) == codes


def test_a_carton_of_one_base_unit_is_no_carton(write: Write) -> None:
    kind = ItemImport()
    cells = {"name": "可乐", "unit": "瓶", "pack_unit": "瓶", "pack_factor": "1", "pack_barcode": "6901234567892"}
    with write() as session:
        read = kind.read(session, [cells])
        assert read[0].problems == []
        kind.apply(session, [read[0].draft], Applying(1, NOW, NOW.date(), "import:1"))
    assert db.session.scalars(select(Pack.factor)).all() == [Decimal(1)]
    assert db.session.scalars(select(Barcode.code)).all() == ["06901234567892"]


@pytest.mark.parametrize(
    ("word", "tracks", "problems"),
    [("是", True, 0), ("开启", True, 0), ("TRUE", True, 0), ("否", False, 0), ("", False, 0), ("也许", None, 1)],
)
def test_what_is_neither_yes_nor_no_is_named(app: Flask, word: str, tracks: bool | None, problems: int) -> None:
    assert app
    (read,) = ItemImport().read(db.session(), [{"name": "酸奶", "tracks_lots": word}])
    assert len(read.problems) == problems
    assert read.draft is None or read.draft.facts[ITEM_FACTS.index("tracks_lots")] == tracks
