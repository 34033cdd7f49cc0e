"""The table of roles is law: every route, asked for by every role and by nobody, answers as the table below says.

A new route fails here until its line is written: name the endpoint and the roles that may. The table is written by
hand and knows nothing of the decorators in the code.
"""

from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.conftest import SignIn

ROLES: Final = ("owner", "manager", "warehouse", "buyer", "seller", "finance", "viewer")
Roles = frozenset[str]
ANYBODY: Final[Roles] = frozenset({"nobody", *ROLES})  # signed in or not
SIGNED_IN: Final[Roles] = frozenset(ROLES)


def roles(names: str) -> Roles:
    return frozenset(names.split())


OWNER = roles("owner")
MANAGERS = roles("owner manager")
PERIODS = roles("owner manager finance")
SCANNERS = roles("owner manager warehouse")
PLANNERS = roles("owner manager finance")
READERS = SIGNED_IN
ITEMS = roles("owner manager buyer")
PARTNERS = roles("owner manager buyer seller")
PLACES = roles("owner manager buyer")
IMPORTERS = ITEMS | PARTNERS | PLACES | roles("owner finance")


def _each(feature: str, endpoints: str, who: Roles) -> dict[str, Roles]:
    return {f"{feature}.{endpoint}": who for endpoint in endpoints.split()}


TABLE: Final[dict[str, Roles]] = {
    "static": ANYBODY,
    **_each("web", "manifest offline service_worker", ANYBODY),
    **_each("web", "start menu_page", SIGNED_IN),
    **_each("openapi", "document page", SIGNED_IN),
    # people
    **_each("identity", "sign_in enter choose_language", ANYBODY),
    **_each(
        "identity", "sign_out sign_out_everywhere profile save_preferences own_password change_password", SIGNED_IN
    ),
    **_each("people", "users new_user create_user edit_user save_user", OWNER),
    **_each("people", "reset_password deactivate_user activate_user", OWNER),
    **_each("people", "devices edit_device rename_device revoke_device", MANAGERS),
    **_each("people", "sign_ins", MANAGERS),
    **_each("audit", "trail", MANAGERS),
    # company
    **_each("company", "set_up_page set_up", ANYBODY),
    **_each("company", "settings save_settings own_fields add_field", OWNER),
    **_each("company", "edit_field save_field retire_field restore_field", OWNER),
    **_each("company", "accounts", roles("owner manager finance")),
    **_each("notices", "inbox open_notice read_all", SIGNED_IN),
    **_each("jobs", "overview runs run_now", OWNER),
    **_each("files", "show", READERS),
    **_each("imports", "list_imports upload take_in show match apply again give_up undo bad_rows template", IMPORTERS),
    # goods and places
    **_each("catalog", "items item", READERS),
    **_each("catalog", "new_item add_item edit_item save_item switch_item", ITEMS),
    **_each("catalog", "add_pack remove_pack add_barcode remove_barcode set_picture remove_picture", ITEMS),
    **_each("categories", "tree category add_category save_category remove_category", ITEMS),
    **_each("partners", "partners partner", READERS),
    **_each("partners", "new_partner add_partner edit_partner save_partner switch_partner", PARTNERS),
    **_each("places", "tree place bins", READERS),
    **_each("places", "new_warehouse add_warehouse new_place add_place new_range add_range", PLACES),
    **_each("places", "edit_place save_place switch_place walk set_walk", PLACES),
    **_each("labels", "items items_pdf places places_pdf", READERS),
    # ledgers and stock
    **_each("ledger", "periods close", PERIODS),
    **_each("stock", "by_item by_place by_lot moves posting", READERS),
    **_each("stock", "value", roles("owner manager buyer finance")),
    **_each("stock", "limits save_limits", ITEMS),
    **_each("stock", "beyond_book", MANAGERS),
    # scanning
    **_each("api", "clock", ANYBODY),
    **_each("api", "post_scans photos item_lots scan_photos", SCANNERS),
    **_each("handheld", "scan stocktake_view spot start_spot", SCANNERS),
    **_each("scanning", "my_scans", SCANNERS),
    **_each("scanning", "scans take drop", MANAGERS),
    **_each("scanning", "waiting", ITEMS),
    **_each("scanning", "bind settle", ITEMS),
    **_each("scanning", "scan add_photo", ITEMS | SCANNERS),
    # stocktake
    **_each("stocktake", "stocktakes show live report line", READERS),
    **_each("stocktake", "assignment assign", PLANNERS),
    **_each("stocktake", "sheets print_sheets sheets_pdf sheet enter_sheet sheet_items", SCANNERS | PLANNERS),
    **_each("stocktake", "plan_stocktake add_stocktake start finish resume cancel free_bin", PLANNERS),
    **_each("stocktake", "month accuracy results", READERS),
    **_each("stocktake", "proposal count_these classes save_classes", PLANNERS),
    **_each("stocktake", "schedules new_schedule add_schedule edit_schedule", PLANNERS),
    **_each("stocktake", "save_schedule switch_schedule plan_turn", PLANNERS),
    **_each("stocktake", "recount drop_recount", PLANNERS | MANAGERS),
    **_each("stocktake", "approve approve_line post transfer take_back_transfer", MANAGERS),
    **_each("stocktake", "reasons add_reason switch_reason", MANAGERS),
    **_each("stocktake", "approvals", PLANNERS),
    **_each("stocktake", "notes", READERS),
    **_each("stocktake", "add_note add_line_note", SCANNERS | PLANNERS),
    **_each("stocktake", "clearings clearing clear take_back_clearing", roles("owner finance")),
}
# These end the session that asks.
ENDS_SESSION: Final = frozenset({"identity.sign_out", "identity.sign_out_everywhere"})
# Addresses of things that do not exist: what counts is who is let through to find that out.
FILLINGS: Final[dict[str, object]] = {
    "RowNumber": 987_654_321,
    "UnicodeConverter": "x",
    "PathConverter": "x",
    "UUIDConverter": UUID(int=7),
}
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def requests(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Every endpoint, method and an address of it."""
    with app.test_request_context():
        addresses = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        for method in METHODS:
            if method in (rule.methods or ()):
                yield rule.endpoint, method, addresses.build(rule.endpoint, dict(_values(rule)), method=method)


def _values(rule: Rule) -> Iterable[tuple[str, object]]:
    for name, converter in rule._converters.items():  # noqa: SLF001  # the only place that knows them
        kind = type(converter).__name__
        if kind == "AnyConverter":
            yield name, min(converter.items)  # type: ignore[attr-defined]  # what `any` converters have
        else:
            yield name, FILLINGS[kind]


def complaint(allowed: bool, status: int, location: str | None, role: str) -> str | None:
    """Say what is wrong with an answer, None if nothing is."""
    asked_to_sign_in = status == 401 or (status in (302, 303) and (location or "").startswith("/sign-in"))
    if status >= 500:
        return f"broke with {status}"
    if allowed:
        return f"refused with {status}" if status == 403 or (asked_to_sign_in and role != "nobody") else None
    expected = asked_to_sign_in if role == "nobody" else status == 403
    return None if expected else f"let through with {status}"


@ON_SQLITE
def test_the_table_names_every_route_and_no_other(app: Flask) -> None:
    routes = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert sorted(routes - set(TABLE)) == [], "write who may ask for these into TABLE"
    assert sorted(set(TABLE) - routes) == [], "these are gone"


@ON_SQLITE
@pytest.mark.parametrize("role", ["nobody", *ROLES])
def test_every_route_answers_each_role_as_the_table_says(app: Flask, sign_in: SignIn, role: str) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    clients: dict[bool, FlaskClient] = {}
    wrong = []
    for endpoint, method, address in requests(app):
        if endpoint not in TABLE:
            continue
        ends = endpoint in ENDS_SESSION
        client = (clients.get(ends) or sign_in(role)) if role != "nobody" else app.test_client()
        if not ends:
            clients[ends] = client
        answer = client.open(address, method=method, headers={"X-Zhangshi": "1"})
        answer.close()
        location = None if ends and role != "nobody" else answer.location  # signing out leads to the sign-in page
        said = complaint(role in TABLE[endpoint], answer.status_code, location, role)
        if said:
            wrong.append(f"{method} {address} ({endpoint}): {said}")
    assert not wrong, "\n".join(wrong)
