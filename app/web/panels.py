"""Parts of one feature's page that another feature draws: named by a template, filled with its own context."""

from collections.abc import Mapping

from msgspec import Struct, field


class Panel(Struct, frozen=True):
    """A part of a page; the template finds `context` under the name `panel`."""

    template: str
    context: Mapping[str, object] = field(default_factory=dict)
