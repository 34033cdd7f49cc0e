"""The cookies that say who is here and on which device, read with one query a request.

Law: over HTTPS their names begin with __Host-, which browsers take only from this very host over HTTPS; over plain
HTTP (where the owner allows it) they bear other names, so that neither can be planted for the other.
"""

import hashlib
from copy import deepcopy
from datetime import timedelta
from functools import lru_cache, partial
from typing import Final
from uuid import UUID, uuid4

from flask import Flask, Request, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_login import LoginManager, login_user
from itsdangerous import BadSignature
from werkzeug.wrappers import Response

from app.db import db
from app.identity.access import Principal, current_user
from app.identity.grants import Present
from app.identity.queries import find_principal
from app.identity.rules import SIGN_IN_LIFE
from app.identity.sign_in import SignedIn
from app.kernel.clock import utc_now

SESSION_COOKIE: Final = "zhangshi"
DEVICE_COOKIE: Final = "zhangshi-device"
DEVICE_LIFE: Final = timedelta(days=400)  # the longest that browsers keep a cookie
DAY_S: Final = 24 * 3600
DEVICE_MARKS: Final = (  # the telling mark first: HarmonyOS calls itself Android, an iPad a Macintosh
    ("HarmonyOS", "HarmonyOS"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


class SchemeSessions(SecureCookieSessionInterface):
    """Signed cookies, one name over HTTPS and another over HTTP.

    Cost: reading a cookie takes a twentieth of what a scan costs, and phones send the same one all day.
    """

    digest_method = staticmethod(hashlib.sha256)

    def __init__(self, app: Flask) -> None:
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            raise RuntimeError("without a key no session can be signed")
        self._read = lru_cache(maxsize=256)(partial(serializer.loads, return_timestamp=True))

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:
        """Return what the request's cookie holds, nothing where it is not ours or too old."""
        cookie = request.cookies.get(self.get_cookie_name(app), "")
        try:
            kept, signed_at = self._read(cookie)
        except BadSignature:
            return self.session_class()
        age = utc_now() - signed_at
        return self.session_class(deepcopy(kept) if timedelta() <= age <= SIGN_IN_LIFE else None)

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002  # Flask's signature
        """Return the name under which this request's session is kept."""
        return _host_name(SESSION_COOKIE)

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002  # Flask's signature
        """Return whether the browser may send the session back over HTTPS only."""
        return request.is_secure


def init_app(app: Flask) -> None:
    """Set sessions and sign-in up."""
    app.session_interface = SchemeSessions(app)
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=SIGN_IN_LIFE,
        # Renewed once a day by _load: a cookie in every answer could undo a sign-out that overtakes it.
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    manager = LoginManager()
    manager.session_protection = None  # phones change their address all day; epochs and devices end sessions
    manager.init_app(app)
    manager.user_loader(_load)


def enter(signed_in: SignedIn) -> None:
    """Begin a new session: nothing of the one before survives, so none can be fixed beforehand."""
    session.clear()
    session.permanent = True
    session["device"] = str(signed_in.device)
    session["day"] = _day()
    session["id"] = uuid4().hex
    login_user(signed_in.user)


def re_enter(user: Principal) -> None:
    """Go on in this session after one's own epoch was raised."""
    enter(SignedIn(user, current_device()))


def leave() -> UUID | None:
    """End this session in its browser; return its id, so that it ends for copies too (None: it began without)."""
    ended = _id()
    session.clear()
    return ended


def current_device() -> UUID:
    """Return the device this session runs on; RuntimeError without a session."""
    if "device" not in session:
        raise RuntimeError("only a signed-in session has a device")
    return UUID(session["device"])


def present() -> Present:
    """Return who asks and on which device; RuntimeError without a session."""
    return Present(current_user._get_current_object(), current_device())  # noqa: SLF001  # a proxy beneath


def find_device_cookie() -> UUID | None:
    """Return the device that this browser says it is."""
    try:
        return UUID(request.cookies.get(_host_name(DEVICE_COOKIE), ""))
    except ValueError:
        return None


def keep_device_cookie(response: Response, device: UUID) -> None:
    """Have the browser remember which device it is, beyond signing out."""
    response.set_cookie(
        _host_name(DEVICE_COOKIE),
        str(device),
        max_age=DEVICE_LIFE,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def address() -> str:
    """Return the network address the request came from."""
    return request.remote_addr or "unknown"


def _load(text: str) -> Principal | None:
    number, _, epoch = text.partition(".")
    if not (number.isdigit() and epoch.isdigit()):
        return None
    device = UUID(session["device"]) if "device" in session else None
    user = find_principal(db.session(), int(number), int(epoch), device, _id())
    if user is not None and session.get("day") != _day():
        session["day"] = _day()
    return user


def _id() -> UUID | None:
    return UUID(session["id"]) if "id" in session else None


def _day() -> int:
    return int(utc_now().timestamp()) // DAY_S


def _host_name(name: str) -> str:
    return f"__Host-{name}" if request.is_secure else name


def device_name() -> str:
    """Return a first name for this device, from what its browser tells."""
    agent = request.user_agent.string
    return next((name for mark, name in DEVICE_MARKS if mark in agent), "")
