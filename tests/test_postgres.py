"""The throw-away server of the test run itself."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.postgres import cluster, missing_reason

pytestmark = pytest.mark.skipif(missing_reason() is not None, reason=str(missing_reason()))
ROOT = Path(__file__).resolve().parents[1]
USE = "import sys; from tests.postgres import postgres_url; print(postgres_url(), flush=True); sys.stdin.readline()"


def ask(url: str, question: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        answer = connection.scalar(text(question))
    engine.dispose()
    return str(answer)


def folder_of(url: str) -> Path:
    return Path(str(make_url(url).query["host"]))


@pytest.mark.parametrize(("durable", "flushes"), [(False, "off"), (True, "on")])
def test_a_cluster_flushes_only_where_asked_and_leaves_nothing(*, durable: bool, flushes: str) -> None:
    with cluster(durable=durable) as url:
        assert ask(url, "SHOW fsync") == flushes
        assert ask(url, "SHOW server_encoding") == "UTF8"
    assert not folder_of(url).exists()


def test_the_server_of_a_run_ends_with_its_last_user_even_a_killed_one() -> None:
    run = {"PYTEST_XDIST_TESTRUNUID": f"test-{time.monotonic_ns()}", "PATH": "/usr/bin:/bin"}
    users = [
        subprocess.Popen(
            [sys.executable, "-c", USE], cwd=ROOT, env=run, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    urls = {user.stdout.readline().strip() for user in users if user.stdout}
    assert len(urls) == 1
    (url,) = urls
    users[0].communicate("\n")
    assert ask(url, "SELECT 1") == "1"
    users[1].kill()
    users[1].communicate()
    deadline = time.monotonic() + 30
    while folder_of(url).exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
