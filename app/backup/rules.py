"""What can be wrong with a backup, and which backups of many are kept."""

from collections.abc import Sequence
from typing import Final

from app.kernel.errors import RuleBroken
from app.kernel.i18n import N_

FORMAT: Final = 1
KEPT: Final = 14  # of the nightly ones


class BackupExists(RuleBroken):
    """A backup never overwrites a file."""

    message = N_("%(path)s is there already.")


class NotABackup(RuleBroken):
    """The file is no backup of ours, or of a newer version."""

    message = N_("%(path)s is no backup that this version can read.")


class BackupDamaged(RuleBroken):
    """The file's contents are not what was written."""

    message = N_("The backup is damaged: %(where)s.")


class HoldsData(RuleBroken):
    """The database that would be replaced is in use by a company."""

    message = N_("This database holds a company's data. Restore with --replace to replace it.")


class NotUpgraded(RuleBroken):
    """The database is older than the program: what would be written is not what the program knows."""

    message = N_("The database is not upgraded: run flask --app app db upgrade first.")


def superfluous(names: Sequence[str], kept: int = KEPT) -> list[str]:
    """Return which of the nightly backups *names* (which sort by time) are more than are *kept*."""
    return sorted(names)[:-kept] if len(names) > kept else []
