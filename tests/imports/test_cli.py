"""Imports from a terminal: under whose name they are booked."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.catalog.models import Item
from app.db import db
from app.identity.models import AuditEvent, User
from tests.conftest import Write

Invoke = Callable[..., str]


@pytest.fixture
def invoke(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Import three items with these options; return what is printed."""
    monkeypatch.setattr(os, "nice", lambda _: 0)  # it would last beyond the test
    file = tmp_path / "items.csv"
    file.write_text("name\nCola\nTea\nMilk\n", encoding="utf-8")
    return lambda *options: app.test_cli_runner().invoke(args=["import", "items", str(file), *options]).output


def importers() -> list[int | None]:
    db.session.remove()
    return list(db.session.scalars(select(AuditEvent.user_id).where(AuditEvent.action == "import.apply")))


def test_an_import_is_booked_under_the_user_it_names(invoke: Invoke, make_user: Callable[..., int]) -> None:
    buyer = make_user("buyer", login="buyer")
    assert "3 rows taken over" in invoke("--as", " BUYER ")
    assert importers() == [buyer]


def test_without_a_name_the_first_owner_answers_for_it(
    invoke: Invoke, write: Write, make_user: Callable[..., int]
) -> None:
    with write() as session:
        session.execute(update(User).values(active=False))
    make_user("viewer")
    owner = make_user("owner")
    make_user("owner")
    assert "3 rows taken over" in invoke()
    assert importers() == [owner]


@pytest.mark.parametrize("login", ["nobody", ""])
def test_a_user_who_is_not_there_imports_nothing(invoke: Invoke, make_user: Callable[..., int], login: str) -> None:
    make_user("owner")
    assert f"Nobody has the login “{login}”." in invoke("--as", login)
    assert db.session.scalar(select(Item.id)) is None
