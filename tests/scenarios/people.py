"""Signing in to a served installation without a browser."""

import re
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar


def signed_in_cookie(url: str, login: str, password: str) -> str:
    """Return the Cookie header of a fresh session."""
    jar = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = browser.open(f"{url}/sign-in", timeout=20).read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    form = {"csrf_token": token[1], "login": login, "password": password}
    answer = browser.open(f"{url}/sign-in", urllib.parse.urlencode(form).encode(), timeout=20)
    assert "/sign-in" not in answer.url
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
