"""Scan grants: whose a scan is, also when it arrives late."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import db
from app.identity import service
from app.identity.access import Principal
from app.identity.grants import Grant, find_grant, issue_grant
from app.identity.models import Device, User
from app.identity.queries import principal_of
from app.identity.rules import Role
from tests.conftest import OWNER_LOGIN, Write

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


def read_grant(session: Session, text: str, at: datetime) -> Grant | None:
    """The grant of a scan made at that instant; None where the scan must be parked."""
    grant = find_grant(session, text)
    return grant if grant is not None and grant.covers(at) else None


@pytest.fixture
def counter(write: Write) -> tuple[Principal, UUID]:
    """A warehouse worker and the phone in hand."""
    with write() as session:
        owner = session.scalar(select(User).where(User.login == OWNER_LOGIN))
        assert owner is not None
        new = service.NewUser("li", "李", "!", frozenset({Role.WAREHOUSE}))
        user = service.create_user(session, new, owner.id, NOW)
        phone = Device(id=uuid4(), first_seen_at=NOW, last_seen_at=NOW)
        session.add(phone)
        session.flush()
        return principal_of(user), phone.id


def test_a_scan_made_with_a_grant_is_its_users_on_its_device(app: Flask, counter: tuple[Principal, UUID]) -> None:
    user, phone = counter
    grant = read_grant(db.session(), issue_grant(user, phone, NOW), LATER)
    assert grant is not None
    assert (grant.user_id, grant.user_name, grant.device, grant.roles) == (
        user.id,
        "李",
        phone,
        frozenset({Role.WAREHOUSE}),
    )


@pytest.mark.parametrize("change", ["revoke", "deactivate", "reset", "roles"])
def test_scans_before_a_revocation_count_and_scans_after_it_do_not(
    app: Flask, write: Write, counter: tuple[Principal, UUID], change: str
) -> None:
    user, phone = counter
    text = issue_grant(user, phone, NOW)
    revoked_at = NOW + timedelta(hours=1)
    with write() as session:
        match change:
            case "revoke":
                service.revoke_device(session, phone, 1, revoked_at)
            case "deactivate":
                service.deactivate_user(session, user.id, 1, revoked_at)
            case "reset":
                service.reset_password(session, user.id, "!", 1, revoked_at)
            case "roles":
                service.edit_user(session, user.id, "李", {Role.VIEWER}, 1, revoked_at)
    with write() as session:  # a second change does not move the first one's instant
        service.reset_password(session, user.id, "!!", 1, LATER)
    session = db.session()
    assert read_grant(session, text, revoked_at - timedelta(seconds=1)) is not None
    assert read_grant(session, text, revoked_at) is None


def test_a_grant_ends_with_the_sign_in_it_came_from(app: Flask, counter: tuple[Principal, UUID]) -> None:
    text = issue_grant(*counter, NOW)
    assert read_grant(db.session(), text, NOW + timedelta(days=29)) is not None
    assert read_grant(db.session(), text, NOW + timedelta(days=30)) is None
    assert read_grant(db.session(), text, NOW - timedelta(days=2)) is None


def test_a_grant_that_we_did_not_give_is_none(app: Flask, counter: tuple[Principal, UUID]) -> None:
    user, phone = counter
    text = issue_grant(user, phone, NOW)
    forged = issue_grant(Principal(10_000, "x", "x", frozenset(), None, "auto", 0), phone, NOW)
    facts, _, seal = text.rpartition(".")
    for bad in ("", "x", f"{facts}.{seal[1:]}", f"{facts[1:]}.{seal}", facts, seal, forged):
        assert find_grant(db.session(), bad) is None
    app.secret_key = "another installation"
    assert find_grant(db.session(), text) is None
