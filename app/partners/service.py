"""Commands on partners; one that is not traded with any more is switched off, never deleted."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.company.numbers import take_numbers
from app.company.queries import named_values
from app.company.rules import FieldSubject
from app.identity.audit import audit, changes
from app.kernel.errors import RuleBroken
from app.kernel.pinyin import initials
from app.kernel.text import one_line
from app.partners.models import Partner
from app.partners.queries import find_partner_names, find_partners_by_codes, find_partners_by_credit_codes
from app.partners.rules import (
    LENGTHS,
    CreditCodeTaken,
    CreditCodeWrong,
    NoSuchPartner,
    PartnerCodeTaken,
    PartnerDraft,
    PartnerKnown,
    PartnerNameTwice,
    PartnerTwice,
    ensure_partner,
    normal_credit_code,
)

SERIES = "WL"


def add_partner(session: Session, draft: PartnerDraft, by: int, now: datetime) -> Partner:
    """Add a partner. Errors: those of ensure_partner, PartnerCodeTaken, CreditCodeTaken."""
    ensure_partner(draft)
    values = _values(draft, draft.code.strip() or _free_codes(session, 1)[0])
    partner = Partner(active=True, **values)
    with _only_owner_of(session, values):
        session.add(partner)
    audit(session, by, "partner.add", f"partner:{partner.id}", _facts(session, values), now)
    return partner


def edit_partner(session: Session, partner_id: int, draft: PartnerDraft, by: int, now: datetime) -> Partner:
    """Change a partner; an empty code keeps the one it has. Errors: as add_partner, NoSuchPartner."""
    ensure_partner(draft)
    partner = _lock(session, partner_id)
    values = _values(draft, draft.code.strip() or partner.code)
    before = {name: getattr(partner, name) for name in values}
    with _only_owner_of(session, values):
        for name, value in values.items():
            setattr(partner, name, value)
    changed = changes(_facts(session, before), _facts(session, values))
    audit(session, by, "partner.edit", f"partner:{partner.id}", changed, now)
    return partner


def set_active(session: Session, partner_id: int, active: bool, by: int, now: datetime) -> None:
    """Switch a partner on or off."""
    partner = _lock(session, partner_id)
    partner.active = active
    action = "partner.activate" if active else "partner.deactivate"
    audit(session, by, action, f"partner:{partner_id}", {"name": partner.name}, now)


def check_partners(session: Session, rows: Sequence[PartnerDraft]) -> list[list[RuleBroken]]:
    """Return the problems of each row: against the rules, against the other rows, against what is there already."""
    credit_codes = [_credit_code(row) for row in rows]
    codes = [row.code.strip() for row in rows]
    times = Counter(filter(None, codes)) + Counter(filter(None, credit_codes))
    known_codes = find_partners_by_codes(session, set(filter(None, codes)))
    known_credit_codes = find_partners_by_credit_codes(session, set(filter(None, credit_codes)))
    names = [one_line(row.name) for row in rows]
    only_named = [name for name, *codes_of in zip(names, codes, credit_codes, strict=True) if not any(codes_of)]
    name_times, known_names = Counter(only_named), find_partner_names(session, set(only_named))
    found: list[list[RuleBroken]] = []
    for row, name, code, credit_code in zip(rows, names, codes, credit_codes, strict=True):
        problems: list[RuleBroken] = []
        try:
            ensure_partner(row)
        except RuleBroken as problem:
            problems.append(problem)
        problems += [PartnerTwice(code=each) for each in (code, credit_code) if each and times[each] > 1]
        if name and not code and not credit_code and name_times[name] > 1:
            problems.append(PartnerNameTwice(name=name))
        if not code and not credit_code and name in known_names:
            problems.append(PartnerKnown(name=name))
        if code in known_codes:
            problems.append(PartnerCodeTaken(code=code, partner=known_codes[code][1]))
        if credit_code in known_credit_codes:
            problems.append(CreditCodeTaken(code=credit_code, partner=known_credit_codes[credit_code][1]))
        found.append(problems)
    return found


def add_partners(session: Session, rows: Sequence[PartnerDraft]) -> None:
    """Add partners that passed check_partners(), in one statement."""
    if not rows:
        return
    codes = iter(_free_codes(session, sum(not row.code.strip() for row in rows)))
    values = [_values(row, row.code.strip() or next(codes)) | {"active": True} for row in rows]
    session.connection().execute(insert(Partner), values)


def _lock(session: Session, partner_id: int) -> Partner:
    partner = session.scalar(select(Partner).where(Partner.id == partner_id).with_for_update())
    if partner is None:
        raise NoSuchPartner
    return partner


def _values(draft: PartnerDraft, code: str) -> dict[str, object]:
    values: dict[str, object] = {name: one_line(getattr(draft, name)) for name in LENGTHS}
    return values | {
        "code": code,
        "initials": initials(draft.name),
        "is_supplier": draft.is_supplier,
        "is_customer": draft.is_customer,
        "credit_code": normal_credit_code(draft.credit_code),
        "terms_days": draft.terms_days,
        "own_fields": dict(draft.own_fields),
    }


def _facts(session: Session, values: Mapping[str, Any]) -> dict[str, object]:
    """Return what the audit trail keeps of a partner, in words that people know."""
    facts = {name: value for name, value in values.items() if name != "initials"}
    return facts | {"own_fields": named_values(session, FieldSubject.PARTNER, values["own_fields"] or {})}


@contextmanager
def _only_owner_of(session: Session, values: dict[str, object]) -> Iterator[None]:
    """Keep what the block changes of one partner, or say who has its code or credit code."""
    try:
        with session.begin_nested():
            yield
            session.flush()
    except IntegrityError as error:
        code, credit_code = str(values["code"]), values["credit_code"]
        owner = session.scalar(select(Partner.name).where(Partner.credit_code == credit_code)) if credit_code else None
        if owner is not None and "credit_code" in str(error.orig):
            raise CreditCodeTaken(code=credit_code, partner=owner) from error
        owner = session.scalar(select(Partner.name).where(Partner.code == code))
        if owner is None:
            raise
        raise PartnerCodeTaken(code=code, partner=owner) from error


def _free_codes(session: Session, count: int) -> list[str]:
    """Return *count* partner codes that nobody has, WL00001 onwards."""
    free: list[str] = []
    while len(free) < count:
        codes = [f"{SERIES}{number:05d}" for number in take_numbers(session, SERIES, count - len(free))]
        taken = find_partners_by_codes(session, codes)
        free += [code for code in codes if code not in taken]
    return free


def _credit_code(row: PartnerDraft) -> str | None:
    try:
        return normal_credit_code(row.credit_code)
    except CreditCodeWrong:
        return None
