"""Commands about people and their devices; every one leaves its trace in the audit trail."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.db import inserting
from app.identity.audit import audit, changes
from app.identity.models import EndedEpoch, EndedSession, SignInAttempt, User
from app.identity.passwords import hash_password
from app.identity.queries import get_active_user, get_device, get_user, users_who_may
from app.identity.rules import (
    LastOwner,
    LoginTaken,
    Permission,
    Role,
    WrongPassword,
    ensure_login,
    ensure_password,
    ensure_roles,
    normal_login,
)


class NewUser(Struct, frozen=True):
    """What a new user starts with; `password_hash` was made outside the transaction, hashing is slow."""

    login: str
    name: str
    password_hash: str
    roles: frozenset[Role]
    locale: str | None = None

    @classmethod
    def checked(
        cls, login: str, name: str, password: str, roles: Collection[Role], locale: str | None = None
    ) -> "NewUser":
        """Return the new user if login, password and roles follow the rules."""
        login = normal_login(login)
        ensure_login(login)
        ensure_roles(roles)
        return cls(login, name.strip() or login, new_password_hash(password, login), frozenset(roles), locale)


def new_password_hash(password: str, login: str) -> str:
    """Return the hash of a new password that follows the rules."""
    ensure_password(password, login)
    return hash_password(password)


def create_user(
    session: Session, new: NewUser, by: int | None, now: datetime, *, must_change_password: bool = False
) -> User:
    """Add a user; *must_change_password*: somebody else knows it, so it is good for choosing another one only."""
    if session.scalar(select(User.id).where(User.login == new.login)) is not None:
        raise LoginTaken(login=new.login)
    user = User(
        login=new.login,
        name=new.name,
        password_hash=new.password_hash,
        must_change_password=must_change_password,
        roles=_ordered(new.roles),
        locale=new.locale,
        # Not 0: a restore may have taken back a user of this very id, who still has cookies and grants.
        epoch=session.scalar(select(func.max(User.epoch))) or 0,
        created_at=now,
    )
    session.add(user)
    session.flush()
    facts = {"login": user.login, "name": user.name, "roles": user.roles}
    audit(session, user.id if by is None else by, "user.create", f"user:{user.id}", facts, now)
    return user


def edit_user(session: Session, user_id: int, name: str, roles: Collection[Role], by: int, now: datetime) -> None:
    """Change a user's name and roles; a change of roles ends the user's sessions."""
    ensure_roles(roles)
    user = _lock(session, user_id)
    before = {"name": user.name, "roles": user.roles}
    if user.active and Role.OWNER not in roles:
        _ensure_other_owner(session, user)
    user.name = name.strip() or user.login
    if set(user.roles) != set(roles):
        user.roles = _ordered(roles)
        _end_epoch(session, user, now)
    changed = changes(before, {"name": user.name, "roles": user.roles})
    if changed:
        audit(session, by, "user.edit", f"user:{user.id}", changed, now)


def deactivate_user(session: Session, user_id: int, by: int, now: datetime) -> None:
    """Shut a user out at once; what the user did keeps the name."""
    user = _lock(session, user_id)
    if not user.active:
        return
    _ensure_other_owner(session, user)
    user.active = False
    _end_epoch(session, user, now)
    audit(session, by, "user.deactivate", f"user:{user.id}", {"login": user.login}, now)


def activate_user(session: Session, user_id: int, by: int, now: datetime) -> None:
    """Let a deactivated user in again."""
    user = _lock(session, user_id)
    if user.active:
        return
    user.active = True
    audit(session, by, "user.activate", f"user:{user.id}", {"login": user.login}, now)


def reset_password(session: Session, user_id: int, password_hash: str, by: int, now: datetime) -> None:
    """Give a user a new password, good for choosing another one only; sessions with the old one end."""
    user = _lock(session, user_id)
    user.password_hash = password_hash
    user.must_change_password = by != user_id
    _end_epoch(session, user, now)
    audit(session, by, "user.reset_password", f"user:{user.id}", {"login": user.login}, now)


def reset_forgotten_password(
    session: Session, login: str, password_hash: str, now: datetime, *, must_change_password: bool
) -> None:
    """Give who has *login* a new password from the server's terminal; sessions end, failed tries are forgotten.

    *must_change_password*: others may have seen it, so it is good for choosing another one only.

    Errors: NoSuchLogin, LoginDeactivated.
    """
    user = _lock(session, get_active_user(session, login).id)
    user.password_hash = password_hash
    user.must_change_password = must_change_password
    _end_epoch(session, user, now)
    # Whoever forgot a password has tried others, and would be kept waiting with the right one.
    session.execute(delete(SignInAttempt).where(SignInAttempt.login == user.login, SignInAttempt.succeeded.is_(False)))
    audit(session, None, "user.reset_at_server", f"user:{user.id}", {"login": user.login}, now)


def change_own_password(
    session: Session, user_id: int, verified_hash: str | None, new_hash: str, now: datetime
) -> User:
    """Replace one's own password; all other sessions end.

    *verified_hash* is the kept hash that the present password was found to fit (outside the transaction: that is
    slow), None if it did not; a password changed since then is another one.
    """
    user = _lock(session, user_id)
    if user.password_hash != verified_hash:
        raise WrongPassword
    user.password_hash = new_hash
    user.must_change_password = False
    _end_epoch(session, user, now)
    audit(session, user_id, "user.change_password", f"user:{user_id}", {}, now)
    return user


def end_session(session: Session, session_id: UUID, now: datetime) -> None:
    """Let nobody in with this session's cookie any more, wherever a copy of it is."""
    ended = inserting(session.get_bind().dialect.name, EndedSession).values(id=session_id, ended_at=now)
    session.execute(ended.on_conflict_do_nothing())


def sign_out_everywhere(session: Session, user_id: int, now: datetime) -> None:
    """End every session and grant of one's own."""
    _end_epoch(session, _lock(session, user_id), now)
    audit(session, user_id, "user.sign_out_everywhere", f"user:{user_id}", {}, now)


def begin_after_restore(session: Session, facts: Mapping[str, object], now: datetime) -> None:
    """End every session from before a restore, and write the restore into the audit trail.

    Users, passwords and revocations made after the backup are gone, their cookies are not: the epochs go on at a
    number that no cookie can have.
    """
    users = session.scalars(select(User).order_by(User.id)).all()
    beginning = max([int(now.timestamp()) // 60, *(user.epoch + 1 for user in users)])
    for user in users:
        session.add(EndedEpoch(user_id=user.id, epoch=user.epoch, ended_at=now))
        user.epoch = beginning
    audit(session, None, "backup.restore", "company:1", facts, now)


def set_preferences(session: Session, user_id: int, locale: str | None, theme: str) -> None:
    """Keep one's own language and light."""
    user = get_user(session, user_id)
    user.locale = locale
    user.theme = theme


def rename_device(session: Session, device_id: UUID, name: str, by: int, now: datetime) -> None:
    """Give a device the name by which people know it."""
    device = get_device(session, device_id)
    changed = changes({"name": device.name}, {"name": name.strip()})
    device.name = name.strip()
    if changed:
        audit(session, by, "device.rename", f"device:{device_id}", changed, now)


def revoke_device(session: Session, device_id: UUID, by: int, now: datetime) -> None:
    """End every session and grant of a device for good; its next sign-in makes it a new device."""
    device = get_device(session, device_id)
    if device.revoked_at is None:
        device.revoked_at = now
        audit(session, by, "device.revoke", f"device:{device_id}", {"name": device.name}, now)


def forget_old(session: Session, before: datetime) -> None:
    """Remove tries to sign in and ended sessions that are older than any rule asks for and any cookie lives."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < before))
    session.execute(delete(EndedSession).where(EndedSession.ended_at < before))


def _lock(session: Session, user_id: int) -> User:
    get_user(session, user_id)
    # All of the few users, in one order: two owners can neither remove each other at one moment nor deadlock.
    session.execute(select(User.id).order_by(User.id).with_for_update())
    return session.get_one(User, user_id, populate_existing=True)


def _ensure_other_owner(session: Session, user: User) -> None:
    if Role.OWNER in user.roles and users_who_may(session, Permission.MANAGE_COMPANY) == [user.id]:
        raise LastOwner


def _end_epoch(session: Session, user: User, now: datetime) -> None:
    session.add(EndedEpoch(user_id=user.id, epoch=user.epoch, ended_at=now))
    user.epoch += 1


def _ordered(roles: Collection[Role]) -> list[Role]:
    return [role for role in Role if role in roles]
