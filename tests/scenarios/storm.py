"""Phones that scan without a pause through the real client code, run by node beside a server that may be killed."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = """
import { build } from "esbuild";
await build({
  entryPoints: [`../tests/client/${process.argv[1]}.ts`], outfile: process.argv[2], bundle: true, platform: "node",
  target: "node20", format: "esm", nodePaths: ["node_modules"], logLevel: "error",
});
"""


def bundled(name: str, folder: Path) -> Path:
    """Bundle tests/client/*name*.ts with the client's code into *folder*; return the script for node."""
    script = folder / f"{name}.mjs"
    command = ["node", "--input-type=module", "-e", BUNDLE, name, str(script)]
    subprocess.run(command, cwd=ROOT / "static", check=True, timeout=60)
    return script


@dataclass(frozen=True)
class Heard:
    """What all phones together made, were told is accepted, and still hold."""

    made: set[str]
    accepted: set[str]
    held: set[str]


class Storm:
    """The node process with the phones."""

    def __init__(self, folder: Path, orders: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            ["node", str(bundled("storm", folder)), json.dumps(orders)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def go(self, url: str) -> None:
        """Scan on, against the server at *url*."""
        self._say({"do": "go", "url": url})

    def rest(self) -> None:
        """Make no new scans; go on sending."""
        self._say({"do": "rest"})

    def tell(self) -> Heard:
        """Return what the phones know."""
        self._say({"do": "tell"})
        assert self._process.stdout
        phones = cast("list[dict[str, list[str]]]", json.loads(self._process.stdout.readline()))
        return Heard(*({one for phone in phones for one in phone[key]} for key in ("made", "accepted", "held")))

    def end(self) -> None:
        """End the phones."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()

    def _say(self, order: dict[str, str]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
