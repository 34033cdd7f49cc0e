"""What the audit trail calls the commands on stock."""

from app.kernel.i18n import N_

ACTIONS = {"stock.threshold": N_("Minimum of a warehouse changed")}
