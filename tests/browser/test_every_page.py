"""Every page at phone and desk size, light and dark, Chinese and English: nothing spills, hides, shrinks or stays foreign."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from app.cli.demo import PASSWORD, load_demo
from app.translations.__main__ import merged
from tests.browser.conftest import DESK, PHONE, ROOT, Server, served, sign_in
from tests.browser.pages import addresses

AXE = (ROOT / "static" / "node_modules" / "axe-core" / "axe.min.js").as_posix()
CHECKS = (Path(__file__).parent / "page_checks.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
# Chinese for these is the same word or they are names.
FOREIGN_ALLOWED = re.compile(r"^[\W\d]*$")


@pytest.fixture(scope="module")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo company, served."""
    with served(tmp_path_factory.mktemp("demo"), _load) as server:
        yield server


def _load(_app: Flask) -> None:
    load_demo()


@pytest.fixture(scope="module", params=["zh", "en"])
def pages(request: pytest.FixtureRequest, browser: Browser, demo_server: Server) -> Iterator[Page]:
    """A page signed in as the owner, in each language."""
    context = browser.new_context(**PHONE, locale="zh-CN" if request.param == "zh" else "en-GB")
    context.add_cookies([{"name": "locale", "value": request.param, "url": demo_server.url}])
    page = context.new_page()
    sign_in(page, demo_server.url, "owner", PASSWORD)
    yield page
    context.close()


def _untranslated(page: Page) -> list[str]:
    """Return English msgids that stand on a Chinese page."""
    msgids = {str(m.id) for m in merged() if m.id and m.string and str(m.string) != str(m.id)}
    texts = page.evaluate(
        """() => { const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); const all = [];
        while (walk.nextNode()) all.push(walk.currentNode.data.trim()); return all.filter(Boolean); }"""
    )
    return [text for text in texts if text in msgids and not FOREIGN_ALLOWED.match(text)]


def _violations(page: Page) -> list[str]:
    page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    result = page.evaluate("tags => axe.run({runOnly: tags})", RULES)
    return [
        f"axe {violation['id']}: {node['target']} {node.get('failureSummary', '')[:160]}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


def test_every_page_holds_in_every_size_light_and_language(pages: Page, demo_server: Server) -> None:
    found: list[str] = []
    language = pages.context.cookies()[0]["value"]
    for address in addresses(demo_server.app):
        for size in (PHONE, DESK):
            pages.set_viewport_size(size["viewport"])
            for scheme in ("light", "dark"):
                pages.emulate_media(color_scheme=scheme)
                if size is PHONE and scheme == "light":
                    answer = pages.goto(demo_server.url + address)
                    if answer is None or answer.status != 200:
                        found.append(f"{address}: {answer and answer.status}")
                        break
                where = f"{address} {size['viewport']['width']} {scheme} {language}"
                found += [f"{where}: {each}" for each in pages.evaluate(CHECKS) + _violations(pages)]
        if pages.evaluate("document.documentElement.lang").startswith("zh"):
            found += [f"{address}: untranslated {text!r}" for text in _untranslated(pages)]
    assert found == [], "\n".join(found[:60])
