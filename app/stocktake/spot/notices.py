"""What approvers are told of spot counts."""

from typing import Final

from app.kernel.i18n import N_
from app.notices.kinds import Kind

POSTED: Final = Kind(
    "stocktake.spot_posted",
    N_("Spot count posted"),
    N_("%(bin)s: %(counter)s counted, %(lines)s differences within the tolerance were posted."),
    "clipboard-check",
)
WAITING: Final = Kind(
    "stocktake.spot_waiting",
    N_("Spot count to look at"),
    N_("%(bin)s: %(counter)s counted, %(lines)s differences wait for you."),
    "clipboard-check",
    "warn",
)
