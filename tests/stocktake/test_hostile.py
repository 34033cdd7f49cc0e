"""What nobody types by mistake: numbers that no row has, codes too long, characters that no database keeps."""

from datetime import timedelta
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from app.db import db
from app.stocktake.causes.rules import Place
from app.stocktake.report.keys import key_of
from app.stocktake.sheets.service import print_sheets
from tests.conftest import SignIn
from tests.stocktake.shop import TEA, TEA_CARTON, Shop, now

BEYOND, ENDLESS = str(10**30), "5" * 5_000


@pytest.fixture
def counting(shop: Shop) -> int:
    """A stocktake of two bins, being counted."""
    shop.stock(shop.tea, shop.bins[0], 10, 30)
    return shop.plan(*shop.bins[:2])


def refused(answer: TestResponse) -> bool:
    return answer.status_code in {400, 404, 409}


def test_numbers_that_no_row_has_name_nothing(shop: Shop, counting: int, sign_in: SignIn) -> None:
    client, here = sign_in("owner"), f"/stocktakes/{counting}"
    short, over = (key_of(Place(bin_id, shop.tea, 0)) for bin_id in shop.bins[:2])
    for number in (BEYOND, ENDLESS):
        ends = {"short": short, "over": over, "quantity": "4", "serial": number}
        assert refused(client.post(f"{here}/lines/{short}/transfer", data=ends))
        assert refused(client.post(f"{here}/sheets", data={"bin": number}))
        assert refused(client.post(f"{here}/assign", data={"bin": number, "counter": number}))
        assert refused(client.post("/spot", data={"bin": number}))
        assert refused(client.get(f"{here}/sheets.pdf?sheet={number}"))
        for wanted in ("page", "bin", "counter", "category"):
            assert client.get(f"{here}/report?{wanted}={number}").status_code == 200


def test_a_clearing_of_a_line_that_no_row_has_is_refused(shop: Shop, counting: int, sign_in: SignIn) -> None:
    shop.counter(counting).count(shop.bins[0], [(TEA, 6)])
    shop.finish(counting)
    shop.approve_all(counting)
    shop.post(counting)
    form = {"shortage-target": "admin_expense", "shortage-reason": "?", "line": f"{ENDLESS}=1"}
    assert refused(sign_in("owner").post(f"/stocktakes/{counting}/clearing/shortage", data=form))


def test_a_sheet_refuses_what_no_scan_could_carry_and_keeps_what_was_typed(
    shop: Shop, counting: int, sign_in: SignIn
) -> None:
    with shop.write() as session:
        [sheet] = print_sheets(session, counting, [shop.bins[0]], shop.manager, now())
    counter = shop.counter(counting).id
    client, at = sign_in("owner"), f"{now() + timedelta(hours=8):%Y-%m-%dT%H:%M}"
    wrong = [
        {"counter": ENDLESS},
        {"line-0": "9" * 18},
        {"line-0": "1000000000"},
        {"code-0": TEA, "quantity-0": "999999999999"},
        {"code-0": TEA_CARTON, "quantity-0": "999999999999"},
        {"code-0": TEA, "quantity-0": "1", "lot-0": "L" * 61},
    ]
    for typed in wrong:
        form = {"token": str(uuid4()), "counter": str(counter), "counted_at": at, "line-0": "3"} | typed
        answer = client.post(f"/stocktakes/sheets/{sheet}", data=form)
        assert (typed, refused(answer)) == (typed, True)
        assert f'value="{form["line-0"]}"' in answer.get_data(as_text=True)
    form = {"token": "no token of ours", "counter": str(counter), "counted_at": at, "line-0": "3"}
    assert client.post(f"/stocktakes/sheets/{sheet}", data=form).status_code == 303


def test_a_character_that_no_database_keeps_is_refused_wherever_it_is_typed(
    shop: Shop, counting: int, sign_in: SignIn
) -> None:
    client = sign_in("owner")
    for address in (
        "/stocktakes/?q=%00",
        "/stocktakes/accuracy?by=item&q=%00",
        "/stocktakes/results?month=%00",
        "/items/?q=%00",
        "/stocktakes/sheets/items?code-0=%00",
    ):
        assert client.get(address).status_code == 400
    note = {"bin": "A-1", "item": TEA, "text": "a\0b"}
    assert client.post(f"/stocktakes/{counting}/notes", data=note).status_code == 400
    assert client.post("/spot", data={"code": "\0"}).status_code == 400
    db.session.remove()
