"""From the given facts to every move they mean: the primary ones and those the shelves derive."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from app.company.rules import AccountRole
from app.ledger.facts import Account, CountFact, MoveFact
from app.ledger.rules import CountOutdated, Key, Reason
from app.ledger.shelf import MOVED, Anchor, Line, Shelf
from app.places.rules import is_internal

Accounts = Mapping[AccountRole, str]


class Plan(Struct, frozen=True):
    """The moves in the order in which they are valued and written, and the counts."""

    lines: list[Line]
    anchors: list[Anchor]

    def values(self, given: int) -> tuple[Decimal | None, ...]:
        """Return what the given moves were valued at, in the order in which they were given."""
        values: list[Decimal | None] = [None] * given
        for line in self.lines:
            if line.number is not None:
                values[line.number] = line.value
        return tuple(values)


def keys_of(moves: Sequence[MoveFact], counts: Sequence[CountFact]) -> list[Key]:
    """Return the balances these facts touch, in the order in which they are locked."""
    keys = {Key(count.item, count.lot, count.location) for count in counts}
    for move in moves:
        for place in (move.source, move.target):
            if is_internal(place):
                keys.add(Key(move.item, move.lot, place))
    return sorted(keys)


def late_keys(
    moves: Sequence[MoveFact], counts: Sequence[CountFact], shelves: Mapping[Key, Shelf]
) -> dict[Key, datetime]:
    """Return the keys whose history is needed, each with the instant from which on."""
    since: dict[Key, datetime] = {}
    latest = _latest_acts(moves, counts)
    for key, at, incoming in _legs(moves, counts):
        shelf = shelves[key]
        in_order = shelf.is_after_all_lacks(at) if incoming else shelf.is_in_order(at) and at >= latest[key]
        if not in_order:
            since[key] = min(at, since.get(key, at))
    return since


def _legs(moves: Sequence[MoveFact], counts: Sequence[CountFact]) -> Iterator[tuple[Key, datetime, bool]]:
    for move in moves:
        if is_internal(move.source):
            yield Key(move.item, move.lot, move.source), move.occurred_at, False
        if is_internal(move.target):
            yield Key(move.item, move.lot, move.target), move.occurred_at, True
    for count in counts:
        yield Key(count.item, count.lot, count.location), count.counted_at, False


def _latest_acts(moves: Sequence[MoveFact], counts: Sequence[CountFact]) -> dict[Key, datetime]:
    latest: dict[Key, datetime] = {}
    for key, at, _ in _legs(moves, counts):
        latest[key] = max(at, latest.get(key, at))
    return latest


def plan(
    moves: Sequence[MoveFact], counts: Sequence[CountFact], shelves: Mapping[Key, Shelf], accounts: Accounts
) -> Plan:
    """Play the facts in the order in which they happened; the shelves end up as the books will be."""
    lines: list[Line] = []
    for line in _primary_lines(moves, accounts):
        lines.append(line)
        moment = (line.occurred_at, MOVED)
        if is_internal(line.source):
            lines += shelves[Key(line.item, line.lot, line.source)].give_out(line, moment)
        if is_internal(line.target):
            lines += shelves[Key(line.item, line.lot, line.target)].take_in(line, moment)
    anchors = []
    for number, count in sorted(enumerate(counts), key=lambda pair: pair[1].counted_at):
        key = Key(count.item, count.lot, count.location)
        anchor = Anchor(key, count.counted_at, count.unit_cost, number=number, counted=count.counted)
        lines += shelves[key].count(anchor)
        anchors.append(anchor)
    _ensure_as_approved(anchors, counts)
    lines.sort(key=_rank)
    return Plan(lines, anchors)


def _primary_lines(moves: Sequence[MoveFact], accounts: Accounts) -> list[Line]:
    lines = [
        Line(
            move.item,
            move.lot,
            move.source,
            move.target,
            move.quantity,
            move.occurred_at,
            number=number,
            stated=move.value,
            variance=move.variance,
            account=code_of(move.account, accounts) if move.account else None,
        )
        for number, move in enumerate(moves)
    ]
    # Moves of one instant: goods come, go round, leave.
    lines.sort(key=lambda line: (line.occurred_at, is_internal(line.source), not is_internal(line.target)))
    return lines


def _rank(line: Line) -> int:
    """Order for valuing: goods with a known cost come in, then others, then go round, then leave."""
    if not is_internal(line.source):
        return 0 if line.reason is Reason.PRIMARY else 1
    return 2 if is_internal(line.target) else 3


def _ensure_as_approved(anchors: Sequence[Anchor], counts: Sequence[CountFact]) -> None:
    outdated = {}
    for anchor in anchors:
        count = counts[anchor.number]
        difference = anchor.counted - anchor.book
        if count.expected_difference is not None and count.expected_difference != difference:
            outdated[count.key] = difference
    if outdated:
        raise CountOutdated(outdated)


def code_of(account: Account, accounts: Accounts) -> str:
    """Return the code of a role in the company's chart; a code stands for itself."""
    return accounts[account] if isinstance(account, AccountRole) else account


def by_item(lines: Sequence[Line]) -> dict[int, list[Line]]:
    """Return the lines of each item, in their order."""
    grouped: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        grouped[line.item].append(line)
    return grouped
