"""What the terminal shows at the start."""

from ipaddress import IPv4Address
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale

from app.serve.banner import banner
from app.serve.plan import Plan

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_SQLITE
def test_the_set_up_page_can_be_opened_from_another_machine(app: Flask, tmp_path: Path) -> None:
    assert app
    plan = Plan(tmp_path, "0.0.0.0", 8443, 0, 2, 8, None, behind_proxy=False)  # noqa: S104  # compared, not bound
    with force_locale("en"):
        lines = banner(plan, [IPv4Address("192.168.1.7")], "once", http_full=True).splitlines()
    links = [line.strip() for line in lines if "token=" in line]
    assert links == [f"http://{host}:8443/setup?token=once" for host in ("localhost", "192.168.1.7")]


def shown(plan: Plan, locale: str = "en", *, http_full: bool) -> str:
    with force_locale(locale):
        return banner(plan, [IPv4Address("192.168.1.7")], None, http_full=http_full)


@ON_SQLITE
def test_an_address_that_answers_403_says_what_it_is_for_and_how_to_open_it(app: Flask, tmp_path: Path) -> None:
    assert app
    plain = Plan(tmp_path, "127.0.0.1", 8443, 0, 2, 8, None, behind_proxy=False)
    said = shown(plain, http_full=False)
    assert "every page answers 403" in said
    assert "ZHANGSHI_HTTP_FULL=1" in said
    assert "under Settings" in said
    assert "ZHANGSHI_HTTP_FULL=1" in shown(plain, "zh", http_full=False)
    assert "403" not in shown(plain, http_full=True)


@ON_SQLITE
def test_behind_a_proxy_the_address_is_the_proxys(app: Flask, tmp_path: Path) -> None:
    assert app
    said = shown(Plan(tmp_path, "127.0.0.1", 8443, 0, 2, 8, None, behind_proxy=True), http_full=False)
    assert "for the proxy in front" in said
    assert "403" not in said
