"""The start page and the menu: what waits for this user, told by the features themselves."""

from collections.abc import Callable, Iterable, Sequence

from flask import Blueprint, Flask, Response, current_app, make_response, render_template, request
from flask_babel import LazyString, gettext
from msgspec import Struct, field
from sqlalchemy.orm import Session

from app.db import db
from app.web.marks import signed_in

bp = Blueprint("web", __name__)

TABS = 4  # lines of the menu in a phone's bottom bar


class Card(Struct, frozen=True):
    """One thing that waits: where it opens, how many; tones: calm, warn, bad."""

    title: str
    link: str
    icon: str
    text: str = ""
    figure: object | None = None
    tone: str = "calm"


class Section(Struct, frozen=True):
    """A heading of the start page and who fills it."""

    title: LazyString
    providers: Sequence[Callable[[Session], Iterable[Card]]]


class MenuEntry(Struct, frozen=True):
    """A line of the menu; `shown` decides by the user, `tab` puts it into a phone's bottom bar."""

    title: LazyString
    endpoint: str
    icon: str
    shown: Callable[[], bool]
    tab: bool = False

    @property
    def is_here(self) -> bool:
        """Whether the page asked for belongs to this entry."""
        here = request.endpoint or ""
        return here == self.endpoint or (
            self.endpoint != "web.start" and here.rsplit(".", 1)[0] == self.endpoint.rsplit(".", 1)[0]
        )


class MenuGroup(Struct, frozen=True):
    """A titled group of menu lines."""

    title: LazyString | str
    entries: Sequence[MenuEntry]


class SiteMap(Struct):
    """What wiring tells the shell: the start page's sections and the menu."""

    sections: Sequence[Section] = field(default_factory=list)
    menu: Sequence[MenuGroup] = field(default_factory=list)


def init_app(app: Flask, site: SiteMap) -> None:
    """Register the start page; *site* is filled by wiring."""
    app.extensions["zhangshi_site"] = site
    app.register_blueprint(bp)


def shown_menu() -> list[MenuGroup]:
    """Return the menu as this user may see it."""
    site: SiteMap = current_app.extensions["zhangshi_site"]
    groups = [MenuGroup(group.title, [entry for entry in group.entries if entry.shown()]) for group in site.menu]
    return [group for group in groups if group.entries]


def shown_tabs() -> list[MenuEntry]:
    """Return the four lines of a phone's bottom bar."""
    return [entry for group in shown_menu() for entry in group.entries if entry.tab][:TABS]


@bp.get("/")
@signed_in
def start() -> Response:
    """Show what waits for this user."""
    site: SiteMap = current_app.extensions["zhangshi_site"]
    session = db.session()
    sections = [
        {"title": section.title, "cards": [card for provider in section.providers for card in provider(session)]}
        for section in site.sections
    ]
    return make_response(render_template("start.html", title=gettext("Start"), sections=sections))


@bp.get("/menu")
@signed_in
def menu_page() -> Response:
    """Show the whole menu, for phones."""
    return make_response(render_template("menu.html", title=gettext("More")))
