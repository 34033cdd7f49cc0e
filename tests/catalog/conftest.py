"""An item to work on, and what its commands take."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from app.catalog.rules import ItemDraft
from app.catalog.service import add_item
from tests.conftest import Write

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)

MakeItem = Callable[..., int]


@pytest.fixture
def by(make_user: Callable[..., int]) -> int:
    """Id of the user who does it all."""
    return make_user("owner")


@pytest.fixture
def make_item(write: Write, by: int) -> MakeItem:
    """Add an item of the given facts; return its id."""

    def make(name: str = "冰红茶", unit: str = "瓶", **facts: object) -> int:
        with write() as session:
            return add_item(session, ItemDraft(name=name, unit=unit, **facts), by, NOW).id  # type: ignore[arg-type]  # facts are given by name

    return make
