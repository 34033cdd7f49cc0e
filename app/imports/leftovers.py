"""What imports leave behind when they end, staged rows and files, is removed after a while; the imports stay.

Law: an import that may still go on is never touched; one that goes on between two steps keeps what it has since then.
Half the work done is no harm: the next night finds the rest.
"""

from datetime import datetime

from flask import Flask

from app.db import db
from app.imports.queries import is_left_over, list_left_over, list_with_old_rows
from app.imports.runner import file_of
from app.imports.service import drop_rows


def remove_leftovers(app: Flask, now: datetime) -> str:
    """Remove rows and files of imports that ended long ago; return what was done, for the job's page."""
    rows = sum(drop_rows(import_id, is_left_over(now)) for import_id in list_with_old_rows(db.session(), now))
    paths = (file_of(app, import_id) for import_id in list_left_over(db.session(), now))
    kept = [path for path in paths if path.exists()]
    for path in kept:
        path.unlink(missing_ok=True)
    return f"{rows} rows, {len(kept)} files"
