"""The list of imports, and the list of the rows of one that have problems."""

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from app.imports.kinds import ImportKind, get_kind
from app.imports.models import Import, ImportRow
from app.imports.queries import bad_rows, import_rows
from app.imports.rules import STATE_NAMES, STATE_TONES, shortened
from app.web.listing import Column, Filter, Listing
from app.web.words import said


def imports_listing(kinds: Sequence[ImportKind]) -> Listing:
    """Return the list of the imports of these kinds."""
    choices = [(kind.key, gettext(kind.title)) for kind in kinds]
    return Listing(
        name="imports",
        title=_l("Imports"),
        statement=import_rows([kind.key for kind in kinds]),
        columns=(
            Column("file_name", _l("File"), sort=Import.file_name, link=_url, is_title=True),
            Column("kind", _l("Kind"), label=_kind),
            Column("state", _l("State"), "badge", label=_state, shade=_shade),
            Column("good", _l("Good rows"), "quantity", sort=Import.good),
            Column("bad", _l("Bad rows"), "quantity", sort=Import.bad),
            Column("name", _l("By")),
            Column("created_at", _l("When"), "instant", sort=Import.created_at),
        ),
        search=(Import.file_name,),
        filters=(Filter("kind", _l("Kind"), choices, lambda value: Import.kind == value),),
        order=(Import.id.desc(),),
        when=Import.created_at,
        empty=_l("Bring items, partners, bins and opening balances in from a spreadsheet."),
    )


def bad_rows_listing(import_id: int) -> Listing:
    """Return the list of an import's rows with problems, in the file's order."""
    return Listing(
        name="bad-rows",
        title=_l("Rows with problems"),
        statement=bad_rows(import_id),
        columns=(
            Column("number", _l("Row in the file"), "quantity", sort=ImportRow.number),
            Column("reason", _l("Problem"), label=reasons_of, is_title=True),
            Column("cells", _l("Cells"), label=lambda row: shortened(" · ".join(row.cells.values()))),
        ),
        search=(ImportRow.words,),
        order=(ImportRow.number,),
    )


def reasons_of(row: Any) -> str:
    """Return in the reader's language what is wrong with a row."""
    return " ".join(said(problem) for problem in row.problems)


def _url(row: Any) -> str:
    return url_for("imports.show", import_id=row.id)


def _kind(row: Any) -> str:
    return str(gettext(get_kind(row.kind).title))


def _state(row: Any) -> str:
    return str(gettext(STATE_NAMES[row.state]))


def _shade(row: Any) -> str:
    return STATE_TONES[row.state]
