"""Whatever is sent to the API, it answers as its description says, and never with a fault of its own."""

from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Err
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.db import db
from app.scanning.rules import ScanKind
from tests.handheld.phones import BOTTLE, CARTON, CHEESE, NUTS, Phone

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
QUICK = settings(
    max_examples=40,
    deadline=None,
    database=None,
    phases=(Phase.generate,),
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def test_every_endpoint_keeps_its_word_under_generated_requests(app: Flask, phone: Phone) -> None:
    told = phone.client.get("/api/v1/openapi.json").get_json()
    schema = schemathesis.openapi.from_dict(told)
    schema.app = app
    signed_in = phone.client.get_cookie("zhangshi")
    assert signed_in
    asked = set()

    for result in schema.get_all_operations():
        assert not isinstance(result, Err)
        operation = result.ok()

        @QUICK
        @given(case=operation.as_strategy())
        def ask(case: Case[Any]) -> None:
            asked.add(case.operation.label)
            case.call_and_validate(headers={"X-Zhangshi": "1"}, cookies={signed_in.key: signed_in.value}, checks=CHECKS)

        ask()
    assert len(asked) == sum(len(methods) for methods in told["paths"].values())


codes = st.one_of(
    st.sampled_from([BOTTLE, CARTON, CHEESE, NUTS, "A-1", "ZSB000000101"]),
    st.text(max_size=40),
    st.from_regex(r"\](C1|d2|Q3|E0)[0-9]{0,20}(\x1d[0-9]{2}[A-Z0-9]{0,10}){0,3}", fullmatch=True),
    st.from_regex(r"https://[a-z]{1,8}\.cn/01/[0-9]{14}(/10/[A-Z0-9]{1,6})?(\?17=[0-9]{6})?", fullmatch=True),
)
instants = st.datetimes(datetime(1970, 1, 2), datetime(8999, 1, 1)).map(lambda at: at.replace(tzinfo=UTC).isoformat())  # noqa: DTZ001  # hypothesis wants them naive
events = st.fixed_dictionaries(
    {"kind": st.sampled_from([kind.value for kind in ScanKind]), "raw": st.none() | codes},
    optional={
        "undoes": st.none() | st.uuids().map(str),
        "lot": st.none() | st.text(max_size=60),
        "expiry": st.none() | st.dates().map(str),
        "location": st.none() | st.integers(0, 2**53),
        "quantity": st.none() | st.from_regex(r"[0-9]{1,9}(\.[0-9]{1,3})?", fullmatch=True),
        "scanned_at": instants,
        "clock_offset_ms": st.integers(-(2**53), 2**53),
        "uncertainty_ms": st.integers(0, 2**53),
        "round": st.integers(1, 1000),
        "task": st.sampled_from(["tally:1", "tally:999999999999999", "stocktake:1", "nothing:0"]),
        "candidate": st.none() | st.text(max_size=40),
        "symbology": st.sampled_from([None, "EAN-13", "ITF", "DataBar", "nonsense"]),
    },
)


@QUICK
@given(batch=st.lists(events, max_size=8))
@pytest.mark.usefixtures("goods")
def test_every_readable_scan_is_kept_and_answered(phone: Phone, batch: list[dict[str, Any]]) -> None:
    made = [phone.event(**fields) for fields in batch]
    made = [event for event in made if not any("\0" in str(value) for value in event.values())]
    answers = phone.send(*made)
    assert [answer["id"] for answer in answers] == [event["id"] for event in made]
    # "failed" would be a fault of ours that the retreat to one by one has caught.
    assert "failed" not in {answer["reason"] for answer in answers}
    assert phone.send(*made) == answers
    db.session.remove()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(
    ["id", "device", "sequence", "grant", "task", "kind", "scanned_at", "raw", "quantity", "undoes"]
)


@QUICK
@given(broken=values, field=fields, value=values)
@pytest.mark.usefixtures("goods")
def test_nothing_beside_a_scan_keeps_it_from_being_taken(
    phone: Phone, broken: object, field: str, value: object
) -> None:
    good = phone.event()
    answers = phone.send(broken, phone.event() | {field: value}, good)
    assert {answer["id"]: answer["status"] for answer in answers}[good["id"]] == "accepted"
    db.session.remove()
