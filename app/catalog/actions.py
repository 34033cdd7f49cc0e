"""What the audit trail calls the commands on the catalogue."""

from app.kernel.i18n import N_

ACTIONS = {
    "item.add": N_("Item added"),
    "item.edit": N_("Item changed"),
    "item.activate": N_("Item switched on"),
    "item.deactivate": N_("Item switched off"),
    "item.picture": N_("Picture changed"),
    "pack.add": N_("Pack added"),
    "pack.remove": N_("Pack removed"),
    "barcode.add": N_("Barcode added"),
    "barcode.remove": N_("Barcode removed"),
    "category.add": N_("Category added"),
    "category.edit": N_("Category changed"),
    "category.remove": N_("Category removed"),
}
