"""Who may do what, what a sign-in must look like, and how many tries there are.

Law: the table of roles and permissions is the whole truth; every view names its permission.
"""

import re
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

from app.kernel.errors import InvalidInput, NotFound, RuleBroken
from app.kernel.i18n import N_


class Role(StrEnum):
    """A job in the company; a user may hold several."""

    OWNER = "owner"
    MANAGER = "manager"
    WAREHOUSE = "warehouse"
    BUYER = "buyer"
    SELLER = "seller"
    FINANCE = "finance"
    VIEWER = "viewer"


class Permission(StrEnum):
    """One thing a role may do."""

    MANAGE_COMPANY = "manage_company"  # users, settings, restore
    APPROVE = "approve"  # stocktake, orders, price under floor
    CLOSE_PERIODS = "close_periods"
    SEE_AUDIT = "see_audit"
    SEE_COST = "see_cost"  # cost and margin
    SCAN = "scan"  # count, receive, pick, transfer by scanning
    PLAN_STOCKTAKE = "plan_stocktake"
    SEE_DIFFERENCE_VALUES = "see_difference_values"
    PURCHASE = "purchase"
    SALES = "sales"
    MONEY = "money"
    READ = "read"  # items, stock, reports without cost
    EDIT_ITEMS = "edit_items"
    EDIT_PARTNERS = "edit_partners"
    EDIT_PLACES = "edit_places"


_P = Permission
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.MANAGER: frozenset(Permission) - {_P.MANAGE_COMPANY, _P.MONEY},
    Role.WAREHOUSE: frozenset({_P.SCAN, _P.READ}),
    Role.BUYER: frozenset({_P.SEE_COST, _P.PURCHASE, _P.READ, _P.EDIT_ITEMS, _P.EDIT_PARTNERS, _P.EDIT_PLACES}),
    Role.SELLER: frozenset({_P.SALES, _P.READ, _P.EDIT_PARTNERS}),
    Role.FINANCE: frozenset(
        {_P.CLOSE_PERIODS, _P.SEE_COST, _P.PLAN_STOCKTAKE, _P.SEE_DIFFERENCE_VALUES, _P.MONEY, _P.READ}
    ),
    Role.VIEWER: frozenset({_P.READ}),
}
ROLE_NAMES: dict[Role, str] = {
    Role.OWNER: N_("Owner"),
    Role.MANAGER: N_("Manager"),
    Role.WAREHOUSE: N_("Warehouse staff"),
    Role.BUYER: N_("Buyer"),
    Role.SELLER: N_("Seller"),
    Role.FINANCE: N_("Finance"),
    Role.VIEWER: N_("Viewer"),
}
ROLE_DUTIES: dict[Role, str] = {
    Role.OWNER: N_("Everything, users and settings included"),
    Role.MANAGER: N_("Approves, closes periods, sees cost and the audit trail; no money documents"),
    Role.WAREHOUSE: N_("Counts, receives, picks and transfers by scanning"),
    Role.BUYER: N_("Purchase documents, items, partners and places; sees cost"),
    Role.SELLER: N_("Sales documents and partners"),
    Role.FINANCE: N_("Money documents, periods, stocktake planning; sees cost and difference values"),
    Role.VIEWER: N_("Reads items, stock and reports without cost"),
}


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Return everything the holder of *roles* may do."""
    return frozenset().union(*(GRANTS[role] for role in roles))


def roles_with(permission: Permission) -> frozenset[Role]:
    """Return the roles that may do this."""
    return frozenset(role for role, granted in GRANTS.items() if permission in granted)


# --- sign-in ------------------------------------------------------------------------------------------------------

PASSWORD_MIN: Final = 8
DISTINCT_MIN: Final = 4
PASSWORD_MAX: Final = 200  # hashing costs by length; nobody types more
LOGIN_FORM: Final = re.compile(r"[^\W_][\w.@+-]{0,58}[\w]|[^\W_]")
WINDOW: Final = timedelta(minutes=15)
FAILURES_PER_LOGIN: Final = 10
# A shop's phones share one address, so it bears more than one name.
FAILURES_PER_ADDRESS: Final = 60
# Longer than any rule asks for tries, and than any session lives.
SIGN_IN_LIFE: Final = timedelta(days=30)  # of a session, and of what it lets a page scan with
TRIES_KEPT: Final = timedelta(days=90)


class SignInFailed(RuleBroken):
    """Login or password is wrong; which of them is not said."""

    message = N_("The login or the password is wrong.")
    status = 401


class TooManyAttempts(RuleBroken):
    """The limit of failed tries is reached."""

    message = N_("Too many failed attempts. Try again in %(minutes)s min.")
    status = 429


class PasswordTooShort(InvalidInput):
    """A new password is too easy to guess."""

    message = N_("A password needs at least %(length)s characters.")


class PasswordTooPlain(InvalidInput):
    """A new password is the login with little added, or few characters repeated."""

    message = N_("This password is too easy to guess: it repeats the login or a few characters.")


class PasswordUnchanged(InvalidInput):
    """A new password that is the present one."""

    message = N_("This is the current password. Choose another one.")


class WrongPassword(InvalidInput):
    """The present password, asked for before a change, is wrong."""

    message = N_("The current password is wrong.")


class LoginInvalid(InvalidInput):
    """A login has characters that cannot be typed everywhere."""

    message = N_("A login has up to 60 letters, digits and . _ - @ + and begins with a letter or a digit.")


class LoginTaken(RuleBroken):
    """Two people cannot have one login."""

    message = N_("Somebody has the login “%(login)s” already.")


class NoSuchLogin(NotFound):
    """A login that was named belongs to nobody."""

    message = N_("Nobody has the login “%(login)s”.")


class LoginDeactivated(RuleBroken):
    """A user who is shut out gets no new password."""

    message = N_("The user “%(login)s” is deactivated; an owner must activate them first.")


class RolesMissing(InvalidInput):
    """A user without a role could do nothing."""

    message = N_("Choose at least one role.")


class LastOwner(RuleBroken):
    """Nobody would be left to manage users and settings."""

    message = N_("This is the last active owner; make somebody else an owner first.")


class Tries(Struct, frozen=True):
    """Failed tries within the window: how many, and when the oldest of them was."""

    count: int
    oldest: datetime | None


def normal_login(typed: str) -> str:
    """Return *typed* as it is kept and compared: trimmed, case-folded."""
    return typed.strip().casefold()


def ensure_other_password(present: str, new: str) -> None:
    """Refuse a new password that is the present one: whoever knew that one would go on knowing it."""
    if new == present:
        raise PasswordUnchanged


def ensure_login(login: str) -> None:
    """Refuse a login that is empty, too long or has odd characters."""
    if not LOGIN_FORM.fullmatch(login):
        raise LoginInvalid


def ensure_password(password: str, login: str) -> None:
    """Refuse a new password that is short, little more than the login, or few characters repeated."""
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise PasswordTooShort(length=PASSWORD_MIN)
    beside_login = password.casefold().replace(login, "")
    if len(beside_login) < DISTINCT_MIN or len(set(password)) < DISTINCT_MIN:
        raise PasswordTooPlain


def ensure_roles(roles: Collection[Role]) -> None:
    """Refuse a user without any role."""
    if not roles:
        raise RolesMissing


def ensure_may_try(by_login: Tries, by_address: Tries, now: datetime) -> None:
    """Refuse a try when the login or the address has used up its failures of the window."""
    for tries, limit in ((by_login, FAILURES_PER_LOGIN), (by_address, FAILURES_PER_ADDRESS)):
        if tries.count >= limit and tries.oldest is not None:
            wait = tries.oldest + WINDOW - now
            raise TooManyAttempts(minutes=max(1, -(-int(wait.total_seconds()) // 60)))


def is_own_path(target: str) -> bool:
    """Return whether *target* is a path on this very site, so that a sign-in never leads elsewhere."""
    # Browsers read "//host", "/\\host" and control characters before them as another site's address.
    return target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
