"""The naive model: physical acts alone, played in the order in which they happened. It knows no books."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from app.ledger.rules import Key
from app.places.rules import is_internal


@dataclass(frozen=True)
class Act:
    """Goods were carried from one place to another, or counted (`counted` set) in the target, at a minute."""

    minute: int
    item: int
    lot: int
    source: int
    target: int
    quantity: Decimal = Decimal(0)
    counted: Decimal | None = None


def shelves_after(acts: Iterable[Act]) -> dict[Key, Decimal]:
    """What lies where once these acts have happened, whatever was there unknown to us.

    Goods that were taken must have been there; so a place never goes below nothing. A count says what is there, after
    everything else of its minute.
    """
    shelves: dict[Key, Decimal] = defaultdict(Decimal)
    for _, together in groupby(sorted(acts, key=lambda act: act.minute), key=lambda act: act.minute):
        happened = list(together)
        touched = set()
        for act in happened:
            if act.counted is not None:
                continue
            if is_internal(act.source):
                key = Key(act.item, act.lot, act.source)
                shelves[key] -= act.quantity
                touched.add(key)
            if is_internal(act.target):
                shelves[Key(act.item, act.lot, act.target)] += act.quantity
        for key in touched:
            shelves[key] = max(shelves[key], Decimal(0))
        for act in happened:
            if act.counted is not None:
                shelves[Key(act.item, act.lot, act.target)] = act.counted
    return {key: quantity for key, quantity in shelves.items() if quantity}
