"""The word that names a line in addresses and forms, and addresses that keep what was asked for."""

from collections.abc import Mapping
from urllib.parse import urlencode

from app.kernel.errors import InvalidInput
from app.kernel.i18n import N_
from app.stocktake.causes.rules import Place

_DIGITS = 15  # ids of 15 digits fit a bigint


class BadKey(InvalidInput):
    """The address names no line."""

    message = N_("This address names no line of a stocktake.")


def key_of(place: Place) -> str:
    """Return the word that names a line in addresses and forms: bin-item-lot."""
    return "-".join(map(str, place))


def place_of(key: str) -> Place:
    """Return the place that *key* names. Errors: BadKey."""
    parts = key.split("-")
    if len(parts) != len(Place._fields) or not all(part.isdecimal() and len(part) <= _DIGITS for part in parts):
        raise BadKey
    return Place(*map(int, parts))


def asking(address: str, wanted: Mapping[str, object]) -> str:
    """Return *address* with what is *wanted* as its query; what says nothing is left out."""
    said = {key: value for key, value in wanted.items() if value not in (None, "")}
    return f"{address}?{urlencode(said)}" if said else address
