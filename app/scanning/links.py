"""GS1 Digital Link: https://any.host/stem/01/06901234567892/10/LOT?17=270331 → elements.

The host says nothing about the goods, so any host will do; the path from the primary key on, and the query, are read.
"""

import re
from urllib.parse import unquote, urlsplit

from app.kernel.errors import InvalidInput
from app.kernel.gtin import has_gtin_length
from app.kernel.i18n import N_
from app.scanning.gs1 import Element, NotAnElementString, WrongLength, make_element

# Keys with the qualifiers that may follow, in this order (GS1 Digital Link URI syntax 4.9).
_QUALIFIERS = {
    "01": ("22", "10", "21", "235"),
    "8006": ("22", "10", "21"),
    "8010": ("8011",),
    "414": ("254", "7040"),
    "415": ("8020",),
    "417": ("7040",),
    "8017": ("8019",),
    "8018": ("8019",),
    "8004": ("7040",),
    **dict.fromkeys(("00", "253", "255", "401", "402", "8003", "8013", "410", "411", "412", "413", "416"), ()),
}

# The short names of version 1.1 of the standard, still printed.
_SHORT_NAMES = {
    "gtin": "01", "itip": "8006", "gmn": "8013", "cpid": "8010", "gln": "414", "payTo": "415", "party": "417",
    "gsrnp": "8017", "gsrn": "8018", "gcn": "255", "sscc": "00", "gdti": "253", "ginc": "401", "gsin": "402",
    "grai": "8003", "giai": "8004", "shipTo": "410", "billTo": "411", "purchasedFrom": "412", "shipFor": "413",
    "glnProd": "416", "cpv": "22", "lot": "10", "ser": "21", "tpx": "235", "cpsn": "8011", "glnx": "254",
    "refNo": "8020", "srin": "8019",
}  # fmt: skip

_LINK = re.compile(r"(?:https?|HTTPS?)://[^\s<>{}^`|\\\"\x00-\x20]*")


class LinkWithoutKey(InvalidInput):
    """A web address like any other."""

    message = N_("This link names no goods: it carries no GS1 key.")


class BrokenLink(InvalidInput):
    """A GS1 link whose path or query does not follow the standard."""

    message = N_("This link is no right GS1 Digital Link at “%(rest)s”.")


def is_link(text: str) -> bool:
    """Return whether *text* is a web address."""
    return text[:8].lower().startswith(("http://", "https://"))


def split_link(text: str) -> tuple[Element, ...]:
    """Return the elements of the Digital Link *text*: key, qualifiers, then attributes of the query.

    Errors: LinkWithoutKey, BrokenLink, WrongLength.
    """
    if not _LINK.fullmatch(text):
        raise BrokenLink(rest=text[:40])
    try:
        address = urlsplit(text)
    except ValueError:
        raise BrokenLink(rest=text[:40]) from None
    path = _from_key_on(address.path.split("/")[1:])
    pairs = list(zip(path[::2], path[1::2], strict=True)) + _attributes(address.query)
    ais = [ai for ai, _ in pairs]
    if len(set(ais)) != len(ais):
        raise BrokenLink(rest=max(ais, key=ais.count))
    return tuple(_element(ai, value) for ai, value in pairs)


def _from_key_on(segments: list[str]) -> list[str]:
    """Return the path from its primary key on, every second segment an identifier, values unquoted."""
    named = [_SHORT_NAMES.get(segment, segment) for segment in segments]
    starts = [index for index, name in enumerate(named) if name in _QUALIFIERS]
    # The last key that a whole path follows: what stands before it is the stem, whatever it looks like.
    for start in reversed(starts):
        ais, values = named[start::2], segments[start + 1 :: 2]
        if len(ais) == len(values) and all(values) and _in_order(ais[1:], _QUALIFIERS[ais[0]]):
            return [part for ai, value in zip(ais, values, strict=True) for part in (ai, unquote(value))]
    if starts:
        raise BrokenLink(rest="/".join(segments[starts[0] :])[:40])
    raise LinkWithoutKey


def _in_order(ais: list[str], allowed: tuple[str, ...]) -> bool:
    left = iter(allowed)
    return all(ai in left for ai in ais)


def _attributes(query: str) -> list[tuple[str, str]]:
    """Return the pairs of the query whose name is an identifier; others belong to the web site."""
    pairs = (pair.partition("=") for pair in re.split("[&;]", query))
    named = ((_SHORT_NAMES.get(name, name), unquote(value)) for name, _, value in pairs)
    return [(ai, value) for ai, value in named if re.fullmatch(r"[0-9]{2,4}", ai)]


def _element(ai: str, value: str) -> Element:
    if ai in {"01", "02", "03"} and has_gtin_length(value):
        value = value.zfill(14)
    try:
        return make_element(ai, value)
    except (NotAnElementString, WrongLength) as broken:
        raise BrokenLink(rest=f"{ai}={value}"[:40]) from broken
