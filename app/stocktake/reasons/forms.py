"""What people type about reasons."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app.stocktake.reasons.rules import LONGEST_NAME


class ReasonForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """A new reason."""

    name = StringField(_l("New reason"), [InputRequired(_l("Enter the reason.")), Length(max=LONGEST_NAME)])
