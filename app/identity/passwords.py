"""Passwords as argon2id hashes; an unknown login costs the same time as a wrong password."""

import secrets
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# Letters and digits that nobody mistakes for each other.
_CLEAR: Final = "abcdefghjkmnpqrstuvwxyz23456789"
# OWASP's smaller memory setting with one more pass: about 30 ms, and twenty sign-ins at once stay under 400 MB.
_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """Return the hash to keep for *password*."""
    return _HASHER.hash(password)


def make_password() -> str:
    """Return a password that nobody has guessed yet: 90 bits, in letters and digits that are easy to tell apart."""
    return "-".join("".join(secrets.choice(_CLEAR) for _ in range(6)) for _ in range(3))


def is_password(kept: str | None, password: str) -> bool:
    """Return whether *password* belongs to the hash *kept*; without one, take as long and say no."""
    try:
        return _HASHER.verify(kept or _nobody(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def needs_rehash(kept: str) -> bool:
    """Return whether *kept* was made with weaker settings than today's."""
    return _HASHER.check_needs_rehash(kept)


@cache
def _nobody() -> str:
    return hash_password("nobody has this password")
