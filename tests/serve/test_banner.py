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
        lines = banner(plan, [IPv4Address("192.168.1.7")], "once").splitlines()
    links = [line.strip() for line in lines if "token=" in line]
    assert links == [f"http://{host}:8443/setup?token=once" for host in ("localhost", "192.168.1.7")]
