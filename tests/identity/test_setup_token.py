"""The one-time token of the set-up page."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from app.identity import setup_token


def test_the_issued_token_opens_and_no_other_does(tmp_path: Path) -> None:
    token = setup_token.issue(tmp_path)
    assert setup_token.check(tmp_path, token)
    assert not setup_token.check(tmp_path, token + "x")
    assert not setup_token.check(tmp_path, "")
    assert not setup_token.check(tmp_path, "账实\ud800")


def test_nothing_opens_before_a_token_was_issued(tmp_path: Path) -> None:
    assert not setup_token.check(tmp_path, "")
    assert not setup_token.burn(tmp_path)


def test_a_new_token_ends_the_one_before(tmp_path: Path) -> None:
    before = setup_token.issue(tmp_path)
    after = setup_token.issue(tmp_path)
    assert not setup_token.check(tmp_path, before)
    assert setup_token.check(tmp_path, after)


def test_a_burnt_token_never_opens_again(tmp_path: Path) -> None:
    token = setup_token.issue(tmp_path)
    assert setup_token.burn(tmp_path)
    assert not setup_token.check(tmp_path, token)
    assert not setup_token.burn(tmp_path)


def test_of_many_who_burn_at_once_exactly_one_did(tmp_path: Path) -> None:
    setup_token.issue(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: setup_token.burn(tmp_path), range(32)))
    assert answers.count(True) == 1


def test_the_file_holds_no_token_and_is_closed_to_other_users(tmp_path: Path) -> None:
    token = setup_token.issue(tmp_path)
    kept = tmp_path / setup_token.FILE_NAME
    assert token not in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [kept.name]
