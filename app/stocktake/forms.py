"""What people type about a stocktake: the plan, and what goes with an approval."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.catalog.queries import list_categories
from app.places.queries import list_warehouses
from app.stocktake.classes.rules import AbcClass
from app.stocktake.planning.queries import top_bins
from app.stocktake.planning.rules import MOST_PROPOSED
from app.stocktake.queries import find_bin_ids, find_item_ids, list_zones
from app.stocktake.reasons.queries import Reasons
from app.stocktake.rules import SCOPE_NAMES, Scope, ScopeKind, Tolerance
from app.stocktake.service import Plan
from app.web.fields import Form, MoneyField, PriceField, QuantityField

_AT_LEAST_0 = NumberRange(min=0, message=_l("Not below 0."))
_BETWEEN = re.compile(r"[\s,，、;；]+")
_CODES = {"rows": 4, "autocapitalize": "characters", "spellcheck": "false", "autocomplete": "off"}


class PlanForm(Form):
    """What to count and how."""

    warehouse = SelectField(_l("Warehouse"), [InputRequired()], coerce=int)
    scope = RadioField(_l("What to count"), default=ScopeKind.WAREHOUSE.value)
    zones = SelectMultipleField(_l("Zones"), coerce=int, render_kw={"size": 6})
    bins = TextAreaField(
        _l("Bins"),
        [Length(max=20_000)],
        description=_l(
            "Codes with spaces or on lines of their own; A-01-01..A-05-04 is every bin from one to the other."
        ),
        render_kw=_CODES,
    )
    categories = SelectMultipleField(_l("Categories"), coerce=int, render_kw={"size": 6})
    classes = SelectMultipleField(
        _l("ABC classes"),
        coerce=int,
        choices=[SelectChoice(abc.value, abc.name) for abc in AbcClass],
        description=_l("A are the few items that make most of the value; the classes are made anew at the start."),
        render_kw={"size": len(AbcClass)},
    )
    items = TextAreaField(
        _l("Items"),
        [Length(max=20_000)],
        description=_l("Item codes or barcodes, between spaces or on lines of their own."),
        render_kw=_CODES,
    )
    most = IntegerField(
        _l("How many bins"),
        [Optional(), NumberRange(1, MOST_PROPOSED)],
        default=20,
        description=_l("Those that call loudest for a count; see what to count next."),
        render_kw={"inputmode": "numeric"},
    )
    blind = BooleanField(
        _l("Blind"),
        default=True,
        description=_l("Counters do not see what the books say before the stocktake is posted."),
    )
    tolerance_quantity = QuantityField(_l("Pieces"), [Optional(), _AT_LEAST_0])
    tolerance_percent = MoneyField(_l("Percent of the book quantity"), [Optional(), _AT_LEAST_0])
    tolerance_value = MoneyField(_l("Value at cost"), [Optional(), _AT_LEAST_0])
    note = StringField(_l("Note"), [Length(max=200)])

    @classmethod
    def for_request(cls, session: Session, **values: Any) -> Self:
        """Return the form with what there is to choose from, and *values* where nothing was typed."""
        form = cls(**values)
        form.warehouse.choices = [(each.id, each.label) for each in list_warehouses(session)]
        form.scope.choices = [(kind.value, gettext(name)) for kind, name in SCOPE_NAMES.items()]
        form.zones.choices = list_zones(session)
        form.categories.choices = [(node.id, node.path) for node in list_categories(session)]
        return form

    def plan(self, session: Session, now: datetime) -> Plan:
        """Return the plan that was typed. Errors: BinsUnknown, ItemsUnknown, NothingProposed."""
        scope = self.typed_scope(session)
        if scope.kind is ScopeKind.PROPOSED:
            scope = Scope(scope.kind, top_bins(session, self.warehouse.data, self.most.data or 1, now))
        return Plan(
            warehouse_id=self.warehouse.data,
            scope=scope,
            blind=self.blind.data,
            tolerance=self.typed_tolerance(),
            note=(self.note.data or "").strip(),
        )

    def typed_scope(self, session: Session) -> Scope:
        """Return the scope that was typed; what is proposed is not asked here. Errors: BinsUnknown, ItemsUnknown."""
        return Scope(ScopeKind(self.scope.data), self._ids(session))

    def typed_tolerance(self) -> Tolerance:
        """Return the limits that were typed."""
        return Tolerance(self.tolerance_quantity.data, self.tolerance_percent.data, self.tolerance_value.data)

    def _ids(self, session: Session) -> tuple[int, ...]:
        match ScopeKind(self.scope.data):
            case ScopeKind.ZONE:
                return tuple(self.zones.data)
            case ScopeKind.CATEGORY:
                return tuple(self.categories.data)
            case ScopeKind.BINS:
                return find_bin_ids(session, self.warehouse.data, words(self.bins.data))
            case ScopeKind.ABC:
                return tuple(self.classes.data)
            case ScopeKind.LIST:
                return find_item_ids(session, words(self.items.data))
            case ScopeKind.WAREHOUSE | ScopeKind.PROPOSED:
                return ()


class DecisionForm(Form):
    """What goes with an approval: what was seen, why it differs, what a unit costs where nobody knows."""

    seen = HiddenField()
    reason = SelectField(_l("Reason"), default="")
    note = StringField(_l("Note"), [Length(max=200)])
    unit_cost = PriceField(_l("Cost per unit"), [Optional(), _AT_LEAST_0])

    @classmethod
    def for_request(cls, reasons: Reasons, seen: str = "") -> "DecisionForm":
        """Return the form with the reasons there are."""
        form = cls(data={"seen": seen} if seen else None)
        form.reason.choices = list(reasons.offered.items())
        return form

    def cost_of(self, place: Any) -> dict[Any, Decimal]:
        """Return the cost that was entered for *place*, if one was."""
        return {} if self.unit_cost.data is None else {place: self.unit_cost.data}


def words(text: str | None) -> Sequence[str]:
    """Return the words of what was typed or pasted, each once."""
    return list(dict.fromkeys(word for word in _BETWEEN.split(text or "") if word))
