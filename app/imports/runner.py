"""Where imports work: in a process of their own, so that neither scans nor pages share its interpreter."""

import os
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask

from app.config import PREFIX, ROOT
from app.imports.models import Import
from app.imports.rules import BUSY

# Longer than any single step of staging or checking a file of 100,000 rows.
GIVEN_UP_AFTER = timedelta(minutes=3)


def file_of(app: Flask, import_id: int) -> Path:
    """Return where the file of an import is kept."""
    return Path(app.instance_path) / "imports" / str(import_id)


def is_stuck(found: Import, now: datetime) -> bool:
    """Return whether the process at work on the import must have died."""
    return found.state in BUSY and now - found.beat_at > GIVEN_UP_AFTER


def launch(app: Flask, import_id: int, run: int, by: int) -> None:
    """Start the process that does what the import waits for, and whom it does it for."""
    environment = os.environ | {
        f"{PREFIX}INSTANCE": app.instance_path,
        f"{PREFIX}DATABASE_URL": str(app.config["SQLALCHEMY_DATABASE_URI"]),
    }
    numbers = map(str, (import_id, run, by))
    command = [sys.executable, "-m", "flask", "--app", "app", "import-work", *numbers]
    worker = subprocess.Popen(  # noqa: S603  # our own command line
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )
    # It outlives the request; its end shows in the import's state, and somebody must take the process's leave.
    threading.Thread(target=worker.wait, name=f"import {import_id}", daemon=True).start()
