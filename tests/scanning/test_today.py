"""Where the list of one's own scans of today begins."""

from datetime import UTC

from flask import Flask

from app.scanning.views import _today


def test_today_begins_at_midnight_where_the_company_is(app: Flask) -> None:
    with app.test_request_context():
        begin = _today().astimezone(UTC)
    assert (begin.hour, begin.minute) == (16, 0)  # of the day before, in Shanghai
