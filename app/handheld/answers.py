"""What phones are told: answers to scans, in the structures and the language they speak."""

from collections.abc import Iterable
from datetime import datetime

from flask_babel import gettext

from app.catalog.rules import PackFacts
from app.handheld.shapes import BinRef, Choice, ItemRef, PackRef, ScanAnswer, ScanAnswers
from app.kernel.exact import plain
from app.scanning.drafts import Taken
from app.scanning.rules import REASON_SENTENCES
from app.scanning.tasks import REASONS


def answers_of(taken: Iterable[Taken], now: datetime) -> ScanAnswers:
    """Return the answers to scans that came in."""
    return ScanAnswers(now, [_answer(one) for one in taken])


def _answer(taken: Taken) -> ScanAnswer:
    pack = taken.pack
    return ScanAnswer(
        id=taken.id,
        status=taken.status,
        reason=taken.reason,
        message=_message(taken),
        bin=BinRef(taken.bin.id, taken.bin.code) if taken.bin else None,
        item=_item(pack) if pack else None,
        pack=_pack(pack) if pack else None,
        lot=taken.lot,
        quantity=taken.quantity,
        counted=taken.counted,
        choices=[
            Choice(each.candidate, _item(each.pack) if each.pack else None, _pack(each.pack) if each.pack else None)
            for each in taken.choices
        ],
    )


def _item(pack: PackFacts) -> ItemRef:
    return ItemRef(
        pack.item_id,
        pack.item_code,
        pack.item_name,
        pack.base_unit,
        pack.base_pack_id,
        pack.tracks_lots,
        pack.tracks_expiry,
    )


def _pack(pack: PackFacts) -> PackRef:
    return PackRef(pack.pack_id, pack.unit, pack.factor)


def _message(taken: Taken) -> str:
    if taken.reason is not None:
        return str(gettext(REASON_SENTENCES.get(taken.reason) or REASONS.get(taken.reason, taken.reason)))
    quantity = taken.quantity if taken.counted is None else taken.counted
    if taken.pack is not None and quantity is not None:
        return f"{taken.pack.item_name}: {plain(quantity)} {taken.pack.base_unit}"
    return taken.bin.code if taken.bin else ""
