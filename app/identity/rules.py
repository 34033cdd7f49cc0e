"""Who may do what: the table of roles and permissions is law, and every view names its permission."""

from enum import StrEnum


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


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """Return everything the holder of *roles* may do."""
    return frozenset().union(*(GRANTS[role] for role in roles))
