"""The server's certificates, judged by a note beside them; the authority loads only where something must be signed.

Cost: the cryptography package takes 8 MB of every process and a tenth of the start, and most starts sign nothing.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path
from typing import Final

from msgspec import Struct

from app.serve.addresses import LAN

OWN: Final = tuple(ip_network(text) for text in ("127.0.0.0/8", "::1/128", "fc00::/7", "fe80::/10"))
NETWORKS: Final = (*LAN, *OWN)
FILES: Final = ("ca.crt", "ca.key", "server.crt", "server.key")
NOTE: Final = "note.json"

Address = IPv4Address | IPv6Address


class Names(Struct, frozen=True):
    """What the server is called: names and addresses that its certificate covers."""

    hosts: frozenset[str]
    addresses: frozenset[Address]

    @classmethod
    def of(cls, host: str, addresses: Iterable[Address]) -> "Names":
        """Return the names of the machine called *host*, those its authority may vouch for."""
        allowed = {address for address in addresses if any(address in network for network in NETWORKS)}
        loopback: set[Address] = {IPv4Address("127.0.0.1"), IPv6Address("::1")}
        return cls(frozenset({"localhost", f"{host}.local", f"{host}.lan"}), frozenset(allowed | loopback))

    def texts(self) -> set[str]:
        """Return all of them as texts."""
        return {*self.hosts, *map(str, self.addresses)}


class Certificates(Struct, frozen=True):
    """Where the files lie, and what tells one certificate from the next."""

    chain: Path
    key: Path
    authority: Path
    serial: int
    fingerprint: str  # SHA-256 of the authority, as phones show it


def ensure(folder: Path, names: Names, now: datetime | None = None) -> Certificates:
    """Return valid certificates for *names*, made or renewed where they are missing, do not fit or end soon."""
    now = now or datetime.now(UTC)
    return _find(folder, names, now) or _sign(folder, names, now)


def _find(folder: Path, names: Names, now: datetime) -> Certificates | None:
    try:
        note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
        fits = note["files"] == _digest(folder) and names.texts() <= set(note["names"])
        if not fits or now >= datetime.fromisoformat(note["renew_at"]):
            return None
        return _certificates(folder, note["serial"], note["fingerprint"])
    except (OSError, ValueError, KeyError):  # no note, or not one of ours
        return None


def _sign(folder: Path, names: Names, now: datetime) -> Certificates:
    from app.serve import authority  # noqa: PLC0415  # heavy, and seldom needed: see above

    signed = authority.sign(folder, names, now)
    note = {
        "files": _digest(folder),
        "names": sorted(names.texts()),
        "renew_at": signed.renew_at.isoformat(),
        "serial": signed.serial,
        "fingerprint": signed.fingerprint,
    }
    (folder / NOTE).write_text(json.dumps(note, indent=1), encoding="utf-8")
    return _certificates(folder, signed.serial, signed.fingerprint)


def _certificates(folder: Path, serial: int, fingerprint: str) -> Certificates:
    return Certificates(folder / "server.crt", folder / "server.key", folder / "ca.crt", serial, fingerprint)


def _digest(folder: Path) -> str:
    return sha256(b"".join((folder / name).read_bytes() for name in FILES)).hexdigest()
