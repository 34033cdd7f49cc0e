"""What is typed to close the books."""

from flask_babel import lazy_gettext as _l
from wtforms import DateField
from wtforms.validators import InputRequired

from app.web.fields import Form


class CloseForm(Form):
    """Up to which day."""

    until = DateField(
        _l("Close up to and with"),
        validators=[InputRequired(_l("Choose a day."))],
        description=_l("What happened before and arrives later is booked on the first open day."),
    )
