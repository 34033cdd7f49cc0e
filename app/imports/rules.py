"""What an import is made of: fields matched by their headings, cells cleaned, states and what may follow them."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum

from msgspec import Struct

from app.kernel.errors import InvalidInput, NotFound, RuleBroken
from app.kernel.i18n import N_

_BETWEEN = re.compile(r"[\s_\-()（）【】\[\]:：*/／.。]+")
_SPACES = re.compile(r"\s+")
_SHORTENED = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]{1,3}", re.IGNORECASE)
_UNREAD = "\ufffd"
LONGEST_TOLD = 200


class ImportState(StrEnum):
    """How far an import is."""

    UPLOADED = "uploaded"
    STAGING = "staging"
    CHECKED = "checked"
    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"
    DISCARDED = "discarded"
    TAKEN_BACK = "taken_back"


class RowState(StrEnum):
    """What the check said of a row."""

    STAGED = "staged"
    BAD = "bad"


FOLLOWS: dict[ImportState, frozenset[ImportState]] = {
    ImportState.UPLOADED: frozenset({ImportState.STAGING, ImportState.DISCARDED}),
    ImportState.STAGING: frozenset({ImportState.CHECKED, ImportState.FAILED}),
    ImportState.CHECKED: frozenset({ImportState.APPLYING, ImportState.DISCARDED, ImportState.STAGING}),
    ImportState.APPLYING: frozenset({ImportState.APPLIED, ImportState.CHECKED, ImportState.FAILED}),
    ImportState.FAILED: frozenset({ImportState.STAGING, ImportState.APPLYING, ImportState.DISCARDED}),
    ImportState.APPLIED: frozenset({ImportState.TAKEN_BACK}),
    ImportState.TAKEN_BACK: frozenset(),
    ImportState.DISCARDED: frozenset(),
}
STATE_NAMES: dict[ImportState, str] = {
    ImportState.UPLOADED: N_("match columns"),
    ImportState.STAGING: N_("being read"),
    ImportState.CHECKED: N_("checked"),
    ImportState.APPLYING: N_("being taken over"),
    ImportState.APPLIED: N_("taken over"),
    ImportState.FAILED: N_("failed"),
    ImportState.DISCARDED: N_("discarded"),
    ImportState.TAKEN_BACK: N_("taken back"),
}
STATE_TONES: dict[ImportState, str] = {
    ImportState.UPLOADED: "neutral",
    ImportState.STAGING: "warn",
    ImportState.CHECKED: "calm",
    ImportState.APPLYING: "warn",
    ImportState.APPLIED: "good",
    ImportState.FAILED: "bad",
    ImportState.DISCARDED: "neutral",
    ImportState.TAKEN_BACK: "neutral",
}
BUSY = frozenset({ImportState.STAGING, ImportState.APPLYING})
# Nothing is read from the rows or the file of such an import any more: taking back undoes what was booked.
ENDED = frozenset({ImportState.APPLIED, ImportState.DISCARDED, ImportState.TAKEN_BACK})
# How long staged rows and files outlive the end of their import.
KEPT = timedelta(days=30)


class NoSuchImport(NotFound):
    """No import with this id."""

    message = N_("There is no such import.")


class WrongState(RuleBroken):
    """Somebody else went on with this import meanwhile."""

    message = N_("This import has moved on meanwhile; the page shows how far it is.")


class FileGone(NotFound):
    """The uploaded file is not kept any more."""

    message = N_("The file is gone. Upload it again.")


class RowsRemoved(NotFound):
    """The import ended long enough ago for its rows to be removed."""

    message = N_("The rows of this import were removed: they are kept for %(days)s days after it has ended.")


class RowsDiscarded(RowsRemoved):
    """The rows went when the import was given up."""

    message = N_("The rows of this import were removed when it was discarded.")


class HasBadRows(RuleBroken):
    """All rows or, when asked for, the good ones alone."""

    message = N_("%(bad)s rows have problems. Mend them in the file, or ask for the good rows alone.")


class NothingToApply(RuleBroken):
    """No good row."""

    message = N_("There is no good row to take over.")


class ColumnMissing(InvalidInput):
    """A required field has no column."""

    message = N_("The file has no column for: %(fields)s.")


class NoSuchKind(InvalidInput):
    """The kind of import is unknown."""

    message = N_("There is no import of the kind “%(kind)s”. Known: %(known)s.")


class ValueMissing(InvalidInput):
    """A required cell is empty."""

    message = N_("“%(field)s” is empty.")


class NeitherYesNorNo(InvalidInput):
    """A word that is neither."""

    message = N_("“%(text)s” is neither yes nor no.")


class Shortened(InvalidInput):
    """A spreadsheet kept 6.90123E+12 of a code: nobody knows its digits any more."""

    message = N_(
        "“%(text)s” is a long number that a spreadsheet shortened. Format the column as text and enter it anew."
    )


class Unread(InvalidInput):
    """Bytes that are no character of the file's encoding."""

    message = N_("“%(text)s” has a character that cannot be read. Save the file as UTF-8.")


def has_ended(state: ImportState, good: int) -> bool:
    """Return whether the rows are wanted no more; what failed can be taken over again while it has good rows."""
    return state in ENDED or (state == ImportState.FAILED and not good)


def rows_gone(state: ImportState, good: int, missing: int, age: timedelta) -> RowsRemoved | None:
    """Return what to say instead of the bad rows, None while all of them are there to be shown.

    *age* is how long ago the import last changed: the clock decides, for from the first night on some rows may be gone
    and some not. One that is taken back after that is young again, and has *missing* rows.
    """
    if state == ImportState.DISCARDED:
        return RowsDiscarded()
    is_due = has_ended(state, good) and age > KEPT
    return RowsRemoved(days=KEPT.days) if is_due or missing else None


class Field(Struct, frozen=True):
    """A column an import understands: `title` is a msgid, `synonyms` other headings in Chinese or English."""

    key: str
    title: str
    synonyms: tuple[str, ...] = ()
    is_required: bool = False


class Problem(Struct, frozen=True):
    """Why a row cannot be taken: a msgid and what fills it."""

    message: str
    params: Mapping[str, str]

    @classmethod
    def of(cls, error: RuleBroken) -> "Problem":
        """Return the problem that *error* names; of a cell as long as a book it tells the beginning."""
        return cls(error.message, {name: shortened(str(value)) for name, value in error.params.items()})


def shortened(text: str) -> str:
    """Return *text*, or its beginning where it is too long to be shown."""
    return text if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]}…"


def cell_problems(cells: Mapping[str, str], fields: Sequence[Field]) -> list[RuleBroken]:
    """Return what is wrong with a row whatever its kind: empty cells that must not be, cells that lost their text."""
    problems: list[RuleBroken] = [
        ValueMissing(field=field.title) for field in fields if field.is_required and not cells.get(field.key)
    ]
    problems += [Shortened(text=text) for text in cells.values() if _SHORTENED.fullmatch(text)]
    problems += [Unread(text=text) for text in cells.values() if _UNREAD in text]
    return problems


def match_columns(headings: Sequence[str], fields: Sequence[Field], titles: Mapping[str, str]) -> dict[str, int]:
    """Return which column holds which field: exact heading first, then any synonym; each column serves once.

    `titles` are the fields' titles in the other language, by key.
    """
    folded = [_fold(heading) for heading in headings]
    found: dict[str, int] = {}
    for names in (lambda f: (f.key, f.title, titles.get(f.key, "")), lambda f: f.synonyms):
        for field in fields:
            wanted = {_fold(name) for name in names(field) if name}
            free = (i for i, heading in enumerate(folded) if heading in wanted and i not in found.values())
            if field.key not in found and (index := next(free, None)) is not None:
                found[field.key] = index
    return found


def ensure_required(found: Mapping[str, int], fields: Sequence[Field]) -> None:
    """Refuse a file that lacks a required column."""
    missing = [field.title for field in fields if field.is_required and field.key not in found]
    if missing:
        raise ColumnMissing(fields=", ".join(missing))


def heading_row(rows: Sequence[Sequence[str]], fields: Sequence[Field], titles: Mapping[str, str]) -> int:
    """Return which of the first rows is the heading: the one that names most fields (a title line may stand above)."""
    scores = [len(match_columns(row, fields, titles)) for row in rows[:10]]
    return scores.index(max(scores)) if scores else 0


def clean(cell: object) -> str:
    """Return a cell as one line of text: full-width letters and digits made plain, stray spaces gone."""
    text = str(cell)
    if not text.isascii():
        text = "".join(
            unicodedata.normalize("NFKC", c) if "\uff01" <= c <= "\uff5e" and c.isalnum() else c for c in text
        )
    return _SPACES.sub(" ", text.replace("\u200b", "").replace("\ufeff", "")).strip()


def _fold(heading: str) -> str:
    return _BETWEEN.sub("", clean(heading)).casefold()


# Chinese and English words of yes and no in cells.
YES = frozenset({"是", "y", "yes", "true", "t", "1", "√", "✓", "✔", "有", "启用", "开启", "开", "on"})
NO = frozenset(
    {"否", "n", "no", "false", "f", "0", "×", "✗", "x", "无", "没有", "不", "停用", "关闭", "关", "off", "-"}
)


def is_yes(cell: str) -> bool:
    """Return whether a cell says yes. Errors: NeitherYesNorNo."""
    word = cell.strip().casefold()
    if word not in YES | NO:
        raise NeitherYesNorNo(text=cell)
    return word in YES
