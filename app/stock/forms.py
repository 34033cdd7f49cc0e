"""What people type about stock."""

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms.validators import NumberRange, Optional

from app.stock.service import Limits
from app.web.fields import Form, QuantityField, extended

_CHECKS = [Optional(), NumberRange(min=0, message=_l("Not below 0."))]


class ThresholdForm(Form):
    """An item's limits by warehouse; empty means the item's own."""

    @classmethod
    def for_request(cls, warehouses: Iterable[Any]) -> "ThresholdForm":
        """Return the form with two inputs for each of *warehouses* (rows of queries.limits_of_item)."""
        inputs: dict[str, Any] = {}
        shown: dict[str, object] = {}
        for row in warehouses:
            inputs[f"minimum_{row.id}"] = QuantityField(_l("Minimum in %(place)s", place=row.code), _CHECKS)
            inputs[f"safety_{row.id}"] = QuantityField(_l("Safety stock in %(place)s", place=row.code), _CHECKS)
            shown |= {f"minimum_{row.id}": row.minimum, f"safety_{row.id}": row.safety}
        form: ThresholdForm = extended(cls, inputs)(data=shown)
        return form

    def limits(self, warehouses: Iterable[Any]) -> dict[int, Limits]:
        """Return what was typed, by warehouse."""
        return {row.id: Limits(self[f"minimum_{row.id}"].data, self[f"safety_{row.id}"].data) for row in warehouses}
