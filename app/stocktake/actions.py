"""What the audit trail calls the things people do to a stocktake."""

from typing import Final

from app.kernel.i18n import N_

ACTIONS: Final[dict[str, str]] = {
    "stocktake.start": N_("Stocktake started"),
    "stocktake.finish": N_("Counting finished"),
    "stocktake.resume": N_("Counting resumed"),
    "stocktake.cancel": N_("Stocktake cancelled"),
    "stocktake.free_bin": N_("Bin freed for another counter"),
    "stocktake.assign": N_("Bins shared out"),
    "stocktake.release": N_("Bins made anybody's"),
    "stocktake.print_sheets": N_("Count sheets printed"),
    "stocktake.enter_sheet": N_("Count sheet entered"),
    "stocktake.recount": N_("Recount asked"),
    "stocktake.drop_recount": N_("Recount taken back"),
    "stocktake.approve": N_("Differences approved"),
    "stocktake.approve_own": N_("Differences of one's own count approved (company of one person)"),
    "stocktake.approve_by_rule": N_("Differences within the tolerance of spot counts passed"),
    "stocktake.spot_settled": N_("Spot count settled"),
    "stocktake.return": N_("Differences changed, back to review"),
    "stocktake.post": N_("Stocktake posted"),
    "stocktake.policy": N_("ABC classes and rhythms changed"),
    "schedule.add": N_("Recurring count added"),
    "schedule.edit": N_("Recurring count changed"),
    "schedule.paused": N_("Recurring count paused"),
    "schedule.active": N_("Recurring count goes on"),
    "schedule.ended": N_("Recurring count ended"),
    "schedule.turn": N_("Recurring count planned a stocktake"),
    "stocktake.transfer": N_("Differences booked as a transfer"),
    "stocktake.transfer_own": N_("Differences of one's own count booked as a transfer (company of one person)"),
    "stocktake.transfer_back": N_("Transfer taken back"),
    "stocktake.clear": N_("Differences cleared"),
    "stocktake.clear_back": N_("Clearing taken back"),
    "stocktake.reason_add": N_("Reason for differences added"),
    "stocktake.reason_retire": N_("Reason for differences retired"),
    "stocktake.reason_restore": N_("Reason for differences brought back"),
}
