"""Addresses are those that werkzeug writes, though what writes them is compiled late."""

import re
from uuid import UUID

from flask import Flask
from werkzeug.routing import Map, Rule

from app.web.addresses import Route

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
