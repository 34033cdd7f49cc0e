"""Where a line of the report stands, in one word."""

from enum import StrEnum
from typing import Final

from app.kernel.i18n import N_
from app.stocktake.counting.rules import LineCount
from app.stocktake.report.rules import Line
from app.stocktake.rules import LineState


class Verdict(StrEnum):
    """What became of a line, or what has to become of it."""

    OUT_OF_SCOPE = "out_of_scope"
    NOT_COUNTED = "not_counted"
    POSTED = "posted"
    CHANGED = "changed"
    APPROVED = "approved"
    RECOUNT_ASKED = "recount_asked"
    MATCHES = "matches"
    BEYOND = "beyond"
    TO_APPROVE = "to_approve"


VERDICT_NAMES: Final[dict[Verdict, str]] = {
    Verdict.OUT_OF_SCOPE: N_("out of scope"),
    Verdict.NOT_COUNTED: N_("not counted"),
    Verdict.POSTED: N_("posted"),
    Verdict.CHANGED: N_("changed since approval"),
    Verdict.APPROVED: N_("approved"),
    Verdict.RECOUNT_ASKED: N_("recount asked"),
    Verdict.MATCHES: N_("matches"),
    Verdict.BEYOND: N_("beyond tolerance: recount"),
    Verdict.TO_APPROVE: N_("to approve"),
}
VERDICT_TONES: Final[dict[Verdict, str]] = {
    Verdict.OUT_OF_SCOPE: "neutral",
    Verdict.NOT_COUNTED: "neutral",
    Verdict.POSTED: "good",
    Verdict.CHANGED: "bad",
    Verdict.APPROVED: "good",
    Verdict.RECOUNT_ASKED: "calm",
    Verdict.MATCHES: "good",
    Verdict.BEYOND: "bad",
    Verdict.TO_APPROVE: "warn",
}


def verdict_of(line: Line) -> Verdict:
    """Return where *line* stands; what comes first outranks what comes later."""
    ranked = (
        (Verdict.OUT_OF_SCOPE, not line.known.in_scope),
        (Verdict.NOT_COUNTED, line.status is LineCount.NOT_COUNTED),
        (Verdict.POSTED, line.known.state is LineState.POSTED),
        (Verdict.CHANGED, line.is_stale or line.known.has_changed),
        (Verdict.APPROVED, line.known.state is LineState.APPROVED),
        (Verdict.RECOUNT_ASKED, line.awaits_recount),
        (Verdict.MATCHES, not line.differs),
        (Verdict.BEYOND, line.needs_recount),
    )
    return next((verdict for verdict, holds in ranked if holds), Verdict.TO_APPROVE)
