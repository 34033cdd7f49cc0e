"""Where a day begins: that of the list of one's own scans, and those that lists are narrowed to."""

from datetime import UTC

from flask import Flask

from app.web.days import begin_of, today


def test_today_begins_at_midnight_where_the_company_is(app: Flask) -> None:
    with app.test_request_context():
        begin = begin_of(today()).astimezone(UTC)
    assert (begin.hour, begin.minute) == (16, 0)  # of the day before, in Shanghai
