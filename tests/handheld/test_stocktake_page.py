"""The scan page of a stocktake, and what a phone asks while it is open."""

import json
import re
from collections.abc import Callable
from decimal import Decimal

import pytest

from app.kernel.clock import utc_now
from app.kernel.owncode import OwnKind, make_own_code
from app.ledger.facts import MoveFact
from app.ledger.service import post
from app.places.models import Location
from app.places.rules import End
from app.stocktake.rules import Scope, ScopeKind
from app.stocktake.service import Plan, plan, start
from tests.conftest import SignIn, Write
from tests.handheld.phones import BOTTLE, Goods, Json, Phone


@pytest.fixture
def stocktake(write: Write, owner: int, goods: Goods) -> int:
    """A stocktake of two bins, under way."""
    with write() as session:
        warehouse = session.get_one(Location, goods.bins[0]).warehouse_id or 0
        made = plan(session, Plan(warehouse, Scope(ScopeKind.BINS, goods.bins[:2])), owner, utc_now())
        start(session, made.id, owner, utc_now())
        return made.id


def config_of(page: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="scan-config">(.*?)</script>', page, re.DOTALL)
    assert found
    config: dict[str, object] = json.loads(found[1])
    return config


def test_the_page_gives_the_phone_all_it_needs_and_may_be_kept(stocktake: int, sign_in: SignIn) -> None:
    response = sign_in("warehouse").get(f"/stocktakes/{stocktake}/scan")
    assert response.status_code == 200
    assert response.headers["X-Zhangshi-Offline"] == "keep"
    config = config_of(response.get_data(as_text=True))
    wanted = {"task", "api", "grant", "user", "device", "worker", "wasm", "blind", "signIn", "back"}
    assert wanted <= set(config)
    assert config["task"] == f"stocktake:{stocktake}"


def test_scans_of_the_page_count(stocktake: int, make_phone: Callable[..., Phone], goods: Goods) -> None:
    phone = make_phone("warehouse")
    config = config_of(phone.client.get(f"/stocktakes/{stocktake}/scan").get_data(as_text=True))
    phone.grant, phone.task = str(config["grant"]), str(config["task"])
    label = make_own_code(OwnKind.BIN, goods.bins[0])
    sender: Json = {"device": config["device"], "location": goods.bins[0]}
    answers = phone.send(
        phone.event(label, "open_bin", **sender), phone.event(BOTTLE, **sender), phone.event(BOTTLE, **sender)
    )
    assert [answer["status"] for answer in answers] == ["accepted"] * 3
    assert answers[2]["counted"] == "2.000"
    view = phone.client.get(f"/api/v1/stocktakes/{stocktake}").get_json()
    assert [bin_["state"] for bin_ in view["bins"]] == ["open", "waiting"]
    assert view["bins"][0]["codes"] == [label, "A-1"]
    assert view["state"] == "counting"


def test_a_stocktake_that_does_not_exist_is_not_found(sign_in: SignIn, goods: Goods) -> None:
    client = sign_in("warehouse")
    assert client.get("/stocktakes/99/scan").status_code == 404
    problem = client.get("/api/v1/stocktakes/99")
    assert (problem.status_code, problem.is_json) == (404, True)


@pytest.mark.parametrize("role", ["viewer", "finance", "buyer"])
def test_who_may_not_scan_gets_no_page(stocktake: int, sign_in: SignIn, role: str) -> None:
    assert sign_in(role).get(f"/stocktakes/{stocktake}/scan").status_code == 403


def scanner(phone: Phone, stocktake: int) -> Json:
    """Take the page's grant; return what its events have in common."""
    config = config_of(phone.client.get(f"/stocktakes/{stocktake}/scan").get_data(as_text=True))
    phone.grant, phone.task = str(config["grant"]), str(config["task"])
    return {"device": config["device"]}


def marks(phone: Phone, stocktake: int) -> list[tuple[bool, str | None]]:
    view = phone.client.get(f"/api/v1/stocktakes/{stocktake}").get_json()
    return [(bin_["expected_empty"], bin_["open_on"]) for bin_ in view["bins"]]


def test_the_phone_is_told_whose_an_open_bin_is_and_on_which_device(
    stocktake: int, make_phone: Callable[..., Phone], sign_in: SignIn, goods: Goods
) -> None:
    phone, other = make_phone("warehouse"), make_phone("warehouse")
    here = scanner(phone, stocktake)
    phone.scan(None, "open_bin", location=goods.bins[0], **here)
    assert [mine for _, mine in marks(phone, stocktake)] == ["here", None]
    assert [mine for _, mine in marks(other, stocktake)] == [None, None]
    phone.client = sign_in(user_id=phone.user_id)  # the same person on a second phone
    assert [mine for _, mine in marks(phone, stocktake)] == ["elsewhere", None]
    phone.scan(None, "open_bin", location=goods.bins[0], **scanner(phone, stocktake))
    assert [mine for _, mine in marks(phone, stocktake)] == ["here", None]


def test_a_bin_is_called_empty_while_the_books_have_nothing_there(
    write: Write, owner: int, stocktake: int, make_phone: Callable[..., Phone], goods: Goods
) -> None:
    phone = make_phone("warehouse")
    assert [empty for empty, _ in marks(phone, stocktake)] == [True, True]
    move = MoveFact(goods.bottle, Decimal(6), End.OPENING, goods.bins[0], utc_now(), value=Decimal(12))
    with write() as session:
        post(session, "opening", "opening", [move], by=owner, effective_on=utc_now().date(), now=utc_now())
    assert [empty for empty, _ in marks(phone, stocktake)] == [False, True]
