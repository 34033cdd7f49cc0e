"""The two charts of accounts by role, and what a company chooses once."""

from enum import StrEnum


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
