"""Zhangshi 账实: the books match the shelves."""

from pathlib import Path

from flask import Flask

from app import config, db, wiring
from app.demo.cli import demo_cli
from app.serve.cli import serve


def create_app(instance: Path | None = None, **overrides: object) -> Flask:
    """Return the application of the installation in *instance* (default: ZHANGSHI_INSTANCE or instance/)."""
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
    app.cli.add_command(serve)
    app.cli.add_command(demo_cli)
    return app
