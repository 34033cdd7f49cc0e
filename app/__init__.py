"""Zhangshi 账实: the books match the shelves."""

import gc
import os

gc.disable()  # what importing makes stays: looking through it for garbage takes a tenth of a start
os.environ.setdefault("TZ", "UTC")  # nothing here asks for the machine's zone; Babel does, and opens 600 files for it

from pathlib import Path

from flask import Flask

from app import config, db, wiring
from app.demo.cli import demo_cli
from app.serve.cli import serve

gc.freeze()
gc.enable()


def create_app(instance: Path | None = None, *, migrations: bool = True, **overrides: object) -> Flask:
    """Return the application of the installation in *instance* (default: ZHANGSHI_INSTANCE or instance/).

    A server passes *migrations* False: it never migrates, and need not load what does.
    """
    folder = instance or config.instance_path()
    app = Flask(
        __name__,
        instance_path=str(folder),
        static_folder=str(config.ROOT / "static" / "dist"),
        static_url_path="/static",
        template_folder=str(config.ROOT / "templates"),
    )
    app.config.update(config.load_config(folder))
    app.config.update(overrides)
    db.init_app(app)
    wiring.wire(app)
    if migrations:
        from flask_migrate import Migrate  # noqa: PLC0415  # Alembic is heavy

        Migrate(app, db.db, directory=str(config.ROOT / "app" / "migrations"), render_as_batch=True)
    app.cli.add_command(serve)
    app.cli.add_command(demo_cli)
    return app
