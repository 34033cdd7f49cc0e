"""People, their devices, their attempts to sign in, and what they changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, UtcDateTime
from app.identity.rules import Role
from app.triggers import append_only


class User(Base):
    """A person who signs in; never deleted, only deactivated, since history names them."""

    __tablename__ = "user_account"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    login: Mapped[str] = mapped_column(String(60), unique=True)  # kept case-folded
    name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str] = mapped_column(String(200))
    # Somebody else chose it and knows it: nothing can be done with it but choose another one.
    must_change_password: Mapped[bool] = mapped_column(default=False)
    roles: Mapped[list[Role]] = mapped_column(JSON)
    locale: Mapped[str | None] = mapped_column(String(8))
    theme: Mapped[str] = mapped_column(String(8), default="auto")
    active: Mapped[bool] = mapped_column(default=True)
    # Raised by a password change, a role change or a revocation: older sessions and grants end.
    epoch: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EndedEpoch(Base):
    """When an epoch of a user ended: scans made before that instant, and sent later, are still that user's."""

    __tablename__ = "user_ended_epoch"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    epoch: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EndedSession(Base):
    """A session that its user signed out of: its cookie, copied before, opens nothing."""

    __tablename__ = "ended_session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class Device(Base):
    """A phone or desk that scans; events name it, a manager can revoke it."""

    __tablename__ = "device"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), default="")
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInAttempt(Base):
    """A try to sign in; counted in the database so that limits hold across processes."""

    __tablename__ = "sign_in_attempt"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    login: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(64))
    # A device on which this login succeeded before; its tries are counted apart from those of strangers.
    device_id: Mapped[UUID | None]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    succeeded: Mapped[bool]

    __table_args__ = (
        Index("ix_sign_in_attempt_login_at", "login", "at"),
        Index("ix_sign_in_attempt_address_at", "address", "at"),
    )


class AuditEvent(Base):
    """Who did what to what, when, with the values before and after; append-only."""

    __tablename__ = "audit_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    action: Mapped[str] = mapped_column(String(60), index=True)  # e.g. item.edit, stocktake.approve
    subject: Mapped[str] = mapped_column(String(80), index=True)  # e.g. item:12
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


append_only(AuditEvent.__table__)
