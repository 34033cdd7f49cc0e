"""Hands that count bins, and phones with the real client code that carry the counts through a bad network."""

import json
import random
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from tests.scenarios.storm import bundled
from tests.stocktake.shop import COLA, TEA, TEA_CARTON

# What a request brings to the server, from which phone; what it is answered: status and body.
Serve = Callable[[int, str], tuple[int, str]]
PIECES = {TEA: (TEA, 1), TEA_CARTON: (TEA, 24), COLA: (COLA, 1)}


@dataclass(frozen=True)
class Act:
    """One thing that a hand does; `undoes` is the place of another act in the hand's list."""

    kind: str
    location: int
    raw: str | None = None
    quantity: str | None = None
    undoes: int | None = None


@dataclass(frozen=True)
class Told:
    """What one phone made, what it heard of each, and what it still holds."""

    ids: list[str]
    told: dict[str, str]
    held: list[str]


@dataclass(frozen=True)
class Report:
    """How a run ended; `fates` counts what became of requests."""

    phones: list[Told]
    fates: dict[str, int]


class Weather:
    """The node process that runs one story after another."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, seed: int, hands: Sequence[Mapping[str, Any]], serve: Serve) -> Report:
        """Let the *hands* (sender and acts of each phone) work in the weather of *seed*."""
        self._say({"run": {"seed": seed, "hands": hands}})
        while "report" not in (heard := self._hear()):
            status, body = serve(heard["post"]["phone"], heard["post"]["body"])
            self._say({"answer": {"status": status, "body": body}})
        told = heard["report"]
        return Report([Told(**phone) for phone in told["phones"]], told["fates"])

    def _say(self, what: Mapping[str, Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout
        return cast("dict[str, Any]", json.loads(self._process.stdout.readline()))


@contextmanager
def weather(folder: Path) -> Iterator[Weather]:
    """Start the phones."""
    command = ["node", str(bundled("weather", folder))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Weather(process)
        finally:
            process.kill()


def acts_in(bins: Sequence[int], chance: random.Random) -> list[Act]:
    """What one hand does: bin after bin opened, counted with slips and corrections, and nearly always closed."""
    acts: list[Act] = []
    for location in bins:
        acts.append(Act("open_bin", location))
        standing: list[int] = []
        for _ in range(chance.randint(1, 9)):
            match chance.randrange(5):
                case 0 if standing:
                    acts.append(Act("undo", location, undoes=standing.pop()))
                case 1:
                    standing.append(len(acts))
                    article, quantity = chance.choice([TEA, COLA]), chance.randint(0, 40)
                    acts.append(Act("set", location, article, f"{quantity}.000"))
                case _:
                    standing.append(len(acts))
                    acts.append(Act("scan", location, chance.choice(list(PIECES)), "1.000"))
        if chance.random() < 0.9:
            acts.append(Act("close_bin", location))
    return acts


def counted(acts: Sequence[Act]) -> dict[int, dict[str, int] | None]:
    """What the hand has counted in each bin, by article; None where it never closed the bin: the oracle."""
    undone = {act.undoes for act in acts}
    bins: dict[int, dict[str, int]] = {}
    closed = {act.location for act in acts if act.kind == "close_bin"}
    for place, act in enumerate(acts):
        here = bins.setdefault(act.location, {TEA: 0, COLA: 0})
        if place in undone or act.raw is None:
            continue
        article, pieces = PIECES[act.raw]
        here[article] = int(Decimal(act.quantity or 0)) if act.kind == "set" else here[article] + pieces
    return {location: here if location in closed else None for location, here in bins.items()}


def as_sent(acts: Sequence[Act]) -> list[dict[str, Any]]:
    """The acts as the phones read them."""
    return [asdict(act) for act in acts]
