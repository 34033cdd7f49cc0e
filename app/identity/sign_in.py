"""Signing in: tries are counted before the password is looked at, and a device is remembered when it fits.

Law: the slow hash is checked between two short transactions, so that nobody's guessing holds up a scan. A try counts
as failed from its beginning; only success takes that back. Wherever a password is asked for, a try is counted.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from msgspec import Struct
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from app.identity.access import Principal
from app.identity.audit import audit
from app.identity.models import Device, SignInAttempt, User
from app.identity.queries import get_user, principal_of
from app.identity.rules import WINDOW, SignInFailed, Tries, ensure_may_try, normal_login

LOGIN_LENGTH = 60
ADDRESS_LENGTH = 64


class Try(Struct, frozen=True):
    """A counted try: whose password is to be checked; no user where the login is unknown or shut out."""

    attempt_id: int
    user_id: int | None
    password_hash: str | None


class SignedIn(Struct, frozen=True):
    """Who came in and on which device."""

    user: Principal
    device: UUID


def begin_sign_in(session: Session, login: str, address: str, device: UUID | None, now: datetime) -> Try:
    """Count a try; TooManyAttempts where login or address used up theirs."""
    login = normal_login(login)[:LOGIN_LENGTH]
    address = address[:ADDRESS_LENGTH]
    # The user's row is the lock under which one login's tries are counted, one after another.
    user = session.scalar(select(User).where(User.login == login).with_for_update())
    known_device = device if device is not None and _has_signed_in(session, login, device) else None
    # Strangers who guess a login do not lock its owner out: a device that signed in before has tries of its own.
    of_login = (SignInAttempt.login == login) & SignInAttempt.device_id.is_not_distinct_from(known_device)
    by_login = _failures(session, of_login & (SignInAttempt.at > _last_success(session, of_login, now)), now)
    by_address = _failures(session, SignInAttempt.address == address, now)
    ensure_may_try(by_login, by_address, now)
    attempt = SignInAttempt(login=login, address=address, device_id=known_device, at=now, succeeded=False)
    session.add(attempt)
    session.flush()
    if user is None or not user.active:
        return Try(attempt.id, None, None)
    return Try(attempt.id, user.id, user.password_hash)


def finish_sign_in(
    session: Session, tried: Try, device: UUID | None, device_name: str, rehashed: str | None, now: datetime
) -> SignedIn:
    """Let in whose password fitted; *rehashed* replaces a hash made with weaker settings."""
    if tried.user_id is None:
        raise SignInFailed
    user = get_user(session, tried.user_id)
    # Between check and entry the password may have been reset or the user shut out.
    if not user.active or user.password_hash != tried.password_hash:
        raise SignInFailed
    if rehashed:
        user.password_hash = rehashed
    entered = _enter_device(session, device, device_name, user.id, now)
    attempt = succeed(session, tried, entered)
    facts = {"device": session.get_one(Device, entered).name or str(entered), "address": attempt.address}
    audit(session, user.id, "user.sign_in", f"user:{user.id}", facts, now)
    return SignedIn(principal_of(user), entered)


def succeed(session: Session, tried: Try, device: UUID) -> SignInAttempt:
    """Take back that a try counts as failed: its password fitted, on this device."""
    attempt = session.get_one(SignInAttempt, tried.attempt_id)
    attempt.succeeded, attempt.device_id = True, device
    return attempt


def enter_new_owner(session: Session, user: User, device_name: str, now: datetime) -> SignedIn:
    """Let in who has just set the company up, without asking for the password again."""
    return SignedIn(principal_of(user), _enter_device(session, None, device_name, user.id, now))


def _enter_device(session: Session, device: UUID | None, name: str, user_id: int, now: datetime) -> UUID:
    """Return the device used; a revoked or unknown one becomes a new device, its old scans stay the old one's."""
    known = session.get(Device, device) if device is not None else None
    if known is not None and known.revoked_at is None:
        known.last_seen_at = now
        known.last_user_id = user_id
        return known.id
    fresh = Device(id=uuid4(), name=name, first_seen_at=now, last_seen_at=now, last_user_id=user_id)
    session.add(fresh)
    session.flush()
    return fresh.id


def _has_signed_in(session: Session, login: str, device: UUID) -> bool:
    query = exists().where(
        SignInAttempt.login == login, SignInAttempt.device_id == device, SignInAttempt.succeeded.is_(True)
    )
    return bool(session.scalar(select(query)))


def _last_success(session: Session, of_login: ColumnElement[bool], now: datetime) -> datetime:
    last: datetime | None = session.scalar(
        select(func.max(SignInAttempt.at)).where(of_login, SignInAttempt.succeeded.is_(True))
    )
    return max(last, now - WINDOW) if last else now - WINDOW


def _failures(session: Session, which: ColumnElement[bool], now: datetime) -> Tries:
    query: Any = select(func.count(), func.min(SignInAttempt.at)).where(
        which, SignInAttempt.at > now - WINDOW, SignInAttempt.succeeded.is_(False)
    )
    count, oldest = session.execute(query).one()
    return Tries(count, oldest)
