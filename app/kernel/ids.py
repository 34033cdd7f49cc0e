"""Identifiers made without asking anybody: UUIDv7 (RFC 9562), ordered by the time they were made."""

import os
import time
from uuid import UUID


def uuid7(now_ms: int | None = None) -> UUID:
    """Return a UUIDv7 of *now_ms* (milliseconds since 1970, UTC; default: now)."""
    stamp = time.time_ns() // 1_000_000 if now_ms is None else now_ms
    tail = int.from_bytes(os.urandom(10), "big")
    rand_a, rand_b = tail >> 68, tail & ((1 << 62) - 1)
    return UUID(int=(stamp & ((1 << 48) - 1)) << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)
