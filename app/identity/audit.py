"""The audit trail: one row for each change a person made, written in the same transaction as the change.

Law: rows are never changed (the database refuses it); every feature writes through `audit()`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import InstrumentedAttribute, Session

from app.identity.models import AuditEvent, Device, User
from app.identity.rules import ROLE_NAMES
from app.kernel.exact import plain
from app.kernel.i18n import N_

# What an action is called in the list; features add their own in wiring.
ACTIONS: dict[str, str] = {
    "user.create": N_("User created"),
    "user.edit": N_("User changed"),
    "user.deactivate": N_("User deactivated"),
    "user.activate": N_("User activated"),
    "user.reset_password": N_("Password reset"),
    "user.reset_at_server": N_("Password reset at the server"),
    "user.change_password": N_("Own password changed"),
    "user.sign_out_everywhere": N_("Signed out everywhere"),
    "user.sign_in": N_("Signed in"),
    "device.rename": N_("Device renamed"),
    "device.revoke": N_("Device revoked"),
    "backup.restore": N_("Backup restored"),
}
# What the kinds of subjects are called ("item:12"), where there is more of one kind; features add theirs in wiring.
SUBJECTS: dict[str, str] = {"user": N_("User"), "device": N_("Device")}
Attribute = InstrumentedAttribute[Any]
# By kind of subject: the columns of its id and of what people call it; features add theirs in wiring.
SUBJECT_NAMES: dict[str, tuple[Attribute, Attribute]] = {
    "user": (User.id, User.name),
    "device": (Device.id, Device.name),
}
# Words of the details that people read, keys and kept values; features add theirs in wiring. A value that is another
# word elsewhere stands behind its key: a role is called warehouse, and so is a place.
WORDS: dict[str, str] = {
    "login": N_("Login"),
    "name": N_("Called"),
    "roles": N_("Roles"),
    "device": N_("Device"),
    "address": N_("Address"),
    "file": N_("File"),
    "taken_at": N_("Taken at"),
    **{f"roles:{role.value}": name for role, name in ROLE_NAMES.items()},
}


def audit(
    session: Session, by: int | None, action: str, subject: str, details: Mapping[str, object], now: datetime
) -> None:
    """Write that the user *by* (None: the system) did *action* to *subject* ("item:12"), with the facts of it."""
    kept = {key: _as_json(value) for key, value in details.items()}
    session.add(AuditEvent(at=now, user_id=by, action=action, subject=subject, details=kept))


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """Return {"old": …, "new": …} of every field that differs."""
    return {key: {"old": before.get(key), "new": new} for key, new in after.items() if before.get(key) != new}


def _as_json(value: object) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _as_json(each) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(_as_json(each) for each in value)
    if isinstance(value, list | tuple):
        return [_as_json(each) for each in value]
    return _scalar(value)


def _scalar(value: object) -> bool | int | str | None:
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):  # datetime is one too
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"the audit trail cannot keep a {type(value).__name__}")
