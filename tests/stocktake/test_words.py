"""Causes and reasons as sentences: one is said as one, many as many, in both languages."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale

from app.stocktake.causes.rules import Cause, CauseKind
from app.stocktake.models import Stocktake
from app.stocktake.planning.listings import reason_text
from app.stocktake.planning.rules import Reason, ReasonKind
from app.stocktake.report.names import Names
from app.stocktake.report.queries import Report
from app.stocktake.report.words import cause_text

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def said(kind: CauseKind, times: str, locale: str) -> str:
    report = Report(Stocktake(), [], {}, [], one_person=False, items={}, now=datetime(2026, 3, 2, tzinfo=UTC))
    cause = Cause(kind, Decimal(24), factor=Decimal(24), times=Decimal(times), code="16901234567899")
    with force_locale(locale):
        return cause_text(cause, report, Names({}, {}, {}))


@ON_SQLITE
@pytest.mark.parametrize(
    ("kind", "one", "many", "chinese"),
    [
        (CauseKind.PACK_AS_PIECE, "as one piece, 1 time.", "as one piece, 3 times.", "共 3 次"),
        (CauseKind.WHOLE_PACKS, "Exactly 1 pack of 24.", "Exactly 3 packs of 24.", "正好是 3 箱"),
        (CauseKind.WRONG_BARCODE, "was scanned 1 time:", "was scanned 3 times:", "扫了 3 次"),
    ],
)
def test_a_cause_says_one_and_many_as_people_do(app: Flask, kind: CauseKind, one: str, many: str, chinese: str) -> None:
    assert app
    assert one in said(kind, "1", "en")
    assert many in said(kind, "3", "en")
    assert chinese in said(kind, "3", "zh")
    assert chinese.replace("3", "1") in said(kind, "1", "zh")


@ON_SQLITE
def test_a_reason_to_count_says_one_and_many_as_people_do(app: Flask) -> None:
    assert app
    reasons = [Reason(ReasonKind.BEYOND_BOOK, 5, number=number, amount=Decimal(4)) for number in (1, 3)]
    with force_locale("en"):
        one, many = (reason_text(reason, {}, values=False) for reason in reasons)
    assert one.startswith("1 time goods were taken")
    assert many.startswith("3 times goods were taken")
    with force_locale("zh"):
        assert "被取走 3 次，共 4" in reason_text(reasons[1], {}, values=False)
