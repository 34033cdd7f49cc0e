"""The audit trail's page."""

from flask import Blueprint, Response

from app.db import db
from app.identity.access import Permission, may
from app.identity.listings import audit_listing
from app.web.listing import answer

bp = Blueprint("audit", __name__)


@bp.get("/audit")
@may(Permission.SEE_AUDIT)
def trail() -> Response:
    """List what people changed."""
    session = db.session()
    return answer(session, audit_listing(session), "identity/trail.html")
