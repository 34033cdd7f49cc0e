"""What the audit trail calls the commands on partners."""

from app.kernel.i18n import N_

ACTIONS = {
    "partner.add": N_("Partner added"),
    "partner.edit": N_("Partner changed"),
    "partner.activate": N_("Partner switched on"),
    "partner.deactivate": N_("Partner switched off"),
}
