"""Likely causes, each with its evidence, from differences alone."""

from decimal import Decimal

import pytest

from app.stocktake.causes.rules import (
    ALIKE,
    Also,
    Cause,
    CauseKind,
    Gap,
    Looks,
    PackScans,
    Place,
    Waiting,
    explain,
    is_digit_slip,
    is_slip_apart,
    likeness,
)

D = Decimal
BOOKLET = {
    1: Looks("康师傅冰红茶500ml", ("06920459950012",), (D(1), D(24))),
    2: Looks("康师傅绿茶500ml", ("06920459905012",), (D(1), D(15))),
    3: Looks("回形针", ("06901111111118",), (D(1),)),
}


def gap(bin_id: int, item: int, book: int | str, counted: int | str, *, disturbed: bool = False) -> Gap:
    return Gap(Place(bin_id, item, 0), D(book), D(counted), disturbed)


def first(*gaps: Gap) -> Cause | None:
    """The most trusted cause of the first gap."""
    causes = explain(gaps, BOOKLET).get(gaps[0].place)
    return causes[0] if causes else None


def test_the_same_goods_short_here_and_over_there_were_misplaced() -> None:
    found = explain([gap(7, 3, 10, 6), gap(8, 3, 5, 9), gap(9, 3, 5, 6)], BOOKLET)
    assert found[Place(7, 3, 0)][0] == Cause(CauseKind.MISPLACED, D(4), Place(8, 3, 0))
    assert found[Place(8, 3, 0)][0] == Cause(CauseKind.MISPLACED, D(4), Place(7, 3, 0))


def test_the_fit_that_explains_most_comes_first() -> None:
    cause = first(gap(7, 3, 10, 6), gap(8, 3, 0, 9), gap(9, 3, 5, 9))
    assert cause is not None
    assert cause.other == Place(9, 3, 0)


def test_goods_that_look_alike_and_differ_the_other_way_in_one_bin_were_swapped() -> None:
    cause = first(gap(7, 1, 10, 7), gap(7, 2, 5, 8))
    assert cause == Cause(CauseKind.SWAPPED, D(3), Place(7, 2, 0))
    assert first(gap(7, 1, 10, 7), gap(7, 3, 5, 8)) is None  # nobody takes paper clips for tea


def test_a_carton_counted_as_a_piece_differs_by_its_pieces_less_one() -> None:
    assert first(gap(7, 1, 48, 25)) == Cause(CauseKind.PACK_AS_PIECE, D(23), factor=D(24), times=D(1))
    assert first(gap(7, 1, 2, 48)) == Cause(CauseKind.PACK_AS_PIECE, D(46), factor=D(24), times=D(2))
    # Nobody can have counted two cartons as pieces where only one piece was counted.
    assert first(gap(7, 1, 47, 1)) is None


def test_a_difference_of_whole_packs_says_so() -> None:
    assert first(gap(7, 1, 96, 48)) == Cause(CauseKind.WHOLE_PACKS, D(48), factor=D(24), times=D(2))


@pytest.mark.parametrize(
    ("book", "counted", "slip"),
    [("36", "63", True), ("120", "12", True), ("12", "120", True), ("36", "39", False), ("1", "2", False),
     ("0", "10", False), ("12", "12", False), ("121", "211", True)],
)  # fmt: skip
def test_swapped_digits_and_a_nought_too_many_are_slips(book: str, counted: str, *, slip: bool) -> None:
    assert is_digit_slip(D(book), D(counted)) is slip


def test_goods_that_moved_meanwhile_are_the_last_thing_to_believe() -> None:
    causes = explain([gap(7, 1, 96, 48, disturbed=True)], BOOKLET)[Place(7, 1, 0)]
    assert [cause.kind for cause in causes] == [CauseKind.WHOLE_PACKS, CauseKind.MOVED_MEANWHILE]


def test_codes_one_slip_apart_look_alike() -> None:
    assert is_slip_apart("06920459950012", "06920459905012")  # neighbours swapped
    assert is_slip_apart("6901234567892", "6901234567885")  # one digit and the check digit with it
    assert not is_slip_apart("6901234567892", "6901234567892")
    assert not is_slip_apart("6901234567892", "690123456789")
    assert likeness(BOOKLET[1], BOOKLET[3]) < ALIKE


def test_only_what_is_asked_for_is_explained_but_everything_is_evidence() -> None:
    gaps = [gap(7, 3, 10, 6), gap(8, 3, 5, 9)]
    assert set(explain(gaps, BOOKLET, {Place(7, 3, 0)})) == {Place(7, 3, 0)}


def test_what_matches_needs_no_cause() -> None:
    assert explain([gap(7, 1, 24, 24)], BOOKLET) == {}


def test_of_goods_that_look_alike_the_likest_is_named() -> None:
    looks = BOOKLET | {4: Looks("康师傅冰红茶550ml"), 5: Looks("雪碧")}
    gaps = [gap(7, 1, 10, 7), gap(7, 2, 5, 8), gap(7, 4, 5, 8), gap(7, 5, 5, 8)]
    assert explain(gaps, looks)[Place(7, 1, 0)][0].other == Place(7, 4, 0)
    assert Place(7, 5, 0) not in explain(gaps, looks)


def test_two_lots_of_one_item_that_differ_the_other_way_were_swapped() -> None:
    gaps = [Gap(Place(7, 3, 1), D(10), D(7)), Gap(Place(7, 3, 2), D(5), D(8))]
    assert explain(gaps, BOOKLET)[Place(7, 3, 1)] == [Cause(CauseKind.SWAPPED, D(3), Place(7, 3, 2))]


def test_neighbouring_codes_of_one_maker_are_no_likeness() -> None:
    cola, sprite = Looks("可口可乐", ("06908512108211",)), Looks("雪碧", ("06908512108228",))
    assert is_slip_apart(cola.codes[0], sprite.codes[0])
    assert likeness(cola, sprite) < ALIKE


def test_a_code_that_counts_as_a_pack_and_stands_on_pieces_is_found_by_its_scans() -> None:
    place = Place(7, 1, 0)
    scans = {place: [PackScans("1690", D(24), D(2)), PackScans("1691", D(12), D(2))]}
    also = Also(pack_scans=scans)
    [first, *_] = explain([gap(7, 1, 2, 48)], BOOKLET, also=also)[place]
    assert first == Cause(CauseKind.WRONG_BARCODE, D(46), factor=D(24), times=D(2), code="1690")
    others = explain([gap(7, 1, 2, 40)], BOOKLET, also=also).get(place, ())
    assert CauseKind.WRONG_BARCODE not in {cause.kind for cause in others}


def test_goods_on_the_dock_explain_a_surplus_and_no_shortage() -> None:
    also = Also(waiting={(3, 0): [Waiting(90, D(50)), Waiting(91, D(4)), Waiting(7, D(3))]})
    place = Place(7, 3, 0)
    assert explain([gap(7, 3, 10, 13)], BOOKLET, also=also)[place] == [Cause(CauseKind.NOT_PUT_AWAY, D(3), where=91)]
    assert explain([gap(7, 3, 10, 7)], BOOKLET, also=also) == {}


def test_an_unfinished_import_explains_what_the_books_do_not_have_at_all() -> None:
    also = Also(pending_import=12)
    place = Place(7, 3, 0)
    assert explain([gap(7, 3, 0, 7)], BOOKLET, also=also)[place] == [Cause(CauseKind.IMPORT_WAITS, D(7), document=12)]
    assert explain([gap(7, 3, 1, 8)], BOOKLET, also=also) == {}


def test_scans_that_wait_explain_a_shortage_in_their_bin() -> None:
    also = Also(bins_with_parked_scans={7})
    assert explain([gap(7, 3, 10, 7)], BOOKLET, also=also)[Place(7, 3, 0)][0].kind is CauseKind.SCANS_WAIT
    assert explain([gap(8, 3, 10, 7), gap(7, 3, 3, 4)], BOOKLET, {Place(8, 3, 0)}, also)[Place(8, 3, 0)][0].kind is (
        CauseKind.MISPLACED
    )
