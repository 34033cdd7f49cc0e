"""The fields' titles in both languages: a heading in either is understood."""

from flask_babel import force_locale, gettext

from app.imports.kinds import get_kind


def other_titles(kind: str) -> dict[str, str]:
    """Return the Chinese titles of the kind's fields by key; the English ones are the fields' own."""
    with force_locale("zh"):
        return {field.key: gettext(field.title) for field in get_kind(kind).fields}
