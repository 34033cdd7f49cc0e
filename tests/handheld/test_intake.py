"""Scans come in once, whatever the network, the phone and the other scans do."""

import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from app.db import db
from app.handheld import service
from app.identity.models import Device
from app.identity.rules import Role
from app.identity.service import deactivate_user, edit_user, revoke_device
from app.scanning.models import Scan
from app.scanning.queries import list_parked, list_scans
from app.scanning.rules import REASON_SENTENCES, Reason
from tests.conftest import Write
from tests.handheld.phones import BOTTLE, CARTON, CHEESE, Goods, Json, Phone, Tally, ago, until


def stored() -> int:
    db.session.remove()
    return db.session.scalar(select(func.count()).select_from(Scan)) or 0


def test_a_scan_is_kept_and_answered_with_what_it_is(phone: Phone, goods: Goods) -> None:
    answer = phone.scan(CARTON, location=goods.bins[0])
    assert answer["status"] == "accepted"
    assert answer["item"]["id"] == goods.bottle
    assert answer["item"]["unit"] == "瓶"
    assert answer["pack"] == {"id": goods.carton_pack, "unit": "箱", "factor": "24.000"}
    assert answer["bin"] == {"id": goods.bins[0], "code": "A-1"}
    assert answer["quantity"] == answer["counted"] == "24.000"
    assert answer["message"] == "冰红茶: 24 瓶"
    [scan] = list_scans(db.session(), "tally", 1)
    assert (scan.item_id, scan.quantity, scan.location_id) == (goods.bottle, Decimal(24), goods.bins[0])
    assert scan.user_id == phone.user_id


def test_the_same_scan_again_is_the_same_scan_with_the_same_answer(phone: Phone, tally: Tally) -> None:
    event = phone.event(CARTON)
    first = phone.send(event)
    phone.scan(BOTTLE)  # the count moves on meanwhile
    assert phone.send(event) == first
    assert stored() == 2
    assert len(tally.seen) == 2


def test_a_parked_scan_again_is_parked_with_the_same_answer(phone: Phone) -> None:
    event = phone.event("NOBODY-KNOWS-IT")
    assert phone.send(event) == phone.send(event)
    assert stored() == 1


def test_twice_in_one_request_is_once(phone: Phone, tally: Tally) -> None:
    event = phone.event()
    first, second = phone.send(event, event)
    assert first == second
    assert stored() == len(tally.seen) == 1


def test_an_answer_that_was_lost_is_given_again_for_the_whole_batch(phone: Phone, tally: Tally) -> None:
    events = [phone.event() for _ in range(5)]
    phone.send(*events[:3])  # kept, but the phone never heard so
    answers = phone.send(*events)
    assert [answer["status"] for answer in answers] == ["accepted"] * 5
    assert stored() == len(tally.seen) == 5


def test_new_scans_are_kept_without_looking_for_them_first(phone: Phone, goods: Goods) -> None:
    phone.scan(location=goods.bins[0])
    statements: list[str] = []
    note = partial(_note, statements)
    event.listen(db.engine, "before_cursor_execute", note)
    try:
        phone.scan(location=goods.bins[0])
        alone = list(statements)
        statements.clear()
        phone.send(*(phone.event(location=goods.bins[0]) for _ in range(50)))
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert not any("FROM scan" in statement for statement in alone)
    assert sum(statement.startswith("INSERT INTO scan") for statement in alone) == 1
    assert len(statements) == len(alone)


def _note(statements: list[str], *arguments: Any) -> None:
    statements.append(arguments[2])


def test_a_page_opened_anew_sends_the_same_scan_with_another_token(
    phone: Phone, make_phone: Callable[..., Phone]
) -> None:
    event = phone.event()
    phone.send(event)
    [answer] = phone.send(event | {"grant": phone.grant + "x"})
    assert answer["status"] == "accepted"
    assert stored() == 1


@pytest.mark.parametrize("in_one_request", [True, False])
def test_the_same_id_with_other_content_is_another_scan_for_a_person(phone: Phone, in_one_request: bool) -> None:
    event = phone.event()
    other = event | {"raw": CARTON}
    if in_one_request:
        first, second, after = phone.send(event, other, phone.event())
    else:
        [first] = phone.send(event)
        second, after = phone.send(other, phone.event())
    assert (first["status"], second["status"], after["status"]) == ("accepted", "parked", "accepted")
    assert (second["reason"], second["id"]) == ("id_reused", event["id"])
    assert phone.send(other) == [second]
    assert stored() == 3
    assert [row.raw for row in list_parked(db.session(), "tally", 1)] == [CARTON]


def test_a_parked_scan_that_was_taken_back_waits_for_nobody(phone: Phone, goods: Goods) -> None:
    here: Json = {"location": goods.bins[0]}
    wrong, kept = phone.scan("NOBODY-KNOWS-IT", **here), phone.scan("NOR-THIS", **here)
    phone.scan(None, "undo", undoes=wrong["id"], **here)
    db.session.remove()
    assert [str(row.id) for row in list_parked(db.session(), "tally", 1)] == [kept["id"]]


def test_nobody_takes_back_what_another_had_parked(
    phone: Phone, make_phone: Callable[..., Phone], goods: Goods
) -> None:
    here: Json = {"location": goods.bins[0]}
    parked = phone.scan("NOBODY-KNOWS-IT", **here)
    make_phone("warehouse").scan(None, "undo", undoes=parked["id"], **here)
    db.session.remove()
    assert [str(row.id) for row in list_parked(db.session(), "tally", 1)] == [parked["id"]]


@pytest.mark.parametrize("meeting", ["in one process", "in the database"])
def test_two_connections_with_the_same_scans_at_once_keep_each_once(
    app: Flask, phone: Phone, meeting: str, request: pytest.FixtureRequest
) -> None:
    if meeting == "in the database":
        request.getfixturevalue("apart")
    events = [phone.event() for _ in range(4)]
    gate = threading.Barrier(4)
    answers: list[list[dict[str, object]]] = []

    def send(order: int) -> None:
        gate.wait()
        with app.app_context():
            answers.append(phone.send(*events[::order]))

    threads = [threading.Thread(target=send, args=(order,)) for order in (1, -1, 1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored() == 4
    assert [{answer["status"] for answer in each} for each in answers] == [{"accepted"}] * 4


def _send_beside(app: Flask, tally: Tally, first: Phone, others: Sequence[tuple[Phone, Json]]) -> list[Json]:
    """Have *first* scan and, while its scan is being kept, *others*; return their answers."""
    answers: dict[int, Json] = {}

    def send(number: int, phone: Phone, one: Json) -> None:
        with app.app_context():
            answers[number] = phone.send(one)[0]

    tally.waits_for = threading.Event()
    scans = [(first, first.event()), *others]
    threads = [threading.Thread(target=send, args=(number, *scan)) for number, scan in enumerate(scans)]
    threads[0].start()
    groups = service._groups_of(db.engine)  # noqa: SLF001  # nothing else tells that somebody waits
    until(lambda: tally.groups == [1])
    for number, thread in enumerate(threads[1:], 1):
        thread.start()
        until(lambda number=number: len(groups._waiting) == number)  # type: ignore[misc]  # noqa: SLF001  # see above
    tally.waits_for.set()
    for thread in threads:
        thread.join(20)
    return [answers[number] for number in range(1, len(scans))]


def test_phones_that_scan_at_once_are_taken_together_and_each_scan_is_its_users(
    app: Flask, phone: Phone, make_phone: Callable[..., Phone], tally: Tally, write: Write, owner: int
) -> None:
    colleague, shut_out, brought = make_phone("manager"), make_phone("warehouse"), make_phone("warehouse")
    of_the_shut_out = shut_out.event(clock_offset_ms=60_000)
    with write() as session:
        deactivate_user(session, shut_out.user_id, owner, datetime.now(UTC))
    others = [
        (colleague, colleague.event()),
        (phone, brought.event(CARTON)),
        (colleague, of_the_shut_out),
        (phone, phone.event()),
    ]
    answers = _send_beside(app, tally, phone, others)
    assert tally.groups == [1, 3]  # the fourth is for a person, not for the task
    assert [answer["id"] for answer in answers] == [one["id"] for _, one in others]
    assert [answer["reason"] for answer in answers] == [None, None, "grant_ended", None]
    users = {str(scan.id): scan.user_id for scan in db.session.scalars(select(Scan))}
    expected = [colleague.user_id, brought.user_id, shut_out.user_id, phone.user_id]
    assert [users[one["id"]] for _, one in others] == expected


def test_what_breaks_one_phones_scan_holds_up_nobody_in_its_group(
    app: Flask, phone: Phone, make_phone: Callable[..., Phone], tally: Tally
) -> None:
    tally.breaks_on = CARTON
    colleague = make_phone("manager")
    known = phone.event()
    phone.send(known)
    tally.groups.clear()
    others = [
        (phone, phone.event()),
        (colleague, colleague.event(CARTON)),
        (phone, known),
        (colleague, colleague.event()),
    ]
    answers = _send_beside(app, tally, phone, others)
    assert [answer["status"] for answer in answers] == ["accepted", "parked", "accepted", "accepted"]
    assert answers[1]["reason"] == "failed"
    assert stored() == 5


def test_scans_that_come_in_out_of_order_stand_in_the_phones_order(phone: Phone) -> None:
    events = [phone.event(scanned_at=ago(seconds=60 - number)) for number in range(6)]
    for one in (events[3], events[0], events[5]):
        phone.send(one)
    phone.send(events[4], events[1], events[2])
    assert [str(scan.id) for scan in list_scans(db.session(), "tally", 1)] == [event["id"] for event in events]


def test_an_undo_may_come_before_what_it_undoes(phone: Phone) -> None:
    scan = phone.event()
    undo = phone.event(None, "undo", undoes=scan["id"])
    [early] = phone.send(undo)
    [late] = phone.send(scan)
    assert (early["status"], late["status"]) == ("accepted", "accepted")
    kept = list_scans(db.session(), "tally", 1)
    assert {str(one.undoes) for one in kept if one.undoes} == {scan["id"]}


def test_an_undo_that_names_nothing_is_parked(phone: Phone) -> None:
    assert phone.scan(None, "undo")["reason"] == "undo_missing"


@pytest.mark.parametrize(
    ("raw", "kind", "other", "reason"),
    [
        ("NOBODY-KNOWS-IT", "scan", {}, "unknown_code"),
        ("6901234567893", "scan", {}, "damaged_code"),
        ("A-1", "scan", {}, "wrong_kind"),
        (None, "scan", {}, "code_missing"),
        (" ", "scan", {}, "code_missing"),
        (BOTTLE, "set", {}, "quantity_missing"),
        (BOTTLE, "scan", {"quantity": "0.5"}, "quantity_invalid"),
        (CHEESE, "scan", {}, "lot_missing"),
        (CHEESE, "scan", {"lot": "L1"}, "expiry_missing"),
        (BOTTLE, "scan", {"location": 99_999_999}, "unknown_bin"),
        (BOTTLE, "scan", {"task": "nothing:1"}, "unknown_task"),
        (BOTTLE, "scan", {"grant": ""}, "grant_invalid"),
        (BOTTLE, "scan", {"device": str(uuid4())}, "grant_invalid"),
        (BOTTLE, "scan", {"scanned_at": "1971-01-01T00:00:00Z"}, "clock_wrong"),
        (BOTTLE, "scan", {"clock_offset_ms": 10**15}, "clock_wrong"),
        (BOTTLE, "open_bin", {}, "wrong_kind"),
    ],
)
def test_what_cannot_count_is_parked_with_its_reason_and_holds_up_nothing(
    phone: Phone, raw: str | None, kind: str, other: dict[str, object], reason: str
) -> None:
    parked, good = phone.send(phone.event(raw, kind, **other), phone.event())
    assert (parked["status"], parked["reason"]) == ("parked", reason)
    assert parked["message"]
    assert good["status"] == "accepted"
    assert stored() == 2


def test_a_scan_parked_for_another_reason_is_not_asked_about_the_first_time_nor_again(phone: Phone) -> None:
    event = phone.event(CARTON, "set", candidate="pack:0", quantity="1")
    early = event | {"id": str(uuid4()), "scanned_at": "1971-01-01T00:00:00Z"}
    asked, parked = phone.send(event, early)
    assert (asked["reason"], parked["reason"]) == ("ambiguous", "clock_wrong")
    assert asked["choices"]
    assert parked["choices"] == []
    assert phone.send(event, early) == [asked, parked]


def test_every_reason_has_its_sentence() -> None:
    assert set(REASON_SENTENCES) == set(Reason)


def test_a_task_parks_what_it_does_not_take(phone: Phone, tally: Tally) -> None:
    tally.parks = "failed"
    assert phone.scan()["status"] == "parked"


def test_a_bin_is_opened_by_its_label_alone(phone: Phone, goods: Goods, tally: Tally) -> None:
    answer = phone.scan("A-2", "open_bin")
    assert answer["bin"] == {"id": goods.bins[1], "code": "A-2"}
    assert tally.seen[0].location_id == goods.bins[1]


def test_a_scan_that_breaks_the_task_is_kept_and_the_others_are_taken(phone: Phone, tally: Tally) -> None:
    tally.breaks_on = CARTON
    before, broken, after = phone.send(phone.event(), phone.event(CARTON), phone.event())
    assert (before["status"], after["status"]) == ("accepted", "accepted")
    assert (broken["status"], broken["reason"]) == ("parked", "failed")
    assert len(tally.seen) == 2
    assert stored() == 3


def test_an_event_that_cannot_be_read_is_left_out_and_alone_it_is_refused(phone: Phone) -> None:
    broken = phone.event(kind="dance")
    answers = phone.send(broken, phone.event(), "nonsense", None)
    assert [answer["status"] for answer in answers] == ["accepted"]
    [problem] = phone.send(broken, status=400)
    assert "kind" in problem["detail"]
    assert stored() == 1


# --- who scanned ----------------------------------------------------------------------------------------------------


def test_a_scan_belongs_to_whoever_its_token_names_not_to_who_brings_it(
    phone: Phone, make_phone: Callable[..., Phone]
) -> None:
    colleague = make_phone("manager")
    colleague.send(phone.event())
    [scan] = list_scans(db.session(), "tally", 1)
    assert scan.user_id == phone.user_id


def test_what_a_user_scanned_before_being_shut_out_counts_and_later_scans_wait(
    phone: Phone, make_phone: Callable[..., Phone], write: Write, owner: int
) -> None:
    before, after = phone.event(scanned_at=ago(minutes=5)), phone.event(clock_offset_ms=60_000)
    with write() as session:
        deactivate_user(session, phone.user_id, owner, datetime.now(UTC))
    phone.send(before, status=401)
    answers = make_phone("warehouse").send(before, after)
    assert [answer["reason"] for answer in answers] == [None, "grant_ended"]


def test_a_revoked_device_brings_nothing_new(
    phone: Phone, make_phone: Callable[..., Phone], write: Write, owner: int
) -> None:
    before, after = phone.event(scanned_at=ago(minutes=5)), phone.event(clock_offset_ms=60_000)
    with write() as session:
        now = datetime.now(UTC)
        session.add(Device(id=phone.device, first_seen_at=now, last_seen_at=now))
        session.flush()
        revoke_device(session, phone.device, owner, now)
    answers = make_phone("warehouse").send(before, after)
    assert [answer["reason"] for answer in answers] == [None, "grant_ended"]


def test_a_user_who_may_not_scan_has_scans_that_wait(
    phone: Phone, make_phone: Callable[..., Phone], write: Write, owner: int
) -> None:
    event = phone.event(scanned_at=ago(minutes=5))
    with write() as session:
        edit_user(session, phone.user_id, "x", {Role.VIEWER}, owner, datetime.now(UTC))
    [answer] = make_phone("warehouse").send(event)
    assert answer["reason"] == "not_allowed"


# --- the request ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Zhangshi": "1", "Sec-Fetch-Site": "cross-site"},
        {"X-Zhangshi": "1", "Origin": "https://elsewhere.example"},
    ],
)
def test_a_request_that_no_page_of_ours_made_is_refused(phone: Phone, headers: dict[str, str]) -> None:
    response = phone.client.post("/api/v1/scans", json={"schema": 1, "events": [phone.event()]}, headers=headers)
    assert response.status_code == 403
    assert stored() == 0


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"\xff\xfe", 400),
        (b"[" * 5000, 400),
        (b'{"schema":2,"events":[]}', 400),
        (b'{"schema":1,"events":[' + b"1," * 300 + b"1]}", 400),
        (b'{"schema":1,"events":[]}', 200),
        (b" " * (1024 * 1024 + 1), 413),
    ],
)
def test_a_hostile_body_is_refused_with_a_sentence(phone: Phone, body: bytes, status: int) -> None:
    headers = {"X-Zhangshi": "1", "Content-Type": "application/json"}
    response = phone.client.post("/api/v1/scans", data=body, headers=headers)
    assert response.status_code == status
    assert response.is_json


def test_who_is_not_signed_in_or_may_not_scan_is_told_so(
    app: Flask, phone: Phone, make_phone: Callable[..., Phone]
) -> None:
    phone.client = app.test_client()
    phone.send(phone.event(), status=401)
    make_phone("finance").send(phone.event(), status=403)


def test_the_clock_is_the_servers(app: Flask) -> None:
    told = app.test_client().get("/api/v1/clock").get_json()["server_time"]
    assert abs((datetime.now(UTC) - datetime.fromisoformat(told)).total_seconds()) < 5


@pytest.mark.parametrize("verb", ["UPDATE scan SET raw = 'x'", "DELETE FROM scan"])
def test_the_record_cannot_be_changed(phone: Phone, write: Write, verb: str) -> None:
    phone.scan()
    with pytest.raises(DBAPIError, match="append-only"), write() as session:
        session.execute(text(verb))
