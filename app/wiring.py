"""The site map on one page: features, their addresses, the menu, and who answers which registry."""

from collections.abc import Callable

from flask import Blueprint, Flask
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.backup import cli as backup_cli
from app.backup.service import proofs
from app.catalog import service as catalog_service
from app.catalog.imports import ItemImport
from app.company import gate
from app.company import rules as company_rules
from app.company import views as company_views
from app.company.queries import current_company
from app.company.service import on_set_up
from app.db import db
from app.files import views as files_views
from app.handheld import api as handheld_api
from app.identity import access, audit, people
from app.identity import session as identity_session
from app.identity.access import current_user
from app.identity.rules import Permission
from app.imports import cli as imports_cli
from app.imports import views as imports_views
from app.imports.kinds import KINDS, ImportKind
from app.jobs import views as jobs_views
from app.jobs.cli import jobs_cli
from app.ledger import cli as ledger_cli
from app.ledger.opening_balances import balance_kinds
from app.ledger.openings import OpeningStock
from app.ledger.verify import verify
from app.notices import views as notices_views
from app.partners.imports import PartnerImport
from app.places import service as places_service
from app.places.imports import BinImport
from app.scanning.meanings import BIN, PACK, RESOLVERS
from app.scanning.resolvers import resolve_bins, resolve_packs
from app.scanning.tasks import REASONS, TASKS
from app.stocktake import actions as stocktake_actions
from app.stocktake.counting import task as stocktake_task
from app.web import errors, openapi, shell, start, words
from app.web.start import MenuEntry, MenuGroup, SiteMap

# Blueprint, address.
FEATURES: tuple[tuple[Blueprint, str], ...] = (
    (people.bp, ""),
    (company_views.bp, ""),
    (notices_views.bp, ""),
    (jobs_views.bp, ""),
    (files_views.bp, "/files"),
    (imports_views.bp, "/imports"),
    (handheld_api.api_bp, openapi.PREFIX),
    (openapi.bp, openapi.PREFIX),
)

IMPORT_KINDS: tuple[ImportKind, ...] = (
    ItemImport(),
    PartnerImport(),
    BinImport(),
    OpeningStock(),
    *balance_kinds(),
)

COMMANDS = (
    imports_cli.import_command,
    imports_cli.work_command,
    jobs_cli,
    ledger_cli.ledger,
    backup_cli.backup,
    backup_cli.restore,
)


def _may(permission: Permission) -> Callable[[], bool]:
    return lambda: current_user.may(permission)


MENU = (
    MenuGroup(
        "",
        (MenuEntry(_l("Start"), "web.start", "house", lambda: True, tab=True),),
    ),
)

SITE = SiteMap(sections=(), menu=MENU)


def wire(app: Flask) -> None:
    """Register every feature with *app* and fill the registries."""
    words.init_app(app, lambda: getattr(current_user, "locale", None), _time_zone)
    errors.init_app(app)
    gate.init_app(app)
    shell.init_app(app)
    identity_session.init_app(app)
    access.init_app(app)
    start.init_app(app, SITE)
    for blueprint, prefix in FEATURES:
        app.register_blueprint(blueprint, url_prefix=prefix)
    for command in COMMANDS:
        app.cli.add_command(command)
    KINDS.update({kind.key: kind for kind in IMPORT_KINDS})
    proofs[:] = [_broken_books]
    on_set_up[:] = [catalog_service.begin, places_service.begin]
    RESOLVERS.update({PACK: resolve_packs, BIN: resolve_bins})
    TASKS[stocktake_task.TASK] = stocktake_task.StocktakeTask()
    REASONS.update(stocktake_task.REASONS)
    audit.ACTIONS.update(company_rules.ACTIONS)
    audit.ACTIONS.update(stocktake_actions.ACTIONS)
    audit.WORDS.update(company_rules.WORDS)
    app.context_processor(_shell_context)


def _broken_books(session: Session) -> list[str]:
    return [f"{breach.invariant}: {breach.where}" for breach in verify(session)]


def _time_zone() -> str | None:
    company = current_company(db.session())
    return company.time_zone if company else None


def _shell_context() -> dict[str, object]:
    """Give every template the frame: who is here, in which language and light, and the menu."""
    known = bool(getattr(current_user, "is_authenticated", False))
    company = current_company(db.session())
    return {
        "shell": known,
        "locale": str(get_locale()),
        "theme": current_user.theme if known else "auto",
        "menu": start.shown_menu() if known else [],
        "tabs": start.shown_tabs() if known else [],
        "unread": notices_views.unread() if known else 0,
        "company_name": company.name if company else None,
    }
