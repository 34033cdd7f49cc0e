"""The fingerprint of what was asked to be posted: equal content, equal digest, however it was written down."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal

from app.kernel.exact import MONEY_PLACES, PRICE_PLACES, QUANTITY_PLACES, to_scaled
from app.ledger.facts import CountFact, Draft, EntryFact, MoveFact, RevaluationFact


def digest(draft: Draft) -> str:
    """Return the SHA-256 of a draft's content; who posts it when, and on which day, are no part of it.

    Errors: TooPrecise, TooLarge for numbers that the books cannot carry.
    """
    content = (
        draft.kind,
        draft.reverses,
        _texts(_move(move) for move in draft.moves),
        _texts(_revaluation(fact) for fact in draft.revaluations),
        _texts(_entry(fact) for fact in draft.entries),
        _texts(_count(fact) for fact in draft.counts),
    )
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _texts(parts: Iterable[tuple[object, ...]]) -> tuple[str, ...]:
    return tuple("|".join(map(str, part)) for part in parts)


def _move(fact: MoveFact) -> tuple[object, ...]:
    return (
        fact.item,
        fact.lot,
        int(fact.source),
        int(fact.target),
        to_scaled(fact.quantity, QUANTITY_PLACES),
        _instant(fact.occurred_at),
        _money(fact.value),
        _money(fact.variance),
        fact.account,
    )


def _revaluation(fact: RevaluationFact) -> tuple[object, ...]:
    content = (fact.item, _money(fact.amount), _quantity(fact.quantity), fact.account)
    # Left out where there is none, so that what was posted before it was told apart is still the same.
    return (*content, _money(fact.variance)) if fact.variance else content


def _entry(fact: EntryFact) -> tuple[object, ...]:
    return fact.account, _money(fact.debit), _money(fact.credit), fact.partner, fact.due_on


def _count(fact: CountFact) -> tuple[object, ...]:
    # What was expected of the books is a condition, not content: the same count may be approved anew.
    unit_cost = None if fact.unit_cost is None else to_scaled(fact.unit_cost, PRICE_PLACES)
    return (
        fact.key,
        fact.item,
        fact.lot,
        fact.location,
        _quantity(fact.counted),
        _instant(fact.counted_at),
        fact.uncertainty_ms,
        unit_cost,
    )


def _instant(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()


def _money(amount: Decimal | None) -> int | None:
    return None if amount is None else to_scaled(amount, MONEY_PLACES)


def _quantity(quantity: Decimal | None) -> int | None:
    return None if quantity is None else to_scaled(quantity, QUANTITY_PLACES)
