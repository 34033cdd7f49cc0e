"""What goods cost: the moving weighted average of an item over all its places, carried as quantity and value.

The law: the value is kept, never a rounded unit cost. Goods that leave take their share rounded to the fen, the last
piece takes the rest; what was stamped on a move is never computed again. Goods that go back at a stated cost take it
as far as the value stays at or above zero, and all of it with the last piece; the rest is the move's variance. What is
given back of goods lost or found takes its share of what was booked of them, the last piece the rest: of what is
given back wholly, not a fen stays booked.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from app.kernel.exact import MONEY_PLACES, QUANTITY_PLACES, ZERO, from_scaled, round_money, round_price, to_scaled
from app.ledger.facts import CountFact, RevaluationFact
from app.ledger.planning import Accounts, Plan, by_item, code_of
from app.ledger.rules import MissingCost, Reason, is_valued, needs_given_cost
from app.ledger.shelf import Anchor, Beyond, Line
from app.places.rules import is_internal


def share(value: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Return *part* / *whole* of *value* rounded half up to the fen, exact however large the numbers."""
    fen, some, all_of_it = (
        to_scaled(value, MONEY_PLACES),
        to_scaled(part, QUANTITY_PLACES),
        to_scaled(whole, QUANTITY_PLACES),
    )
    rounded = (2 * abs(fen) * some + all_of_it) // (2 * all_of_it)
    return from_scaled(rounded if fen >= 0 else -rounded, MONEY_PLACES)


class Cost(Struct):
    """An item's goods on hand and what they are worth; `last_price` is the last unit cost there was.

    Without one nobody knows what they cost: what lies there came beyond book and stands at nothing for now.
    """

    quantity: Decimal = ZERO
    value: Decimal = ZERO
    last_price: Decimal | None = None

    def unit(self) -> Decimal | None:
        """Return the average unit cost, else the last known one."""
        is_average = self.quantity and self.last_price is not None
        return round_price(self.value / self.quantity) if is_average else self.last_price

    def worth(self, quantity: Decimal) -> Decimal | None:
        """Return what *quantity* is worth by the average, else by the last known cost."""
        if self.last_price is None:
            return None
        return share(self.value, quantity, self.quantity) if self.quantity else round_money(self.last_price * quantity)

    def take_in(self, quantity: Decimal, value: Decimal, *, is_known: bool = True) -> None:
        """Enter goods worth *value*; not *is_known*: they stand at nothing until somebody says what they cost."""
        self._keep(self.quantity + quantity, self.value + value, is_known=is_known)

    def give_out(self, quantity: Decimal) -> Decimal:
        """Let goods go at the average; return their value."""
        value = self.value if quantity == self.quantity else share(self.value, quantity, self.quantity)
        self._keep(self.quantity - quantity, self.value - value)
        return value

    def give_out_at(self, quantity: Decimal, stated: Decimal) -> Decimal:
        """Let goods go at a stated value as far as there is that much; return what they took."""
        value = self.value if quantity == self.quantity else min(stated, self.value)
        self._keep(self.quantity - quantity, self.value - value)
        return value

    def revalue(self, amount: Decimal) -> Decimal:
        """Change the value by *amount* as far as goods are there to carry it; return what they took."""
        taken = max(amount, -self.value) if self.quantity else ZERO
        self._keep(self.quantity, self.value + taken)
        return taken

    def _keep(self, quantity: Decimal, value: Decimal, *, is_known: bool = False) -> None:
        self.quantity, self.value = quantity, value
        if quantity and (value or is_known or self.last_price is not None):
            self.last_price = round_price(value / quantity)


class Revalued(Struct):
    """A revaluation as it is written: what the goods took, and what went to cost of sales."""

    fact: RevaluationFact
    value: Decimal
    variance: Decimal
    account: str | None = None
    id: int = 0


def items_to_value(plan: Plan, revaluations: Iterable[RevaluationFact]) -> list[int]:
    """Return the items whose cost is read or changed, in the order in which they are locked."""
    moved = {line.item for line in plan.lines if is_valued(line.source, line.target)}
    return sorted(moved | {anchor.key.item for anchor in plan.anchors} | {fact.item for fact in revaluations})


def value_plan(plan: Plan, counts: Sequence[CountFact], costs: Mapping[int, Cost]) -> None:
    """Stamp a value on every move that has one and the unit cost on every count; *costs* end up as they will be."""
    for anchor in plan.anchors:
        known = costs[anchor.key.item].unit()
        anchor.unit_cost = counts[anchor.number].unit_cost if known is None else known
    missing = []
    for item, lines in by_item(plan.lines).items():
        valued = [_value(line, costs[item]) for line in lines if is_valued(line.source, line.target)]
        if not all(valued):
            missing.append(item)
    if missing:
        raise MissingCost(missing)


def _value(line: Line, cost: Cost) -> bool:
    """Stamp the line's value; False where nobody knows it."""
    if is_internal(line.source):
        _value_leaving(line, cost)
        _note_at_anchor(line)
        return True
    value = _value_of_entering(line, cost)
    if value is None:
        if line.reason in {Reason.PRIMARY, Reason.DIFFERENCE}:
            return False
        # Goods that moved though nobody knows their cost are facts all the same: worth nothing until a receipt comes.
        value = ZERO
    line.value = value
    if is_internal(line.target):
        cost.take_in(line.quantity, value, is_known=_is_known(line, value))
    if line.beyond:
        line.beyond.value = value
    _note_at_anchor(line)
    return True


def _value_leaving(line: Line, cost: Cost) -> None:
    stated = _stated_on_leaving(line, cost)
    if stated is None:
        line.value = cost.give_out(line.quantity)
        return
    line.value = cost.give_out_at(line.quantity, stated)
    line.variance = stated - line.value


def _stated_on_leaving(line: Line, cost: Cost) -> Decimal | None:
    if line.gives_back:
        return _part_given_back(line.gives_back, line.quantity)
    if line.anchor and line.reason is Reason.GIVE_BACK:
        return _given_back_at(line.anchor, line.quantity, cost, -line.anchor.lost, -line.anchor.booked)
    return line.stated


def _value_of_entering(line: Line, cost: Cost) -> Decimal | None:
    if line.stated is not None:
        return line.stated
    if needs_given_cost(line.source):
        return None
    if line.reason is Reason.GIVE_BACK and line.anchor:
        return _given_back_at(line.anchor, line.quantity, cost, line.anchor.lost, line.anchor.booked)
    worth = cost.worth(line.quantity)
    if worth is not None:
        return worth
    return _at_anchor(line.anchor, line.quantity) if line.reason is Reason.DIFFERENCE and line.anchor else None


def _is_known(line: Line, value: Decimal) -> bool:
    """Return whether somebody knows what entering goods cost; nothing is a cost only where somebody stated it."""
    return bool(value) or needs_given_cost(line.source) or line.reason is Reason.DIFFERENCE


def _at_anchor(anchor: Anchor, quantity: Decimal) -> Decimal | None:
    return None if anchor.unit_cost is None else round_money(anchor.unit_cost * quantity)


def _given_back_at(
    anchor: Anchor, quantity: Decimal, cost: Cost, outstanding: Decimal, booked: Decimal
) -> Decimal | None:
    """Return what *quantity* given back at a count is worth: of the *outstanding* goods their share of what was booked.

    What goes beyond these was no difference of that count; it has the cost that was stamped on it.
    """
    undone = min(quantity, max(outstanding, ZERO))
    part = max(share(booked, undone, outstanding), ZERO) if undone else ZERO
    beyond = quantity - undone
    if not beyond:
        return part
    worth = cost.worth(beyond) if anchor.unit_cost is None else _at_anchor(anchor, beyond)
    return None if worth is None and not undone else part + (worth or ZERO)


def _note_at_anchor(line: Line) -> None:
    """Keep what a count has lost and booked up with the line just valued."""
    if line.anchor:
        money = (line.value or ZERO) + line.variance
        line.anchor.lost += -line.quantity if is_internal(line.target) else line.quantity
        line.anchor.booked += -money if is_internal(line.target) else money


def _part_given_back(beyond: Beyond, quantity: Decimal) -> Decimal:
    """Return the stamped value's part for *quantity*; the last part takes the rest."""
    value = beyond.value or ZERO
    is_last = quantity == beyond.quantity - beyond.returned
    rest = value - beyond.given_back
    part = rest if is_last else min(share(value, quantity, beyond.quantity), rest)
    beyond.returned += quantity
    beyond.given_back += part
    return part


def revalue(facts: Iterable[RevaluationFact], costs: Mapping[int, Cost], accounts: Accounts) -> list[Revalued]:
    """Apply revaluations to *costs*; what the goods that are gone would have carried goes to cost of sales."""
    revalued = []
    for fact in facts:
        cost = costs[fact.item]
        concerned = fact.amount
        if fact.quantity is not None and cost.quantity < fact.quantity:
            concerned = share(fact.amount, cost.quantity, fact.quantity)
        taken = cost.revalue(concerned)
        account = code_of(fact.account, accounts) if fact.account else None
        revalued.append(Revalued(fact, taken, fact.amount - taken + fact.variance, account))
    return revalued
