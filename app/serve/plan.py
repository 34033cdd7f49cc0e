"""What was asked of `flask serve`, in one value that any of its processes can be handed."""

from pathlib import Path

from msgspec import Struct

from app.serve.certificates import Certificates


class Plan(Struct, frozen=True):
    """How to serve: addresses, processes, and the certificates unless somebody else speaks TLS for us."""

    instance: Path
    host: str
    port: int
    http_port: int  # 0: no plain door
    workers: int
    threads: int
    certificates: Certificates | None
    behind_proxy: bool  # believe what a proxy in front says of the client
