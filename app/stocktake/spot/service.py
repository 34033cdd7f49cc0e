"""Commands of a spot count: begin one, and let it post itself once its bin is closed.

Law: a bin has one spot count under way; who comes second joins it, and their counts are compared. What posts itself is
what the company's tolerance lets pass, named as such in the ledger and the audit trail; all else waits for four eyes.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.audit import audit
from app.identity.models import User
from app.identity.rules import Permission
from app.notices.service import notify
from app.places.models import Location
from app.stocktake.approval.service import approve_by_rule, end_review
from app.stocktake.approval.service import post as post_stocktake
from app.stocktake.models import Stocktake
from app.stocktake.report.queries import read_report
from app.stocktake.rules import COUNTABLE, BinState, Scope, ScopeKind, StocktakeState
from app.stocktake.service import Plan, hold, start, subject, write_down
from app.stocktake.spot.holding import hold_bin
from app.stocktake.spot.notices import POSTED, WAITING
from app.stocktake.spot.queries import find_running, list_counts, passed_lately, spot_tolerance
from app.stocktake.spot.rules import REMEMBERED, NotABin, posts_itself


def begin(session: Session, bin_id: int, by: int, now: datetime) -> Stocktake:
    """Return the spot count of a bin that is under way, begun if there is none. Errors: NotABin."""
    # Two people may begin at once: the second waits here, and finds the first one's.
    place = hold_bin(session, bin_id)
    if place is None or place.kind not in COUNTABLE or not place.active or place.warehouse_id is None:
        raise NotABin(code=place.code if place else f"#{bin_id}")
    running = find_running(session, bin_id)
    if running is not None:
        return running
    stocktake = write_down(session, Plan(place.warehouse_id, Scope(ScopeKind.BINS, (bin_id,))), by, now)
    stocktake.spot_bin_id = bin_id
    session.flush()
    start(session, stocktake.id, by, now)
    return stocktake


def settle_closed(session: Session, stocktake_id: int, now: datetime) -> StocktakeState | None:
    """End a spot count whose bin is closed by everybody who opened it; return its state, None where it goes on."""
    stocktake = hold(session, stocktake_id)
    if stocktake.spot_bin_id is None or stocktake.state is not StocktakeState.COUNTING:
        return None
    counts = list_counts(session, stocktake_id)
    last = counts[-1].counter_id if counts else None
    if last is None or any(count.state is not BinState.CLOSED for count in counts):
        return None
    end_review(session, stocktake_id, last, now)
    session.refresh(stocktake)
    report = read_report(session, stocktake, now)
    passed = passed_lately(session, stocktake.spot_bin_id, now - REMEMBERED)
    differing = [line for line in report.lines if line.known.in_scope and line.differs]
    if not posts_itself(report.lines, spot_tolerance(session), passed):
        _tell(session, stocktake, WAITING.name, last, len(differing), now)
        return stocktake.state
    if differing:
        approve_by_rule(session, stocktake, differing, last, now)
    posted = post_stocktake(session, stocktake_id, last, now)
    session.refresh(stocktake)
    if posted.seq is None:  # goods moved in the very moment: somebody has to look
        _tell(session, stocktake, WAITING.name, last, len(differing), now)
    elif differing:
        _tell(session, stocktake, POSTED.name, last, len(differing), now)
    audit(session, last, "stocktake.spot_settled", subject(stocktake_id), {"state": stocktake.state}, now)
    return stocktake.state


def _tell(session: Session, stocktake: Stocktake, kind: str, counter: int, lines: int, now: datetime) -> None:
    code = session.scalar(select(Location.code).where(Location.id == stocktake.spot_bin_id)) or "?"
    name = session.scalar(select(User.name).where(User.id == counter)) or "?"
    facts: dict[str, str | int] = {"bin": code, "counter": name, "lines": lines}
    about = subject(stocktake.id)
    link = f"/stocktakes/{stocktake.id}/report?show=all"
    notify(session, Permission.APPROVE, kind, f"{kind}:{stocktake.id}", now, facts, link=link, subject=about)
