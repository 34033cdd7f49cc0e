"""The list of partners."""

from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.company.own_columns import holds_word, own_columns
from app.company.queries import list_fields
from app.company.rules import FieldSubject
from app.partners.models import Partner
from app.partners.queries import is_named, partner_rows
from app.web.listing import IN_USE, Column, Filter, Listing, in_use_filter


def partner_url(row: Any) -> str:
    """Return the address of the row's partner."""
    return url_for("partners.partner", partner_id=row.id)


def _roles(row: Any) -> str:
    names = [(row.is_supplier, gettext("Supplier")), (row.is_customer, gettext("Customer"))]
    return " · ".join(name for holds, name in names if holds)


_ROLES = {"supplier": Partner.is_supplier, "customer": Partner.is_customer}


def partners_listing(session: Session) -> Listing:
    """Return the list of partners."""
    fields = list_fields(session, FieldSubject.PARTNER)
    return Listing(
        name="partners",
        title=_l("Partners"),
        statement=partner_rows().add_columns(Partner.own_fields, Partner.address, Partner.note),
        columns=[
            Column("name", _l("Partner"), sort=Partner.name, link=partner_url, is_title=True),
            Column("code", _l("Partner code"), "code", sort=Partner.code),
            Column("roles", _l("Role"), label=_roles),
            Column("contact", _l("Contact"), sort=Partner.contact),
            Column("phone", _l("Phone"), "code"),
            Column("credit_code", _l("Credit code"), "code"),
            Column("terms_days", _l("Terms in days"), "quantity", sort=Partner.terms_days),
            IN_USE,
            Column("address", _l("Address"), is_extra=True),
            Column("note", _l("Note"), is_extra=True),
            *own_columns(fields),
        ],
        filters=[
            Filter(
                "role",
                _l("Role"),
                [("supplier", _l("suppliers")), ("customer", _l("customers"))],
                lambda value: _ROLES[value].is_(True),
            ),
            in_use_filter(Partner.active),
        ],
        order=(Partner.active.desc(), Partner.name, Partner.id),
        search_clause=lambda word: is_named(word) | holds_word(Partner.own_fields, fields, word),
        empty=_l("Add a supplier or a customer, or import your list from a spreadsheet."),
    )
