"""Bytes in the instance folder, each under the hash of its content: files/ab/abcd….

Law: a name is never written twice with other content, so that readers need no lock and caches never lie. Bytes are on
disk before the row that names them is committed; bytes without a row are harmless.
"""

import os
import re
from hashlib import sha256
from pathlib import Path

FOLDER = "files"
_HASH = re.compile(r"[0-9a-f]{64}")


def keep(instance: Path, content: bytes) -> str:
    """Keep *content* and return its hash."""
    name = sha256(content).hexdigest()
    path = path_of(instance, name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{name}.{os.getpid()}.{os.urandom(4).hex()}")
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    return name


def read(instance: Path, name: str) -> bytes | None:
    """Return the content kept under the hash *name*, None where it is missing."""
    try:
        return path_of(instance, name).read_bytes()
    except FileNotFoundError:
        return None


def path_of(instance: Path, name: str) -> Path:
    """Return where the content with this hash lies."""
    if not _HASH.fullmatch(name):
        raise ValueError(f"not a SHA-256: {name!r}")
    return instance / FOLDER / name[:2] / name
