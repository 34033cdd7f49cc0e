"""Scans that arrive after their user or device was shut out: what is believed of when they were made."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.identity.models import Device
from app.identity.service import deactivate_user, revoke_device
from app.scanning.rules import is_borne_out
from tests.conftest import Write
from tests.handheld.phones import Phone, ago

DAY_MS = 86_400_000  # what a phone claims that never heard the server's time
ENDED = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def shut_out(phone: Phone, write: Write, owner: int) -> Callable[..., None]:
    """Shut the phone's user out, or the phone itself."""

    def do(whom: str) -> None:
        with write() as session:
            now = datetime.now(UTC)
            if whom == "user":
                deactivate_user(session, phone.user_id, owner, now)
                return
            session.add(Device(id=phone.device, first_seen_at=now, last_seen_at=now))
            session.flush()
            revoke_device(session, phone.device, owner, now)

    return do


@pytest.fixture
def colleague(make_phone: Callable[..., Phone]) -> Phone:
    """Somebody who brings what another's phone holds."""
    return make_phone("warehouse")


def reasons(answers: list[dict[str, object]]) -> list[object]:
    return [answer["reason"] for answer in answers]


@pytest.mark.parametrize("whom", ["user", "device"])
def test_work_done_offline_before_the_end_still_counts(
    phone: Phone, colleague: Phone, shut_out: Callable[..., None], whom: str
) -> None:
    events = [phone.event(scanned_at=ago(minutes=30 - number)) for number in range(3)]
    shut_out(whom)
    assert reasons(colleague.send(*events)) == [None] * 3


@pytest.mark.parametrize("whom", ["user", "device"])
@pytest.mark.parametrize(
    ("minutes_ago", "uncertain_ms"),
    [
        (180, 20),  # set back by more than the phone has worked: earlier than what it did before
        (9, 20 * 60_000),  # set back since it was measured: the clock that only runs on tells the phone of it
        (8, DAY_MS),  # never measured at all
    ],
)
def test_a_clock_set_back_after_the_end_brings_nothing_in(
    phone: Phone,
    colleague: Phone,
    shut_out: Callable[..., None],
    whom: str,
    minutes_ago: int,
    uncertain_ms: int,
) -> None:
    phone.send(phone.event(scanned_at=ago(minutes=10)))
    shut_out(whom)
    false = phone.event(scanned_at=ago(minutes=minutes_ago), uncertainty_ms=uncertain_ms)
    assert reasons(colleague.send(false)) == ["grant_doubted"]


@pytest.mark.parametrize("in_one_request", [True, False])
def test_once_a_phone_has_told_of_the_time_after_the_end_it_cannot_go_back_behind_it(
    phone: Phone, colleague: Phone, shut_out: Callable[..., None], in_one_request: bool
) -> None:
    shut_out("user")
    events = [phone.event(), phone.event(scanned_at=ago(minutes=5))]
    answers = colleague.send(*events) if in_one_request else [colleague.send(event)[0] for event in events]
    assert reasons(answers) == ["grant_ended", "grant_doubted"]


def test_a_number_below_one_that_had_arrived_is_proof_enough(
    phone: Phone, colleague: Phone, shut_out: Callable[..., None]
) -> None:
    held_back = phone.event(scanned_at=ago(minutes=20), uncertainty_ms=DAY_MS)
    phone.send(phone.event(scanned_at=ago(minutes=15)))
    shut_out("user")
    assert reasons(colleague.send(held_back)) == [None]


def test_a_phone_that_counts_anew_proves_nothing_by_its_numbers(
    phone: Phone, colleague: Phone, shut_out: Callable[..., None]
) -> None:
    phone.send(*(phone.event(scanned_at=ago(minutes=15)) for _ in range(3)))
    shut_out("user")
    again = phone.event(sequence=1, scanned_at=ago(minutes=10), uncertainty_ms=DAY_MS)
    assert reasons(colleague.send(again)) == ["grant_doubted"]


def test_before_the_end_nobody_doubts_a_phone(app: Flask, phone: Phone) -> None:
    assert app
    phone.send(phone.event())
    assert reasons(phone.send(phone.event(scanned_at=ago(hours=3), uncertainty_ms=DAY_MS))) == [None]


@pytest.mark.parametrize(
    ("made", "uncertain_ms", "arrived", "before", "believed"),
    [
        (-60, 20, 60, None, True),
        (-60, 60_000, 60, None, False),
        (0, 0, 60, None, False),
        (-60, 20, 36 * 3600, None, True),
        (-60, 20, 36 * 3600 + 1, None, False),
        (-60, 20, 60, -30, True),  # a step back within what measuring anew may do
        (-60, 20, 60, 1, False),
        (-60, 2**53, 60, None, False),
    ],
)
def test_what_is_believed_of_a_late_scan(
    made: int, uncertain_ms: int, arrived: int, before: int | None, believed: bool
) -> None:
    def at(seconds: int) -> datetime:
        return ENDED + timedelta(seconds=seconds)

    latest = None if before is None else at(before)
    assert is_borne_out(at(made), uncertain_ms, at(arrived), ENDED, latest) is believed
