"""The API's own description, made from the code that answers: /api/v1/openapi.json, and a page that lists it."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, current_app, jsonify, make_response, render_template
from flask_babel import gettext
from werkzeug.routing import Rule

from app.web.api import HEADER, JSON, SAFE, Operation, Problem
from app.web.marks import signed_in

bp = Blueprint("openapi", __name__)

PREFIX: Final = "/api/v1"
REFS: Final = "#/components/schemas/{name}"
_PLACE: Final = re.compile(r"<(?:(\w+):)?(\w+)>")
_PLACE_TYPES: Final = {"int": {"type": "integer", "minimum": 0}, "uuid": {"type": "string", "format": "uuid"}}


@bp.get("/openapi.json")
@signed_in
def document() -> Response:
    """Give the OpenAPI document."""
    return jsonify(describe())


@bp.get("/docs")
@signed_in
def page() -> Response:
    """Show the endpoints and their structures."""
    return make_response(render_template("api.html", title=gettext("API"), api=describe(), kind=kind_of))


def describe() -> dict[str, Any]:
    """Return the OpenAPI document of this application."""
    found = sorted(_operations(), key=lambda each: each[0].rule)
    types = {shape for _, _, operation in found for shape in _shapes(operation)} | {Problem}
    _, components = msgspec.json.schema_components(sorted(types, key=lambda t: t.__name__), ref_template=REFS)
    paths: dict[str, dict[str, Any]] = {}
    for rule, method, operation in found:
        paths.setdefault(_PLACE.sub(r"{\2}", rule.rule), {})[method.lower()] = _operation(rule, method, operation)
    for schema in _described(components):
        schema["description"] = " ".join(schema["description"].split())
    return {
        "openapi": "3.1.0",
        "info": {"title": "Zhangshi", "version": "1", "description": "What the scan pages speak."},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "__Host-zhangshi"}},
        },
        "security": [{"session": []}],
    }


def texts(api: dict[str, Any]) -> Iterator[str]:
    """Yield what *api* says in sentences, the docstrings of its code; the page translates them."""
    yield api["info"]["description"]
    yield from (told["summary"] for methods in api["paths"].values() for told in methods.values())
    yield from (schema["description"] for schema in _described(api["components"]["schemas"]))


def kind_of(schema: dict[str, Any]) -> str:
    """Return in a few words what values *schema* takes, for the page."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " | ".join(kind_of(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    if schema.get("type") == "array":
        return f"[{kind_of(schema['items'])}]"
    return str(schema.get("format") or schema.get("type") or "")


def _described(components: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for schema in components.values():
        yield from (each for each in (schema, *schema.get("properties", {}).values()) if "description" in each)


def _operations() -> Iterator[tuple[Rule, str, Operation]]:
    for rule in current_app.url_map.iter_rules():
        operation = getattr(current_app.view_functions[rule.endpoint], Operation.attribute, None)
        if isinstance(operation, Operation):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield rule, method, operation


def _shapes(operation: Operation) -> Iterator[type[msgspec.Struct]]:
    yield operation.answer
    yield from operation.shapes
    if operation.body is not None:
        yield operation.body


def _operation(rule: Rule, method: str, operation: Operation) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _PLACE_TYPES.get(kind, {"type": "string"})}
        for kind, name in _PLACE.findall(rule.rule)
    ]
    if method not in SAFE:
        own = {"type": "string", "const": "1"}
        parameters.append({"name": HEADER, "in": "header", "required": True, "schema": own})
    told: dict[str, Any] = {
        "operationId": rule.endpoint,
        "summary": operation.summary,
        "parameters": parameters,
        "responses": {"200": _content(operation.answer, "OK")}
        | {str(status): _content(Problem, HTTPStatus(status).phrase) for status in _refusals(method, operation)},
    }
    if operation.body is not None:
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": _ref(operation.body)}}}
    elif operation.upload is not None:
        told["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": _form(operation.upload)}},
        }
    return told


def _refusals(method: str, operation: Operation) -> list[int]:
    usual = {401, 403} if method in SAFE else {400, 401, 403, 413}
    return sorted(usual | set(operation.refusals))


def _content(shape: type[msgspec.Struct], description: str) -> dict[str, Any]:
    return {"description": description, "content": {JSON: {"schema": _ref(shape)}}}


def _ref(shape: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": REFS.format(name=shape.__name__)}


def _form(field: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {field: {"type": "string", "format": "binary"}},
        "required": [field],
    }
