"""What people type about partners."""

from collections.abc import Mapping, Sequence

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from app.company.inputs import inputs_of, shown_values, typed_values
from app.company.rules import Field
from app.kernel.errors import RuleBroken
from app.partners.models import Partner
from app.partners.rules import LENGTHS, LONGEST_TERMS, PartnerDraft, RoleMissing, normal_credit_code
from app.web.fields import Form, extended
from app.web.words import sentence

_AS_KEPT = ("is_supplier", "is_customer", "credit_code", "terms_days", *LENGTHS)


class PartnerForm(Form):
    """A partner's facts."""

    name = StringField(_l("Partner name"), [InputRequired(), Length(max=LENGTHS["name"])])
    is_supplier = BooleanField(_l("Supplier"))
    is_customer = BooleanField(_l("Customer"))
    code = StringField(
        _l("Partner code"), [Length(max=LENGTHS["code"])], description=_l("Left empty, the next free number is given.")
    )
    credit_code = StringField(
        _l("Unified social credit code"),
        description=_l("18 characters; the last one is checked."),
        render_kw={"maxlength": 40, "autocapitalize": "characters", "spellcheck": "false"},
    )
    contact = StringField(_l("Contact"), [Length(max=LENGTHS["contact"])])
    phone = StringField(
        _l("Phone"), [Length(max=LENGTHS["phone"])], render_kw={"inputmode": "tel", "autocomplete": "off"}
    )
    address = StringField(_l("Address"), [Length(max=LENGTHS["address"])])
    terms_days = IntegerField(
        _l("Payment terms in days"),
        [InputRequired(), NumberRange(0, LONGEST_TERMS)],
        default=30,
        render_kw={"inputmode": "numeric"},
    )
    note = TextAreaField(_l("Note"), [Length(max=LENGTHS["note"])], render_kw={"rows": 3})

    @classmethod
    def for_request(cls, partner: Partner | None, fields: Sequence[Field], **first: object) -> "PartnerForm":
        """Return the form of a new partner (starting with *first*) or of an existing one."""
        values = {name: getattr(partner, name) for name in _AS_KEPT} if partner else first
        shown = shown_values(fields, partner.own_fields) if partner else {}
        form: PartnerForm = extended(cls, inputs_of(fields))(data=values | shown)
        return form

    def validate_credit_code(self, field: StringField) -> None:
        """Check the code where it is typed, so that its sentence stands beside it."""
        try:
            normal_credit_code(field.data or "")
        except RuleBroken as error:
            raise ValidationError(sentence(error)) from error

    def validate_is_supplier(self, field: BooleanField) -> None:
        """Ask for at least one of the two."""
        if not (field.data or self.is_customer.data):
            raise ValidationError(sentence(RoleMissing()))

    def draft(self, fields: Sequence[Field], kept: Mapping[str, str]) -> PartnerDraft:
        """Return the partner that was typed; *kept* are the own fields' values it had, some of retired fields."""
        asked = {field.key for field in fields}
        retired = {key: value for key, value in kept.items() if key not in asked}
        return PartnerDraft(
            **{name: getattr(self, name).data or "" for name in ("credit_code", *LENGTHS)},
            is_supplier=self.is_supplier.data,
            is_customer=self.is_customer.data,
            terms_days=self.terms_days.data,
            own_fields=retired | typed_values(self, fields),
        )
