"""Pages of the stocktake: who may see and do what, what is shown, what stays typed."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from python_calamine import load_workbook
from sqlalchemy import select

from app.catalog.models import Item
from app.db import db
from app.places.models import Location
from app.stocktake.models import Stocktake, StocktakeApproval
from app.stocktake.rules import Scope, ScopeKind, StocktakeState, Tolerance
from tests.conftest import SignIn
from tests.stocktake.shop import COLA, TEA, Shop

Text = Callable[..., str]


def text_of(client: FlaskClient, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, response.get_data(as_text=True)
    return response.get_data(as_text=True)


@pytest.fixture
def counted(shop: Shop) -> int:
    """A stocktake in review: two tea too few in the first bin, cola as it should be."""
    bin_id = shop.bins[0]
    shop.stock(shop.tea, bin_id, 10, 30)
    shop.stock(shop.cola, bin_id, 5, 20)
    stocktake = shop.plan(bin_id)
    shop.counter(stocktake).count(bin_id, [(TEA, 8), (COLA, 5)])
    shop.finish(stocktake)
    return stocktake


def key_of(shop: Shop, item: int) -> str:
    return f"{shop.bins[0]}-{item}-0"


def test_who_cannot_move_a_stocktake_on_reads_who_does(shop: Shop, sign_in: SignIn, counted: int) -> None:
    counter, manager = sign_in("warehouse"), sign_in("manager")
    address = f"/stocktakes/{shop.draft(shop.bins[1])}"
    assert "somebody else who plans stocktakes starts it" in text_of(counter, address)
    assert "Not begun yet" not in text_of(manager, address)
    assert "nothing is left to do here" in text_of(counter, f"/stocktakes/{counted}")
    assert "nothing is left to do here" not in text_of(manager, f"/stocktakes/{counted}")


def test_a_report_in_which_all_is_decided_leads_to_the_end_of_counting(
    shop: Shop, sign_in: SignIn, counted: int
) -> None:
    manager, address = sign_in("manager"), f"/stocktakes/{counted}/report"
    manager.post(f"/stocktakes/{counted}/resume")
    assert "To the end of counting" not in text_of(manager, address)
    shop.approve_all(counted)
    assert shop.get(counted).state is StocktakeState.COUNTING
    assert "To the end of counting" in text_of(manager, address)


def test_a_plan_is_typed_and_started(shop: Shop, sign_in: SignIn) -> None:
    client = sign_in("finance")
    plan = {"warehouse": shop.warehouse, "scope": "bins", "bins": "A-1..A-3", "tolerance_percent": "5", "note": "周一"}
    answer = client.post("/stocktakes/plan", data=plan)
    assert answer.status_code == 303
    stocktake = db.session.scalars(select(Stocktake)).one()
    assert (stocktake.scope_kind, stocktake.scope_ids) == (ScopeKind.BINS, list(shop.bins[:3]))
    assert (stocktake.blind, stocktake.note) == (False, "周一")
    address = f"/stocktakes/{stocktake.id}"
    assert "Start counting" in text_of(client, address)
    assert client.post(f"{address}/start").status_code == 303
    page = text_of(client, address)
    assert "A-2" in page
    assert f'<a href="{address}#bins-title">0 / 3</a>' in page
    assert f'<a href="{address}?state=waiting#bins-title">3</a>' in page
    assert 'class="code">A-2<' in text_of(client, f"{address}?state=waiting")
    assert 'class="code">A-2<' not in text_of(client, f"{address}?state=closed")
    assert stocktake.number in text_of(client, "/stocktakes/")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"scope": "bins", "bins": "A-1, NOWHERE"}, "NOWHERE"),
        ({"scope": "list", "items": "no-such-code"}, "no-such-code"),
        ({"scope": "zone"}, "Choose what is to be counted"),
        ({"scope": "warehouse", "tolerance_value": "abc"}, "is not a number"),
        ({"scope": "warehouse", "tolerance_value": "-1"}, "Not below 0"),
    ],
)
def test_a_plan_that_cannot_be_is_shown_again_as_it_was_typed(
    shop: Shop, sign_in: SignIn, typed: dict[str, str], sentence: str
) -> None:
    answer = sign_in("manager").post("/stocktakes/plan", data={"warehouse": shop.warehouse, "note": "Monday"} | typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert sentence in page
    assert "Monday" in page
    assert all(value in page for value in typed.values())
    assert db.session.scalars(select(Stocktake)).all() == []


def test_items_are_listed_by_code_or_barcode(shop: Shop, sign_in: SignIn) -> None:
    plan = {"warehouse": shop.warehouse, "scope": "list", "items": f"{TEA}\n{COLA}"}
    assert sign_in("owner").post("/stocktakes/plan", data=plan).status_code == 303
    assert db.session.scalars(select(Stocktake)).one().scope_ids == sorted([shop.tea, shop.cola])


def test_the_report_shows_differences_and_values_to_those_who_may_see_them(
    shop: Shop, counted: int, sign_in: SignIn
) -> None:
    address = f"/stocktakes/{counted}/report"
    page = text_of(sign_in("manager"), address)
    assert "冰红茶" in page
    assert "−2" in page
    assert "−6.00" in page
    assert "Approve all: 1 line" in page
    assert "−6.00" in text_of(sign_in("finance"), address)
    assert "Approve all" not in text_of(sign_in("finance"), address)


def test_a_blind_count_stays_blind_to_counters_until_it_is_posted(shop: Shop, counted: int, sign_in: SignIn) -> None:
    address = f"/stocktakes/{counted}/report"
    warehouse = sign_in("warehouse")
    assert "blind" in text_of(warehouse, address, 403)
    assert text_of(warehouse, f"/stocktakes/{counted}/lines/{key_of(shop, shop.tea)}", 403)
    assert "report" not in text_of(warehouse, f"/stocktakes/{counted}")
    shop.approve_all(counted)
    shop.post(counted)
    page = text_of(warehouse, address)
    assert "−2" in page
    assert "6.00" not in page  # what it is worth stays with those who may see cost


def test_an_open_count_shows_quantities_without_values_to_readers(shop: Shop, sign_in: SignIn) -> None:
    stocktake = shop.plan(shop.bins[0], blind=False)
    assert text_of(sign_in("viewer"), f"/stocktakes/{stocktake}/report")


def test_filters_search_and_bins_narrow_the_report(shop: Shop, counted: int, sign_in: SignIn) -> None:
    client, address = sign_in("manager"), f"/stocktakes/{counted}/report"
    assert "可乐" in text_of(client, f"{address}?show=all")
    assert "可乐" not in text_of(client, f"{address}?show=differences")
    assert "可乐" in text_of(client, f"{address}?show=all&q=可乐 A-1")
    assert "冰红茶" not in text_of(client, f"{address}?show=all&q=可乐")
    assert "A-1" in text_of(client, f"{address}?by=bin")
    assert "冰红茶" not in text_of(client, f"{address}?show=all&bin={shop.bins[1]}")
    rows = text_of(client, f"{address}?show=all&sort=-difference")
    assert rows.index("可乐") < rows.index("冰红茶")
    body = client.get(f"{address}?show=all", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in body


def test_the_workbook_holds_the_lines_and_hides_what_may_not_be_seen(shop: Shop, counted: int, sign_in: SignIn) -> None:
    def rows(client: FlaskClient) -> list[list[Any]]:
        answer = client.get(f"/stocktakes/{counted}/report?show=all&format=xlsx")
        assert answer.mimetype == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        return load_workbook(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()

    heading, tea, cola = rows(sign_in("manager"))
    assert heading[7:12] == ["Book", "Counted qty", "Difference", "Cost per unit", "Value"]
    assert tea[7:12] == [10, 8, -2, 3, -6]
    assert cola[7:12] == [5, 5, 0, 4, 0]
    assert tea[2] == "冰红茶"
    shop.approve_all(counted)
    shop.post(counted)
    heading, tea, _ = rows(sign_in("viewer"))
    assert heading[9:11] == ["Difference", "Counted at"]
    assert tea[9] == -2


def test_the_page_of_a_line_shows_the_scans_and_moves_behind_it(shop: Shop, counted: int, sign_in: SignIn) -> None:
    page = text_of(sign_in("manager"), f"/stocktakes/{counted}/lines/{key_of(shop, shop.tea)}")
    assert "Set to 8" in page
    assert "Opening stock" in page
    assert "+10" in page
    assert text_of(sign_in("manager"), f"/stocktakes/{counted}/lines/{key_of(shop, shop.nuts)}", 404)
    assert text_of(sign_in("manager"), f"/stocktakes/{counted}/lines/tea", 400)


def test_a_line_is_approved_with_a_reason_and_the_stocktake_posted(shop: Shop, counted: int, sign_in: SignIn) -> None:
    client = sign_in("manager")
    typed = {"seen": "-2", "reason": "damaged", "note": "压坏"}
    assert client.post(f"/stocktakes/{counted}/lines/{key_of(shop, shop.tea)}/approve", data=typed).status_code == 303
    approval = db.session.scalars(select(StocktakeApproval)).one()
    assert (approval.reason, approval.note) == ("damaged", "压坏")
    assert client.post(f"/stocktakes/{counted}/post").status_code == 303
    assert shop.get(counted).state is StocktakeState.POSTED
    assert shop.on_hand(shop.tea, shop.bins[0]) == 8
    assert client.post(f"/stocktakes/{counted}/post").status_code == 409


def test_an_approval_of_something_else_than_is_there_shows_the_line_again(
    shop: Shop, counted: int, sign_in: SignIn
) -> None:
    answer = sign_in("manager").post(
        f"/stocktakes/{counted}/lines/{key_of(shop, shop.tea)}/approve",
        data={"seen": "-1", "reason": "", "note": "gone"},
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "it is -2 now" in page
    assert "gone" in page


def test_chosen_lines_and_all_lines_are_approved_from_the_report(shop: Shop, counted: int, sign_in: SignIn) -> None:
    client, address = sign_in("manager"), f"/stocktakes/{counted}"
    assert client.post(f"{address}/approve", data={}).status_code == 400
    stale = client.post(f"{address}/approve", data={"all": "0" * 24})
    assert stale.status_code == 409
    assert "has changed since you looked" in stale.get_data(as_text=True)
    chosen = client.post(f"{address}/approve", data={"line": f"{key_of(shop, shop.tea)}=-2"})
    assert chosen.status_code == 303
    assert "1 line approved" in text_of(client, f"{address}/report")


def test_a_recount_is_asked_and_taken_back_from_the_report(shop: Shop, counted: int, sign_in: SignIn) -> None:
    client, address = sign_in("finance"), f"/stocktakes/{counted}"
    line = {"line": f"{key_of(shop, shop.tea)}=-2"}
    assert client.post(f"{address}/recount", data=line).status_code == 303
    assert "recount asked" in text_of(client, f"{address}/report?show=to_recount")
    assert client.post(f"{address}/drop-recount", data=line).status_code == 303
    assert "recount asked" not in text_of(client, f"{address}/report?show=all")


def test_who_counted_is_told_to_leave_the_approval_to_others(shop: Shop, sign_in: SignIn) -> None:
    bin_id = shop.bins[0]
    shop.stock(shop.tea, bin_id, 10, 30)
    stocktake = shop.plan(bin_id)
    phone = shop.make_phone(user_id=shop.manager)
    phone.task = f"stocktake:{stocktake}"
    phone.scan(None, "open_bin", location=bin_id)
    phone.scan(None, "close_bin", location=bin_id)
    shop.finish(stocktake)
    client = sign_in(user_id=shop.manager)
    answer = client.post(f"/stocktakes/{stocktake}/approve", data={"line": f"{bin_id}-{shop.tea}-0=-10"})
    assert answer.status_code == 403
    assert "somebody else has to approve" in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", ["warehouse", "buyer", "seller", "viewer"])
def test_those_who_do_not_decide_decide_nothing(shop: Shop, counted: int, sign_in: SignIn, role: str) -> None:
    client = sign_in(role)
    for command in ("start", "finish", "resume", "cancel", "approve", "recount", "drop-recount", "post"):
        assert client.post(f"/stocktakes/{counted}/{command}").status_code == 403
    assert client.post("/stocktakes/plan").status_code == 403


def test_what_cannot_be_done_now_says_so_on_the_page(shop: Shop, counted: int, sign_in: SignIn) -> None:
    client, address = sign_in("owner"), f"/stocktakes/{counted}"
    answer = client.post(f"{address}/start")
    assert answer.status_code == 409
    assert "not at a point where this can be done" in answer.get_data(as_text=True)
    assert client.post(f"{address}/resume").status_code == 303
    assert client.post(f"{address}/bins/{shop.bins[0]}/free").status_code == 303
    assert client.post(f"{address}/cancel").status_code == 303
    assert shop.get(counted).state is StocktakeState.CANCELLED
    assert text_of(client, "/stocktakes/999", 404)


def test_the_start_page_says_what_waits(shop: Shop, counted: int, sign_in: SignIn) -> None:
    running = shop.plan(shop.bins[1])
    number = shop.get(running).number
    worker, manager = text_of(sign_in("warehouse"), "/"), text_of(sign_in("manager"), "/")
    assert number in worker
    assert f'href="/stocktakes/{running}/scan"' in worker
    assert "Differences to approve" not in worker
    assert f'href="/stocktakes/{running}"' in manager
    assert manager.index("Differences to approve") < manager.index("Counting goes on")
    assert number not in text_of(sign_in("seller"), "/")
    shop.approve_all(counted)
    assert "Stocktake to post" in text_of(sign_in("manager"), "/")


def test_the_card_of_a_count_leads_to_scanning_until_every_bin_is_counted(shop: Shop, sign_in: SignIn) -> None:
    running = shop.plan(shop.bins[0])
    scanning, page = f'href="/stocktakes/{running}/scan"', f'href="/stocktakes/{running}"'
    assert scanning in sign_in("warehouse").get("/").get_data(as_text=True)
    shop.counter(running).count(shop.bins[0], [])
    for role in ("warehouse", "manager"):
        start = sign_in(role).get("/").get_data(as_text=True)
        assert (scanning in start, page in start) == (False, True)


def test_phones_are_told_the_bins_their_codes_and_what_a_recount_asks(shop: Shop, sign_in: SignIn) -> None:
    bin_id = shop.bins[0]
    shop.stock(shop.tea, bin_id, 10, 30)
    stocktake = shop.plan(*shop.bins[:2], tolerance=Tolerance())
    counter = shop.counter(stocktake)
    counter.count(bin_id, [(TEA, 9)])
    seen = counter.phone.client.get(f"/api/v1/stocktakes/{stocktake}", headers={"X-Zhangshi": "1"}).get_json()
    second, first = seen["bins"]  # what is to be done stands on top
    assert (seen["state"], seen["blind"]) == ("counting", True)
    assert (first["state"], first["round"], first["counter"] is not None) == ("closed", 1, True)
    assert first["codes"][0].startswith("ZSB")
    assert (second["state"], second["counter"]) == ("waiting", None)


def test_scans_and_the_trail_name_the_document_and_are_found_by_it(shop: Shop, sign_in: SignIn) -> None:
    stocktake = shop.plan(shop.bins[0])
    counter = shop.counter(stocktake)
    counter.open(shop.bins[0])
    counter.scan(shop.bins[0], "nobody-knows-it")
    number, owner = shop.get(stocktake).number, sign_in("owner")
    tray = text_of(owner, f"/scans/waiting?q={number}")
    scan = tray.split("/scans/", 2)[2].split('"')[0]
    for page in (tray, text_of(owner, f"/scans/?q={number}"), text_of(owner, f"/scans/{scan}")):
        assert f'<a href="/stocktakes/{stocktake}">Stocktake {number}</a>' in page
    assert f"stocktake:{stocktake}" not in text_of(owner, f"/scans/{scan}")
    assert f'<a href="/stocktakes/{stocktake}">Stocktake {number}</a>' in text_of(owner, f"/audit?q={number}")
    assert "Nothing found" in text_of(owner, "/audit?q=ST19990101-0001")
    assert "Scope: Chosen bins" in " ".join(text_of(owner, f"/audit?q={number}").split())


def test_the_list_says_what_each_stocktake_counts(shop: Shop, sign_in: SignIn) -> None:
    shop.draft(*shop.bins[:2])
    shop.draft(scope=Scope(ScopeKind.ZONE, (shop.zone,)))
    shop.draft(scope=Scope(ScopeKind.LIST, (shop.tea, shop.cola, shop.nuts, shop.milk)))
    shop.draft(scope=Scope(ScopeKind.ABC, (1, 2)))
    shop.draft()
    zone = db.session.get_one(Location, shop.zone).code
    listed = text_of(sign_in("viewer"), "/stocktakes/")
    names = sorted(db.session.get_one(Item, item).name for item in (shop.tea, shop.cola, shop.nuts))
    wanted = ("Chosen bins: A-1, A-2", f"Zones: {zone}", f"List of items: {', '.join(names)} +1", "ABC classes: A, B")
    for scope in (*wanted, "Whole warehouse"):
        assert scope in listed


def test_the_list_of_items_says_when_each_was_last_counted(shop: Shop, counted: int, sign_in: SignIn) -> None:
    def column(page: str) -> list[str]:
        cells = page.split('data-label="Last counted">')[1:]
        return [cell.split("</td>")[0].strip() for cell in cells]

    viewer = sign_in("viewer")
    assert all("nothing" in cell for cell in column(text_of(viewer, "/items/")))
    shop.approve_all(counted)
    shop.post(counted)
    known = [cell[:2] == "20" for cell in column(text_of(viewer, "/items/?sort=-last_counted"))]
    assert sorted(known) == [False, False, True, True]


def test_the_bins_of_a_stocktake_are_a_list_with_a_button_where_a_bin_can_be_freed(shop: Shop, sign_in: SignIn) -> None:
    stocktake = shop.plan(*shop.bins[:3], blind=True)
    counter = shop.counter(stocktake)
    counter.open(shop.bins[1])
    address, manager = f"/stocktakes/{stocktake}", sign_in("manager")
    page = text_of(manager, address)
    assert page.count("/free") == 1
    assert f"{address}/bins/{shop.bins[1]}/free" in page
    rows = text_of(manager, f"{address}?state=open&q=A-2&sort=-code").split("<tbody>")[1]
    assert ("A-2" in rows, "A-1" in rows) == (True, False)
    book = load_workbook(io.BytesIO(manager.get(f"{address}?format=xlsx").data)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in book[1:]] == ["A-1", "A-2", "A-3"]
    assert "/free" not in text_of(counter.phone.client, address)
    assert "report?bin" not in text_of(counter.phone.client, address)
    assert manager.post(f"{address}/bins/{shop.bins[1]}/free").status_code == 303
    assert "/free" not in text_of(manager, address)
