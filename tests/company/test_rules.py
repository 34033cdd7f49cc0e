"""Charts, settings and own fields, without a database."""

import csv
from datetime import date

import pytest

from app.company.charts import PATH, accounts_of
from app.company.rules import (
    ACCOUNTS,
    Chart,
    ChoicesMissing,
    CurrencyUnknown,
    Field,
    FieldInvalid,
    FieldKind,
    Settings,
    SetUp,
    TaxStatus,
    TimeZoneUnknown,
    document_number,
    ensure_choices,
    split_choices,
)

SETTINGS = Settings("老街便利店", TaxStatus.GENERAL)


@pytest.mark.parametrize("chart", Chart)
def test_every_account_that_documents_book_to_is_in_the_chart(chart: Chart) -> None:
    assert set(ACCOUNTS[chart].values()) <= {account.code for account in accounts_of(chart)}


@pytest.mark.parametrize("chart", Chart)
def test_a_chart_is_a_forest_whose_codes_grow_from_their_parents(chart: Chart) -> None:
    seen: set[str] = set()
    for account in accounts_of(chart):
        assert account.code not in seen
        assert account.parent_code is None or (account.parent_code in seen and account.code > account.parent_code)
        assert account.code.startswith(account.parent_code or "")
        seen.add(account.code)


def test_every_account_has_its_name_in_both_languages_and_a_side() -> None:
    with PATH.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(row["name"] and row["name_en"].isascii() and row["direction"] in {"debit", "credit"} for row in rows)
    assert "营业税金及附加" not in {row["name"] for row in rows}  # renamed in 2016
    assert len({(row["chart"], row["code"]) for row in rows}) == len(rows)


def test_settings_that_the_books_could_not_follow_are_refused() -> None:
    SetUp(SETTINGS).ensure()
    with pytest.raises(TimeZoneUnknown):
        Settings("x", TaxStatus.GENERAL, time_zone="Asia/Nowhere").ensure()
    with pytest.raises(CurrencyUnknown):
        SetUp(SETTINGS, currency="yuan").ensure()


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (FieldKind.TEXT, "  冷藏 ", "冷藏"),
        (FieldKind.NUMBER, "１,250.50", "1250.5"),
        (FieldKind.DATE, "2026/11/23", "2026-11-23"),
        (FieldKind.CHOICE, "华东", "华东"),
        (FieldKind.NUMBER, "  ", ""),
    ],
)
def test_what_is_typed_into_an_own_field_is_kept_in_one_form(kind: FieldKind, typed: str, kept: str) -> None:
    assert Field(1, "字段", kind, ("华东", "华南")).parse(typed) == kept


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (FieldKind.TEXT, "x" * 501),
        (FieldKind.NUMBER, "abc"),
        (FieldKind.NUMBER, "NaN"),
        (FieldKind.DATE, "2026-02-30"),
        (FieldKind.CHOICE, "西北"),
    ],
)
def test_what_does_not_fit_an_own_field_is_refused_by_name(kind: FieldKind, typed: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        Field(1, "字段", kind, ("华东", "华南")).parse(typed)
    assert refused.value.params["name"] == "字段"


def test_choices_are_lines_each_once_and_at_least_two() -> None:
    assert split_choices(" 华东\n\n华南\r\n华东 ") == ("华东", "华南")
    with pytest.raises(ChoicesMissing):
        ensure_choices(FieldKind.CHOICE, split_choices("华东\n华东"))
    ensure_choices(FieldKind.TEXT, ())


def test_a_document_number_names_series_day_and_number() -> None:
    assert document_number("PD", date(2026, 11, 23), 1) == "PD20261123-0001"
    assert document_number("PD", date(2026, 11, 23), 12345) == "PD20261123-12345"
