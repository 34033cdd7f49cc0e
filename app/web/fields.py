"""The base of every form, and fields for exact numbers: read as people type them, shown again as they were typed."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import StopValidation

from app.kernel.errors import RuleBroken
from app.kernel.exact import parse_money, parse_price, parse_quantity, plain
from app.web.words import sentence


class Form(FlaskForm):  # type: ignore[misc]  # flask-wtf ships no types
    """Base of every form."""


class ExactField(StringField):  # type: ignore[misc]  # wtforms ships no types
    """A decimal number; `data` is a Decimal, or None where nothing was typed."""

    parse: Callable[[str], Decimal] = staticmethod(parse_quantity)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        options["render_kw"] = {"inputmode": "decimal", "autocomplete": "off"} | options.get("render_kw", {})
        super().__init__(*arguments, **options)
        self.typed: str | None = None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; the sentence that refuses it goes to the field."""
        self.typed = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not self.typed:
            return
        try:
            self.data = self.parse(self.typed)
        except RuleBroken as error:
            raise ValueError(sentence(error)) from error

    def pre_validate(self, _form: Form) -> None:
        """Stop at a number that could not be read: what other checks say of it would only confuse."""
        if self.process_errors:
            raise StopValidation

    def _value(self) -> str:
        if self.typed is not None:
            return self.typed
        return plain(self.data) if isinstance(self.data, Decimal) else ""


class QuantityField(ExactField):
    """A quantity, at most 3 decimals."""


class PriceField(ExactField):
    """A price, at most 6 decimals."""

    parse = staticmethod(parse_price)


class MoneyField(ExactField):
    """An amount, at most 2 decimals."""

    parse = staticmethod(parse_money)


def extended(form: type[Form], fields: Mapping[str, Any]) -> type[Form]:
    """Return *form* with more fields, for this request alone: the class itself stays as it is."""
    return type(form.__name__, (form,), dict(fields)) if fields else form
