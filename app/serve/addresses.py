"""Where this machine can be reached from the local network."""

import re
import socket
from contextlib import closing, suppress
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

LAN: Final = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
)
NOWHERE: Final = ("192.0.2.1", 9)  # reserved for documentation: nothing is sent, the system only picks a way out
HOST_NAME: Final = re.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # what a certificate can hold


def lan_addresses() -> list[IPv4Address]:
    """Return this machine's private IPv4 addresses, the one that leads out of it first."""
    found = [*_outward(), *_named()]
    return list(dict.fromkeys(address for address in found if any(address in network for network in LAN)))


def host_name() -> str:
    """Return this machine's name without a domain, as mDNS announces it under .local."""
    name = socket.gethostname().split(".")[0].lower()
    return name if HOST_NAME.fullmatch(name) else "localhost"


def port_is_free(host: str, port: int) -> bool:
    """Return whether nobody listens on *port*; the server's own SO_REUSEPORT would bind beside another silently."""
    with closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that linger are nobody's
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _outward() -> list[IPv4Address]:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(NOWHERE)
        except OSError:
            return []
        return [IPv4Address(probe.getsockname()[0])]


def _named() -> list[IPv4Address]:
    found = []
    with suppress(OSError):
        for entry in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET):
            address = ip_address(entry[4][0])
            if isinstance(address, IPv4Address):
                found.append(address)
    return found
