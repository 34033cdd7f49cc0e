"""A report's lines with their likely causes: all its differences are evidence, and so is what lies elsewhere."""

from collections.abc import Sequence

from msgspec.structs import replace
from sqlalchemy.orm import Session

from app.stocktake.causes.queries import find_pending_opening, read_looks, read_pack_scans, read_waiting
from app.stocktake.causes.rules import Also, Gap, explain
from app.stocktake.report.queries import Report
from app.stocktake.report.rules import Line


def with_causes(session: Session, report: Report, wanted: Sequence[Line]) -> list[Line]:
    """Return *wanted* with their likely causes. At most four statements, whatever their number."""
    places = {line.place for line in wanted if line.differs}
    if not places:
        return list(wanted)
    gaps = [
        Gap(line.place, line.book, line.counted, line.moved_meanwhile)
        for line in report.lines
        if line.differs and line.book is not None and line.counted is not None
    ]
    bins = {place.bin for place in places}
    too_many = [gap for gap in gaps if gap.difference > 0 and gap.place in places]
    beside = {gap.place.item for gap in gaps if gap.place.bin in bins}
    looks = read_looks(session, beside, {item: report.items[item].name for item in beside if item in report.items})
    in_packs = [gap for gap in too_many if any(factor > 1 for factor in looks[gap.place.item].factors)]
    also = Also(
        waiting=read_waiting(session, {gap.place.item for gap in too_many}),
        pack_scans=read_pack_scans(session, report.stocktake.id, {gap.place.bin for gap in in_packs}),
        bins_with_parked_scans={row.location_id for row in report.parked if row.location_id},
        pending_import=find_pending_opening(session) if any(not gap.book for gap in too_many) else None,
    )
    causes = explain(gaps, looks, places, also)
    return [replace(line, causes=tuple(causes.get(line.place, ()))) for line in wanted]
