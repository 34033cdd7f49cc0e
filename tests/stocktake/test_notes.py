"""Notes, photos and reasons: by whoever stands there, before posting, kept once and for good."""

import io
from uuid import uuid4

import pytest
from PIL import Image
from python_calamine import load_workbook
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from app.db import db
from app.stocktake.causes.rules import Place
from app.stocktake.models import StocktakeApproval
from app.stocktake.notes import service
from app.stocktake.notes.models import StocktakeNote
from app.stocktake.notes.queries import list_notes
from app.stocktake.notes.rules import About, NoteDraft, NotesClosed
from app.stocktake.reasons.models import StocktakeReason
from app.stocktake.rules import NoSuchLine
from tests.conftest import SignIn
from tests.stocktake.shop import TEA, Shop, now


def picture(kind: str = "PNG") -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(file, kind)
    file.seek(0)
    return file


@pytest.fixture
def counted(shop: Shop) -> int:
    """A blind count in review: two tea too few."""
    shop.stock(shop.tea, shop.bins[0], 10, 30)
    stocktake = shop.plan(shop.bins[0])
    shop.counter(stocktake).count(shop.bins[0], [(TEA, 8)])
    shop.finish(stocktake)
    return stocktake


def test_a_note_with_photos_is_kept_with_who_and_when_and_shown(shop: Shop, counted: int, sign_in: SignIn) -> None:
    client = sign_in("manager")
    address = f"/stocktakes/{counted}/lines/{shop.bins[0]}-{shop.tea}-0"
    sent = {"token": str(uuid4()), "text": "两瓶压坏", "photos": [(picture(), "a.png"), (picture("GIF"), "b.gif")]}
    assert client.post(f"{address}/notes", data=sent, content_type="multipart/form-data").status_code == 303
    page = client.get(address).get_data(as_text=True)
    assert "两瓶压坏" in page
    notes = list_notes(db.session(), counted)
    assert [bool(note.file_id) for note in notes] == [True, True]
    assert client.get(f"/files/{notes[0].file_id}/thumb.jpg").mimetype == "image/jpeg"


def test_a_file_that_is_no_picture_is_refused_and_the_words_stay(shop: Shop, counted: int, sign_in: SignIn) -> None:
    client = sign_in("manager")
    address = f"/stocktakes/{counted}/lines/{shop.bins[0]}-{shop.tea}-0/notes"
    sent = {"text": "看照片", "photos": [(io.BytesIO(b"<svg onload=alert(1)>"), "x.png")]}
    answer = client.post(address, data=sent, content_type="multipart/form-data")
    assert answer.status_code == 400
    assert "看照片" in answer.get_data(as_text=True)
    assert client.post(address, data={"text": " "}).status_code == 400
    assert client.post(address, data={"text": "x" * 501}).status_code == 400
    many = [(picture(), f"{number}.png") for number in range(7)]
    assert client.post(address, data={"photos": many}, content_type="multipart/form-data").status_code == 400
    assert list_notes(db.session(), counted) == []


def test_a_blind_counter_writes_without_seeing_what_the_books_say(shop: Shop, counted: int, sign_in: SignIn) -> None:
    client, address = sign_in("warehouse"), f"/stocktakes/{counted}/notes"
    typed = {"bin": "A-1", "item": TEA, "text": "标签掉了"}
    assert client.post(address, data=typed).status_code == 303
    page = client.get(address).get_data(as_text=True)
    assert "标签掉了" in page
    assert "−2" not in page
    assert client.post(address, data={"bin": "A-1", "text": "库位空着，有水渍"}).status_code == 303
    listed = client.get(f"{address}?q=水渍&sort=bin").get_data(as_text=True)
    assert "有水渍" in listed
    assert "标签掉了" not in listed
    assert "标签掉了" not in client.get(f"{address}?about=bin").get_data(as_text=True)
    for wrong in ({"bin": "NOWHERE"}, {"item": "no-such-code"}, {"bin": ""}):
        refused = client.post(address, data=typed | wrong)
        assert refused.status_code == 400
        assert "标签掉了" in refused.get_data(as_text=True)
    assert client.post(f"/stocktakes/{counted}/lines/{shop.bins[0]}-{shop.tea}-0/notes", data=typed).status_code == 303
    assert sign_in("viewer").post(address, data=typed).status_code == 403


def test_notes_are_exported_and_lead_to_their_line(shop: Shop, counted: int, sign_in: SignIn) -> None:
    with shop.write() as session:
        service.add_note(session, counted, About(shop.bins[0], shop.tea), NoteDraft(uuid4(), "压坏"), shop.owner, now())
        service.add_note(session, counted, About(shop.bins[0]), NoteDraft(uuid4(), "过道"), shop.owner, now())
    manager = sign_in("manager")
    line = f"/stocktakes/{counted}/lines/{shop.bins[0]}-{shop.tea}-0"
    assert f'href="{line}"' in manager.get(f"/stocktakes/{counted}/notes").get_data(as_text=True)
    assert "压坏" in manager.get(line).get_data(as_text=True)
    book = load_workbook(io.BytesIO(manager.get(f"/stocktakes/{counted}/notes?format=xlsx").data))
    rows = book.get_sheet_by_index(0).to_python()
    assert [row[3] for row in rows[1:]] == ["过道", "压坏"]
    blind = sign_in("warehouse").get(f"/stocktakes/{counted}/notes").get_data(as_text=True)
    assert f'href="{line}"' not in blind


def test_the_same_note_sent_twice_is_kept_once(shop: Shop, counted: int) -> None:
    draft = NoteDraft(uuid4(), "一次")
    for _ in range(2):
        with shop.write() as session:
            service.add_note(session, counted, About(shop.bins[0], shop.tea), draft, shop.owner, now())
    assert db.session.scalar(select(func.count()).select_from(StocktakeNote)) == 1


def test_once_the_stocktake_is_over_nothing_is_added_and_never_is_anything_changed(shop: Shop, counted: int) -> None:
    place = About(shop.bins[0], shop.tea)
    with shop.write() as session:
        service.add_note(session, counted, place, NoteDraft(uuid4(), "之前"), shop.owner, now())
    with pytest.raises(NoSuchLine), shop.write() as session:
        service.add_note(session, counted, place._replace(item=987_654), NoteDraft(uuid4(), "谁"), shop.owner, now())
    shop.approve_all(counted)
    shop.post(counted)
    with pytest.raises(NotesClosed), shop.write() as session:
        service.add_note(session, counted, place, NoteDraft(uuid4(), "之后"), shop.owner, now())
    with pytest.raises(DBAPIError, match="append-only"), shop.write() as session:
        session.execute(update(StocktakeNote).values(text="改写"))


def test_the_database_takes_no_note_that_says_nothing(shop: Shop, counted: int) -> None:
    empty = StocktakeNote(
        stocktake_id=counted,
        bin_id=shop.bins[0],
        item_id=shop.tea,
        lot_id=0,
        part=0,
        text="",
        token=uuid4(),
        by_id=shop.owner,
        at=now(),
    )
    with pytest.raises(DBAPIError), shop.write() as session:
        session.add(empty)


# --- reasons ----------------------------------------------------------------------------------------------------------


def test_a_company_adds_reasons_of_its_own_and_approvals_go_on_naming_them(
    shop: Shop, counted: int, sign_in: SignIn
) -> None:
    client = sign_in("manager")
    assert client.post("/stocktakes/reasons", data={"name": " 老鼠  咬坏 "}).status_code == 303
    assert client.post("/stocktakes/reasons", data={"name": "老鼠 咬坏"}).status_code == 409
    assert client.post("/stocktakes/reasons", data={"name": " "}).status_code == 400
    own = db.session.scalars(select(StocktakeReason)).one()
    line = f"/stocktakes/{counted}/lines/{shop.bins[0]}-{shop.tea}-0"
    assert "老鼠 咬坏" in client.get(line).get_data(as_text=True)
    given = {"seen": "-2", "reason": f"own:{own.id}"}
    assert client.post(f"{line}/approve", data=given).status_code == 303
    db.session.remove()
    assert db.session.scalars(select(StocktakeApproval.reason)).all() == [f"own:{own.id}"]
    trail = client.get("/audit?action=stocktake.approve").get_data(as_text=True)
    assert "老鼠 咬坏" in trail
    assert f"own:{own.id}" not in trail
    assert client.post(f"/stocktakes/reasons/{own.id}/retire").status_code == 303
    assert "老鼠 咬坏" in client.get(line).get_data(as_text=True)
    assert "老鼠 咬坏" in client.get(f"/stocktakes/{counted}/report?by=reason").get_data(as_text=True)
    assert "retired" in client.get("/stocktakes/reasons").get_data(as_text=True)
    assert client.post("/stocktakes/reasons/987/retire").status_code == 404


def test_a_retired_reason_is_offered_no_more(shop: Shop, counted: int, sign_in: SignIn) -> None:
    client = sign_in("manager")
    client.post("/stocktakes/reasons", data={"name": "借出"})
    own = db.session.scalars(select(StocktakeReason)).one()
    client.post(f"/stocktakes/reasons/{own.id}/retire")
    line = f"/stocktakes/{counted}/lines/{shop.bins[0]}-{shop.tea}-0"
    assert client.post(f"{line}/approve", data={"seen": "-2", "reason": f"own:{own.id}"}).status_code == 400
    client.post(f"/stocktakes/reasons/{own.id}/restore")
    assert client.post(f"{line}/approve", data={"seen": "-2", "reason": f"own:{own.id}"}).status_code == 303


def test_the_trail_names_who_counted_and_who_approved(shop: Shop, counted: int, sign_in: SignIn) -> None:
    shop.approve_line(counted, shop.bins[0], shop.tea, -2, reason="lost", note="找不到")
    page = sign_in("finance").get(f"/stocktakes/{counted}/approvals").get_data(as_text=True)
    for word in ("冰红茶", "Lost", "找不到", "holds", "warehouse", "manager"):
        assert word in page
    shop.recount(counted, Place(shop.bins[0], shop.tea, 0))
    assert "overtaken" in sign_in("owner").get(f"/stocktakes/{counted}/approvals?own=other").get_data(as_text=True)
    assert "冰红茶" not in sign_in("owner").get(f"/stocktakes/{counted}/approvals?own=own").get_data(as_text=True)


def test_the_database_takes_no_reason_without_a_name_and_none_twice(shop: Shop) -> None:
    with shop.write() as session:
        session.add(StocktakeReason(name="借出"))
    for name in ("", "借出"):
        with pytest.raises(DBAPIError), shop.write() as session:
            session.add(StocktakeReason(name=name))
