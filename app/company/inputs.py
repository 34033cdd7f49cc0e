"""A company's own fields as inputs of another feature's form; what was typed comes back as what is kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext
from wtforms import DateField, Field, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from app.company.rules import TEXT_LENGTH, FieldKind
from app.company.rules import Field as OwnField
from app.kernel.errors import RuleBroken
from app.web.fields import Form
from app.web.words import sentence

PREFIX = "own_"


def inputs_of(fields: Sequence[OwnField]) -> dict[str, Any]:
    """Return an input for each own field, by its name in the form."""
    return {PREFIX + field.key: _input(field) for field in fields}


def shown_values(fields: Sequence[OwnField], kept: Mapping[str, str]) -> dict[str, object]:
    """Return what the inputs start with; a value is shown as it was kept."""
    return {PREFIX + field.key: kept.get(field.key, "") for field in fields}


def typed_values(form: Form, fields: Sequence[OwnField]) -> dict[str, str]:
    """Return the values to keep of a valid form, by the fields' keys."""
    values = {field.key: field.parse(_text(form[PREFIX + field.key])) for field in fields}
    return {key: value for key, value in values.items() if value}


def labelled(fields: Sequence[OwnField], kept: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return name and value of each own field, for the page of one thing."""
    return [(field.name, kept.get(field.key, "")) for field in fields]


class _DayField(DateField):  # type: ignore[misc]  # wtforms ships no types
    """A day as the browser's own picker sends it; starts with the text that is kept."""

    def _value(self) -> str:
        return str(self.data or "")


def _input(field: OwnField) -> Any:
    def fits(_form: Form, typed: Field) -> None:
        try:
            field.parse(_text(typed))
        except RuleBroken as error:
            raise ValidationError(sentence(error)) from error

    checks = [Optional(), fits]
    match field.kind:
        case FieldKind.CHOICE:
            choices = [SelectChoice("", gettext("– none –")), *map(SelectChoice, field.choices)]
            # A choice that was taken away meanwhile is refused by the field's own rule, with its sentence.
            return SelectField(field.name, [fits], choices=choices, validate_choice=False)
        case FieldKind.DATE:
            return _DayField(field.name, checks)
        case FieldKind.NUMBER:
            return StringField(field.name, checks, render_kw={"inputmode": "decimal"})
    return StringField(field.name, checks, render_kw={"maxlength": TEXT_LENGTH})


def _text(field: Field) -> str:
    return str(field.data or "")
