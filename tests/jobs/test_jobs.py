"""Jobs by the clock: once among many processes, tried again after a failure, seen on a page."""

import threading
import time as clock
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.db import db, transaction
from app.jobs import service
from app.jobs.models import JobRun, JobState
from app.jobs.registry import JOBS, Job, on_failure, register
from app.jobs.rules import Daily, Every
from app.jobs.runner import Clock, run_due, run_job
from app.notices.models import Notice
from tests.conftest import SignIn

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
NIGHT = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)  # 02:30 in Shanghai
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Add = Callable[..., Job]


@pytest.fixture
def add(app: Flask) -> Iterator[Add]:
    """Make the jobs of a test the only ones."""
    kept = dict(JOBS)
    JOBS.clear()

    def make(run: Callable[[datetime], str | None], name: str = "test", **facts: object) -> Job:
        job = Job(name, "Users", **({"schedule": Daily(time(2, 30)), "run": run} | facts))  # type: ignore[arg-type]  # a test's facts
        register(job)
        return job

    yield make
    JOBS.clear()
    JOBS.update(kept)


def state(name: str = "test") -> JobState:
    db.session.rollback()
    return db.session.get_one(JobState, name)


def runs() -> list[JobRun]:
    db.session.rollback()
    return list(db.session.scalars(select(JobRun).order_by(JobRun.id)))


def test_a_job_runs_when_it_is_due_and_says_what_it_did(add: Add) -> None:
    seen: list[datetime] = []
    add(lambda now: f"{len(seen)} done" if not seen.append(now) else None)  # type: ignore[func-returns-value]  # append returns None
    assert run_due(NOW) == []  # made known, not due yet
    assert run_due(NIGHT) == ["test"]
    assert run_due(NIGHT) == []
    (run,) = runs()
    assert (seen, run.succeeded, run.note) == ([NIGHT], True, "1 done")
    assert state().next_run_at > NIGHT


def test_missed_runs_are_made_up_for_once(add: Add) -> None:
    add(lambda _now: None)
    run_due(NOW)
    assert run_due(NIGHT + timedelta(days=9)) == ["test"]
    assert len(runs()) == 1


def test_of_many_processes_one_runs_a_due_job(app: Flask, add: Add) -> None:
    ran: list[int] = []
    start, inside = threading.Barrier(6), threading.Event()

    def work(_now: datetime) -> None:
        ran.append(threading.get_ident())
        inside.wait(5)

    add(work)
    run_due(NOW)
    db.session.remove()

    def look() -> None:
        with app.app_context():
            start.wait()
            if not run_due(NIGHT):
                inside.set()

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(ran), len(runs())) == (1, 1)


def test_a_job_whose_process_died_is_taken_over_when_its_lease_ends(add: Add) -> None:
    job = add(lambda _now: "taken over", lease=timedelta(minutes=10))
    run_due(NOW)
    with transaction() as session:
        dead = service.claim(session, job, "died", NIGHT)
    assert dead is not None
    assert run_due(NIGHT + timedelta(minutes=9)) == []
    assert run_due(NIGHT + timedelta(minutes=10)) == ["test"]
    with transaction() as session:  # were it alive after all, it would not touch the other's turn
        service.finish(session, job, "died", dead, "late", NIGHT + timedelta(days=3), "Asia/Shanghai")
    assert state().next_run_at < NIGHT + timedelta(days=2)


def test_a_failure_is_written_down_told_to_the_owner_once_a_day_and_tried_again(add: Add) -> None:
    def fail(_now: datetime) -> None:
        raise ValueError("no room on the disk")

    job = add(fail)
    run_due(NOW)
    assert (on_failure != [], run_job(job, NIGHT, "Asia/Shanghai")) == (True, True)
    first = state()
    assert (first.failures, first.lease_until) == (1, None)
    with transaction() as session:
        session.execute(update(JobState).values(next_run_at=NIGHT))
    assert run_job(job, NIGHT, "Asia/Shanghai")
    assert state().failures == 2
    assert [run.note for run in runs()] == ["ValueError: no room on the disk"] * 2
    told = db.session.scalars(select(Notice)).all()
    assert [(notice.kind, notice.params["job"], notice.link) for notice in told] == [
        ("job.failed", "Users", "/jobs/test")
    ]


def test_one_failing_job_does_not_keep_others_from_running(add: Add) -> None:
    def fail(_now: datetime) -> None:
        raise ValueError

    add(fail, "a")
    add(lambda _now: "done", "b")
    run_due(NOW)
    assert run_due(NIGHT) == ["a", "b"]
    assert [run.succeeded for run in runs()] == [False, True]


@ON_SQLITE
def test_the_clock_of_a_server_runs_what_is_due(app: Flask, add: Add) -> None:
    done = threading.Event()
    add(lambda _now: done.set(), schedule=Every(timedelta(0)))
    ticking = Clock(app, tick_s=0.02).start()
    try:
        assert done.wait(10)
    finally:
        ticking.stop()
    after = len(runs())
    clock.sleep(0.1)
    assert len(runs()) == after


@ON_SQLITE
def test_an_owner_sees_the_runs_and_starts_one(sign_in: SignIn, add: Add) -> None:
    add(lambda _now: "24 shelves")
    run_due(NOW)
    run_due(NIGHT)
    owner = sign_in("owner")
    assert "24 shelves" in owner.get("/jobs").text
    assert "24 shelves" in owner.get("/jobs/test").text
    assert owner.get("/jobs/other").status_code == 404
    before = datetime.now(UTC)
    assert owner.post("/jobs/test/run").location == "/jobs/test"
    assert before <= state().next_run_at <= datetime.now(UTC)


def test_a_job_is_started_before_the_clock_has_ever_looked(sign_in: SignIn, add: Add) -> None:
    add(lambda _now: "24 shelves")
    owner, before = sign_in("owner"), datetime.now(UTC)
    for _ in range(2):  # pressed twice
        owner.post("/jobs/test/run")
    assert before <= state().next_run_at <= datetime.now(UTC)
    run_due(datetime.now(UTC))
    assert [run.note for run in runs()] == ["24 shelves"]


@ON_SQLITE
def test_the_commands_run_jobs_too(app: Flask, add: Add) -> None:
    add(lambda _now: None)
    db.session.remove()
    runner = app.test_cli_runner()
    assert "ran: nothing" in runner.invoke(args=["jobs", "run"]).output
    assert "ran: test" in runner.invoke(args=["jobs", "run", "test"]).output
    assert runner.invoke(args=["jobs", "run", "other"]).exit_code == 1
    assert runner.invoke(args=["jobs", "list"]).output == "test\tUsers\n"


@ON_SQLITE
def test_the_jobs_of_the_night_do_their_work(app: Flask) -> None:
    db.session.remove()
    notes = {"verify": "invariants hold", "backup": "zhangshi-", "tidy": "", "imports": "0 rows, 0 files"}
    for name, note in notes.items():
        assert app.test_cli_runner().invoke(args=["jobs", "run", name]).output == f"ran: {name}\n"
        (run,) = [run for run in runs() if run.job == name]
        assert (run.succeeded, note in run.note) == (True, True), run.note
