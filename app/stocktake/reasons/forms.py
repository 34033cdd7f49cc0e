"""What people type about reasons."""

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app.stocktake.reasons.rules import LONGEST_NAME
from app.web.fields import Form


class ReasonForm(Form):
    """A new reason."""

    name = StringField(_l("New reason"), [InputRequired(_l("Enter the reason.")), Length(max=LONGEST_NAME)])
