"""What other features tell about documents that moved goods: filled in wiring, and nowhere else."""

from collections.abc import Callable

from msgspec import Struct


class DocumentKind(Struct, frozen=True):
    """What a kind of posting is called (a msgid), and where the document behind its key opens, if it has a page."""

    title: str
    url: Callable[[str], str | None] = lambda _key: None


# By the posting's kind.
documents: dict[str, DocumentKind] = {}


def document_title(kind: str) -> str:
    """Return the msgid of what a posting of this kind is called."""
    return documents[kind].title if kind in documents else kind


def find_document_url(kind: str, key: str) -> str | None:
    """Return where the document behind a posting opens, None where it has no page of its own."""
    return documents[kind].url(key) if kind in documents else None
