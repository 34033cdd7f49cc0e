"""The engine of the baselines: what a program of one loop over SQLAlchemy Core would use."""

from sqlalchemy import Engine, create_engine

from app.db import db, writing


def bare_engine() -> Engine:
    """Return an engine on the current application's database; whoever asked for it disposes of it.

    On SQLite it is the one that transaction() writes through: one without its pragmas would not do the same work.
    """
    return writing(db.engine) if db.engine.dialect.name == "sqlite" else create_engine(db.engine.url)
