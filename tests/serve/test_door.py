"""The plain-HTTP door."""

from pathlib import Path

import pytest
from werkzeug.test import Client

from app.serve.door import Front, Trust, make_page, system_of

PEM = b"-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 Version/18.4 Mobile Safari/604.1"
HARMONY = "Mozilla/5.0 (Linux; Android 12; HarmonyOS; ALN-AL00) AppleWebKit/537.36 Chrome/114 HuaweiBrowser/16.0"
NEXT = "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile"
PIXEL = "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"


def door(tmp_path: Path, *, is_open: bool = False) -> Client:
    (tmp_path / "ca.crt").write_bytes(PEM)

    def application(environ: object, start: object) -> list[bytes]:
        assert callable(start)
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"the books"]

    page = make_page(Trust(tmp_path / "ca.crt", "AA:BB", 8443))
    return Client(Front(application, page, lambda: is_open))


@pytest.mark.parametrize("path", ["/", "/sign-in", "/api/v1/scans", "/setup?token=x"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_whoever_knocks_is_shown_how_to_trust(tmp_path: Path, path: str, method: str) -> None:
    answer = door(tmp_path).open(path, method=method, data=b"password=1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/trust")
    assert answer.data == b""


def test_the_certificate_comes_as_phones_expect_it(tmp_path: Path) -> None:
    answer = door(tmp_path).get("/ca.crt")
    assert answer.content_type == "application/x-x509-ca-cert"
    assert answer.headers["Content-Disposition"].endswith(".crt")
    assert answer.data == PEM


def test_the_page_shows_the_fingerprint_and_the_way_to_https_on_the_same_host(tmp_path: Path) -> None:
    text = door(tmp_path).get("/trust", headers={"Host": "192.168.1.20:8080"}).text
    assert "AA:BB" in text
    assert 'href="https://192.168.1.20:8443/"' in text
    assert 'href="/ca.crt"' in text


def test_an_address_in_brackets_keeps_them(tmp_path: Path) -> None:
    text = door(tmp_path).get("/trust", headers={"Host": "[fd00::1]:8080"}).text
    assert 'href="https://[fd00::1]:8443/"' in text


@pytest.mark.parametrize(
    ("languages", "query", "locale"),
    [("en-GB,en", "", "en"), ("zh-CN,zh", "", "zh-CN"), ("en", "?lang=zh", "zh-CN"), ("zh", "?lang=en", "en")],
)
def test_the_page_speaks_the_language_of_the_phone_or_the_one_asked_for(
    tmp_path: Path, languages: str, query: str, locale: str
) -> None:
    text = door(tmp_path).get(f"/trust{query}", headers={"Accept-Language": languages}).text
    assert f'<html lang="{locale}"' in text
    assert ("How to install it" in text) == (locale == "en")


@pytest.mark.parametrize(
    ("browser", "system"),
    [(IPHONE, "ios"), (HARMONY, "harmony"), (NEXT, "harmony"), (PIXEL, "android"), (WINDOWS, "windows"), ("curl", "")],
)
def test_the_steps_of_the_device_at_hand_are_open(tmp_path: Path, browser: str, system: str) -> None:
    assert system_of(browser) == system
    text = door(tmp_path).get("/trust", headers={"User-Agent": browser}).text
    assert text.count("<details") == 5
    assert text.count(" open>") == (1 if system else 0)


def test_the_page_sets_no_cookie_and_runs_under_the_strict_policy(tmp_path: Path) -> None:
    answer = door(tmp_path).get("/trust")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_where_the_owner_allows_it_the_application_answers_and_the_certificate_stays(tmp_path: Path) -> None:
    client = door(tmp_path, is_open=True)
    assert client.get("/").data == b"the books"
    assert client.get("/ca.crt").data == PEM
