"""Rules of sign-in and roles, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from app.identity.rules import (
    FAILURES_PER_ADDRESS,
    FAILURES_PER_LOGIN,
    GRANTS,
    LoginInvalid,
    PasswordTooPlain,
    PasswordTooShort,
    Permission,
    Role,
    TooManyAttempts,
    Tries,
    ensure_login,
    ensure_may_try,
    ensure_password,
    is_own_path,
    normal_login,
    roles_with,
)

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
TABLE = {  # the product's table of roles, row by row
    Permission.MANAGE_COMPANY: "owner",
    Permission.APPROVE: "owner manager",
    Permission.CLOSE_PERIODS: "owner manager finance",
    Permission.SEE_AUDIT: "owner manager",
    Permission.SEE_COST: "owner manager buyer finance",
    Permission.SCAN: "owner manager warehouse",
    Permission.PLAN_STOCKTAKE: "owner manager finance",
    Permission.SEE_DIFFERENCE_VALUES: "owner manager finance",
    Permission.PURCHASE: "owner manager buyer",
    Permission.SALES: "owner manager seller",
    Permission.MONEY: "owner finance",
    Permission.READ: "owner manager warehouse buyer seller finance viewer",
    Permission.EDIT_ITEMS: "owner manager buyer",
    Permission.EDIT_PARTNERS: "owner manager buyer seller",
    Permission.EDIT_PLACES: "owner manager buyer",
}


@pytest.mark.parametrize("permission", Permission)
def test_each_permission_belongs_to_the_roles_of_the_table(permission: Permission) -> None:
    assert roles_with(permission) == {Role(name) for name in TABLE[permission].split()}


def test_every_role_may_do_something() -> None:
    assert {role for role, granted in GRANTS.items() if granted} == set(Role)


@pytest.mark.parametrize("login", ["a", "王老板", "li.ming", "li@shop.cn", "x" * 60])
def test_logins_people_would_choose_are_taken(login: str) -> None:
    ensure_login(login)


@pytest.mark.parametrize("login", ["", ".a", "a b", "x" * 61, "a\n", "a/b", "a\u200bb"])
def test_logins_nobody_could_type_again_are_refused(login: str) -> None:
    with pytest.raises(LoginInvalid):
        ensure_login(login)


def test_a_login_is_one_whatever_its_case() -> None:
    assert normal_login("  Wang ") == normal_login("wANG")


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_passwords_out_of_length_are_refused(password: str) -> None:
    with pytest.raises(PasswordTooShort):
        ensure_password(password, "boss")


@pytest.mark.parametrize("password", ["aaaaaaaaaa", "abababababab", "bossboss", "boss1234"[:7] + "boss"])
def test_passwords_that_guess_themselves_are_refused(password: str) -> None:
    with pytest.raises(PasswordTooPlain):
        ensure_password(password, "boss")


def test_a_sentence_is_a_password() -> None:
    ensure_password("货架上有二十四瓶", "boss")


def test_the_limit_says_how_long_to_wait() -> None:
    oldest = NOW - timedelta(minutes=4)
    ensure_may_try(Tries(FAILURES_PER_LOGIN - 1, oldest), Tries(FAILURES_PER_ADDRESS - 1, oldest), NOW)
    with pytest.raises(TooManyAttempts) as by_login:
        ensure_may_try(Tries(FAILURES_PER_LOGIN, oldest), Tries(0, None), NOW)
    assert by_login.value.params == {"minutes": 11}
    with pytest.raises(TooManyAttempts):
        ensure_may_try(Tries(0, None), Tries(FAILURES_PER_ADDRESS, oldest), NOW)


@pytest.mark.parametrize("target", ["/", "/stocktakes/3?tab=lines", "/商品"])
def test_paths_of_this_site_may_be_gone_on_to(target: str) -> None:
    assert is_own_path(target)


@pytest.mark.parametrize(
    "target", ["", "//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "evil", "/\n/evil"]
)
def test_other_sites_are_never_gone_on_to(target: str) -> None:
    assert not is_own_path(target)
