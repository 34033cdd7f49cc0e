"""How values look on a page: quantities, money, prices, instants; exact decimals stay exact."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from flask_babel import format_date, format_datetime, format_timedelta, get_locale, gettext

from app.kernel.exact import plain

MISSING = "–"


def quantity(value: Decimal | None) -> str:
    """Return a quantity with thousands separators and no trailing zeros."""
    return MISSING if value is None else _grouped(value)


def signed(value: Decimal | None) -> str:
    """Return a difference with its sign: +3, −2, 0."""
    if value is None:
        return MISSING
    if not value:
        return "0"
    return ("+" if value > 0 else "−") + _grouped(abs(value))


def money(value: Decimal | None) -> str:
    """Return an amount with two decimals and thousands separators."""
    if value is None:
        return MISSING
    return str(format_decimal(value, format="#,##0.00;−#,##0.00", locale=get_locale()))


def price(value: Decimal | None) -> str:
    """Return a price with at least two and at most six decimals."""
    if value is None:
        return MISSING
    return str(format_decimal(value, format="#,##0.00####", locale=get_locale()))


def instant(value: datetime | None) -> str:
    """Return an instant in the company's time zone, to the minute."""
    return MISSING if value is None else str(format_datetime(value, "yyyy-MM-dd HH:mm"))


def day(value: date | None) -> str:
    """Return a calendar day."""
    return MISSING if value is None else str(format_date(value, "yyyy-MM-dd", rebase=False))


def percent(value: Decimal | None) -> str:
    """Return a share (0.125) as percent (12.5 %)."""
    return MISSING if value is None else f"{plain(round(value * 100, 1))} %"


def clock(value: datetime | None) -> str:
    """Return an instant of these hours as the time of day in the company's time zone, any other with its day."""
    if value is None or abs(value - datetime.now(UTC)) > timedelta(hours=12):
        return instant(value)
    return str(format_datetime(value, "HH:mm"))


def ago(value: timedelta) -> str:
    """Return how long ago something was ("2 minutes ago"), to the second."""
    return str(format_timedelta(min(value, timedelta(0)), granularity="second", add_direction=True))


def yes_no(value: bool | None) -> str:
    """Return yes or no in the user's language."""
    if value is None:
        return MISSING
    return str(gettext("Yes") if value else gettext("No"))


def _grouped(value: Decimal) -> str:
    return str(format_decimal(value, format="#,##0.###", locale=get_locale()))


FILTERS: dict[str, Callable[..., Any]] = {
    "quantity": quantity,
    "signed": signed,
    "money": money,
    "price": price,
    "instant": instant,
    "day": day,
    "percent": percent,
    "ago": ago,
    "clock": clock,
    "yes_no": yes_no,
    "plain": plain,
}
