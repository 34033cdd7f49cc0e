"""Every page at phone and desk size, light and dark, Chinese and English: nothing spills, hides or stays foreign."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from app.db import transaction
from app.demo.load import PASSWORD, load_demo
from app.identity.models import User
from app.identity.rules import Role
from app.identity.service import NewUser, create_user
from app.identity.setup_token import issue
from app.imports.runner import file_of
from app.imports.service import add_import, propose_columns, send_to_work, start_staging, work
from app.kernel.clock import utc_now
from app.translations.__main__ import merged
from app.web.words import LOCALES
from tests.browser.conftest import DESK, PHONE, ROOT, Server, served, sign_in
from tests.browser.pages import addresses

AXE = (ROOT / "static" / "node_modules" / "axe-core" / "axe.min.js").as_posix()
CHECKS = (Path(__file__).parent / "page_checks.js").read_text(encoding="utf-8")
NewContext = Callable[..., BrowserContext]
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
# Languages are named in themselves, on every page.
NAMES = set(LOCALES.values())
# Numbers and signs are the same in every language.
FOREIGN_ALLOWED = re.compile(r"^[\W\d]*$")


@pytest.fixture(scope="module")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo company, served."""
    with served(tmp_path_factory.mktemp("demo"), _load) as server:
        yield server


def _load(app: Flask) -> None:
    load_demo()
    for name, is_checked in (("uploaded.csv", False), ("checked.csv", True)):
        _import(app, name, is_checked=is_checked)


def _import(app: Flask, name: str, *, is_checked: bool) -> None:
    with transaction() as session:
        by = session.scalars(select(User.id).where(User.login == "owner")).one()
        number = add_import(session, "items", name, by, utc_now()).id
    path = file_of(app, number)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("商品名称,条码,进价\n好茶,6900000700014,3\n坏茶,6900000700015,x\n", encoding="gb18030")
    if not is_checked:
        return
    heading, columns = propose_columns(path, name, "items", {})
    with transaction() as session:
        start_staging(session, number, heading, columns, utc_now())
        run = send_to_work(session, number, utc_now())
    work(number, run, path, "Asia/Shanghai")


@pytest.fixture(scope="module", params=["zh", "en"])
def pages(request: pytest.FixtureRequest, browser: Browser, demo_server: Server) -> Iterator[Page]:
    """A page signed in as the owner, in each language."""
    context = browser.new_context(**PHONE, reduced_motion="reduce")
    context.add_cookies([{"name": "locale", "value": request.param, "url": demo_server.url}])
    page = context.new_page()
    sign_in(page, demo_server.url, "owner", PASSWORD)
    yield page
    context.close()


@cache
def _foreign() -> set[str]:
    """Return the msgids whose Chinese differs from them; reading them takes longer than looking at a page."""
    return {str(m.id) for m in merged() if m.id and m.string and str(m.string) != str(m.id)} - NAMES


def _untranslated(page: Page) -> list[str]:
    """Return English msgids that stand on a Chinese page."""
    texts = page.evaluate(
        """() => { const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); const all = [];
        while (walk.nextNode()) if (!walk.currentNode.parentElement.closest("code, pre, [translate=no]"))
        all.push(walk.currentNode.data.trim()); return all.filter(Boolean); }"""
    )
    return [text for text in texts if text in _foreign() and not FOREIGN_ALLOWED.match(text)]


def _violations(page: Page, scheme: str) -> list[str]:
    """Return what axe finds; in the dark only what light can change is asked again."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    asked = {"type": "tag", "values": RULES} if scheme == "light" else {"type": "rule", "values": ["color-contrast"]}
    result = page.evaluate("only => axe.run({runOnly: only, resultTypes: ['violations']})", asked)
    return [
        f"axe {violation['id']}: {node['target']} {node.get('failureSummary', '')[:160]}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def _is_chinese(page: Page) -> bool:
    return str(page.evaluate("document.documentElement.lang")).startswith("zh")


def look(page: Page, where: str, *, colours: bool = True) -> list[str]:
    """Look at the open page in both sizes, light and dark; *colours* need no second look in another language."""
    found: list[str] = []
    for size in (PHONE, DESK):
        page.set_viewport_size(size["viewport"])
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.evaluate("new Promise(requestAnimationFrame)")
            at = f"{where} {size['viewport']['width']} {scheme}"
            found += [f"{at}: {each}" for each in page.evaluate(CHECKS)]
            if colours or (scheme == "light" and size is PHONE):
                found += [f"{at}: {each}" for each in _violations(page, scheme)]
    if _is_chinese(page):
        found += [f"{where}: untranslated {text!r}" for text in _untranslated(page)]
    return found


def test_every_page_holds_in_every_size_light_and_language(pages: Page, demo_server: Server) -> None:
    found: list[str] = []
    for address in addresses(demo_server.app):
        answer = pages.goto(demo_server.url + address)
        if answer is None or answer.status != 200:
            found.append(f"{address}: {answer and answer.status}")
            continue
        # Words do not change colours: they are looked at in one language.
        found += look(pages, address, colours=_is_chinese(pages))
    assert found == [], f"{len(found)}:\n" + "\n".join(found[:80])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_sign_in_page_and_what_it_says_to_a_wrong_password_hold(
    new_context: NewContext, demo_server: Server, language: str
) -> None:
    context = new_context(**PHONE, reduced_motion="reduce")
    context.add_cookies([{"name": "locale", "value": language, "url": demo_server.url}])
    page = context.new_page()
    page.goto(f"{demo_server.url}/sign-in")
    assert look(page, "/sign-in") == []
    page.fill("input[name=login]", "owner")
    page.fill("input[name=password]", "wrong")
    page.click("main button")
    assert look(page, "/sign-in refused") == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_that_asks_for_an_own_password_holds(
    new_context: NewContext, demo_server: Server, language: str
) -> None:
    with demo_server.app.app_context(), transaction() as session:
        new = NewUser.checked(f"new-{language}", "新来的", PASSWORD, {Role.WAREHOUSE}, language)
        create_user(session, new, None, utc_now(), must_change_password=True)
    page = new_context(**PHONE, reduced_motion="reduce").new_page()
    page.goto(f"{demo_server.url}/sign-in")
    page.fill("input[name=login]", new.login)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button.btn-primary")
    page.wait_for_url(re.compile("/profile/password"))
    assert look(page, "/profile/password") == []
    for name in ("present", "new", "again"):
        page.fill(f"input[name={name}]", PASSWORD)
    page.click("main button.btn-primary")
    page.wait_for_selector("[role=alert]")
    assert look(page, "/profile/password refused") == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_before_anybody_is_known_hold(
    tmp_path: Path, new_context: NewContext, demo_server: Server, language: str
) -> None:
    with served(tmp_path, lambda _: None, secure=True) as fresh:
        context = new_context(**PHONE, reduced_motion="reduce", ignore_https_errors=True)
        for url in (fresh.url, demo_server.url):
            context.add_cookies([{"name": "locale", "value": language, "url": url}])
        page, token, found = context.new_page(), issue(tmp_path), list[str]()
        for address in (f"/trust?lang={language}", "/setup", "/setup?token=wrong", f"/setup?token={token}", "/offline"):
            page.goto(fresh.url + address)
            found += look(page, address.split("=")[0])
        page.goto(f"{demo_server.url}/nothing-is-here")
        found += look(page, "no such page")
    assert found == []
