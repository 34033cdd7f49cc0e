"""What everybody asks about the company: its settings, its own fields, its accounts."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import g
from msgspec import Struct
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.company.models import Account, Company, OwnField
from app.company.rules import Chart, Field, FieldKind, FieldSubject, NotSetUp, TaxStatus, split_choices
from app.kernel.clock import business_day
from app.kernel.errors import NotFound


class CompanyFacts(Struct, frozen=True):
    """The company as a request knows it: plain values, no database object."""

    name: str
    chart: Chart
    tax_status: TaxStatus
    currency: str
    time_zone: str
    locale: str
    one_person: bool
    bill_with_goods: bool
    http_full: bool
    spot_quantity: Decimal | None
    spot_percent: Decimal | None
    spot_value: Decimal | None

    def day_of(self, instant: datetime) -> date:
        """Return the company's calendar day of *instant*."""
        return business_day(instant, self.time_zone)


_FACTS = tuple(Company.__table__.c[name] for name in CompanyFacts.__struct_fields__)


def find_company(session: Session) -> CompanyFacts | None:
    """Return the company's facts; None before it is set up."""
    row = session.execute(select(*_FACTS)).one_or_none()
    return None if row is None else CompanyFacts(*row)


def get_company(session: Session) -> CompanyFacts:
    """Return the company's facts. Errors: NotSetUp."""
    found = find_company(session)
    if found is None:
        raise NotSetUp
    return found


def current_company(session: Session) -> CompanyFacts | None:
    """Return the company's facts, read once a request."""
    if "company" not in g:
        g.company = find_company(session)
    company: CompanyFacts | None = g.company
    return company


def list_fields(session: Session, subject: FieldSubject | str) -> list[Field]:
    """Return the own fields of items or partners that are in use, in their order."""
    query = (
        select(OwnField)
        .where(OwnField.subject == str(subject), OwnField.active)
        .order_by(OwnField.position, OwnField.id)
    )
    return [field_of(row) for row in session.scalars(query)]


def named_values(session: Session, subject: FieldSubject, kept: Mapping[str, Any]) -> dict[str, Any]:
    """Return the kept values of own fields by the fields' names, as people know them."""
    return {each.name: kept[each.key] for each in list_fields(session, subject) if each.key in kept}


def field_of(row: OwnField) -> Field:
    """Return the own field as forms and imports need it."""
    return Field(row.id, row.name, FieldKind(row.kind), split_choices(row.choices))


def list_all_fields(session: Session) -> list[OwnField]:
    """Return every own field, retired ones last."""
    order = (OwnField.subject, OwnField.active.desc(), OwnField.position, OwnField.id)
    return list(session.scalars(select(OwnField).order_by(*order)))


def get_field(session: Session, field_id: int) -> OwnField:
    """Return an own field, in use or not. Errors: NotFound."""
    field = session.get(OwnField, field_id)
    if field is None:
        raise NotFound
    return field


def get_account(session: Session, code: str) -> Account:
    """Return the account of this code. Errors: NotFound."""
    account = session.get(Account, code)
    if account is None:
        raise NotFound
    return account


def find_accounts(session: Session, codes: Collection[str]) -> dict[str, Account]:
    """Return the accounts of these codes, by code; those that the chart lacks are left out."""
    return {account.code: account for account in session.scalars(select(Account).where(Account.code.in_(codes)))}


def select_accounts() -> Select[Any]:
    """Return the statement of the list of accounts."""
    columns: tuple[Any, ...] = tuple(Account.__table__.columns)
    return select(*columns)
