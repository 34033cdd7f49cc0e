"""Settings, own fields, and numbers under many writers."""

import threading
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select

from app.company.models import Company
from app.company.numbers import next_number
from app.company.queries import list_fields
from app.db import db, transaction
from app.identity.models import AuditEvent
from tests.conftest import SignIn

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SETTINGS = {
    "name": "新名字",
    "tax_status": "small_scale",
    "locale": "zh",
    "time_zone": "Asia/Urumqi",
    "one_person": "y",
}
DAY = date(2026, 11, 23)


@ON_SQLITE
def test_an_owner_changes_the_settings_and_the_audit_trail_says_what(sign_in: SignIn) -> None:
    owner = sign_in("owner")
    assert owner.get("/settings").status_code == 200
    assert owner.post("/settings", data=SETTINGS).status_code == 303
    company = db.session.execute(select(Company)).scalar_one()
    assert (company.name, company.one_person, company.bill_with_goods) == ("新名字", True, False)
    details = db.session.scalar(select(AuditEvent.details).where(AuditEvent.action == "company.edit"))
    assert details is not None
    assert set(details) == {"name", "tax_status", "time_zone", "one_person", "bill_with_goods"}
    assert details["tax_status"] == {"old": "general", "new": "small_scale"}
    assert "小规模纳税人" in sign_in("owner", locale="zh").get("/audit").text
    assert owner.post("/settings", data=SETTINGS | {"time_zone": "Mars"}).status_code == 400


@ON_SQLITE
def test_times_are_shown_by_the_companys_clocks(sign_in: SignIn) -> None:
    owner = sign_in("owner")
    assert "2026-01-01 08:00" in owner.get("/audit").text  # set up at midnight UTC
    owner.post("/settings", data=SETTINGS | {"time_zone": "UTC"})
    assert "2026-01-01 00:00" in owner.get("/audit").text


@ON_SQLITE
def test_the_chart_of_accounts_is_listed_in_both_languages(sign_in: SignIn) -> None:
    assert "Cash on hand" in sign_in("finance").get("/accounts").text
    assert "库存现金" in sign_in("finance", locale="zh").get("/accounts").text


def test_own_fields_are_added_renamed_and_retired(sign_in: SignIn) -> None:
    owner = sign_in("owner")
    new = {"subject": "item", "name": "产区", "kind": "choice", "choices": "华东\n华南"}
    assert owner.post("/settings/fields", data=new).status_code == 303
    refused = owner.post("/settings/fields", data=new)
    assert refused.status_code == 409
    assert 'href="/settings/fields" aria-current="page"' in refused.text
    assert owner.post("/settings/fields", data=new | {"name": "x", "choices": "华东"}).status_code == 400
    owner.post("/settings/fields", data={"subject": "partner", "name": "区域", "kind": "text"})
    (field,) = list_fields(db.session(), "item")
    assert (field.name, field.kind, field.choices) == ("产区", "choice", ("华东", "华南"))
    db.session.rollback()
    edited = {"name": "原产地", "choices": "华东\n华南\n西北"}
    assert owner.post(f"/settings/fields/{field.key}", data=edited).status_code == 303
    (field,) = list_fields(db.session(), "item")
    assert (field.name, field.parse("西北")) == ("原产地", "西北")
    db.session.rollback()
    owner.post(f"/settings/fields/{field.key}/retire")
    assert list_fields(db.session(), "item") == []
    db.session.rollback()
    owner.post(f"/settings/fields/{field.key}/restore")
    assert [each.name for each in list_fields(db.session(), "item")] == ["原产地"]


def test_eight_writers_get_numbers_without_a_gap_or_a_double(app: Flask) -> None:
    taken: list[str] = []
    start = threading.Barrier(8)

    def give_back(wanted: bool) -> None:
        if wanted:
            raise KeyError

    def work(writer: int) -> None:
        start.wait()
        for turn in range(5):
            with app.app_context():
                try:
                    with transaction() as session:
                        number = next_number(session, "PD", DAY)
                        give_back((writer + turn) % 4 == 0)
                    taken.append(number)
                except KeyError:
                    continue  # the next writer gets this number

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [f"PD20261123-{number:04}" for number in range(1, 31)]
