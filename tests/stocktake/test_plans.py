"""How PostgreSQL means to look for what each scan asks, while it knows nothing yet of what its tables hold."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask

from app.bulk import named
from app.db import db
from app.stocktake.counting import queries
from app.stocktake.counting.queries import list_related


@pytest.fixture
def conditions(app: Flask) -> Callable[[int], list[str]]:
    """Tell by what an index is asked for the scans of so many bins."""

    def read(bins: int) -> list[str]:
        statement = queries._related(bins, 4, 1)  # noqa: SLF001  # its plan is what this is about
        compiled = statement.compile(dialect=db.engine.dialect)
        given = {"stocktake": 1, **named("bin", range(bins)), **named("item", range(4)), **named("target", [uuid4()])}
        values = {key: getattr(value, "value", value) for key, value in (dict(compiled.params) | given).items()}
        with db.engine.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN {compiled}", values).scalars()
            return [line for line in plan if "Index Cond" in line]

    return read


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("bins", [1, 4, 16])
def test_the_scans_of_some_bins_are_found_without_looking_through_those_of_all(
    conditions: Callable[[int], list[str]], bins: int
) -> None:
    asked = conditions(bins)
    assert len(asked) == bins + 1  # the scan that is taken back, by its id
    assert sum("location_id" in line for line in asked) == bins


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_list_of_bins_would_have_it_look_through_all(
    conditions: Callable[[int], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "APART", 0)
    queries._related.cache_clear()  # noqa: SLF001  # built with the bound as it was
    try:
        assert not any("location_id" in line for line in conditions(4))
    finally:
        queries._related.cache_clear()  # noqa: SLF001  # see above


def test_more_bins_than_are_asked_for_apart_are_found_as_well(app: Flask) -> None:
    assert list_related(db.session(), 1, range(queries.APART + 1), None, [uuid4()]) == []
