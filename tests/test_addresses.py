"""Addresses are those that werkzeug writes, though what writes them is compiled late."""

import re
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.routing import Map, Rule

from app.web.addresses import Route
from tests.conftest import SignIn

PLACE = re.compile(r"<(?:(\w+)(?:\((\w+)[^)]*\))?:)?(\w+)>")  # kind, first of what it may be, name
VALUES = {"int": 7, "uuid": UUID(int=7), "path": "a/b c", "": "货 架"}


def test_every_address_is_what_a_plain_rule_writes(app: Flask) -> None:
    ours = list(app.url_map.iter_rules())
    plain = Map([Rule(rule.rule, endpoint=rule.endpoint) for rule in ours], converters=app.url_map.converters)
    written, wanted = app.url_map.bind("localhost"), plain.bind("localhost")
    assert len(ours) > 100
    for rule in ours:
        values = {name: first or VALUES[kind] for kind, first, name in PLACE.findall(rule.rule)}
        assert written.build(rule.endpoint, values) == wanted.build(rule.endpoint, values)
        query = values | {"q": "a b"}
        assert written.build(rule.endpoint, query) == wanted.build(rule.endpoint, query)


@pytest.mark.parametrize(
    ("form", "page"),
    [
        ("/imports/7/columns", "/imports/7"),
        ("/items/7/barcodes/3/remove", "/items/7"),
        (f"/scans/{UUID(int=7)}/take", f"/scans/{UUID(int=7)}"),
    ],
)
def test_the_address_of_a_refused_form_leads_to_its_page_when_it_is_opened_anew(
    sign_in: SignIn, form: str, page: str
) -> None:
    answer = sign_in("owner").get(form)
    assert (answer.status_code, answer.location) == (303, page)


def test_an_address_that_only_takes_forms_says_so_where_no_page_is_above_it(sign_in: SignIn) -> None:
    answer = sign_in("owner").get("/language")
    assert answer.status_code == 405
    assert "This address only takes forms" in answer.text


def test_nothing_is_compiled_before_an_address_is_wanted() -> None:
    compiled = []

    class Told(Route):
        def _get_func_code(self, *code: object) -> object:  # type: ignore[override]  # static in werkzeug
            compiled.append(self.rule)
            return Rule._get_func_code(*code)  # type: ignore[arg-type]  # noqa: SLF001  # what it stands before

    address = Map([Told("/items/<int:item_id>", endpoint="item"), Told("/", endpoint="start")]).bind("localhost")
    assert compiled == []
    assert [address.build("item", {"item_id": 7}) for _ in range(2)] == ["/items/7"] * 2
    assert compiled == ["/items/<int:item_id>"]
