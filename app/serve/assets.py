"""Built files straight from their folder: compressed where the browser takes it, kept by it for good.

Law: only files that lay in the folder at start are served, so no path can lead out of it.
"""

import mimetypes
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final
from wsgiref.headers import Headers

from msgspec import Struct
from werkzeug.http import parse_accept_header

from app.web.shell import HEADERS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX: Final = "/static/"
ENCODINGS: Final = {"br": ".br", "gzip": ".gz"}  # best first; the build writes them beside their originals
HASHED: Final = re.compile(r"-[A-Z0-9]{8}\.")  # the builder's hash: the name changes with the content
FOR_GOOD: Final = "public, max-age=31536000, immutable"
TYPES: Final = {  # asking the system for them takes a worker ten milliseconds
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".wasm": "application/wasm",
}


class Asset(Struct, frozen=True):
    """One built file, its headers, and its compressed forms by encoding."""

    path: Path
    kind: str
    cache: str
    compressed: dict[str, Path]


class Assets:
    """WSGI middleware that answers for built files and hands everything else on."""

    def __init__(self, app: "WSGIApplication", folder: Path) -> None:
        self._app = app
        self._assets = {f"{PREFIX}{path.relative_to(folder).as_posix()}": _asset(path) for path in _originals(folder)}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request as WSGI wants it."""
        asset = self._assets.get(environ["PATH_INFO"])
        if asset is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._app(environ, start_response)
        return _send(asset, environ, start_response)


def _send(asset: Asset, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    taken = parse_accept_header(environ.get("HTTP_ACCEPT_ENCODING"))
    encoding = next((name for name in asset.compressed if taken[name] > 0), None)
    path = asset.compressed[encoding] if encoding else asset.path
    content = path.read_bytes()
    headers = Headers(list(HEADERS.items()))
    headers["Content-Type"] = asset.kind
    headers["Cache-Control"] = asset.cache
    headers["Content-Length"] = str(len(content))
    if asset.compressed:
        headers["Vary"] = "Accept-Encoding"
    if encoding:
        headers["Content-Encoding"] = encoding
    start_response("200 OK", headers.items())
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]


def _originals(folder: Path) -> list[Path]:
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
    return [path for path in files if path.suffix not in ENCODINGS.values()]


def _asset(path: Path) -> Asset:
    compressed = {
        name: packed for name, suffix in ENCODINGS.items() if (packed := path.with_name(path.name + suffix)).exists()
    }
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Asset(path, kind, FOR_GOOD if HASHED.search(path.name) else "no-cache", compressed)
