"""Reads files of published valuation cases, and says of each case whether our cost method is the one it is about.

The form: {"valuation": [{"id", "method", "events": [{"type", "qty", "unit_cost", "value"}], "exact": {"closing_qty",
"closing_value", "cogs_total", "out_values", "after_each_event": [{"qty", "value"}]}}]}. Our method is MOVING_AVG with
stock that stays at or above zero and with values in fen.
"""

import json
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

METHOD = "MOVING_AVG"
EVENTS = frozenset({"in", "out", "return_in_at_avg", "return_out"})
FEN = Decimal("0.01")


@dataclass(frozen=True)
class Event:
    """Goods came or left; `value` is money for the whole of it where the case says what they cost."""

    kind: str
    quantity: Decimal
    value: Decimal | None


@dataclass(frozen=True)
class Case:
    """A published case: its events, and quantity and value after each of them, exact and unrounded."""

    name: str
    events: tuple[Event, ...]
    after: tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True)
class Cases:
    """What a file holds: cases of our method, and why each other one is left out."""

    taken: tuple[Case, ...]
    left_out: dict[str, str]


def read_cases(path: Path) -> Cases:
    """Read a file of cases."""
    taken, left_out = [], {}
    for raw in json.loads(path.read_text(encoding="utf-8"))["valuation"]:
        reason = _why_not(raw)
        if reason:
            left_out[raw["id"]] = reason
        else:
            taken.append(_case(raw))
    return Cases(tuple(taken), left_out)


def _why_not(raw: dict[str, Any]) -> str | None:
    if raw["method"] != METHOD:
        return f"method {raw['method']}: the ledger values by moving average"
    unknown = sorted({event["type"] for event in raw["events"]} - EVENTS)
    if unknown:
        return f"events {', '.join(unknown)}: no facts of the ledger"
    after = raw["exact"]["after_each_event"]
    if any(Decimal(each["qty"]) < 0 or Decimal(each["value"]) < 0 for each in after):
        return "stock below zero: the ledger brings what lacks in beyond book instead"
    return None


def _case(raw: dict[str, Any]) -> Case:
    after = tuple((Decimal(each["qty"]), Decimal(each["value"])) for each in raw["exact"]["after_each_event"])
    return Case(raw["id"], tuple(_event(each) for each in raw["events"]), after)


def _event(raw: dict[str, Any]) -> Event:
    quantity = Decimal(raw["qty"])
    if "value" in raw:
        return Event(raw["type"], quantity, Decimal(raw["value"]))
    cost = raw.get("unit_cost")
    return Event(raw["type"], quantity, None if cost is None else to_fen(quantity * Decimal(cost)))


def to_fen(amount: Decimal) -> Decimal:
    """Return an amount rounded half up to the fen."""
    return amount.quantize(FEN, ROUND_HALF_UP)
