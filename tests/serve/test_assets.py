"""Built files on the wire."""

from pathlib import Path

import pytest
from werkzeug.test import Client

from app.serve.assets import FOR_GOOD, Assets


@pytest.fixture
def client(tmp_path: Path) -> Client:
    folder = tmp_path / "dist"
    (folder / "fonts").mkdir(parents=True)
    for name, content in {
        "page-ABCD2345.js": b"plain",
        "page-ABCD2345.js.br": b"brotli",
        "page-ABCD2345.js.gz": b"gzip",
        "reader-ABCD2345.wasm": b"wasm",
        "manifest.json": b"{}",
        "fonts/a-ABCD2345.woff2": b"font",
    }.items():
        (folder / name).write_bytes(content)
    (tmp_path / "secret").write_bytes(b"secret")
    return Client(Assets(_elsewhere, folder))


def _elsewhere(environ: object, start: object) -> list[bytes]:
    assert callable(start)
    start("404 Not Found", [("X-Answered-By", "application")])
    return [b""]


@pytest.mark.parametrize(
    ("accepted", "encoding", "content"),
    [
        ("gzip, deflate, br", "br", b"brotli"),
        ("gzip", "gzip", b"gzip"),
        ("br;q=0, gzip;q=0.5", "gzip", b"gzip"),
        ("", None, b"plain"),
        ("identity", None, b"plain"),
    ],
)
def test_the_smallest_form_that_the_browser_takes_is_sent(
    client: Client, accepted: str, encoding: str | None, content: bytes
) -> None:
    answer = client.get("/static/page-ABCD2345.js", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.data == content
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.content_type.startswith("text/javascript")


def test_a_name_with_a_hash_is_kept_for_good_and_any_other_is_asked_for_again(client: Client) -> None:
    assert client.get("/static/fonts/a-ABCD2345.woff2").headers["Cache-Control"] == FOR_GOOD
    assert client.get("/static/manifest.json").headers["Cache-Control"] == "no-cache"


def test_a_module_of_webassembly_has_the_type_that_streaming_needs(client: Client) -> None:
    answer = client.get("/static/reader-ABCD2345.wasm")
    assert answer.content_type == "application/wasm"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    ["/static/../secret", "/static/%2e%2e/secret", "/static//etc/passwd", "/static/", "/static/page-ABCD2345.js.br"],
)
def test_nothing_else_can_be_read(client: Client, path: str) -> None:
    assert client.get(path).headers["X-Answered-By"] == "application"


def test_head_sends_the_length_and_no_content(client: Client) -> None:
    answer = client.head("/static/page-ABCD2345.js")
    assert (answer.headers["Content-Length"], answer.data) == ("5", b"")


def test_other_methods_are_the_application_s(client: Client) -> None:
    assert client.post("/static/page-ABCD2345.js").headers["X-Answered-By"] == "application"
