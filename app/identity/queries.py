"""What pages ask about people, devices and the audit trail."""

from collections.abc import Callable, Collection
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, Table, Uuid, bindparam, case, exists, func, null, select
from sqlalchemy import cast as as_type
from sqlalchemy.orm import Session, aliased

from app.identity.access import Principal
from app.identity.audit import SUBJECT_NAMES, Attribute
from app.identity.models import AuditEvent, Device, EndedSession, SignInAttempt, User
from app.identity.rules import LoginDeactivated, NoSuchLogin, Permission, Role, normal_login, roles_with
from app.kernel.errors import NotFound

_USER, _DEVICE, _ENDED = (cast("Table", model.__table__) for model in (User, Device, EndedSession))
# Every request asks this: built once, it costs a fifth of being built anew.
_PRINCIPAL = select(
    _USER.c.id,
    _USER.c.login,
    _USER.c.name,
    _USER.c.roles,
    _USER.c.locale,
    _USER.c.theme,
    _USER.c.epoch,
    _USER.c.must_change_password,
).where(
    _USER.c.id == bindparam("user"),
    _USER.c.epoch == bindparam("epoch"),
    _USER.c.active,
    ~exists().where(_DEVICE.c.id == bindparam("device"), _DEVICE.c.revoked_at.is_not(None)),
    ~exists().where(_ENDED.c.id == bindparam("session")),
)


def find_principal(
    session: Session, user_id: int, epoch: int, device: UUID | None, session_id: UUID | None = None
) -> Principal | None:
    """Return who is signed in; None after a deactivation, a new epoch, a revocation or signing out. One query."""
    wanted = {"user": user_id, "epoch": epoch, "device": device, "session": session_id}
    row = session.execute(_PRINCIPAL, wanted).one_or_none()
    return None if row is None else _principal(row)


def principal_of(user: User) -> Principal:
    """Return *user* as requests know users."""
    return _principal(user)


def get_user(session: Session, user_id: int) -> User:
    """Return the user, active or not. Errors: NotFound."""
    user = session.get(User, user_id)
    if user is None:
        raise NotFound
    return user


def get_active_user(session: Session, login: str) -> User:
    """Return who signs in with *login*. Errors: NoSuchLogin, LoginDeactivated."""
    user = session.scalar(select(User).where(User.login == normal_login(login)))
    if user is None:
        raise NoSuchLogin(login=login)
    if not user.active:
        raise LoginDeactivated(login=user.login)
    return user


def get_device(session: Session, device_id: UUID) -> Device:
    """Return the device, revoked or not. Errors: NotFound."""
    device = session.get(Device, device_id)
    if device is None:
        raise NotFound
    return device


def list_names(session: Session) -> list[tuple[int, str]]:
    """Return id and name of every user, deactivated ones too, for choices."""
    return [(row.id, row.name) for row in session.execute(select(User.id, User.name).order_by(User.name))]


def list_active_names(session: Session) -> list[tuple[int, str]]:
    """Return id and name of the users who may sign in, for choices."""
    statement = select(User.id, User.name).where(User.active).order_by(User.name, User.id)
    return [(number, name) for number, name in session.execute(statement)]


def users_who_may(session: Session, permission: Permission) -> list[int]:
    """Return the ids of the active users who may do this."""
    # Roles are a short JSON list and users are few: the same few lines on both databases beat two JSON dialects.
    wanted = roles_with(permission)
    rows = session.execute(select(User.id, User.roles).where(User.active).order_by(User.id))
    return [user_id for user_id, roles in rows if wanted & set(roles)]


def select_users() -> Select[Any]:
    """Return the statement of the list of users."""
    columns: tuple[Any, ...] = (User.id, User.login, User.name, User.roles, User.active, User.created_at)
    return select(*columns)


def select_devices() -> Select[Any]:
    """Return the statement of the list of devices, each with who used it last."""
    facts: tuple[Any, ...] = (Device.id, Device.name, Device.first_seen_at, Device.last_seen_at, Device.revoked_at)
    return select(*facts, User.name.label("user_name")).outerjoin(User, User.id == Device.last_user_id)


def select_sign_ins() -> Select[Any]:
    """Return the statement of the list of tries to sign in, each with whose login it is and the device it was on."""
    facts: tuple[Any, ...] = tuple(SignInAttempt.__table__.columns)
    named = (User.id.label("user_id"), User.name.label("user_name"), Device.name.label("device_name"))
    return (
        select(*facts, *named)
        .outerjoin(User, User.login == SignInAttempt.login)
        .outerjoin(Device, Device.id == SignInAttempt.device_id)
    )


def name_of(
    is_kind: Callable[[str], ColumnElement[bool]], key: Callable[[str], ColumnElement[Any]], kinds: Collection[str]
) -> ColumnElement[Any]:
    """Return what people call the subject of a row: its number, code or name, None for what has none.

    *is_kind* says whether the row's subject is of one of the *kinds*, *key* gives its id if it is. One look-up by id a
    row, so that a list of them is still one query and can be searched and sorted by these names.
    """
    names = [(is_kind(kind), _name_by_id(*SUBJECT_NAMES[kind], key(kind))) for kind in kinds if kind in SUBJECT_NAMES]
    return case(*names, else_=None) if names else null()


def _name_by_id(number: Attribute, name: Attribute, key: ColumnElement[Any]) -> ColumnElement[str]:
    # Of its own: the list may have the same table for another reason.
    table = aliased(name.class_)
    return select(getattr(table, name.key)).where(getattr(table, number.key) == key).scalar_subquery()


def select_audit() -> Select[Any]:
    """Return the statement of the audit trail, each row with who did it and what the subject is called."""
    facts: tuple[Any, ...] = tuple(AuditEvent.__table__.columns)
    return select(*facts, User.name.label("user_name"), audited_name().label("subject_name")).outerjoin(
        User, User.id == AuditEvent.user_id
    )


def audited_name() -> ColumnElement[Any]:
    """Return what the subject of an audit row ("item:12") is called."""
    subject = AuditEvent.subject

    def is_kind(kind: str) -> ColumnElement[bool]:
        # "scan:*" is said of many at once.
        return subject.startswith(f"{kind}:", autoescape=True) & (subject != f"{kind}:*")

    def key(kind: str) -> ColumnElement[Any]:
        text = func.substr(subject, len(kind) + 2)
        if isinstance(SUBJECT_NAMES[kind][0].type, Uuid):
            return as_type(func.replace(text, "-", ""), Uuid)
        return as_type(text, BigInteger)

    return name_of(is_kind, key, SUBJECT_NAMES)


def _principal(row: Any) -> Principal:
    return Principal(
        id=row.id,
        login=row.login,
        name=row.name,
        roles=frozenset(Role(role) for role in row.roles),
        locale=row.locale,
        theme=row.theme,
        epoch=row.epoch,
        must_change_password=row.must_change_password,
    )
