"""The site map on one page: features, their addresses, the menu, and who answers which registry."""

from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path
from types import ModuleType

from flask import Blueprint, Flask, current_app, url_for
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.backup import cli as backup_cli
from app.backup.service import back_up_nightly, proofs
from app.catalog import actions as catalog_actions
from app.catalog import category_views
from app.catalog import registry as catalog_registry
from app.catalog import service as catalog_service
from app.catalog import views as catalog_views
from app.catalog.imports import ItemImport
from app.catalog.models import Item
from app.company import actions as company_actions
from app.company import gate
from app.company import views as company_views
from app.company.models import Company, OwnField
from app.company.queries import current_company
from app.company.service import on_set_up
from app.db import db, transaction
from app.files import views as files_views
from app.files.queries import find_missing
from app.handheld import api as handheld_api
from app.handheld import pages as handheld_pages
from app.identity import access, audit, people, trail
from app.identity import cli as identity_cli
from app.identity import session as identity_session
from app.identity import views as identity_views
from app.identity.access import current_user
from app.identity.listings import SUBJECT_LINKS
from app.identity.rules import TRIES_KEPT, Permission
from app.identity.service import forget_old
from app.imports import actions as imports_actions
from app.imports import cli as imports_cli
from app.imports import views as imports_views
from app.imports.kinds import KINDS, PAGES, ImportKind
from app.imports.leftovers import remove_leftovers
from app.imports.views import IMPORTERS
from app.jobs import registry as jobs_registry
from app.jobs import views as jobs_views
from app.jobs.cli import jobs_cli
from app.jobs.registry import Job
from app.jobs.rules import Daily
from app.kernel.i18n import N_
from app.ledger import actions as ledger_actions
from app.ledger import cli as ledger_cli
from app.ledger import views as ledger_views
from app.ledger.opening_balances import balance_kinds
from app.ledger.openings import OpeningStock
from app.ledger.queries import get_posting_keyed
from app.ledger.verify import INVARIANTS, OTHERS, verify
from app.notices import kinds as notice_kinds
from app.notices import views as notices_views
from app.notices.kinds import JOB_FAILED
from app.notices.service import notify
from app.partners import actions as partners_actions
from app.partners import views as partners_views
from app.partners.imports import partner_kinds
from app.partners.models import Partner
from app.places import actions as places_actions
from app.places import registry as places_registry
from app.places import service as places_service
from app.places import views as places_views
from app.places.imports import BinImport
from app.places.models import Location
from app.scanning import actions as scanning_actions
from app.scanning import cli as scanning_cli
from app.scanning import service as scanning_service
from app.scanning import views as scanning_views
from app.scanning.meanings import BIN, PACK, RESOLVERS
from app.scanning.models import Scan
from app.scanning.resolvers import resolve_bins, resolve_packs
from app.scanning.tasks import REASONS, TASKS
from app.stock import actions as stock_actions
from app.stock import panels as stock_panels
from app.stock import queries as stock_queries
from app.stock import registry as stock_registry
from app.stock import views as stock_views
from app.stock.labels import views as label_views
from app.stock.registry import DocumentKind
from app.stocktake import actions as stocktake_actions
from app.stocktake import pages as stocktake_pages
from app.stocktake import start as stocktake_start
from app.stocktake.accuracy import panels as accuracy_panels
from app.stocktake.clearing import proofs as clearing_proofs
from app.stocktake.clearing import rules as clearing_rules
from app.stocktake.clearing.views import clearing_card
from app.stocktake.counting import task as stocktake_task
from app.stocktake.models import Stocktake
from app.stocktake.reasons.models import StocktakeReason
from app.stocktake.schedules import start as schedules_start
from app.stocktake.schedules.models import StocktakeSchedule
from app.stocktake.schedules.service import plan_all_due
from app.stocktake.spot import notices as spot_notices
from app.stocktake.spot import panels as spot_panels
from app.stocktake.transfers import rules as transfer_rules
from app.web import addresses, errors, openapi, pwa, shell, start, words
from app.web.start import MenuEntry, MenuGroup, Section, SiteMap

# Blueprint, address.
FEATURES: tuple[tuple[Blueprint, str], ...] = (
    (identity_views.bp, ""),
    (people.bp, ""),
    (trail.bp, ""),
    (company_views.bp, ""),
    (notices_views.bp, ""),
    (jobs_views.bp, ""),
    (files_views.bp, "/files"),
    (catalog_views.bp, "/items"),
    (category_views.bp, "/items/categories"),
    (partners_views.bp, "/partners"),
    (places_views.bp, "/places"),
    (stock_views.bp, "/stock"),
    (label_views.bp, "/labels"),
    (stocktake_pages.bp, "/stocktakes"),
    (imports_views.bp, "/imports"),
    (ledger_views.bp, ""),
    (scanning_views.bp, "/scans"),
    (handheld_pages.bp, ""),
    (handheld_api.api_bp, openapi.PREFIX),
    (openapi.bp, openapi.PREFIX),
)

OPENING_KINDS: tuple[ImportKind, ...] = (OpeningStock(), *balance_kinds())
IMPORT_KINDS: tuple[ImportKind, ...] = (ItemImport(), *partner_kinds(), BinImport(), *OPENING_KINDS)
# Where stands what an import brought; an opening is one posting.
IMPORT_PAGES: dict[str, Callable[[Session, str], str]] = {
    "items": lambda _session, _key: url_for("catalog.items"),
    "partners": lambda _session, _key: url_for("partners.partners"),
    "suppliers": lambda _session, _key: url_for("partners.partners", role="supplier"),
    "customers": lambda _session, _key: url_for("partners.partners", role="customer"),
    "bins": lambda _session, _key: url_for("places.bins"),
    **{
        kind.key: lambda session, key: url_for("stock.posting", seq=get_posting_keyed(session, key).seq)
        for kind in OPENING_KINDS
    },
}

COMMANDS = (
    identity_cli.users,
    imports_cli.import_command,
    imports_cli.work_command,
    jobs_cli,
    ledger_cli.ledger,
    backup_cli.backup,
    backup_cli.restore,
    *scanning_cli.commands,
)


def _may(*permissions: Permission) -> Callable[[], bool]:
    return lambda: any(current_user.may(permission) for permission in permissions)


def _scans_only() -> bool:
    return current_user.may(Permission.SCAN) and not current_user.may(Permission.APPROVE)


MENU = (
    MenuGroup(
        "",
        (
            MenuEntry(_l("Start"), "web.start", "house", lambda: True, tab=True),
            MenuEntry(_l("Stock"), "stock.by_item", "boxes", _may(Permission.READ), tab=True),
            MenuEntry(_l("Stocktakes"), "stocktake.stocktakes", "clipboard-check", _may(Permission.READ), tab=True),
            MenuEntry(_l("Items"), "catalog.items", "box-seam", _may(Permission.READ), tab=True),
        ),
    ),
    MenuGroup(
        _l("Records"),
        (
            MenuEntry(_l("Partners"), "partners.partners", "people", _may(Permission.READ)),
            MenuEntry(_l("Warehouses and bins"), "places.tree", "diagram-3", _may(Permission.READ)),
            MenuEntry(_l("Scans"), "scanning.scans", "upc-scan", _may(Permission.APPROVE)),
            MenuEntry(_l("My scans today"), "scanning.my_scans", "upc-scan", _scans_only),
            MenuEntry(_l("Imports"), "imports.list_imports", "upload", _may(*IMPORTERS)),
        ),
    ),
    MenuGroup(
        _l("Company"),
        (
            MenuEntry(_l("Closed periods"), "ledger.periods", "calendar3", _may(Permission.CLOSE_PERIODS)),
            MenuEntry(_l("Audit trail"), "audit.trail", "journal-text", _may(Permission.SEE_AUDIT)),
            MenuEntry(_l("Settings"), "company.settings", "gear", _may(Permission.MANAGE_COMPANY)),
            MenuEntry(_l("Users"), "people.users", "person-gear", _may(Permission.MANAGE_COMPANY)),
        ),
    ),
)

SECTIONS = (
    Section(
        _l("Stocktakes"),
        (
            stocktake_start.differences_to_approve,
            clearing_card,
            stocktake_start.bins_to_count,
            schedules_start.due,
            spot_panels.card,
        ),
    ),
    Section(_l("Stock"), (stock_panels.cards,)),
    Section(_l("Scans"), (scanning_views.waiting_card,)),
)

SITE = SiteMap(sections=SECTIONS, menu=MENU)


# Who gives the audit trail its words.
AUDITED: tuple[ModuleType, ...] = (
    company_actions,
    catalog_actions,
    partners_actions,
    places_actions,
    imports_actions,
    scanning_actions,
    stock_actions,
    stocktake_actions,
    ledger_actions,
)
# The audit trail's subjects: what they are called, where they open.
SUBJECTS = {
    "item": N_("Item"),
    "category": N_("Category"),
    "partner": N_("Partner"),
    "place": N_("Place"),
    "scan": N_("Scan"),
    "stocktake": N_("Stocktake"),
    "stocktake_schedule": N_("Recurring count"),
    "stocktake_reason": N_("Reason for differences"),
    "stocktake_policy": N_("ABC classes"),
}
NAMES: dict[str, tuple[audit.Attribute, audit.Attribute]] = {
    "company": (Company.id, Company.name),
    "own_field": (OwnField.id, OwnField.name),
    "item": (Item.id, Item.name),
    "partner": (Partner.id, Partner.name),
    "place": (Location.id, Location.code),
    "scan": (Scan.id, Scan.raw),
    "stocktake": (Stocktake.id, Stocktake.number),
    "stocktake_schedule": (StocktakeSchedule.id, StocktakeSchedule.name),
    "stocktake_reason": (StocktakeReason.id, StocktakeReason.name),
}
LINKS: dict[str, Callable[[str], str]] = {
    "item": lambda key: url_for("catalog.item", item_id=key),
    "partner": lambda key: url_for("partners.partner", partner_id=key),
    "place": lambda key: url_for("places.place", place_id=key),
    "scan": lambda key: url_for("scanning.scan", scan_id=key),
    "stocktake": lambda key: url_for("stocktake.show", stocktake_id=key),
    "stocktake_schedule": lambda key: url_for("stocktake.edit_schedule", schedule_id=key),
    "stocktake_reason": lambda _key: url_for("stocktake.reasons"),
    "stocktake_policy": lambda _key: url_for("stocktake.classes"),
}
# What each kind of posting is called, and where the document behind it opens.
DOCUMENTS = {
    "opening": DocumentKind(N_("Opening stock")),
    "receipt": DocumentKind(N_("Goods receipt")),
    "shipment": DocumentKind(N_("Shipment")),
    "stocktake": DocumentKind(N_("Stocktake"), stocktake_start.document_url),
    "spot_count": DocumentKind(N_("Spot count"), stocktake_start.document_url),
    transfer_rules.KIND: DocumentKind(N_("Transfer found by counting"), stocktake_start.document_url),
    clearing_rules.KIND: DocumentKind(N_("Differences cleared"), stocktake_start.clearing_url),
}


def wire(app: Flask) -> None:
    """Register every feature with *app* and fill the registries."""
    _set_web_up(app)
    for blueprint, prefix in FEATURES:
        app.register_blueprint(blueprint, url_prefix=prefix)
    for command in COMMANDS:
        app.cli.add_command(command)
    app.context_processor(_shell_context)
    _fill_registries()
    _fill_audit_trail()


def _set_web_up(app: Flask) -> None:
    """Set the floor up that every page stands on; what checks requests does so in this order."""
    words.init_app(app, lambda: getattr(current_user, "locale", None), _time_zone)
    addresses.init_app(app)
    errors.init_app(app)
    gate.init_app(app)
    shell.init_app(app)
    identity_session.init_app(app)
    access.init_app(app)
    start.init_app(app, SITE)
    pwa.init_app(app)


def _fill_registries() -> None:
    on_set_up[:] = [catalog_service.begin, places_service.begin]
    KINDS.update({kind.key: kind for kind in IMPORT_KINDS})
    PAGES.update(IMPORT_PAGES)
    proofs[:] = [_broken_books]
    OTHERS.update(clearing_proofs.INVARIANTS)
    jobs_registry.register(*NIGHTLY)
    jobs_registry.on_failure[:] = [_tell_owners]
    notice_kinds.register(schedules_start.COUNT_DUE, spot_notices.POSTED, spot_notices.WAITING)
    RESOLVERS.update({PACK: resolve_packs, BIN: resolve_bins})
    TASKS[stocktake_task.TASK] = stocktake_task.StocktakeTask()
    REASONS.update(stocktake_task.REASONS)
    catalog_registry.item_panels[:] = [stock_panels.item_panel, accuracy_panels.item_panel]
    catalog_registry.on_hand_columns[:] = [stock_queries.on_hand_of_item]
    catalog_registry.counted_columns[:] = [stock_queries.last_counted_of_item]
    catalog_registry.on_barcode[:] = [_settle_waiting]
    catalog_registry.in_stock_checks[:] = [stock_queries.is_in_stock]
    catalog_registry.history_checks[:] = [stock_queries.has_history]
    places_registry.holding_checks[:] = [stock_queries.find_holding]
    places_registry.place_panels[:] = [stock_panels.place_panel, spot_panels.place_panel, accuracy_panels.place_panel]
    stock_registry.documents.update(DOCUMENTS)


def _fill_audit_trail() -> None:
    audit.SUBJECTS.update(company_actions.SUBJECTS | ledger_actions.SUBJECTS | imports_actions.SUBJECTS | SUBJECTS)
    audit.SUBJECT_NAMES.update(NAMES)
    SUBJECT_LINKS.update(LINKS)
    audit.WORDS.update({kind.key: kind.title for kind in IMPORT_KINDS})
    for actions in AUDITED:
        audit.ACTIONS.update(actions.ACTIONS)
        audit.WORDS.update(getattr(actions, "WORDS", {}))


def _broken_books(session: Session) -> list[str]:
    return [f"{breach.invariant}: {breach.where}" for breach in verify(session)]


def _prove_books(_now: datetime) -> str:
    breaches = _broken_books(db.session())
    # Asked here and not of a backup: what is lost already must not keep the rest from being saved.
    lost = list(find_missing(db.session(), Path(current_app.instance_path)))
    if lost:
        breaches.append(f"{len(lost)} pictures are missing from the folder of files, {lost[0]} first")
    if breaches:
        raise RuntimeError("; ".join(breaches))
    return f"{len(INVARIANTS) + len(OTHERS)} invariants hold"


def _back_up(now: datetime) -> str:
    return back_up_nightly(db.engine, Path(current_app.instance_path), now)


def _forget_old(now: datetime) -> None:
    with transaction() as session:
        forget_old(session, now - TRIES_KEPT)


def _remove_leftovers(now: datetime) -> str:
    return remove_leftovers(current_app, now)


NIGHTLY = (
    Job("verify", N_("Prove the books"), Daily(time(2, 30)), _prove_books),
    Job("backup", N_("Back up"), Daily(time(3, 0)), _back_up),
    Job("counts", N_("Plan the counts that are due"), Daily(time(5, 0)), plan_all_due),
    Job("tidy", N_("Forget old sign-in attempts"), Daily(time(3, 30)), _forget_old),
    Job("imports", N_("Remove the rows of old imports"), Daily(time(4, 0)), _remove_leftovers),
)


def _tell_owners(session: Session, job: Job, error: str, now: datetime) -> None:
    once_a_day = f"job:{job.name}:{now:%Y-%m-%d}"
    told: dict[str, str | int] = {"job": job.title, "error": error[:300]}
    notify(session, Permission.MANAGE_COMPANY, JOB_FAILED.name, once_a_day, now, told, link=f"/jobs/{job.name}")


def _settle_waiting(session: Session, by: int, now: datetime) -> int:
    return scanning_service.settle_waiting(session, by, now).taken


def _time_zone() -> str | None:
    company = current_company(db.session())
    return company.time_zone if company else None


def _shell_context() -> dict[str, object]:
    """Give every template the frame: who is here, in which language and light, and the menu."""
    known = bool(getattr(current_user, "is_authenticated", False))
    # Whose password is not their own yet can open nothing of the menu.
    works = known and not current_user.must_change_password
    company = current_company(db.session())
    return {
        "shell": works,
        "locale": str(get_locale()),
        "theme": current_user.theme if known else "auto",
        "menu": start.shown_menu() if works else [],
        "tabs": start.shown_tabs() if works else [],
        "unread": notices_views.unread() if works else 0,
        "company_name": company.name if company else None,
    }
