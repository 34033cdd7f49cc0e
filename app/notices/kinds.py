"""The kinds of notices: what each says; features register theirs in wiring.

Law: a notice keeps its kind and its facts, never a sentence; each reader reads it in the reader's own language.
"""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from msgspec import Struct

from app.kernel.i18n import N_


class Kind(Struct, frozen=True):
    """What notices of one kind say; msgids in English, `message` with %(name)s places for their facts.

    `words` names the facts that are msgids themselves and are translated before they fill their place.
    """

    name: str
    title: str
    message: str
    icon: str = "bell"
    tone: str = "calm"  # calm, warn, bad
    words: frozenset[str] = frozenset()


JOB_FAILED = Kind(
    "job.failed", N_("A scheduled job failed"), N_("%(job)s: %(error)s"), "clock-history", "bad", frozenset({"job"})
)
KINDS: dict[str, Kind] = {JOB_FAILED.name: JOB_FAILED}


def register(*kinds: Kind) -> None:
    """Add *kinds*; one name means one kind."""
    KINDS.update({kind.name: kind for kind in kinds})


def title(kind: str) -> str:
    """Return the heading of a notice in the reader's language."""
    return str(gettext(KINDS[kind].title)) if kind in KINDS else kind


def message(kind: str, params: Mapping[str, Any]) -> str:
    """Return what a notice says in the reader's language."""
    known = KINDS.get(kind)
    if known is None:  # of a feature that was taken out since
        return ""
    shown = {key: gettext(value) if key in known.words else value for key, value in params.items()}
    return str(gettext(known.message, **shown))
