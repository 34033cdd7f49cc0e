"""What the audit trail calls the closing of a period."""

from app.kernel.i18n import N_

ACTIONS = {"period.close": N_("Period closed")}
SUBJECTS = {"period": N_("Period up to")}
WORDS = {"until": N_("Until")}
