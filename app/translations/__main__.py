"""`python -m app.translations check|compile`: find what has no Chinese, or build the catalogue that is served."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app import create_app
from app.web import openapi

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LANGUAGE = "zh"
METHODS = [("**.py", "python"), ("**.html", "jinja2")]
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "_l": None,
    "N_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
}


def used_messages() -> dict[str, str]:
    """Return every msgid that code and templates use, with one place that uses it."""
    found: dict[str, str] = {}
    for folder in (ROOT / "app", ROOT / "templates"):
        options = {"**.html": {"trimmed": "true", "silent": "false"}}
        for name, line, message, *_ in extract_from_dir(str(folder), METHODS, options, keywords=KEYWORDS):
            msgid = message[0] if isinstance(message, tuple) else message
            found.setdefault(msgid, f"{folder.name}/{name}:{line}")
    return found | dict.fromkeys(_texts_of_the_api(), "the description of the API")


def _texts_of_the_api() -> list[str]:
    """Return what the API's own code says of it: the application has to be made to know."""
    with TemporaryDirectory() as folder:
        app = create_app(Path(folder), migrations=False)
        with app.app_context():
            return list(openapi.texts(openapi.describe()))


def fragments() -> Iterator[tuple[Path, Catalog]]:
    """Yield each feature's fragment."""
    for path in sorted((HERE / LANGUAGE).glob("*.po")):
        with path.open("rb") as file:
            yield path, read_po(file, locale=LANGUAGE)


def merged() -> Catalog:
    """Return all fragments as one catalogue."""
    whole = Catalog(locale=LANGUAGE, charset="utf-8")
    for _, fragment in fragments():
        for message in fragment:
            if message.id:
                whole.add(message.id, message.string, flags=message.flags)
    return whole


def problems() -> list[str]:
    """Return what is missing, unused, unsure, said in two ways, or whose %(places)s differ; empty when all is well."""
    used = used_messages()
    found: list[str] = []
    translated: set[str] = set()
    said: dict[str, object] = {}
    for path, fragment in fragments():
        for message in fragment:
            if not message.id:
                continue
            msgid = message.id[0] if isinstance(message.id, tuple | list) else message.id
            strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
            if all(strings) and not message.fuzzy:
                translated.add(msgid)
            # The catalogue keeps one of the two: one page would speak of the other's meaning.
            if said.setdefault(msgid, message.string) != message.string:
                found.append(f"{path.name}: other Chinese in another fragment: {msgid!r}")
            if msgid not in used:
                found.append(f"{path.name}: no longer used: {msgid!r}")
            found += [f"{path.name}: {error}: {msgid!r}" for error in message.check(fragment)]
    found += [f"{place}: no Chinese: {msgid!r}" for msgid, place in used.items() if msgid not in translated]
    return found


def compile_catalogue() -> Path:
    """Write the catalogue that Flask-Babel reads; it is built, not kept in version control."""
    target = HERE / LANGUAGE / "LC_MESSAGES" / "messages.mo"
    target.parent.mkdir(exist_ok=True)
    buffer = io.BytesIO()
    write_mo(buffer, merged())
    target.write_bytes(buffer.getvalue())
    return target


def main(arguments: list[str]) -> int:
    """Run the command named first."""
    if arguments == ["compile"]:
        compile_catalogue()
        return 0
    if arguments == ["check"]:
        found = problems()
        sys.stdout.write("".join(f"{line}\n" for line in found) or "Every message has its Chinese.\n")
        return 1 if found else 0
    sys.stderr.write(f"{__doc__}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
