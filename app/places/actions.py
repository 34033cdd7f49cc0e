"""What the audit trail calls the commands on places."""

from app.kernel.i18n import N_
from app.places.rules import KIND_NAMES

ACTIONS = {
    "place.add": N_("Place added"),
    "place.add_range": N_("Range of bins added"),
    "place.edit": N_("Place changed"),
    "place.activate": N_("Place switched on"),
    "place.deactivate": N_("Place switched off"),
    "place.walk": N_("Order of walking changed"),
}
WORDS = {
    "first": N_("First code"),
    "last": N_("Last code"),
    "count": N_("How many"),
    "places": N_("Places"),
    "lies_in": N_("Lies in"),
    **{kind.value: name for kind, name in KIND_NAMES.items()},
}
