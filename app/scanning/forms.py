"""What people type about parked scans."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import InputRequired, Length


class BindForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """Which pack a code names."""

    pack_id = IntegerField(validators=[InputRequired()])
    remember = BooleanField(_l("Remember the code: it names this pack from now on"))


class DropForm(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """Why a scan counts for nothing."""

    note = StringField(_l("Reason"), [InputRequired(), Length(max=200)])
