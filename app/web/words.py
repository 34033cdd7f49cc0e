"""Which language a request speaks: the user's choice, else the cookie, else Accept-Language, else Chinese."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, g, has_request_context, request
from flask_babel import Babel, gettext

from app.kernel.errors import RuleBroken

LOCALES = {"zh": "中文", "en": "English"}
LOCALE_COOKIE = "locale"


def init_app(
    app: Flask, chosen_locale: Callable[[], str | None], time_zone: Callable[[], str | None] = lambda: None
) -> None:
    """Set the words up; *chosen_locale* tells the signed-in user's own choice, *time_zone* the company's."""
    Babel(app, locale_selector=lambda: _select(chosen_locale), timezone_selector=time_zone)


def _select(chosen_locale: Callable[[], str | None]) -> str:
    if not has_request_context():
        return "zh"
    forced = getattr(g, "forced_locale", None)
    wanted = forced or chosen_locale() or request.cookies.get(LOCALE_COOKIE)
    if wanted in LOCALES:
        return str(wanted)
    return request.accept_languages.best_match(["zh", "zh-CN", "zh-TW", "en"], "zh")[:2]


def sentence(error: RuleBroken) -> str:
    """Return the error in the user's language."""
    return _filled(error.message, error.params)


def said(problem: Mapping[str, Any]) -> str:
    """Return a kept problem (a msgid and what fills it) in the user's language."""
    return _filled(problem["message"], problem["params"])


def _filled(message: str, params: Mapping[str, Any]) -> str:
    """Translate *message* and what it names: `field`, or `fields` with commas between, are msgids themselves."""
    named = {key: ", ".join(map(gettext, params[key].split(", "))) for key in ("field", "fields") if params.get(key)}
    return str(gettext(message, **{**params, **named}))
