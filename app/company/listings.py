"""The chart of accounts as a list page shows it."""

from typing import Any

from flask_babel import get_locale, gettext
from flask_babel import lazy_gettext as _l

from app.company.models import Account
from app.company.queries import select_accounts
from app.kernel.i18n import N_
from app.web.listing import Column, Filter, Listing

CATEGORIES = {
    "asset": N_("Assets"),
    "liability": N_("Liabilities"),
    "equity": N_("Equity"),
    "income": N_("Income"),
    "cost": N_("Cost"),
    "expense": N_("Expenses"),
}
SIDES = {"debit": N_("Debit"), "credit": N_("Credit")}


def account_name(row: Any) -> str:
    """Return the account's name in the reader's language."""
    return str(row.name if str(get_locale()).startswith("zh") else row.name_en or row.name)


ACCOUNTS = Listing(
    name="accounts",
    title=_l("Chart of accounts"),
    statement=select_accounts(),
    columns=(
        Column("name", _l("Account name"), label=account_name, is_title=True),
        Column("code", _l("Code"), "code", sort=Account.code),
        Column("category", _l("Category"), sort=Account.category, label=lambda row: gettext(CATEGORIES[row.category])),
        Column("direction", _l("Increases on"), label=lambda row: gettext(SIDES[row.direction])),
    ),
    search=(Account.code, Account.name, Account.name_en),
    filters=(
        Filter(
            "category",
            _l("Category"),
            [(category, _l(name)) for category, name in CATEGORIES.items()],
            lambda value: Account.category == value,
        ),
    ),
    order=(Account.code,),
)
