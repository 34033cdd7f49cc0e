"""What people type about ABC classes and how often each is counted."""

from flask_babel import lazy_gettext as _l
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from app.stocktake.classes.rules import HUNDRED, MOST_DAYS, MOST_MONTHS, Policy
from app.web.fields import Form

_NUMBER = {"inputmode": "numeric"}


def _whole(title: object, most: int, help_text: object = "") -> IntegerField:
    return IntegerField(title, [InputRequired(), NumberRange(1, most)], description=help_text, render_kw=_NUMBER)


class PolicyForm(Form):
    """Where the classes end, in percent, and after how many days each is due."""

    months = _whole(_l("Months looked back"), MOST_MONTHS, _l("The value that left in them decides."))
    share_a = _whole(_l("Class A up to percent of value"), HUNDRED)
    share_b = _whole(_l("Class B up to percent of value"), HUNDRED)
    days_a = _whole(_l("Class A due after days"), MOST_DAYS)
    days_b = _whole(_l("Class B due after days"), MOST_DAYS)
    days_c = _whole(_l("Class C due after days"), MOST_DAYS)

    def policy(self) -> Policy:
        """Return what was typed."""
        return Policy(**{name: getattr(self, name).data for name in Policy.__struct_fields__})
