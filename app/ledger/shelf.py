"""One balance key on the line of time: what late, short and counted goods make the ledger add.

The law: whatever the order in which facts arrive, the books are what playing them in the order in which they
happened gives. Three kinds of derived moves, all against *loss*, keep it so:

- goods leave that the books do not have: what lacks comes in first, where the books run out (beyond book);
- goods come in that explain such a lack later in time: it is given back, the earliest first;
- a count is behind a late fact: the count already saw it, so its part is given back at that count's instant.

Pure arithmetic over what the caller loaded; a shelf without history serves facts that arrive in order.
"""

from bisect import bisect_right, insort
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter

from msgspec import Struct, field

from app.kernel.exact import ZERO
from app.ledger.rules import Key, Reason
from app.places.rules import End

# A count closes its instant: moves of the same instant come before it.
Moment = tuple[datetime, int]
MOVED, COUNTED = 0, 1


class Anchor(Struct, eq=False):
    """A count as the ledger keeps it; `id` is known once it is numbered.

    `lost` and `booked`: what went to *loss* at this count, less what came from there, and the money of it.
    """

    key: Key
    counted_at: datetime
    unit_cost: Decimal | None
    id: int = 0
    number: int = 0  # of the count among those given
    counted: Decimal = ZERO
    book: Decimal = ZERO
    lost: Decimal = ZERO
    booked: Decimal = ZERO


class Beyond(Struct, eq=False):
    """Goods that came in beyond book and are not all explained yet."""

    at: datetime
    open: Decimal
    quantity: Decimal
    value: Decimal | None = None
    returned: Decimal = ZERO  # quantity valued on its way back, and its money
    given_back: Decimal = ZERO
    id: int = 0


class Line(Struct, eq=False):
    """A move about to be written."""

    item: int
    lot: int
    source: int
    target: int
    quantity: Decimal
    occurred_at: datetime
    reason: Reason = Reason.PRIMARY
    number: int | None = None  # of the move among those given
    stated: Decimal | None = None
    variance: Decimal = ZERO
    account: str | None = None
    cause: "Line | None" = None
    anchor: Anchor | None = None
    gives_back: Beyond | None = None
    beyond: Beyond | None = None  # what a beyond-book line brought in
    value: Decimal | None = None
    id: int = 0


class Shelf(Struct):
    """The balance of a key, with as much of its history as late facts need."""

    key: Key
    quantity: Decimal = ZERO
    last_moved_at: datetime | None = None
    last_anchor_at: datetime | None = None
    last_beyond_at: datetime | None = None
    anchors: list[Anchor] = field(default_factory=list)
    beyond: list[Beyond] = field(default_factory=list)
    changes: list[tuple[datetime, Decimal]] = field(default_factory=list)

    def sort(self) -> None:
        """Bring a history just loaded into the order of time."""
        self.anchors.sort(key=lambda anchor: anchor.counted_at)
        self.beyond.sort(key=lambda beyond: (beyond.at, beyond.id))
        self.changes.sort(key=itemgetter(0))

    def take_in(self, cause: Line, moment: Moment) -> list[Line]:
        """Enter the goods of *cause*; return what is given back because of them."""
        anchor = self._anchor_behind(moment)
        rest = cause.quantity
        self._change(moment[0], rest)
        companions = []
        for beyond in self.beyond:
            if rest and beyond.open and (beyond.at, MOVED) >= moment and (not anchor or beyond.at <= anchor.counted_at):
                part = min(rest, beyond.open)
                beyond.open -= part
                rest -= part
                companions.append(self._to_loss(part, beyond.at, cause, gives_back=beyond))
        if rest and anchor:
            companions.append(self._to_loss(rest, anchor.counted_at, cause, anchor=anchor))
        return companions

    def give_out(self, cause: Line, moment: Moment) -> list[Line]:
        """Let the goods of *cause* go; return what a count behind them or a lack of goods brings in."""
        anchor = self._anchor_behind(moment)
        self._change(moment[0], -cause.quantity)
        if anchor:
            line = self._from_loss(cause.quantity, anchor.counted_at, Reason.GIVE_BACK, cause)
            line.anchor = anchor
            return [line]
        return [self._bring_beyond_book(lack, at, cause) for at, lack in list(self._run_outs(moment[0]))]

    def book_at(self, instant: datetime) -> Decimal:
        """Return what the books say lay here at *instant*, by when goods moved."""
        return self.quantity - sum((change for at, change in self._after(instant)), ZERO)

    def count(self, anchor: Anchor) -> list[Line]:
        """Enter a count; return the difference move, if there is one, and what follows from it."""
        while any(other.counted_at == anchor.counted_at for other in self.anchors):
            anchor.counted_at += datetime.resolution  # of two counts in one instant the later recorded comes later
        moment = (anchor.counted_at, COUNTED)
        anchor.book = self.book_at(anchor.counted_at)
        difference = anchor.counted - anchor.book
        lines = []
        if difference:
            line = self._line(difference > 0, abs(difference), anchor.counted_at, Reason.DIFFERENCE)
            line.anchor = anchor
            follow = self.take_in if difference > 0 else self.give_out
            lines = [line, *follow(line, moment)]
        insort(self.anchors, anchor, key=lambda other: other.counted_at)
        self.last_anchor_at = max(self.last_anchor_at or anchor.counted_at, anchor.counted_at)
        return lines

    def is_in_order(self, instant: datetime) -> bool:
        """Return whether nothing known of this key happened after *instant*, and no count at it or after."""
        return not (
            (self.last_moved_at and instant < self.last_moved_at)
            or (self.last_anchor_at and instant <= self.last_anchor_at)
        )

    def is_after_all_lacks(self, instant: datetime) -> bool:
        """Return whether goods coming in at *instant* explain no count and nothing beyond book."""
        return not (
            (self.last_anchor_at and instant <= self.last_anchor_at)
            or (self.last_beyond_at and instant <= self.last_beyond_at)
        )

    def _anchor_behind(self, moment: Moment) -> Anchor | None:
        return next((anchor for anchor in self.anchors if (anchor.counted_at, COUNTED) >= moment), None)

    def _after(self, instant: datetime) -> list[tuple[datetime, Decimal]]:
        return self.changes[bisect_right(self.changes, instant, key=itemgetter(0)) :]

    def _run_outs(self, instant: datetime) -> Iterator[tuple[datetime, Decimal]]:
        """Yield where the books fall below zero from *instant* on, and by how much more than before."""
        level = self.book_at(instant)
        lowest = ZERO
        if level < lowest:
            yield instant, lowest - level
            lowest = level
        for at, changes in groupby(self._after(instant), key=itemgetter(0)):
            level += sum((change for _, change in changes), ZERO)
            if level < lowest:
                yield at, lowest - level
                lowest = level

    def _bring_beyond_book(self, lack: Decimal, at: datetime, cause: Line) -> Line:
        line = self._from_loss(lack, at, Reason.BEYOND_BOOK, cause)
        line.beyond = Beyond(at, lack, lack)
        insort(self.beyond, line.beyond, key=lambda beyond: beyond.at)
        self.last_beyond_at = max(self.last_beyond_at or at, at)
        return line

    def _from_loss(self, quantity: Decimal, at: datetime, reason: Reason, cause: Line) -> Line:
        self._change(at, quantity)
        line = self._line(True, quantity, at, reason)
        line.cause = cause
        return line

    def _to_loss(
        self,
        quantity: Decimal,
        at: datetime,
        cause: Line,
        anchor: Anchor | None = None,
        gives_back: Beyond | None = None,
    ) -> Line:
        self._change(at, -quantity)
        line = self._line(False, quantity, at, Reason.GIVE_BACK)
        line.cause, line.anchor, line.gives_back = cause, anchor, gives_back
        return line

    def _line(self, incoming: bool, quantity: Decimal, at: datetime, reason: Reason) -> Line:
        ends = (End.LOSS.value, self.key.location) if incoming else (self.key.location, End.LOSS.value)
        return Line(self.key.item, self.key.lot, *ends, quantity, at, reason)

    def _change(self, at: datetime, change: Decimal) -> None:
        self.quantity += change
        insort(self.changes, (at, change), key=itemgetter(0))
        if self.last_moved_at is None or at > self.last_moved_at:
            self.last_moved_at = at
