"""Commands about the company: setting it up once, its settings, its own fields."""

from collections.abc import Callable
from datetime import datetime

from msgspec.structs import asdict
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.company.charts import accounts_of
from app.company.models import Company, OwnField
from app.company.queries import field_of, get_field
from app.company.rules import (
    AlreadySetUp,
    Field,
    FieldKind,
    FieldNameTaken,
    FieldSubject,
    NotSetUp,
    Settings,
    SetUp,
    ensure_choices,
    split_choices,
)
from app.identity.audit import audit, changes
from app.identity.models import User
from app.identity.service import NewUser, create_user

# What other features put into a new company's books (units, a warehouse); filled in wiring.
on_set_up: list[Callable[[Session, SetUp], None]] = []


def set_up(session: Session, facts: SetUp, owner: NewUser, now: datetime) -> User:
    """Make the company, its chart of accounts, what features begin with, and the owner; return the owner."""
    facts.ensure()
    if session.get(Company, 1) is not None:
        raise AlreadySetUp
    session.add(Company(**asdict(facts.settings), chart=facts.chart, currency=facts.currency, set_up_at=now))
    session.add_all(accounts_of(facts.chart))
    session.flush()
    user = create_user(session, owner, None, now)
    for begin in on_set_up:
        begin(session, facts)
    audit(session, user.id, "company.set_up", "company:1", _flat(facts), now)
    session.flush()
    return user


def change_settings(session: Session, settings: Settings, by: int, now: datetime) -> None:
    """Replace the settings that may change."""
    settings.ensure()
    company = session.get(Company, 1, with_for_update=True)
    if company is None:
        raise NotSetUp
    after = asdict(settings)
    changed = changes({name: getattr(company, name) for name in after}, after)
    for name, value in after.items():
        setattr(company, name, value)
    if changed:
        audit(session, by, "company.edit", "company:1", changed, now)


def add_field(
    session: Session, subject: FieldSubject, name: str, kind: FieldKind, choices: str, by: int, now: datetime
) -> Field:
    """Add an own field to items or partners."""
    name, offered = name.strip(), split_choices(choices)
    ensure_choices(kind, offered)
    _ensure_free(session, subject, name)
    last = session.scalar(select(func.max(OwnField.position)).where(OwnField.subject == subject))
    field = OwnField(
        subject=subject, name=name, kind=kind, choices="\n".join(offered), position=0 if last is None else last + 1
    )
    session.add(field)
    session.flush()
    facts = {"subject": subject, "name": name, "kind": kind}
    audit(session, by, "own_field.add", f"own_field:{field.id}", facts, now)
    return field_of(field)


def edit_field(session: Session, field_id: int, name: str, choices: str, by: int, now: datetime) -> None:
    """Rename an own field or change what it offers; kept values stay as they are."""
    field, name, offered = get_field(session, field_id), name.strip(), split_choices(choices)
    ensure_choices(FieldKind(field.kind), offered)
    if name != field.name:
        _ensure_free(session, FieldSubject(field.subject), name)
    after = {"name": name, "choices": "\n".join(offered)}
    changed = changes({"name": field.name, "choices": field.choices}, after)
    field.name, field.choices = after["name"], after["choices"]
    if changed:
        audit(session, by, "own_field.edit", f"own_field:{field_id}", changed, now)


def use_field(session: Session, field_id: int, active: bool, by: int, now: datetime) -> None:
    """Take an own field out of forms, or bring it back; its values stay."""
    field = get_field(session, field_id)
    if field.active != active:
        field.active = active
        action = "own_field.restore" if active else "own_field.retire"
        audit(session, by, action, f"own_field:{field_id}", {"name": field.name}, now)


def _flat(facts: SetUp) -> dict[str, object]:
    return asdict(facts.settings) | {"chart": facts.chart, "currency": facts.currency}


def _ensure_free(session: Session, subject: FieldSubject, name: str) -> None:
    query = select(OwnField.id).where(OwnField.subject == subject, OwnField.name == name)
    if session.scalar(query) is not None:
        raise FieldNameTaken(name=name)
