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
WORDS = {
    "code": N_("Code"),
    "spec": N_("Specification"),
    "unit": N_("Unit"),
    "category": N_("Category"),
    "tax_rate": N_("VAT rate"),
    "purchase_price": N_("Purchase price"),
    "sale_price": N_("Sale price"),
    "minimum": N_("Minimum stock"),
    "safety": N_("Safety stock"),
    "tracks_lots": N_("Kept by lot"),
    "tracks_expiry": N_("With expiry dates"),
    "own_fields": N_("Own fields"),
    "picture": N_("Picture"),
    "factor": N_("Factor"),
    "pack": N_("Unit"),
    "parent": N_("Parent category"),
}
