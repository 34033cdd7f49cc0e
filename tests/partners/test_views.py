"""Pages of partners."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.company.models import OwnField
from app.db import db
from app.partners.models import Partner
from tests.conftest import SignIn, Write

CREDIT_CODE = "91110000600037341L"
FACTS = {"name": "杭州娃哈哈", "is_supplier": "y", "terms_days": "45"}


@pytest.fixture
def seller(sign_in: SignIn) -> FlaskClient:
    """A client who may edit partners."""
    return sign_in("seller")


def test_a_partner_is_added_shown_and_edited(seller: FlaskClient, write: Write) -> None:
    with write() as session:
        session.add(OwnField(subject="partner", name="区域", kind="text"))
    answer = seller.post("/partners/new", data=FACTS | {"credit_code": CREDIT_CODE.lower(), "own_1": "华东"})
    assert answer.status_code == 303
    page = seller.get(answer.location).text
    for shown in ("杭州娃哈哈", CREDIT_CODE, "WL00001", "45", "华东"):
        assert shown in page
    assert 'value="华东"' in seller.get(f"{answer.location}/edit").text
    changed = FACTS | {"name": "娃哈哈集团", "terms_days": "60", "own_1": ""}
    assert seller.post(f"{answer.location}/edit", data=changed).status_code == 303
    partner = db.session.scalars(select(Partner)).one()
    assert (partner.name, partner.code, partner.terms_days, partner.own_fields) == ("娃哈哈集团", "WL00001", 60, {})


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"credit_code": "91110000600037341M"}, "no valid unified social credit code"),
        ({"is_supplier": ""}, "Say whether this is a supplier, a customer or both."),
        ({"terms_days": "soon"}, "Not a valid integer value"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(seller: FlaskClient, wrong: dict[str, str], sentence: str) -> None:
    typed = {key: value for key, value in (FACTS | {"contact": "李经理"} | wrong).items() if value}
    answer = seller.post("/partners/new", data=typed)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert 'value="李经理"' in answer.text
    assert all(f'value="{value}"' in answer.text for value in wrong.values() if value)


def test_a_taken_credit_code_names_its_owner(seller: FlaskClient) -> None:
    seller.post("/partners/new", data=FACTS | {"credit_code": CREDIT_CODE})
    answer = seller.post("/partners/new", data=FACTS | {"name": "别人", "credit_code": CREDIT_CODE})
    assert answer.status_code == 409
    assert f"The credit code {CREDIT_CODE} belongs to 杭州娃哈哈 already." in answer.text


def test_partners_are_found_and_narrowed(seller: FlaskClient) -> None:
    seller.post("/partners/new", data=FACTS)
    seller.post("/partners/new", data={"name": "重庆百货", "is_customer": "y", "terms_days": "30"})
    for query, found, missing in (
        ("q=hzwhh", "杭州娃哈哈", "重庆百货"),
        ("q=WL00002", "重庆百货", "杭州娃哈哈"),
        ("role=customer", "重庆百货", "杭州娃哈哈"),
        ("role=supplier", "杭州娃哈哈", "重庆百货"),
    ):
        page = seller.get(f"/partners/?{query}").text
        assert (found in page, missing in page) == (True, False), query
    seller.post("/partners/1/deactivate")
    assert "杭州娃哈哈" not in seller.get("/partners/?state=on").text
    seller.post("/partners/1/activate")
    assert "杭州娃哈哈" in seller.get("/partners/?state=on").text


def test_who_may_not_edit_partners_is_refused(sign_in: SignIn, seller: FlaskClient) -> None:
    seller.post("/partners/new", data=FACTS)
    client = sign_in("warehouse")
    assert client.get("/partners/").status_code == 200
    assert "/partners/new" not in client.get("/partners/").text
    assert "/partners/1/edit" not in client.get("/partners/1").text
    assert client.get("/partners/new").status_code == 403
    for address in ("/partners/new", "/partners/1/edit", "/partners/1/deactivate"):
        assert client.post(address).status_code == 403


def test_the_empty_list_says_what_to_do(seller: FlaskClient) -> None:
    assert "Add a supplier or a customer" in seller.get("/partners/").text
    assert seller.get("/partners/7").status_code == 404
