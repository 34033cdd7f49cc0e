"""When jobs run, without a database."""

from datetime import UTC, datetime, time, timedelta

import pytest

from app.jobs.rules import Daily, Every, retry_at

SHANGHAI = "Asia/Shanghai"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "run"),
    [
        ("2026-11-22 17:00", "2026-11-22 18:30"),  # 01:00 in Shanghai, so 02:30 is still to come
        ("2026-11-22 18:30", "2026-11-23 18:30"),
        ("2026-11-23 15:59", "2026-11-23 18:30"),
    ],
)
def test_a_daily_job_runs_by_the_companys_clocks(after: str, run: str) -> None:
    assert Daily(time(2, 30)).next_run(at(after), SHANGHAI) == at(run)


def test_a_skipped_and_a_doubled_hour_of_the_clocks_make_one_run_each() -> None:
    berlin, job = "Europe/Berlin", Daily(time(2, 30))
    spring = job.next_run(at("2026-03-28 12:00"), berlin)
    assert spring == at("2026-03-29 01:30")
    assert job.next_run(spring, berlin) == at("2026-03-30 00:30")
    autumn = job.next_run(at("2026-10-24 12:00"), berlin)
    assert autumn == at("2026-10-25 00:30")
    assert job.next_run(autumn, berlin) == at("2026-10-26 01:30")


def test_a_failed_job_is_tried_again_ever_later_but_never_later_than_its_turn() -> None:
    daily, now = Daily(time(2, 30)), at("2026-11-22 18:30")
    waits = [retry_at(daily, failures, now, SHANGHAI) - now for failures in (1, 2, 3, 40)]
    assert waits == [timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20), timedelta(hours=6)]
    often = Every(timedelta(minutes=2))
    assert retry_at(often, 1, now, SHANGHAI) == now + timedelta(minutes=2)
