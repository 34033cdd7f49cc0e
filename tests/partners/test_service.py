"""Partners: their rules and commands on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError

from app.db import db
from app.kernel.errors import RuleBroken
from app.partners.models import Partner
from app.partners.queries import is_named, partner_rows
from app.partners.rules import (
    CreditCodeTaken,
    CreditCodeWrong,
    NoSuchPartner,
    PartnerCodeTaken,
    PartnerDraft,
    PartnerNameMissing,
    PartnerTextTooLong,
    RoleMissing,
    TermsWrong,
    ensure_partner,
    normal_credit_code,
)
from app.partners.service import add_partner, add_partners, check_partners, edit_partner, set_active
from tests.conftest import Write

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
CREDIT_CODE = "91110000600037341L"


def supplier(name: str = "杭州娃哈哈", **facts: object) -> PartnerDraft:
    return PartnerDraft(name=name, is_supplier=True, **facts)  # type: ignore[arg-type]  # facts are given by name


@pytest.fixture
def by(make_user: Callable[..., int]) -> int:
    """Id of the user who does it all."""
    return make_user("owner")


@pytest.fixture
def make(write: Write, by: int) -> Callable[[PartnerDraft], int]:
    """Add a partner; return its id."""

    def enter(draft: PartnerDraft) -> int:
        with write() as session:
            return add_partner(session, draft, by, NOW).id

    return enter


@pytest.mark.parametrize("typed", [CREDIT_CODE, " 9111 0000 6000 3734 1l "])
def test_a_credit_code_has_one_form(typed: str) -> None:
    assert normal_credit_code(typed) == CREDIT_CODE


def test_no_credit_code_is_none() -> None:
    assert normal_credit_code("  ") is None


@pytest.mark.parametrize("typed", ["91110000600037341M", "9111000060003734", "随便写的"])
def test_a_wrong_credit_code_is_refused(typed: str) -> None:
    with pytest.raises(CreditCodeWrong):
        normal_credit_code(typed)


@pytest.mark.parametrize(
    ("draft", "error"),
    [
        (supplier(" "), PartnerNameMissing),
        (PartnerDraft(name="甲"), RoleMissing),
        (supplier(terms_days=-1), TermsWrong),
        (supplier(terms_days=3651), TermsWrong),
        (supplier(credit_code="1"), CreditCodeWrong),
        (supplier("甲" * 201), PartnerTextTooLong),
    ],
)
def test_a_partner_that_breaks_a_rule_is_refused(draft: PartnerDraft, error: type[RuleBroken]) -> None:
    with pytest.raises(error):
        ensure_partner(draft)


def test_partners_are_numbered_and_found_by_initials(make: Callable[[PartnerDraft], int]) -> None:
    make(supplier())
    make(PartnerDraft(name="重庆百货", is_customer=True, phone="13800000000"))
    for word in ("hzwhh", "WL00001", "娃哈"):
        assert named_by(word) == ["杭州娃哈哈"]
    assert named_by("cq") == named_by("138") == ["重庆百货"]


def named_by(word: str) -> list[str]:
    return [row.name for row in db.session.execute(partner_rows().where(is_named(word)))]


def test_codes_are_unique_and_the_owner_is_named(make: Callable[[PartnerDraft], int], write: Write, by: int) -> None:
    make(supplier(code="S1", credit_code=CREDIT_CODE))
    other = make(supplier("农夫山泉"))
    with pytest.raises(PartnerCodeTaken, match="娃哈哈"):
        make(supplier("别人", code="S1"))
    with pytest.raises(CreditCodeTaken, match="娃哈哈"), write() as session:
        edit_partner(session, other, supplier("农夫山泉", credit_code=CREDIT_CODE.lower()), by, NOW)
    with pytest.raises(PartnerCodeTaken), write() as session:
        edit_partner(session, other, supplier("农夫山泉", code="S1"), by, NOW)


def test_a_partner_is_edited_and_switched_off_but_stays(
    make: Callable[[PartnerDraft], int], write: Write, by: int
) -> None:
    number = make(supplier(code="S1"))
    with write() as session:
        edit_partner(session, number, supplier("娃哈哈集团", terms_days=60), by, NOW)
        set_active(session, number, False, by, NOW)
    partner = db.session.get_one(Partner, number)
    assert (partner.code, partner.name, partner.initials, partner.terms_days) == ("S1", "娃哈哈集团", "whhjt", 60)
    assert not partner.active
    with pytest.raises(NoSuchPartner), write() as session:
        set_active(session, 999, False, by, NOW)


def test_many_partners_are_checked_and_added_in_a_few_statements(
    make: Callable[[PartnerDraft], int], write: Write
) -> None:
    make(supplier(code="S1", credit_code=CREDIT_CODE))
    bad = [supplier(""), supplier("a", code="S1"), supplier("b", credit_code=CREDIT_CODE), supplier("c", code="X")]
    problems = check_partners(
        db.session(), [*bad, supplier("d", code="X"), supplier("e", credit_code="1"), supplier("f")]
    )
    assert [[type(problem).__name__ for problem in each] for each in problems] == [
        ["PartnerNameMissing"],
        ["PartnerCodeTaken"],
        ["CreditCodeTaken"],
        ["PartnerTwice"],
        ["PartnerTwice"],
        ["CreditCodeWrong"],
        [],
    ]
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    with write() as session:
        add_partners(session, [supplier(f"供应商{n}") for n in range(500)])
    assert len(statements) <= 5
    assert db.session.scalar(select(func.count(Partner.id))) == 501


def test_a_partner_without_any_code_comes_in_once(make: Callable[[PartnerDraft], int]) -> None:
    make(supplier("华联"))
    rows = [
        supplier("华联"),
        supplier("华联", code="H2"),
        supplier("华联", credit_code=CREDIT_CODE),
        *map(supplier, ("新", "新")),
    ]
    problems = check_partners(db.session(), rows)
    assert [[type(problem).__name__ for problem in each] for each in problems] == [
        ["PartnerKnown"],
        [],
        [],
        ["PartnerNameTwice"],
        ["PartnerNameTwice"],
    ]


def test_the_database_itself_refuses_a_partner_without_a_role(write: Write) -> None:
    with pytest.raises(IntegrityError), write() as session:
        session.add(Partner(code="x", name="x"))
