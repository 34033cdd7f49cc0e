"""What is typed to start an import and to say which column is which."""

from collections.abc import Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from app.imports.rules import Field

NO_COLUMN = "-1"


class UploadForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """What to import, and the file."""

    kind = SelectField(_l("What does the file hold?"), validators=[InputRequired()])
    file = FileField(_l("File"), validators=[FileRequired(_l("Choose a file."))])


def columns_form(fields: Sequence[Field], headings: Sequence[str], found: dict[str, int], heading: int) -> FlaskForm:
    """Return a form with one drop-down of the file's headings per field."""
    choices = [SelectChoice(NO_COLUMN, gettext("(not in the file)"))]
    choices += [SelectChoice(str(index), name or f"#{index + 1}") for index, name in enumerate(headings)]

    class ColumnsForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
        """Which column holds which field."""

        heading = HiddenField()

    for field in fields:
        title = gettext(field.title)
        setattr(ColumnsForm, f"column_{field.key}", SelectField(title, choices=choices))
    values = {f"column_{field.key}": str(found.get(field.key, NO_COLUMN)) for field in fields}
    return ColumnsForm(data={"heading": str(heading), **values})


def chosen_columns(form: FlaskForm, fields: Sequence[Field]) -> dict[str, int]:
    """Return the columns that were chosen, by field."""
    chosen = {field.key: int(form[f"column_{field.key}"].data) for field in fields}
    return {key: index for key, index in chosen.items() if index >= 0}
