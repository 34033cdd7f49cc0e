"""The one-time token that opens the set-up page: printed by the server, kept only as a hash, burnt by its first use.

Law: the token itself is never stored; of two set-ups at the same moment only the one that burns it may go on.
"""

import os
import secrets
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Final

FILE_NAME: Final = "setup-token"


def issue(instance: Path) -> str:
    """Make a new token, which ends the one before, and return it."""
    token = secrets.token_urlsafe(24)
    kept = instance / FILE_NAME
    fresh = kept.with_name(f"{FILE_NAME}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(_hash(token))
    fresh.replace(kept)
    return token


def check(instance: Path, token: str) -> bool:
    """Return whether *token* is the one issued last and not burnt."""
    try:
        kept = (instance / FILE_NAME).read_text(encoding="ascii")
    except FileNotFoundError:
        return False
    return compare_digest(kept, _hash(token))


def burn(instance: Path) -> bool:
    """End the token; False if somebody else had ended it already, who then is the one that set up."""
    try:
        (instance / FILE_NAME).unlink()  # the system lets exactly one of many unlink a name
    except FileNotFoundError:
        return False
    return True


def _hash(token: str) -> str:
    return sha256(token.encode(errors="replace")).hexdigest()
