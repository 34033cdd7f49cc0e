"""The lists of users, devices, tries to sign in and the audit trail, as every list page shows them."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.identity.access import current_user
from app.identity.audit import ACTIONS, SUBJECTS, WORDS
from app.identity.models import AuditEvent, Device, SignInAttempt, User
from app.identity.queries import (
    audited_name,
    list_names,
    select_audit,
    select_devices,
    select_sign_ins,
    select_users,
)
from app.identity.rules import ROLE_NAMES, Permission, Role
from app.web.formats import MISSING, yes_no
from app.web.listing import Column, Filter, Listing

KEY_SHOWN = 12  # of a UUID the beginning tells enough
NOBODY = "nobody"
MANY = "*"  # "scan:*" is said of many at once
# Where the subject of an audit row ("item:12") is shown; features add their own in wiring.
SUBJECT_LINKS: dict[str, Callable[[str], str | None]] = {
    "user": lambda key: (
        url_for("people.edit_user", user_id=key) if current_user.may(Permission.MANAGE_COMPANY) else None
    ),
    "device": lambda key: url_for("people.edit_device", device_id=key),
}


def role_names(roles: Sequence[str]) -> str:
    """Return the roles in the reader's language."""
    return str(gettext(", ")).join(gettext(ROLE_NAMES[Role(role)]) for role in roles)


USERS = Listing(
    name="users",
    title=_l("Users"),
    statement=select_users(),
    columns=(
        Column(
            "name",
            _l("Name"),
            sort=User.name,
            link=lambda row: url_for("people.edit_user", user_id=row.id),
            is_title=True,
        ),
        Column("login", _l("Login"), "code", sort=User.login),
        Column("roles", _l("Roles"), label=lambda row: role_names(row.roles)),
        Column(
            "active",
            _l("State"),
            "badge",
            sort=User.active,
            label=lambda row: gettext("Active") if row.active else gettext("Deactivated"),
            shade=lambda row: "good" if row.active else "neutral",
        ),
        Column("created_at", _l("Since"), "instant", sort=User.created_at),
    ),
    search=(User.name, User.login),
    filters=(
        Filter(
            "state",
            _l("State"),
            (("active", _l("Active")), ("off", _l("Deactivated"))),
            lambda value: User.active.is_(value == "active"),
        ),
    ),
    order=(User.active.desc(), User.id),
)

DEVICES = Listing(
    name="devices",
    title=_l("Devices"),
    statement=select_devices(),
    columns=(
        Column(
            "name",
            _l("Name"),
            sort=Device.name,
            label=lambda row: row.name or str(row.id)[:8],
            link=lambda row: url_for("people.edit_device", device_id=row.id),
            is_title=True,
        ),
        Column("user_name", _l("Last used by"), sort=User.name),
        Column("last_seen_at", _l("Last sign-in"), "instant", sort=Device.last_seen_at),
        Column("first_seen_at", _l("First sign-in"), "instant", sort=Device.first_seen_at),
        Column(
            "revoked_at",
            _l("State"),
            "badge",
            sort=Device.revoked_at,
            label=lambda row: gettext("Revoked") if row.revoked_at else gettext("In use"),
            shade=lambda row: "bad" if row.revoked_at else "good",
        ),
    ),
    search=(Device.name, User.name),
    order=(Device.last_seen_at.desc(), Device.id),
    empty=_l("A device appears here with the first sign-in on it."),
)


def sign_in_listing(session: Session) -> Listing:
    """Return the list of tries to sign in; who can be chosen is read from the database."""
    people = [(NOBODY, str(gettext("Unknown"))), *((str(user_id), name) for user_id, name in list_names(session))]
    return Listing(
        name="sign-ins",
        title=_l("Sign-ins"),
        statement=select_sign_ins(),
        columns=(
            Column("login", _l("Login"), "code", sort=SignInAttempt.login, is_title=True),
            Column("at", _l("When"), "instant", sort=SignInAttempt.at),
            Column(
                "succeeded",
                _l("Result"),
                "badge",
                sort=SignInAttempt.succeeded,
                label=lambda row: gettext("Succeeded") if row.succeeded else gettext("Failed"),
                shade=lambda row: "good" if row.succeeded else "bad",
            ),
            Column(
                "user_name",
                _l("User"),
                sort=User.name,
                label=lambda row: row.user_name or gettext("Unknown"),
                link=lambda row: SUBJECT_LINKS["user"](str(row.user_id)) if row.user_id else None,
            ),
            Column("address", _l("Address"), "code", sort=SignInAttempt.address),
            Column("device_name", _l("Device"), sort=Device.name, label=_device, link=_device_link),
        ),
        search=(SignInAttempt.login, SignInAttempt.address, User.name),
        filters=(
            Filter(
                "result",
                _l("Result"),
                (("failed", _l("Failed")), ("succeeded", _l("Succeeded"))),
                lambda value: SignInAttempt.succeeded.is_(value == "succeeded"),
            ),
            Filter(
                "who", _l("User"), people, lambda value: User.id.is_(None) if value == NOBODY else User.id == int(value)
            ),
        ),
        order=(SignInAttempt.id.desc(),),
        when=SignInAttempt.at,
        empty=_l("Each time a password is asked for, it is written here."),
    )


def _device(row: Any) -> str:
    return row.device_name or (str(row.device_id)[:8] if row.device_id else str(gettext("Unknown")))


def _device_link(row: Any) -> str | None:
    return SUBJECT_LINKS["device"](str(row.device_id)) if row.device_name is not None else None


def audit_listing(session: Session) -> Listing:
    """Return the audit trail's list; who can be chosen is read from the database."""
    people = [(str(user_id), name) for user_id, name in list_names(session)]
    called = audited_name()
    return Listing(
        name="audit",
        title=_l("Audit trail"),
        statement=select_audit(),
        columns=(
            Column("action", _l("What"), sort=AuditEvent.action, label=_action, is_title=True),
            Column("at", _l("When"), "instant", sort=AuditEvent.at),
            Column("user_name", _l("Who"), sort=User.name, label=lambda row: row.user_name or gettext("The system")),
            Column("subject", _l("Subject"), sort=called, label=_subject, link=_subject_link),
            Column("details", _l("Details"), label=lambda row: details(row.details)),
        ),
        search=(AuditEvent.subject, AuditEvent.action, User.name, called),
        filters=(
            Filter(
                "action",
                _l("What"),
                [(action, gettext(name)) for action, name in sorted(ACTIONS.items())],
                lambda value: AuditEvent.action == value,
            ),
            Filter("who", _l("Who"), people, lambda value: AuditEvent.user_id == int(value)),
        ),
        order=(AuditEvent.id.desc(),),
        when=AuditEvent.at,
        empty=_l("Every change that a person makes is written here."),
    )


def details(facts: dict[str, Any]) -> str:
    """Return the facts of an audit row as one line: name: value; name: old → new."""
    colon = gettext(": ")
    return str(gettext("; ")).join(f"{_word(key)}{colon}{_shown(value, key)}" for key, value in facts.items())


def _shown(value: Any, of: str) -> str:
    match value:
        case {"old": old, "new": new}:  # as changes() writes them
            return f"{_shown(old, of)} → {_shown(new, of)}"
        case dict():
            return details(value)
        case list():
            return str(gettext(", ")).join(_shown(each, of) for each in value) or MISSING
        case bool():
            return yes_no(value)
        case None | "":
            return MISSING
    return _word(str(value), of)


def _word(word: str, of: str = "") -> str:
    """Return what people read for *word*; a value of one fact may mean another thing than the same word elsewhere."""
    msgid = WORDS.get(f"{of}:{word}") or WORDS.get(word)
    return str(gettext(msgid)) if msgid else word


def _action(row: Any) -> str:
    return str(gettext(ACTIONS[row.action])) if row.action in ACTIONS else str(row.action)


def _subject(row: Any) -> str:
    kind, _, key = row.subject.partition(":")
    called = row.subject_name or ("" if key == MANY else key[:KEY_SHOWN])
    return f"{gettext(SUBJECTS[kind])} {called}".strip() if kind in SUBJECTS else str(row.subject)


def _subject_link(row: Any) -> str | None:
    kind, _, key = row.subject.partition(":")
    return SUBJECT_LINKS[kind](key) if kind in SUBJECT_LINKS and key != MANY else None
