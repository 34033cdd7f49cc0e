"""What old imports leave behind goes after thirty days, in small steps, and their pages say so."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.catalog.models import Item
from app.db import db, transaction
from app.imports import service
from app.imports.leftovers import remove_leftovers
from app.imports.models import Import, ImportRow
from app.imports.queries import is_left_over
from app.imports.rules import KEPT, ImportState, RowState, has_ended
from app.imports.runner import file_of
from app.imports.service import drop_rows
from app.kernel.clock import utc_now
from tests.conftest import SignIn, Write

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
REMOVED = "The rows of this import were removed: they are kept for 30 days"
DISCARDED = "The rows of this import were removed when it was discarded."
OLD = KEPT + timedelta(hours=1)
YOUNG = KEPT - timedelta(hours=1)
Make = Callable[..., int]


@pytest.fixture
def make(app: Flask, write: Write, make_user: Callable[..., int]) -> Make:
    """Make an import of three rows, two of them bad, that changed *age* ago, with its file; return the id."""
    by = make_user("owner")

    def run(state: ImportState, age: timedelta = OLD, good: int = 1, kind: str = "items") -> int:
        then = utc_now() - age
        with write() as session:
            numbers: dict[str, int] = {"staged": good + 2, "good": good, "bad": 2}
            made = Import(
                kind=kind, file_name="货品.csv", state=state, columns={"name": 0}, created_by=by, created_at=then
            )
            made.beat_at = then
            for name, value in numbers.items():
                setattr(made, name, value)
            session.add(made)
            session.flush()
            for number in range(good + 2):
                bad = number >= good
                session.add(
                    ImportRow(
                        import_id=made.id,
                        number=number + 2,
                        cells={"name": f"可乐{number}"},
                        state=RowState.BAD if bad else RowState.STAGED,
                        problems=[{"message": "This value cannot be used.", "params": {}}] if bad else [],
                        words=f"可乐{number}",
                    )
                )
            import_id = made.id
        path = file_of(app, import_id)
        path.parent.mkdir(exist_ok=True)
        path.write_text("名称\n可乐\n", encoding="utf-8")
        return import_id

    return run


def rows_of(import_id: int) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count(ImportRow.id)).where(ImportRow.import_id == import_id)) or 0


def numbers_of(import_id: int) -> tuple[int, int, int]:
    found = db.session.get_one(Import, import_id)
    return found.staged, found.good, found.bad


@pytest.mark.parametrize("good", [0, 1])
@pytest.mark.parametrize("state", list(ImportState))
def test_what_ended_long_ago_loses_rows_and_file_and_nothing_else_does(
    app: Flask, make: Make, state: ImportState, good: int
) -> None:
    old, young = make(state, OLD, good), make(state, YOUNG, good)
    note = remove_leftovers(app, utc_now())
    goes = has_ended(state, good)
    assert (rows_of(old) == 0, file_of(app, old).exists()) == (goes, not goes)
    assert (rows_of(young), file_of(app, young).exists()) == (good + 2, True)
    assert note == (f"{good + 2} rows, 1 files" if goes else "0 rows, 0 files")
    assert numbers_of(old) == (good + 2, good, 2)
    assert remove_leftovers(app, utc_now()) == "0 rows, 0 files"


def test_only_what_can_be_taken_over_again_has_not_ended_when_it_failed() -> None:
    ended = {(state, good) for state in ImportState for good in (0, 1) if has_ended(state, good)}
    over = (ImportState.APPLIED, ImportState.DISCARDED, ImportState.TAKEN_BACK)
    assert ended == {(state, good) for state in over for good in (0, 1)} | {(ImportState.FAILED, 0)}


def test_what_a_night_left_half_done_is_done_the_next_and_meanwhile_no_half_list_is_shown(
    app: Flask, make: Make, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make(ImportState.APPLIED, good=7), make(ImportState.APPLIED, good=7)
    steps: list[int] = []

    @contextmanager
    def power_cut() -> Iterator[Session]:
        with transaction() as session:
            yield session
        steps.append(1)
        if len(steps) == 2:
            raise RuntimeError("no power")

    with monkeypatch.context() as cut:
        cut.setattr(service, "CHUNK", 4)
        cut.setattr(service, "transaction", power_cut)
        with pytest.raises(RuntimeError):
            remove_leftovers(app, utc_now())
    assert (rows_of(first), rows_of(second)) == (1, 9)
    for import_id in (first, second):
        page = sign_in("owner").get(f"/imports/{import_id}").text
        assert REMOVED in page
        assert "可乐" not in page
    assert remove_leftovers(app, utc_now()) == "10 rows, 2 files"
    assert (rows_of(first), rows_of(second)) == (0, 0)


def test_an_import_that_goes_on_between_two_steps_keeps_its_rows(
    make: Make, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "CHUNK", 2)
    failed, now = make(ImportState.FAILED, good=0), utc_now()
    with write() as session:
        service.change_state(session, failed, ImportState.STAGING, now)
    assert drop_rows(failed, is_left_over(now)) == 0
    assert rows_of(failed) == 2


@ON_SQLITE
def test_a_file_that_is_gone_already_keeps_no_other_from_going(app: Flask, make: Make) -> None:
    first, second = make(ImportState.DISCARDED), make(ImportState.DISCARDED)
    drop_rows(first)
    file_of(app, first).unlink()
    assert remove_leftovers(app, utc_now()) == "3 rows, 1 files"
    assert not file_of(app, second).exists()


@ON_SQLITE
def test_a_shop_without_imports_has_nothing_to_remove(app: Flask) -> None:
    assert remove_leftovers(app, utc_now()) == "0 rows, 0 files"


@pytest.mark.parametrize(("locale", "said"), [("en", REMOVED), ("zh", "导入结束后只保留 30 天")])
def test_the_page_of_an_old_import_says_that_its_rows_were_removed(
    app: Flask, make: Make, sign_in: SignIn, locale: str, said: str
) -> None:
    import_id, owner = make(ImportState.APPLIED), sign_in("owner", locale=locale)
    remove_leftovers(app, utc_now())
    page = owner.get(f"/imports/{import_id}")
    assert page.status_code == 200
    assert said in page.text
    assert "bad.xlsx" not in page.text
    assert "Nothing here yet" not in page.text
    sheet = owner.get(f"/imports/{import_id}/bad.xlsx")
    assert (sheet.status_code, said in sheet.text) == (404, True)
    assert "货品.csv" in owner.get("/imports/").text


def test_a_young_import_shows_its_rows_and_says_how_long_they_stay(make: Make, sign_in: SignIn) -> None:
    ended, owner = make(ImportState.APPLIED, YOUNG), sign_in("owner")
    page = owner.get(f"/imports/{ended}").text
    assert all(words in page for words in ("可乐1", "可乐2", "bad.xlsx", "They are kept for 30 days"))
    sheet = owner.get(f"/imports/{ended}/bad.xlsx").data
    assert len(CalamineWorkbook.from_filelike(io.BytesIO(sheet)).get_sheet_by_index(0).to_python()) == 3


@ON_SQLITE
@pytest.mark.parametrize(("state", "good"), [(ImportState.CHECKED, 1), (ImportState.FAILED, 1)])
def test_an_import_that_may_go_on_shows_its_rows_however_old_it_is(
    app: Flask, make: Make, sign_in: SignIn, state: ImportState, good: int
) -> None:
    import_id, owner = make(state, timedelta(days=900), good), sign_in("owner")
    remove_leftovers(app, utc_now())
    page = owner.get(f"/imports/{import_id}").text
    assert "可乐1" in page
    assert "They are kept for 30 days" not in page
    assert owner.get(f"/imports/{import_id}/bad.xlsx").status_code == 200


@ON_SQLITE
def test_a_discarded_import_says_that_its_rows_went_with_it(make: Make, sign_in: SignIn) -> None:
    import_id, owner = make(ImportState.CHECKED, timedelta()), sign_in("owner")
    assert owner.post(f"/imports/{import_id}/discard").status_code == 303
    assert DISCARDED in owner.get(f"/imports/{import_id}").text
    assert DISCARDED in owner.get(f"/imports/{import_id}/bad.xlsx").text


def test_taken_back_after_its_rows_went_it_is_young_again_and_says_so_still(
    app: Flask, make: Make, sign_in: SignIn, write: Write
) -> None:
    import_id, owner = make(ImportState.APPLIED, kind="opening-cash"), sign_in("owner")
    remove_leftovers(app, utc_now())
    assert "Take back" in owner.get(f"/imports/{import_id}").text
    with write() as session:
        service.change_state(session, import_id, ImportState.TAKEN_BACK, utc_now())
    assert REMOVED in owner.get(f"/imports/{import_id}").text
    assert owner.get(f"/imports/{import_id}/bad.xlsx").status_code == 404


@ON_SQLITE
def test_an_import_is_taken_back_as_well_when_neither_rows_nor_file_are_there(
    app: Flask, sign_in: SignIn, tmp_path: Path
) -> None:
    cash, owner = tmp_path / "cash.csv", sign_in("owner")
    cash.write_text("账户,金额\n现金,88.5\n", encoding="utf-8")
    result = app.test_cli_runner().invoke(args=["import", "opening-cash", str(cash)])
    assert result.exit_code == 0, result.output
    with transaction() as session:
        import_id = session.scalars(update(Import).values(beat_at=utc_now() - OLD).returning(Import.id)).one()
    assert remove_leftovers(app, utc_now()) == "1 rows, 1 files"
    assert owner.post(f"/imports/{import_id}/back").status_code == 303
    assert "taken back" in owner.get(f"/imports/{import_id}").text


@ON_SQLITE
def test_columns_cannot_be_matched_anew_once_the_file_is_gone(app: Flask, make: Make, sign_in: SignIn) -> None:
    applied, failed, owner = make(ImportState.APPLIED), make(ImportState.FAILED, good=0), sign_in("owner")
    remove_leftovers(app, utc_now())
    assert owner.post(f"/imports/{applied}/columns", data={"heading": "0"}).status_code == 409
    refused = owner.post(f"/imports/{failed}/columns", data={"heading": "0"})
    assert (refused.status_code, "Upload it again" in refused.text) == (404, True)
    assert db.session.scalar(select(func.count(Item.id))) == 0


@ON_SQLITE
def test_a_dry_run_from_the_terminal_keeps_neither_rows_nor_file(app: Flask, tmp_path: Path) -> None:
    goods = tmp_path / "goods.csv"
    goods.write_text("名称\n可乐\n", encoding="utf-8")
    app.test_cli_runner().invoke(args=["import", "items", str(goods), "--dry-run"])
    import_id = db.session.scalars(select(Import.id)).one()
    assert (rows_of(import_id), file_of(app, import_id).exists()) == (0, False)
