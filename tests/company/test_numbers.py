"""Numbers that are given once."""

import threading

from flask import Flask

from app.company.numbers import take_numbers
from app.db import transaction
from tests.conftest import Write


def test_each_series_and_period_counts_from_one(write: Write) -> None:
    with write() as session:
        taken = [
            list(take_numbers(session, "SO", 2, "2026")),
            list(take_numbers(session, "SO", 1, "2026")),
            list(take_numbers(session, "SO", 1, "2027")),
            list(take_numbers(session, "PO", 1, "2026")),
        ]
    assert taken == [[1, 2], [3], [1], [1]]


def test_no_number_is_given_twice(app: Flask) -> None:
    start = threading.Barrier(6)
    taken: list[int] = []

    def take() -> None:
        start.wait()
        for _ in range(5):
            with app.app_context(), transaction() as session:
                taken.extend(take_numbers(session, "SO", 2))

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == list(range(1, 61))
