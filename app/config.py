"""Settings from the environment (prefix ZHANGSHI_) and instance/; a missing secret is made once and kept there."""

import os
import secrets
from pathlib import Path

PREFIX = "ZHANGSHI_"
ROOT = Path(__file__).resolve().parent.parent


def instance_path() -> Path:
    """Return the folder that holds this installation's database, secret and certificates."""
    return Path(os.environ.get(f"{PREFIX}INSTANCE", ROOT / "instance")).resolve()


def load_config(instance: Path) -> dict[str, object]:
    """Return Flask's settings for the installation in *instance*, which is made if missing."""
    instance.mkdir(parents=True, exist_ok=True)
    return {
        "SECRET_KEY": _kept_secret(instance / "secret_key"),
        "SQLALCHEMY_DATABASE_URI": os.environ.get(f"{PREFIX}DATABASE_URL", f"sqlite:///{instance / 'zhangshi.db'}"),
        "MAX_CONTENT_LENGTH": 64 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 4 * 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,
        "BABEL_DEFAULT_LOCALE": "zh",
        "BABEL_TRANSLATION_DIRECTORIES": "translations",
        "HTTP_FULL": os.environ.get(f"{PREFIX}HTTP_FULL", "") == "1",
    }


def _kept_secret(path: Path) -> str:
    """Return the secret kept at *path*; two processes starting at once agree on one."""
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            # link() refuses an existing name, so the loser of the race reads the winner's whole secret.
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return path.read_text(encoding="ascii")
