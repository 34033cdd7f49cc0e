"""What of stocktakes waits for a user on the start page: bins to count, differences to approve, counts to post."""

from collections.abc import Iterator

from flask import url_for
from flask_babel import gettext
from sqlalchemy.orm import Session

from app.identity.access import Permission, current_user
from app.stocktake.queries import list_under_way
from app.stocktake.rules import StocktakeState
from app.web.start import Card


def bins_to_count(session: Session) -> Iterator[Card]:
    """Yield the stocktakes that are being counted: how they go to whoever plans, their bins to others who may scan."""
    plans = current_user.may(Permission.PLAN_STOCKTAKE)
    if not plans and not current_user.may(Permission.SCAN):
        return
    for row in list_under_way(session, {StocktakeState.COUNTING}):
        yield Card(
            title=gettext("Counting goes on") if plans else gettext("Count bins"),
            # Where every bin is counted the phone has nothing more to do.
            link=url_for("stocktake.show" if plans or row.closed == row.bins else "handheld.scan", stocktake_id=row.id),
            icon="upc-scan",
            text=f"{row.number} · {row.closed}/{row.bins}",
            figure=f"{100 * row.closed // row.bins} %" if row.bins else None,
        )


def differences_to_approve(session: Session) -> Iterator[Card]:
    """Yield the stocktakes that wait for an approval or for being posted, for whoever may do that."""
    if not current_user.may(Permission.APPROVE):
        return
    for row in list_under_way(session, {StocktakeState.REVIEW, StocktakeState.APPROVED}):
        if row.state is StocktakeState.REVIEW:
            title, link = gettext("Differences to approve"), url_for("stocktake.report", stocktake_id=row.id)
        else:
            title, link = gettext("Stocktake to post"), url_for("stocktake.show", stocktake_id=row.id)
        yield Card(title=title, link=link, icon="clipboard-check", text=row.number, tone="warn")


def document_url(key: str) -> str | None:
    """Return where the stocktake behind a posting's key ("stocktake:12") opens."""
    number = _number(key)
    return url_for("stocktake.show", stocktake_id=number) if number else None


def clearing_url(key: str) -> str | None:
    """Return where the clearing behind a posting's key ("stocktake:12:clearing:…") opens."""
    number = _number(key)
    return url_for("stocktake.clearing", stocktake_id=number) if number else None


def _number(key: str) -> int | None:
    number = key.split(":")[1] if key.count(":") else ""
    return int(number) if number.isdecimal() else None
