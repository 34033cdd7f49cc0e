"""What the terminal shows at the start: addresses, the code for a phone, the certificate, the first step."""

import os
import sys
from io import StringIO
from ipaddress import IPv4Address
from typing import Final

import segno
from flask_babel import gettext as _

from app.serve.plan import Plan

INDENT: Final = "  "


def terminal_locale() -> str:
    """Return the language of the terminal: Chinese if its settings say so, else English."""
    settings = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    chosen = next((value for value in settings if value), "")
    return "zh" if chosen.lower().startswith("zh") else "en"


def banner(plan: Plan, addresses: list[IPv4Address], token: str | None, *, http_full: bool) -> str:
    """Return the lines to print; *token* opens the set-up page of a company that has none yet.

    *http_full*: the owner lets the application be used over plain HTTP.
    """
    scheme = "https" if plan.certificates else "http"
    hosts = ["localhost", *map(str, addresses)] if plan.host in ("0.0.0.0", "::") else [plan.host]  # noqa: S104  # compared
    lines = ["", _("Zhangshi is open at:"), *(f"{INDENT}{scheme}://{host}:{plan.port}/" for host in hosts)]
    if plan.certificates:
        lines += _trust_lines(plan, hosts[-1], plan.certificates.fingerprint)
    elif not http_full:
        lines += _plain_lines(plan)
    if token:
        # Each with its host: where the server has no screen of its own, somebody opens it from elsewhere.
        links = [f"{INDENT}{scheme}://{host}:{plan.port}/setup?token={token}" for host in hosts]
        lines += ["", _("First visit: this address works once and opens the set-up page."), *links]
    return "\n".join([*lines, "", _("Ctrl+C stops the server."), ""])


def _plain_lines(plan: Plan) -> list[str]:
    """Say what an address over plain HTTP is for where nobody may use the application there."""
    if plan.behind_proxy:
        return [_("This is for the proxy in front: people open the proxy’s own address, over HTTPS.")]
    return [
        _("Over plain HTTP every page answers 403: so far this address only shows that the server runs."),
        _(
            "Full use over plain HTTP, for a network you trust alone: start with ZHANGSHI_HTTP_FULL=1, or have the "
            "owner switch it on under Settings, signed in over HTTPS (without --no-tls)."
        ),
    ]


def _trust_lines(plan: Plan, host: str, fingerprint: str) -> list[str]:
    lines = []
    if plan.http_port:
        door = f"http://{host}:{plan.http_port}/"
        lines += ["", _("A new phone starts here, with the certificate:"), f"{INDENT}{door}"]
        lines += _code(door) if host != "localhost" else []  # no network, no phone
    return [*lines, _("Fingerprint of the certificate (SHA-256):"), f"{INDENT}{fingerprint}"]


def _code(address: str) -> list[str]:
    """Return *address* as a QR code, or nothing where the terminal cannot draw it."""
    drawn = StringIO()
    segno.make(address, error="l", micro=False).terminal(out=drawn, border=2, compact=True)
    try:
        drawn.getvalue().encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return []
    return drawn.getvalue().splitlines()
