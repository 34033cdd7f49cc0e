"""Pictures as they are shown; their address names their content, so that browsers keep them for good."""

from pathlib import Path

from flask import Blueprint, Response, current_app, request
from werkzeug.wrappers import Response as AnyResponse

from app.db import db
from app.files import store
from app.files.queries import get_file
from app.files.rules import NoSuchFile
from app.identity.access import Permission, may

bp = Blueprint("files", __name__)


@bp.get("/<int:file_id>/<any(full, thumb):size>.jpg")
@may(Permission.READ)
def show(file_id: int, size: str) -> AnyResponse:
    """Send a picture."""
    file = get_file(db.session(), file_id)
    name = file.sha256 if size == "full" else file.thumb_sha256
    content = store.read(Path(current_app.instance_path), name)
    if content is None:
        raise NoSuchFile
    response = Response(content, mimetype=file.mimetype)
    response.set_etag(name)
    # A row never gets other content: a file's id is its content's, too. Only for who signed in: private.
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["Content-Disposition"] = "inline"
    return response.make_conditional(request)
