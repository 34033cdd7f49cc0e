"""Likely causes as sentences with their numbers, in the reader's language."""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from flask_babel import gettext, ngettext

from app.stocktake.causes.rules import Cause, CauseKind
from app.stocktake.report.names import NO_ITEM, Names
from app.stocktake.report.queries import Report
from app.web.formats import quantity

Sentence = Callable[[Cause, Report, Names], object]


def cause_text(cause: Cause, report: Report, names: Names) -> str:
    """Return a likely cause as a sentence."""
    return str(_SENTENCES[cause.kind](cause, report, names))


def _plural(times: Decimal | None) -> int:
    return 1 if times == 1 else 2  # what is counted is never none here, and may be no whole number


def _misplaced(cause: Cause, _report: Report, names: Names) -> object:
    return gettext(
        "The opposite lies in %(bin)s: %(amount)s of the same item.",
        bin=names.bins.get(cause.other.bin, "?") if cause.other else "?",
        amount=quantity(cause.explains),
    )


def _swapped(cause: Cause, report: Report, names: Names) -> object:
    other = cause.other
    label = report.items.get(other.item, NO_ITEM) if other else NO_ITEM
    lot = names.lots.get(other.lot, "") if other else ""
    name = f"{label.name} {lot}".strip()
    return gettext("Perhaps taken for %(item)s, which looks alike and differs the other way.", item=name)


def _pack_as_piece(cause: Cause, _report: Report, _names: Names) -> object:
    return ngettext(
        "Perhaps a pack of %(factor)s counted or booked as one piece, %(times)s time.",
        "Perhaps a pack of %(factor)s counted or booked as one piece, %(times)s times.",
        _plural(cause.times),
        factor=quantity(cause.factor),
        times=quantity(cause.times),
    )


def _whole_packs(cause: Cause, _report: Report, _names: Names) -> object:
    return ngettext(
        "Exactly %(times)s pack of %(factor)s.",
        "Exactly %(times)s packs of %(factor)s.",
        _plural(cause.times),
        factor=quantity(cause.factor),
        times=quantity(cause.times),
    )


def _wrong_barcode(cause: Cause, _report: Report, _names: Names) -> object:
    return ngettext(
        "The code %(code)s counts as a pack of %(factor)s and was scanned %(times)s time:"
        " if it stands on single pieces, the count is right and the code is wrong.",
        "The code %(code)s counts as a pack of %(factor)s and was scanned %(times)s times:"
        " if it stands on single pieces, the count is right and the code is wrong.",
        _plural(cause.times),
        code=cause.code,
        factor=quantity(cause.factor),
        times=quantity(cause.times),
    )


def _not_put_away(cause: Cause, _report: Report, names: Names) -> object:
    return gettext(
        "The books have %(amount)s of it in %(place)s: perhaps put away and not booked.",
        amount=quantity(cause.explains),
        place=names.bins.get(cause.where or 0, "?"),
    )


def _parked(_cause: Cause, report: Report, _names: Names) -> object:
    return ngettext(
        "%(num)s scan of this stocktake waits for a person and is not counted.",
        "%(num)s scans of this stocktake wait for a person and are not counted.",
        len(report.parked),
    )


_SENTENCES: Final[dict[CauseKind, Sentence]] = {
    CauseKind.MISPLACED: _misplaced,
    CauseKind.SWAPPED: _swapped,
    CauseKind.PACK_AS_PIECE: _pack_as_piece,
    CauseKind.WHOLE_PACKS: _whole_packs,
    CauseKind.WRONG_BARCODE: _wrong_barcode,
    CauseKind.NOT_PUT_AWAY: _not_put_away,
    CauseKind.SCANS_WAIT: _parked,
    CauseKind.DIGIT_SLIP: lambda *_: gettext("Perhaps a slip in typing: digits swapped, or a 0 too many or too few."),
    CauseKind.IMPORT_WAITS: lambda *_: gettext("The books have none, and an import of opening stock is not finished."),
    CauseKind.MOVED_MEANWHILE: lambda *_: gettext("These goods moved while the bin was being counted."),
}
