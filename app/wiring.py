"""The site map on one page: features, their addresses, the menu, and who answers which registry."""

from dataclasses import dataclass

from flask import Blueprint, Flask
from flask_babel import LazyString

from app.identity.rules import Permission

# Blueprint, address.
FEATURES: tuple[tuple[Blueprint, str], ...] = ()


@dataclass(frozen=True)
class MenuEntry:
    """A line of the menu; hidden from who may not open it."""

    title: LazyString
    endpoint: str
    icon: str
    permission: Permission


MENU: tuple[MenuEntry, ...] = ()


def wire(app: Flask) -> None:
    """Register every feature with *app* and fill the registries."""
    for blueprint, prefix in FEATURES:
        app.register_blueprint(blueprint, url_prefix=prefix)
