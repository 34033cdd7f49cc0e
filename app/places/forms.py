"""What people type about places."""

from collections.abc import Iterable

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from app.places.models import Location
from app.places.rules import KIND_NAMES, LONGEST_CODE, LONGEST_NAME, LocationKind
from app.web.fields import Form

_CODE = {"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}
# What may be added inside a warehouse or zone, the usual first.
ADDED = (
    LocationKind.BIN,
    LocationKind.ZONE,
    LocationKind.DOCK,
    LocationKind.STAGING,
    LocationKind.QUARANTINE,
    LocationKind.TRANSIT,
)


class PlaceForm(Form):
    """A place's code and name."""

    code = StringField(
        _l("Place code"),
        [InputRequired(), Length(max=LONGEST_CODE)],
        description=_l("Short and on the label: A-01-03."),
        render_kw=_CODE,
    )
    name = StringField(_l("Place name"), [Length(max=LONGEST_NAME)])


class NewPlaceForm(PlaceForm):
    """A place inside of another."""

    kind = SelectField(_l("Kind"), choices=[SelectChoice(kind.value, _l(KIND_NAMES[kind])) for kind in ADDED])


class EditPlaceForm(PlaceForm):
    """A place and the zone it lies in."""

    parent_id = SelectField(_l("Lies in"), coerce=int)

    def offer(self, branches: Iterable[Location]) -> "EditPlaceForm":
        """Offer the branches of its warehouse."""
        self.parent_id.choices = [SelectChoice(branch.id, branch.label) for branch in branches]
        return self


class RangeForm(Form):
    """Many bins by the first and the last code."""

    first = StringField(
        _l("First code"), [InputRequired(), Length(max=LONGEST_CODE)], render_kw=_CODE | {"placeholder": "A-01-01"}
    )
    last = StringField(
        _l("Last code"), [InputRequired(), Length(max=LONGEST_CODE)], render_kw=_CODE | {"placeholder": "A-10-05"}
    )


class WalkForm(Form):
    """The order in which counters walk."""

    codes = TextAreaField(
        _l("Codes in the order of walking, one a line"), render_kw={"rows": 16, "spellcheck": "false"}
    )

    def lines(self) -> list[str]:
        """Return the codes, each once."""
        return list(dict.fromkeys(filter(None, (line.strip() for line in (self.codes.data or "").splitlines()))))


def shown_name(place: Location) -> str:
    """Return what a place is called: its name, else what it is."""
    return place.name or gettext(KIND_NAMES[place.kind])
