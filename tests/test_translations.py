"""The Chinese catalogue is one: a word means one thing, whichever feature says it."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from app.translations import __main__ as translations


def _fragment(**said: str) -> Catalog:
    catalog = Catalog(locale="zh")
    for msgid, chinese in said.items():
        catalog.add(msgid, chinese)
    return catalog


def test_two_fragments_that_say_a_word_differently_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [(Path("a.po"), _fragment(Light="补光灯", Bin="库位")), (Path("b.po"), _fragment(Light="浅色", Bin="库位"))]
    monkeypatch.setattr(translations, "fragments", lambda: iter(parts))
    monkeypatch.setattr(translations, "used_messages", lambda: {"Light": "x.html:1", "Bin": "x.html:2"})
    assert translations.problems() == ["b.po: other Chinese in another fragment: 'Light'"]
