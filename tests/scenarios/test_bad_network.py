"""Hundreds of bad networks between the phone's real outbox and the real intake: the server knows what the hands did."""

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.db import db
from app.ledger.verify import verify
from app.scanning.models import Scan
from tests.handheld.phones import Phone
from tests.scenarios.weather import Act, Report, Serve, Weather, acts_in, as_sent, counted, weather
from tests.stocktake.conftest import make_phone, shop
from tests.stocktake.shop import COLA, TEA, Shop

__all__ = ["make_phone", "shop"]

FULL = os.environ.get("ZHANGSHI_FULL") == "1"
SEEDS = {"sqlite": range(400 if FULL else 24), "postgresql": range(400, 600 if FULL else 412)}
PHONES = 2
MISHAPS = 11  # in tests/client/weather.ts


@pytest.fixture(scope="module")
def sky(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weather]:
    """Where the weather comes from."""
    with weather(tmp_path_factory.mktemp("weather")) as made:
        yield made


@pytest.fixture
def stocked(shop: Shop) -> Shop:
    """Tea and cola by the books in every bin, other numbers than lie there."""
    for bin_id in shop.bins:
        shop.stock(shop.tea, bin_id, 10, 30)
        shop.stock(shop.cola, bin_id, 5, 20)
    return shop


def served(phones: list[Phone], arrived: Counter[str]) -> Serve:
    """Hand what arrives to the application, each phone with its own session; count how often each scan came."""

    def serve(number: int, body: str) -> tuple[int, str]:
        arrived.update(event["id"] for event in json.loads(body)["events"])
        headers = {"X-Zhangshi": "1", "Content-Type": "application/json"}
        answer = phones[number].client.post("/api/v1/scans", data=body, headers=headers)
        return answer.status_code, answer.get_data(as_text=True)

    return serve


def hands_of(phones: list[Phone], work: list[list[Act]], stocktake: int) -> list[dict[str, Any]]:
    """Who does what, as the phones are told."""
    senders = [
        {"device": str(phone.device), "grant": phone.grant, "task": f"stocktake:{stocktake}"} for phone in phones
    ]
    return [{"sender": sender, "acts": as_sent(acts)} for sender, acts in zip(senders, work, strict=True)]


def check(shop: Shop, stocktake: int, work: list[list[Act]], report: Report, seed: int) -> None:
    """Every scan was accepted and is there once, and the count is what the hands did."""
    made = [number for phone in report.phones for number in phone.ids]
    told = {number: word for phone in report.phones for number, word in phone.told.items()}
    assert [phone.held for phone in report.phones] == [[]] * PHONES, seed
    assert told == dict.fromkeys(made, "accepted"), seed
    db.session.remove()
    kept = select(Scan.id).where(Scan.task_kind == "stocktake", Scan.task_id == stocktake)
    assert sorted(db.session.scalars(kept)) == sorted(map(UUID, made)), seed
    lines = {(line.place.bin, line.place.item): line.counted for line in shop.report(stocktake).lines}
    for bin_id, pieces in (pair for acts in work for pair in counted(acts).items()):
        for item, article in ((shop.tea, TEA), (shop.cola, COLA)):
            assert lines[bin_id, item] == (None if pieces is None else pieces[article]), (seed, bin_id, article)


def test_whatever_the_network_does_the_count_is_what_the_hands_did(
    stocked: Shop, sky: Weather, database_url: str, record_property: Callable[[str, object], None]
) -> None:
    phones = [stocked.make_phone("warehouse") for _ in range(PHONES)]
    bins = [stocked.bins[number::PHONES] for number in range(PHONES)]
    arrived: Counter[str] = Counter()
    fates: Counter[str] = Counter()
    for seed in SEEDS["sqlite" if database_url.startswith("sqlite") else "postgresql"]:
        chance = random.Random(seed)
        work = [acts_in(own, chance) for own in bins]
        stocktake = stocked.plan(*stocked.bins)
        report = sky.run(seed, hands_of(phones, work, stocktake), served(phones, arrived))
        check(stocked, stocktake, work, report, seed)
        fates.update(report.fates)
    assert verify(db.session()) == []
    # The weather was bad: every mishap happened, and the server heard a good part of the scans more than once.
    assert len(fates) == MISHAPS + 1, fates
    assert sum(times > 1 for times in arrived.values()) > len(arrived) / 5
    record_property("scans", len(arrived))
    record_property("requests", fates.total())
