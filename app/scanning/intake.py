"""Intake: scans come in as phones sent them and are in the record, once, when the transaction ends.

Law: the id alone says whether a scan is here already; the same id gets the same answer. Nothing a phone can send
raises: what cannot be used is kept for a person. A handful of statements, however many scans, and as few of them as
can be while the right to write is held, for all other phones wait for it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID, uuid5

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Select, Table, select
from sqlalchemy.orm import Session

from app.bulk import as_stored, insert_stored, named, one_of, padded
from app.catalog.queries import find_packs
from app.identity.grants import Present
from app.kernel.exact import round_quantity
from app.scanning.drafts import Draft, Taken, expected_kind, shown_lot
from app.scanning.lots import settle_lots
from app.scanning.meanings import RESOLVERS, Meaning, find_meanings
from app.scanning.models import Scan
from app.scanning.parse import CodeTooLong, DamagedGtin, DamagedLabel, EmptyCode, ParsedCode, parse
from app.scanning.resolvers import find_bins
from app.scanning.rules import Reason, ScanKind, happened_at, is_plausible
from app.scanning.senders import find_senders
from app.scanning.sent import SentScan, digest_of
from app.scanning.symbols import Symbology
from app.scanning.tasks import TASKS

SCAN = cast("Table", Scan.__table__)
_DAMAGED = (DamagedGtin, DamagedLabel, CodeTooLong)
_SYMBOLOGIES = {symbology.value: symbology for symbology in Symbology}
_ANSWERED = select(
    SCAN.c.id,
    SCAN.c.digest,
    SCAN.c.kind,
    SCAN.c.status,
    SCAN.c.reason,
    SCAN.c.raw,
    SCAN.c.symbology,
    SCAN.c.pack_id,
    SCAN.c.location_id,
    SCAN.c.quantity,
    SCAN.c.counted,
    SCAN.c.lot_code,
    SCAN.c.received_at,
)


class KeptBefore(Exception):
    """Some of the scans are in the record already: prepared with an eye on it they are answered as they were."""


class Batch(Struct, frozen=True):
    """Scans that came in together, looked at but not yet kept: `fresh` are new, `known` are in the record."""

    sent: Sequence[SentScan]
    kept_ids: Sequence[UUID]  # under which id each is kept
    fresh: dict[UUID, Draft]
    known: dict[UUID, Taken]

    def answers(self) -> list[Taken]:
        """Return what became of each, in order."""
        taken = self.known | {number: draft.as_taken() for number, draft in self.fresh.items()}
        return [_addressed(taken[kept], one.id) for kept, one in zip(self.kept_ids, self.sent, strict=True)]


def prepare(
    session: Session,
    sent: Sequence[SentScan],
    now: datetime,
    present: Collection[Present] = (),
    *,
    unread: bool = False,
    vouched: int | None = None,
    seems_new: bool = False,
) -> Batch:
    """Find out about *sent* all that needs no right to write: which are new, who made them, what they name.

    It may be called on a snapshot: what it does not see is settled by keep(). With *unread* the codes are not looked
    at: the scans are to be kept for a person whatever they hold. *vouched*: whoever typed them answers for it that
    this user made them; no phone did. *seems_new*: nobody asks whether they were kept before, keep() finds out; of
    all that are sent few are, and asking is a tenth of what a scan costs.
    """
    batch = _sort_out(session, sent, now, seems_new=seems_new)
    drafts = batch.fresh.values()
    for draft in drafts:
        draft.user_id = vouched
    if drafts and vouched is None:
        find_senders(session, drafts, present)
    if drafts:
        _find_bins(session, drafts)
    if unread:
        for draft in drafts:
            draft.park(Reason.FAILED)
    elif drafts:
        resolve(session, drafts)
    return batch


def keep(session: Session, batch: Batch, now: datetime) -> None:
    """Put the new scans into the record, with what their tasks say of them.

    Errors: KeptBefore, also where another transaction was quicker.
    """
    drafts = batch.fresh.values()
    _look_again(session, drafts)
    settle_lots(session, drafts)
    judge(session, drafts, now)
    if drafts:
        rows = [draft.as_row() for draft in drafts]
        columns, connection = tuple(rows[0]), session.connection()
        stored = as_stored(SCAN, columns, [row.values() for row in rows], connection.dialect)
        if insert_stored(connection, SCAN, columns, stored, once="id") != len(rows):
            raise KeptBefore


# --- once -----------------------------------------------------------------------------------------------------------


def _sort_out(session: Session, sent: Sequence[SentScan], now: datetime, *, seems_new: bool) -> Batch:
    digests = [digest_of(one) for one in sent]
    stored = {} if seems_new else _find_stored(session, {one.id for one in sent})
    ids = _kept_ids(sent, digests, {number: row.digest for number, row in stored.items()})
    moved = set(ids) - {one.id for one in sent}
    if moved and not seems_new:
        stored |= _find_stored(session, moved)
    fresh: dict[UUID, Draft] = {}
    for kept, one, digest in zip(ids, sent, digests, strict=True):
        if kept not in stored and kept not in fresh:
            fresh[kept] = _draft(one, kept, digest, now)
    return Batch(sent, ids, fresh, _answers_of(session, {number: stored[number] for number in ids if number in stored}))


def _kept_ids(sent: Sequence[SentScan], digests: Sequence[bytes], stored: dict[UUID, bytes]) -> list[UUID]:
    """Return the id under which each is kept: its own, or one made from id and content where the id is another's."""
    owners = dict(stored)
    ids = []
    for one, digest in zip(sent, digests, strict=True):
        is_its_own = owners.setdefault(one.id, digest) == digest
        ids.append(one.id if is_its_own else uuid5(one.id, digest.hex()))
    return ids


def _find_stored(session: Session, ids: Collection[UUID]) -> dict[UUID, Any]:
    wanted = padded(ids)
    return {row.id: row for row in session.execute(_by_id(len(wanted)), named("id", wanted))}


@lru_cache(maxsize=32)
def _by_id(places: int) -> Select[Any]:
    return _ANSWERED.where(one_of(SCAN.c.id, "id", places))


def _draft(sent: SentScan, kept: UUID, digest: bytes, now: datetime) -> Draft:
    occurred_at = happened_at(sent.scanned_at, sent.clock_offset_ms)
    # What came in has happened, however fast the phone's clock runs.
    draft = Draft(sent, kept, digest, min(occurred_at or now, now), now)
    if occurred_at is None or not is_plausible(occurred_at, now):
        draft.park(Reason.CLOCK_WRONG)
    return draft


def _answers_of(session: Session, known: dict[UUID, Any]) -> dict[UUID, Taken]:
    """Return the answers given before to scans that are in the record."""
    if not known:
        return {}
    packs = find_packs(session, {row.pack_id for row in known.values() if row.pack_id is not None})
    bins = find_bins(session, {row.location_id for row in known.values() if row.location_id is not None})
    return {
        row.id: Taken(
            id=row.id,
            status=row.status,
            reason=row.reason,
            bin=bins.get(row.location_id),
            pack=packs.get(row.pack_id),
            quantity=row.quantity,
            counted=row.counted,
            lot=shown_lot(packs.get(row.pack_id), row.lot_code),
            choices=_choices_again(session, row) if row.reason == Reason.AMBIGUOUS else (),
        )
        for row in known.values()
    }


def _choices_again(session: Session, row: Any) -> tuple[Meaning, ...]:
    code = parse_code(row.raw or "", row.symbology, row.received_at.date())
    kind = expected_kind(row.kind, row.location_id)
    return find_meanings(session, [code], [kind] if kind else []).get(code.text, ())


def _addressed(taken: Taken, sent_id: UUID) -> Taken:
    """Return the answer under the id that the phone knows."""
    return taken if taken.id == sent_id else replace(taken, id=sent_id)


# --- where, what ----------------------------------------------------------------------------------------------------


def _find_bins(session: Session, drafts: Iterable[Draft]) -> None:
    wanted = {draft.sent.location for draft in drafts if draft.sent.location is not None}
    bins = find_bins(session, wanted)
    for draft in drafts:
        if draft.sent.location is None:
            continue
        draft.bin = bins.get(draft.sent.location)
        if draft.bin is None:
            draft.park(Reason.UNKNOWN_BIN, f"#{draft.sent.location}")


def resolve(session: Session, drafts: Iterable[Draft]) -> None:
    """Say of each draft what its code names, at first among the kinds its step expects; park what cannot be said."""
    looking: dict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.expected is None:
            if draft.sent.kind is ScanKind.UNDO and draft.sent.undoes is None:
                draft.park(Reason.UNDO_MISSING)
        elif draft.sent.raw is None:
            draft.park(Reason.CODE_MISSING)
        else:
            draft.code = parse_code(draft.sent.raw, draft.sent.symbology, draft.received_at.date())
            looking[draft.expected].append(draft)
    for kind, group in looking.items():
        found = find_meanings(session, _codes(group), [kind])
        lost = [draft for draft in group if _take_meaning(draft, found)]
        _explain(session, lost, kind)


def _look_again(session: Session, drafts: Iterable[Draft]) -> None:
    """Resolve once more what nobody knew a moment ago: a code bound since then must not wait for a person forever."""
    lost = [draft for draft in drafts if draft.reason == Reason.UNKNOWN_CODE]
    if lost:
        for draft in lost:
            draft.reason = None
        resolve(session, lost)


def _take_meaning(draft: Draft, found: dict[str, tuple[Meaning, ...]]) -> bool:
    """Give *draft* its meaning; return whether it has none."""
    code = cast("ParsedCode", draft.code)
    if code.text not in found:
        return True
    draft.mean(found[code.text])
    draft.count()
    return False


def _explain(session: Session, lost: Sequence[Draft], expected: str) -> None:
    """Say why codes mean nothing here: they name something else, are damaged, or nobody knows them."""
    if not lost:
        return
    elsewhere = find_meanings(session, _codes(lost), [kind for kind in RESOLVERS if kind != expected])
    for draft in lost:
        code = cast("ParsedCode", draft.code)
        if code.text in elsewhere:
            draft.park(Reason.WRONG_KIND)
        elif isinstance(code.problem, EmptyCode):
            draft.park(Reason.CODE_MISSING)
        elif isinstance(code.problem, _DAMAGED):
            draft.park(Reason.DAMAGED_CODE)
        else:
            draft.park(Reason.UNKNOWN_CODE)


def _codes(drafts: Iterable[Draft]) -> list[ParsedCode]:
    return list({draft.code.text: draft.code for draft in drafts if draft.code}.values())


@lru_cache(maxsize=512)  # a bin holds few different codes, each scanned again and again
def parse_code(raw: str, symbology: str | None, day: date) -> ParsedCode:
    """Return what a scanned code says as of the *day* on which it came in."""
    return parse(raw, today=day, symbology=_SYMBOLOGIES.get(symbology or ""))


# --- the task at hand -----------------------------------------------------------------------------------------------


def judge(session: Session, drafts: Iterable[Draft], now: datetime) -> None:
    """Ask each task about those of its scans that mean something."""
    by_task: dict[tuple[str, int], list[Draft]] = defaultdict(list)
    for draft in drafts:
        if draft.task_kind not in TASKS:
            draft.park(Reason.UNKNOWN_TASK)
        if draft.reason is None:
            by_task[draft.task_kind, draft.task_id].append(draft)
    for (kind, task_id), group in by_task.items():
        verdicts = TASKS[kind].judge(session, task_id, [draft.as_new_scan() for draft in group], now)
        for draft, verdict in zip(group, verdicts, strict=True):
            # In the form in which it is kept: asked again, the answer is the same to the letter.
            draft.counted = None if verdict.counted is None else round_quantity(verdict.counted)
            if not verdict.accepted:
                draft.park(verdict.reason or Reason.FAILED)
