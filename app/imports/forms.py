"""What is typed to start an import and to say which column is which."""

from collections.abc import Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from app.imports.rules import Field
from app.web.fields import Form, extended

NO_COLUMN = "-1"


class UploadForm(Form):
    """What to import, and the file."""

    kind = SelectField(_l("What does the file hold?"), validators=[InputRequired()])
    file = FileField(_l("File"), validators=[FileRequired(_l("Choose a file."))])


class ColumnsForm(Form):
    """Which column holds which field: a drop-down for each field joins this form for a request."""

    heading = HiddenField()


def columns_form(fields: Sequence[Field], headings: Sequence[str], found: dict[str, int], heading: int) -> ColumnsForm:
    """Return the form with one drop-down of the file's headings per field."""
    choices = [SelectChoice(NO_COLUMN, gettext("(not in the file)"))]
    choices += [SelectChoice(str(index), name or f"#{index + 1}") for index, name in enumerate(headings)]
    inputs = {_input(field): SelectField(gettext(field.title), choices=choices) for field in fields}
    values = {_input(field): str(found.get(field.key, NO_COLUMN)) for field in fields}
    form: ColumnsForm = extended(ColumnsForm, inputs)(data={"heading": str(heading), **values})
    return form


def chosen_columns(form: ColumnsForm, fields: Sequence[Field]) -> dict[str, int]:
    """Return the columns that were chosen, by field."""
    chosen = {field.key: int(form[_input(field)].data) for field in fields}
    return {key: index for key, index in chosen.items() if index >= 0}


def _input(field: Field) -> str:
    return f"column_{field.key}"
