"""What is asked about partners."""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.bulk import in_parts
from app.partners.models import Partner
from app.partners.rules import NoSuchPartner


def get_partner(session: Session, partner_id: int) -> Partner:
    """Return the partner. Errors: NoSuchPartner."""
    partner = session.get(Partner, partner_id)
    if partner is None:
        raise NoSuchPartner
    return partner


def find_partners_by_codes(session: Session, codes: Collection[str]) -> dict[str, tuple[int, str]]:
    """Return id and name of the partners of these codes."""
    return _by(session, Partner.code, codes)


def find_partners_by_credit_codes(session: Session, codes: Collection[str]) -> dict[str, tuple[int, str]]:
    """Return id and name of the partners of these credit codes."""
    return _by(session, Partner.credit_code, codes)


def find_partner_names(session: Session, names: Collection[str]) -> set[str]:
    """Return those of *names* that a partner has."""
    return {
        name for part in in_parts(names) for name in session.scalars(select(Partner.name).where(Partner.name.in_(part)))
    }


def partner_rows() -> Select[*tuple[Any, ...]]:
    """Return the statement of the list of partners."""
    return select(
        Partner.id,
        Partner.code,
        Partner.name,
        Partner.is_supplier,
        Partner.is_customer,
        Partner.contact,
        Partner.phone,
        Partner.terms_days,
        Partner.credit_code,
        Partner.active,
    )


def is_named(word: str) -> ColumnElement[bool]:
    """Return the clause that keeps partners which *word* names."""
    columns = (Partner.name, Partner.code, Partner.initials, Partner.contact, Partner.phone, Partner.credit_code)
    return or_(*(column.icontains(word, autoescape=True) for column in columns))


def _by(session: Session, column: InstrumentedAttribute[Any], codes: Iterable[str]) -> dict[str, tuple[int, str]]:
    statement = select(Partner.id, Partner.name, column)
    rows = (row for part in in_parts(codes) for row in session.execute(statement.where(column.in_(part))))
    return {str(code): (number, name) for number, name, code in rows}
