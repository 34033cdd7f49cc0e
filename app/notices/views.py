"""The inbox."""

from flask import Blueprint, Response, redirect, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse

from app.db import db, transaction
from app.identity.access import current_user, signed_in
from app.identity.rules import is_own_path
from app.kernel.clock import utc_now
from app.notices import service
from app.notices.kinds import KINDS, message, title
from app.notices.models import Notice
from app.notices.queries import count_unread, select_inbox
from app.web.listing import Column, Filter, Listing, answer

bp = Blueprint("notices", __name__)


def _inbox(user_id: int) -> Listing:
    return Listing(
        name="inbox",
        title=_l("Inbox"),
        statement=select_inbox(user_id),
        columns=(
            Column("kind", _l("Notice"), label=lambda row: title(row.kind), is_title=True),
            Column("params", _l("Message"), label=lambda row: message(row.kind, row.params)),
            Column("created_at", _l("When"), "instant"),
            Column("read_at", _l("Read at"), "instant"),
        ),
        filters=(
            Filter(
                "kind",
                _l("Notice"),
                [(kind.name, gettext(kind.title)) for kind in KINDS.values()],
                lambda value: Notice.kind == value,
            ),
        ),
        order=(Notice.read_at.is_not(None), Notice.id.desc()),
        empty=_l("What needs you is told here."),
    )


@bp.get("/inbox")
@signed_in
def inbox() -> Response:
    """List the notices, unread ones first."""
    return answer(
        db.session(),
        _inbox(current_user.id),
        "notices/inbox.html",
        kinds=KINDS,
        notice_title=title,
        notice_message=message,
    )


@bp.post("/inbox/<int:notice_id>")
@signed_in
def open_notice(notice_id: int) -> AnyResponse:
    """Mark a notice read and go where it leads."""
    with transaction() as session:
        link = service.read_notice(session, current_user.id, notice_id, utc_now())
    return redirect(link if is_own_path(link) else url_for("notices.inbox"), 303)


@bp.post("/inbox/read")
@signed_in
def read_all() -> AnyResponse:
    """Mark every notice read."""
    with transaction() as session:
        service.read_all(session, current_user.id, utc_now())
    return redirect(url_for("notices.inbox"), 303)


def unread() -> int:
    """Return the figure on the bell."""
    return count_unread(db.session(), current_user.id)
