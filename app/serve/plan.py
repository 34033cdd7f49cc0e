"""What was asked of `flask serve`, in one value that any of its processes can be handed."""

from dataclasses import dataclass
from pathlib import Path

from app.serve.certificates import Certificates


@dataclass(frozen=True)
class Plan:
    """How to serve: addresses, processes, and the certificates unless somebody else speaks TLS for us."""

    instance: Path
    host: str
    port: int
    http_port: int  # 0: no plain door
    workers: int
    threads: int
    certificates: Certificates | None
    behind_proxy: bool  # believe what a proxy in front says of the client
