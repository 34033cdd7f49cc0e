"""The ledgers' tables. Facts are append-only and sealed by their posting's row; balances and costs are kept beside.

Law: only `app.ledger.service` writes here. A posting's moves, entries, revaluations and counts are written first and
its own row last: from then on the database takes no further line of it (see `seals`).
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, event, insert, text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import Table

from app.company.rules import ACCOUNTS, CONTROL_ROLES
from app.db import Base, BigId, Money, Price, Quantity, UtcDateTime, word
from app.ledger.rules import LINES, Reason
from app.ledger.seals import attach_seals
from app.places.rules import End
from app.triggers import append_only

_FIRST_OWN = max(End)
_CONTROL = ", ".join(sorted({f"'{codes[role]}'" for codes in ACCOUNTS.values() for role in CONTROL_ROLES}))


def _posting() -> Mapped[int]:
    # Deferred: a posting's lines are written before the row that seals them. When that row comes, SQLite looks for the
    # lines that waited for it, so the column has an index; no other reference may be deferred (each would be a scan).
    return mapped_column(BigId, ForeignKey("ledger_posting.seq", deferrable=True, initially="DEFERRED"), index=True)


def _line_id() -> CheckConstraint:
    return CheckConstraint(f"id / {LINES} = posting_seq", name="id_of_posting")


class Posting(Base):
    """One business fact entered into the ledgers at once; `seq` is the order of everything, without gaps."""

    __tablename__ = "ledger_posting"

    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(40), index=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    effective_on: Mapped[date] = mapped_column(index=True)
    reverses: Mapped[int | None] = mapped_column(ForeignKey("ledger_posting.seq"), unique=True)
    seal: Mapped[str] = mapped_column(String(64))  # over all this says and the seal before: see `chain`

    __table_args__ = (
        CheckConstraint("seq > 0", name="seq"),
        CheckConstraint("length(digest) = 64", name="digest"),
        CheckConstraint("reverses < seq", name="reverses_earlier"),
    )


class CountAnchor(Base):
    """What was counted of an item (lot) in a place at an instant, and what the books said of that instant then."""

    __tablename__ = "ledger_anchor"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    posting_seq: Mapped[int] = _posting()
    key: Mapped[str] = mapped_column(String(200), unique=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    counted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    uncertainty_ms: Mapped[int]
    counted: Mapped[Decimal] = mapped_column(Quantity)
    book: Mapped[Decimal] = mapped_column(Quantity)
    unit_cost: Mapped[Decimal | None] = mapped_column(Price)

    __table_args__ = (
        UniqueConstraint("item_id", "lot_id", "location_id", "counted_at"),
        _line_id(),
        CheckConstraint(f"location_id > {_FIRST_OWN}", name="own_place"),
        CheckConstraint("counted >= 0 and uncertainty_ms >= 0 and unit_cost >= 0", name="not_negative"),
        Index("ix_ledger_anchor_location", "location_id", "counted_at"),
    )


class Move(Base):
    """A quantity of an item (lot) leaving one place, entering another; `value` is stamped once and for all.

    `line`: the document's line it was given as; None where the ledger derived it. Such a move names its `cause_id`
    and either the count behind which that came late (`anchor_id`) or the beyond-book move it gives back.
    `variance`: what the far end was stated at beyond the value that the goods could take or give.
    """

    __tablename__ = "ledger_move"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    posting_seq: Mapped[int] = _posting()
    line: Mapped[int | None]
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"))
    source_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    target_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    occurred_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[Reason] = mapped_column(word(Reason))
    value: Mapped[Decimal | None] = mapped_column(Money)
    variance: Mapped[Decimal] = mapped_column(Money)
    account: Mapped[str | None] = mapped_column(ForeignKey("account.code"))
    cause_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_move.id"))
    anchor_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_anchor.id"))
    gives_back_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_move.id"))

    __table_args__ = (
        _line_id(),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("source_id <> target_id", name="two_places"),
        CheckConstraint(
            f"(source_id > {_FIRST_OWN} and target_id > {_FIRST_OWN}) = (value is null)", name="valued_at_the_ends"
        ),
        CheckConstraint("value >= 0 and (value is not null or variance = 0)", name="value"),
        CheckConstraint("(reason = 'primary') = (line is not null)", name="line_of_document"),
        CheckConstraint(f"reason = 'primary' or {End.LOSS} in (source_id, target_id)", name="derived_against_loss"),
        CheckConstraint(
            "case reason"
            " when 'primary' then cause_id is null and anchor_id is null and gives_back_id is null"
            f" when 'beyond_book' then source_id = {End.LOSS} and cause_id is not null"
            " and anchor_id is null and gives_back_id is null"
            " when 'difference' then cause_id is null and anchor_id is not null and gives_back_id is null"
            " else cause_id is not null and (anchor_id is null) <> (gives_back_id is null) end",
            name="says_why",
        ),
        # Only the places of our own are ever asked for; the virtual ends would fill the indexes.
        Index(
            "ix_ledger_move_source",
            *("item_id", "lot_id", "source_id", "occurred_at"),
            postgresql_where=text(f"source_id > {_FIRST_OWN}"),
            sqlite_where=text(f"source_id > {_FIRST_OWN}"),
        ),
        Index(
            "ix_ledger_move_target",
            *("item_id", "lot_id", "target_id", "occurred_at"),
            postgresql_where=text(f"target_id > {_FIRST_OWN}"),
            sqlite_where=text(f"target_id > {_FIRST_OWN}"),
        ),
        Index(
            "ix_ledger_move_beyond_book",
            *("item_id", "lot_id", "target_id", "occurred_at"),
            postgresql_where=text("reason = 'beyond_book'"),
            sqlite_where=text("reason = 'beyond_book'"),
        ),
        # A late move is given back once behind each count, and once for each beyond-book move it explains.
        Index(
            "uq_ledger_move_anchor_id_cause_id",
            *("anchor_id", "cause_id"),
            unique=True,
            postgresql_where=text("anchor_id is not null"),
            sqlite_where=text("anchor_id is not null"),
        ),
        Index(
            "uq_ledger_move_gives_back_id_cause_id",
            *("gives_back_id", "cause_id"),
            unique=True,
            postgresql_where=text("gives_back_id is not null"),
            sqlite_where=text("gives_back_id is not null"),
        ),
    )


class Revaluation(Base):
    """Value of an item's goods changed without quantity: `value` went to the goods, `variance` to cost of sales."""

    __tablename__ = "ledger_revaluation"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    posting_seq: Mapped[int] = _posting()
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    value: Mapped[Decimal] = mapped_column(Money)
    variance: Mapped[Decimal] = mapped_column(Money)
    account: Mapped[str | None] = mapped_column(ForeignKey("account.code"))

    __table_args__ = (_line_id(),)


class Entry(Base):
    """One line of a posting in the money ledger; `derived` where it follows from the goods."""

    __tablename__ = "ledger_entry"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    posting_seq: Mapped[int] = _posting()
    account: Mapped[str] = mapped_column(ForeignKey("account.code"))
    debit: Mapped[Decimal] = mapped_column(Money)
    credit: Mapped[Decimal] = mapped_column(Money)
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    due_on: Mapped[date | None]
    derived: Mapped[bool]

    __table_args__ = (
        _line_id(),
        CheckConstraint("debit >= 0 and credit >= 0 and (debit > 0) <> (credit > 0)", name="one_side"),
        CheckConstraint(
            f"account not in ({_CONTROL}) or (partner_id is not null and due_on is not null)", name="owed_by_whom"
        ),
        Index("ix_ledger_entry_account", "account", "id"),
        Index(
            "ix_ledger_entry_partner",
            *("partner_id", "account", "due_on"),
            postgresql_where=text("partner_id is not null"),
            sqlite_where=text("partner_id is not null"),
        ),
    )


class Balance(Base):
    """On hand of an item (lot) in a place, kept with every posting; the instants tell which facts come late."""

    __tablename__ = "ledger_balance"

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True, autoincrement=False)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True, autoincrement=False)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), primary_key=True, autoincrement=False)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    last_moved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_anchor_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_beyond_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("quantity >= 0", name="not_negative"),
        CheckConstraint(f"location_id > {_FIRST_OWN}", name="own_place"),
        Index("ix_ledger_balance_location", "location_id"),
        {"postgresql_with": {"fillfactor": "70"}},  # rows change all the time: leave room for their next version
    )


class Cost(Base):
    """What an item's goods are worth together, kept with every posting."""

    __tablename__ = "ledger_cost"

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True, autoincrement=False)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    value: Mapped[Decimal] = mapped_column(Money)
    last_price: Mapped[Decimal | None] = mapped_column(Price)

    __table_args__ = (
        CheckConstraint("quantity >= 0 and value >= 0 and last_price >= 0", name="not_negative"),
        CheckConstraint("quantity > 0 or value = 0", name="nothing_is_worth_nothing"),
        {"postgresql_with": {"fillfactor": "70"}},
    )


class Counter(Base):
    """The one row that orders postings: the last number given, and the first day that takes any."""

    __tablename__ = "ledger_counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigId)
    open_from: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        {"postgresql_with": {"fillfactor": "20"}},
    )


class PeriodClosing(Base):
    """The books were closed up to a day; `after_seq` is the last posting before that."""

    __tablename__ = "ledger_period"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    until: Mapped[date] = mapped_column(unique=True)
    after_seq: Mapped[int] = mapped_column(BigId)
    by: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    seal: Mapped[str] = mapped_column(String(64))


FACTS = (Move, Revaluation, Entry, CountAnchor)


def seed_counter(table: Table, connection: Connection, **_: Any) -> None:
    """Put the counter's one row."""
    connection.execute(insert(table), [{"id": 1, "seq": 0, "open_from": None}])


event.listen(Counter.__table__, "after_create", seed_counter)
for _table in (Posting, *FACTS, PeriodClosing):
    append_only(_table.__table__)
attach_seals(Base.metadata)
