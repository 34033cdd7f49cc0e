"""What people type about items, packs, barcodes and categories."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.catalog.models import Item
from app.catalog.queries import CategoryNode
from app.catalog.rules import LONGEST_BARCODE, LONGEST_CODE, LONGEST_NAME, TAX_RATES, ItemDraft
from app.company.inputs import inputs_of, shown_values, typed_values
from app.company.rules import Field
from app.kernel.exact import ZERO, plain
from app.web.fields import Form, PriceField, QuantityField, extended

_AT_LEAST_0 = NumberRange(min=0, message=_l("Not below 0."))
_AS_SCANNED = {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
HUNDREDTH = Decimal("0.01")
_PRICES = ("purchase_price", "sale_price")
_AS_KEPT = (*_PRICES, "name", "code", "spec", "tax_rate", "minimum", "safety", "tracks_lots", "tracks_expiry")


class ItemForm(Form):
    """An item's facts."""

    name = StringField(_l("Item name"), [InputRequired(), Length(max=LONGEST_NAME)])
    code = StringField(
        _l("Item code"),
        [Length(max=LONGEST_CODE)],
        description=_l("Left empty, the next free number is given."),
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )
    spec = StringField(_l("Specification"), [Length(max=80)], render_kw={"placeholder": "500 ml"})
    unit = StringField(
        _l("Base unit"),
        [InputRequired(), Length(max=20)],
        description=_l("The smallest unit that is bought, counted or sold; packs come later."),
        render_kw={"list": "units", "autocomplete": "off"},
    )
    category = StringField(
        _l("Category"),
        [Length(max=200)],
        description=_l("A path such as Drinks / Tea; a new one is made."),
        render_kw={"list": "categories", "autocomplete": "off"},
    )
    tax_rate = SelectField(_l("VAT rate"), coerce=int)
    sale_price = PriceField(_l("Sale price"), [Optional(), _AT_LEAST_0])
    purchase_price = PriceField(_l("Purchase price"), [Optional(), _AT_LEAST_0])
    minimum = QuantityField(
        _l("Minimum stock"), [Optional(), _AT_LEAST_0], description=_l("A reminder comes when stock falls to it.")
    )
    safety = QuantityField(
        _l("Safety stock"), [Optional(), _AT_LEAST_0], description=_l("What purchasing keeps in reserve.")
    )
    tracks_lots = BooleanField(_l("Kept by lot"))
    tracks_expiry = BooleanField(_l("With expiry dates"), description=_l("Expiry dates stand on lots."))

    @classmethod
    def for_request(
        cls, item: Item | None, fields: Sequence[Field], categories: Sequence[CategoryNode], *, sees_cost: bool
    ) -> "ItemForm":
        """Return the form of a new or existing item with the company's own fields, without what may not be seen."""
        form: ItemForm = extended(cls, inputs_of(fields))(data=_shown(item, fields, categories))
        rates = sorted({*TAX_RATES, item.tax_rate if item else TAX_RATES[0]}, reverse=True)
        form.tax_rate.choices = [SelectChoice(rate, f"{plain(rate * HUNDREDTH)} %") for rate in rates]
        if not sees_cost:
            del form.purchase_price
        return form

    def draft(self, fields: Sequence[Field], item: Item | None) -> ItemDraft:
        """Return the item that was typed; what the form does not show stays as it is."""
        hidden_price = item.purchase_price if item else None
        return ItemDraft(
            name=self.name.data,
            unit=self.unit.data,
            code=self.code.data or "",
            spec=self.spec.data or "",
            category=self.category.data or "",
            tax_rate=self.tax_rate.data,
            purchase_price=self.purchase_price.data if "purchase_price" in self else hidden_price,
            sale_price=self.sale_price.data,
            minimum=self.minimum.data or ZERO,
            safety=self.safety.data or ZERO,
            tracks_lots=self.tracks_lots.data,
            tracks_expiry=self.tracks_expiry.data,
            own_fields=self._own_fields(fields, item.own_fields if item else {}),
        )

    def _own_fields(self, fields: Sequence[Field], kept: Mapping[str, str]) -> dict[str, str]:
        """Return the values to keep: an emptied field's value is gone, a retired field's value stays."""
        asked = {field.key for field in fields}
        return {key: value for key, value in kept.items() if key not in asked} | typed_values(self, fields)


class PackForm(Form):
    """A further pack of an item."""

    unit = StringField(
        _l("Pack unit"), [InputRequired(), Length(max=20)], render_kw={"list": "units", "autocomplete": "off"}
    )
    factor = QuantityField(_l("Holds"), [InputRequired()])


class BarcodeForm(Form):
    """A barcode of a pack."""

    code = StringField(
        _l("Barcode"),
        [InputRequired(), Length(max=LONGEST_BARCODE)],
        render_kw=_AS_SCANNED,
    )
    any_check_digit = BooleanField(_l("The code is meant so, although its check digit is wrong"))


class FirstBarcodeForm(BarcodeForm):
    """The barcode of a new item's base unit, which may come later."""

    code = StringField(_l("Barcode"), [Length(max=LONGEST_BARCODE)], render_kw=_AS_SCANNED)

    @classmethod
    def of_new_item(cls, code: str = "") -> "FirstBarcodeForm":
        """Return the form as part of the item's, whose own field is called `code` too."""
        form: FirstBarcodeForm = cls(prefix="barcode", data={"code": code[:LONGEST_BARCODE]})
        return form


class PictureForm(Form):
    """A picture of an item."""

    picture = FileField(_l("Picture"), [FileRequired(_l("Choose a picture first."))], render_kw={"accept": "image/*"})


class CategoryForm(Form):
    """A category and where it lies."""

    name = StringField(_l("Category name"), [InputRequired(), Length(max=80)])
    parent_id = SelectField(_l("Inside of"), coerce=int, default=0)

    def offer(self, nodes: Sequence[CategoryNode]) -> "CategoryForm":
        """Offer *nodes* as places to lie in."""
        top = SelectChoice(0, _l("– top level –"))
        self.parent_id.choices = [top, *(SelectChoice(node.id, node.path) for node in nodes)]
        return self


def _shown(item: Item | None, fields: Sequence[Field], categories: Sequence[CategoryNode]) -> dict[str, object]:
    if item is None:
        return {}
    path = next((node.path for node in categories if node.id == item.category_id), "")
    values = {name: getattr(item, name) for name in _AS_KEPT}
    return values | {"unit": item.unit.name, "category": path} | shown_values(fields, item.own_fields)
