"""The two charts of accounts by role, what a company chooses, its own fields, and how documents are numbered."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final
from zoneinfo import available_timezones

from msgspec import Struct

from app.kernel.errors import InvalidInput, RuleBroken
from app.kernel.exact import parse_price, plain
from app.kernel.i18n import N_


class Chart(StrEnum):
    """Accounting standard: 小企业会计准则 or 企业会计准则."""

    SMALL = "small"
    ENTERPRISE = "enterprise"


class TaxStatus(StrEnum):
    """VAT status: 一般纳税人 or 小规模纳税人."""

    GENERAL = "general"
    SMALL_SCALE = "small_scale"


class AccountRole(StrEnum):
    """What an account is for; documents and the ledger name roles, the chart gives the code."""

    CASH = "cash"
    BANK = "bank"
    RECEIVABLE = "receivable"
    PAYABLE = "payable"
    PAYABLE_ACCRUED = "payable_accrued"  # 暂估应付
    ADVANCE_RECEIVED = "advance_received"
    ADVANCE_PAID = "advance_paid"
    OTHER_RECEIVABLE = "other_receivable"  # 其他应收款: what a person makes up for
    INVENTORY = "inventory"
    LOSS = "loss"  # 待处理财产损溢
    INPUT_VAT = "input_vat"
    OUTPUT_VAT = "output_vat"
    OPENING = "opening"
    REVENUE = "revenue"
    COST_OF_SALES = "cost_of_sales"
    SELLING_EXPENSE = "selling_expense"
    ADMIN_EXPENSE = "admin_expense"
    OTHER_INCOME = "other_income"
    OTHER_EXPENSE = "other_expense"


_COMMON = {
    AccountRole.CASH: "1001",
    AccountRole.BANK: "1002",
    AccountRole.RECEIVABLE: "1122",
    AccountRole.PAYABLE: "2202",
    AccountRole.PAYABLE_ACCRUED: "220202",
    AccountRole.ADVANCE_RECEIVED: "2203",
    AccountRole.ADVANCE_PAID: "1123",
    AccountRole.OTHER_RECEIVABLE: "1221",
    AccountRole.INVENTORY: "1405",
    AccountRole.LOSS: "1901",
    AccountRole.INPUT_VAT: "22210101",
    AccountRole.OUTPUT_VAT: "22210105",
}
ACCOUNTS: dict[Chart, dict[AccountRole, str]] = {
    Chart.SMALL: _COMMON
    | {
        AccountRole.OPENING: "3104",
        AccountRole.REVENUE: "5001",
        AccountRole.COST_OF_SALES: "5401",
        AccountRole.SELLING_EXPENSE: "5601",
        AccountRole.ADMIN_EXPENSE: "5602",
        AccountRole.OTHER_INCOME: "5301",
        AccountRole.OTHER_EXPENSE: "5711",
    },
    Chart.ENTERPRISE: _COMMON
    | {
        AccountRole.OPENING: "4104",
        AccountRole.REVENUE: "6001",
        AccountRole.COST_OF_SALES: "6401",
        AccountRole.SELLING_EXPENSE: "6601",
        AccountRole.ADMIN_EXPENSE: "6602",
        AccountRole.OTHER_INCOME: "6301",
        AccountRole.OTHER_EXPENSE: "6711",
    },
}
# Control accounts: their entries carry partner and due date and are open items until settled.
CONTROL_ROLES = frozenset(
    {
        AccountRole.RECEIVABLE,
        AccountRole.PAYABLE,
        AccountRole.PAYABLE_ACCRUED,
        AccountRole.ADVANCE_RECEIVED,
        AccountRole.ADVANCE_PAID,
    }
)
CHART_NAMES: dict[Chart, str] = {
    Chart.SMALL: N_("Accounting Standards for Small Enterprises"),
    Chart.ENTERPRISE: N_("Accounting Standards for Business Enterprises"),
}
TAX_STATUS_NAMES: dict[TaxStatus, str] = {
    TaxStatus.GENERAL: N_("General VAT taxpayer"),
    TaxStatus.SMALL_SCALE: N_("Small-scale VAT taxpayer"),
}

# --- set-up and settings ------------------------------------------------------------------------------------------

CURRENCY_FORM: Final = re.compile(r"[A-Z]{3}")


class AlreadySetUp(RuleBroken):
    """The company exists; its settings are changed by its owner."""

    message = N_("This installation is set up already.")


class NotSetUp(RuleBroken):
    """Nothing can be done before the set-up page was answered."""

    message = N_("This installation is not set up yet.")


class CurrencyUnknown(InvalidInput):
    """A currency is not written as ISO 4217 has it."""

    message = N_("A currency is three capital letters, like CNY.")


class TimeZoneUnknown(InvalidInput):
    """A time zone has no entry in the tz database."""

    message = N_("There is no time zone “%(name)s”.")


class Settings(Struct, frozen=True):
    """What the owner may change at any time."""

    name: str
    tax_status: TaxStatus
    time_zone: str = "Asia/Shanghai"
    locale: str = "zh"
    one_person: bool = False
    bill_with_goods: bool = True
    http_full: bool = False
    spot_quantity: Decimal | None = None
    spot_percent: Decimal | None = None
    spot_value: Decimal | None = None

    def ensure(self) -> None:
        """Refuse a time zone that nobody knows."""
        if self.time_zone not in available_timezones():
            raise TimeZoneUnknown(name=self.time_zone)


class SetUp(Struct, frozen=True):
    """What is chosen once: the chart and the currency are in every entry, so they stay."""

    settings: Settings
    chart: Chart = Chart.SMALL
    currency: str = "CNY"

    def ensure(self) -> None:
        """Refuse what the books could not be kept in."""
        self.settings.ensure()
        if not CURRENCY_FORM.fullmatch(self.currency):
            raise CurrencyUnknown


# --- own fields ---------------------------------------------------------------------------------------------------


class FieldSubject(StrEnum):
    """What a company may add fields to."""

    ITEM = "item"
    PARTNER = "partner"


class FieldKind(StrEnum):
    """What an own field holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"


SUBJECT_NAMES: dict[FieldSubject, str] = {FieldSubject.ITEM: N_("Items"), FieldSubject.PARTNER: N_("Partners")}
KIND_NAMES: dict[FieldKind, str] = {
    FieldKind.TEXT: N_("Text"),
    FieldKind.NUMBER: N_("Number"),
    FieldKind.DATE: N_("Date"),
    FieldKind.CHOICE: N_("Choice"),
}
TEXT_LENGTH: Final = 500


class FieldNameTaken(RuleBroken):
    """Two own fields of one subject cannot have one name."""

    message = N_("There is a field “%(name)s” already.")


class ChoicesMissing(InvalidInput):
    """A field of kind choice offers fewer than two different choices."""

    message = N_("A choice needs at least two different choices, one a line.")


class FieldInvalid(InvalidInput):
    """A value does not fit the kind of its own field."""

    message = N_("“%(value)s” does not fit the field “%(name)s”.")


class Field(Struct, frozen=True):
    """An own field as forms and imports need it; values are kept by `key`, which a new name does not change."""

    id: int
    name: str
    kind: FieldKind
    choices: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The key under which values are kept."""
        return str(self.id)

    def parse(self, typed: str) -> str:
        """Return *typed* in the form it is kept in; empty stays empty."""
        value = typed.strip()
        if not value:
            return ""
        try:
            return _PARSERS[self.kind](self, value)
        except (ValueError, RuleBroken) as error:
            raise FieldInvalid(value=value, name=self.name) from error


def split_choices(text: str) -> tuple[str, ...]:
    """Return the choices written one a line, each once."""
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def ensure_choices(kind: FieldKind, choices: Sequence[str]) -> None:
    """Refuse a choice that leaves none."""
    if kind is FieldKind.CHOICE and len(choices) < 2:  # noqa: PLR2004  # one is no choice
        raise ChoicesMissing


def _text(_field: Field, value: str) -> str:
    if len(value) > TEXT_LENGTH:
        raise ValueError
    return value


def _number(_field: Field, value: str) -> str:
    return plain(parse_price(value))


def _date(_field: Field, value: str) -> str:
    return date.fromisoformat(value.replace("/", "-")).isoformat()


def _choice(field: Field, value: str) -> str:
    if value not in field.choices:
        raise ValueError
    return value


_PARSERS = {FieldKind.TEXT: _text, FieldKind.NUMBER: _number, FieldKind.DATE: _date, FieldKind.CHOICE: _choice}


# --- document numbers ---------------------------------------------------------------------------------------------


def document_number(series: str, day: date, number: int) -> str:
    """Return the number as it is printed: PD20261123-0001."""
    return f"{series}{day:%Y%m%d}-{number:04d}"
