"""What the audit trail calls the commands on partners."""

from app.kernel.i18n import N_

ACTIONS = {
    "partner.add": N_("Partner added"),
    "partner.edit": N_("Partner changed"),
    "partner.activate": N_("Partner switched on"),
    "partner.deactivate": N_("Partner switched off"),
}
WORDS = {
    "is_supplier": N_("Supplier"),
    "is_customer": N_("Customer"),
    "credit_code": N_("Unified social credit code"),
    "terms_days": N_("Payment terms in days"),
    "contact": N_("Contact"),
    "phone": N_("Phone"),
    "note": N_("Note"),
}
