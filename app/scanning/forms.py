"""What people type about parked scans."""

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import InputRequired, Length

from app.web.fields import Form


class BindForm(Form):
    """Which pack a code names."""

    pack_id = IntegerField(validators=[InputRequired()])
    remember = BooleanField(_l("Remember the code: it names this pack from now on"))


class PhotoForm(Form):
    """What the goods of a scan look like."""

    # Named kinds: a phone that keeps others then sends a JPEG.
    photo = FileField(
        _l("Photo"),
        [FileRequired(_l("Take a photo first."))],
        render_kw={"accept": "image/jpeg,image/png,image/webp", "capture": "environment"},
    )


class DropForm(Form):
    """Why a scan counts for nothing."""

    note = StringField(_l("Reason"), [InputRequired(), Length(max=200)])
