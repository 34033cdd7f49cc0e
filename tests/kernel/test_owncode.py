"""Our own labels: one text per row, and no damaged text taken for another row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.owncode import OwnCode, OwnKind, find_own_code, has_own_shape, make_own_code

rows = st.integers(min_value=1, max_value=10**15)
kinds = st.sampled_from(OwnKind)


def test_a_label_has_kind_id_and_check_digits() -> None:
    assert make_own_code(OwnKind.BIN, 12) == "ZSB000001290"
    assert find_own_code("ZSB000001290") == OwnCode(OwnKind.BIN, 12)


@given(kinds, rows)
def test_every_label_reads_back(kind: OwnKind, row_id: int) -> None:
    assert find_own_code(make_own_code(kind, row_id)) == OwnCode(kind, row_id)


@given(kinds, rows, st.data())
def test_one_wrong_digit_is_always_noticed(kind: OwnKind, row_id: int, data: st.DataObject) -> None:
    text = make_own_code(kind, row_id)
    place = data.draw(st.integers(3, len(text) - 1))
    digit = data.draw(st.sampled_from("0123456789").filter(lambda new: new != text[place]))
    assert find_own_code(text[:place] + digit + text[place + 1 :]) is None


@given(kinds, rows, st.data())
def test_two_neighbours_swapped_are_always_noticed(kind: OwnKind, row_id: int, data: st.DataObject) -> None:
    text = make_own_code(kind, row_id)
    place = data.draw(st.integers(3, len(text) - 2))
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    assert swapped == text or find_own_code(swapped) is None


def test_a_bin_is_never_a_pack() -> None:
    assert find_own_code(make_own_code(OwnKind.BIN, 12).replace("ZSB", "ZSP")) is None


def test_a_scanner_with_caps_lock_reads_the_same_row() -> None:
    assert find_own_code("zsb000001290") == OwnCode(OwnKind.BIN, 12)


@pytest.mark.parametrize("text", ["", "ZS", "ZSB", "6901234567892", "ZSX000001290", "ZSB00000129０", "ZSB000001290\n"])
def test_other_texts_are_no_labels(text: str) -> None:
    assert find_own_code(text) is None
    assert not has_own_shape(text)


def test_a_damaged_label_still_looks_like_one() -> None:
    assert has_own_shape("ZSB000001299")
    assert find_own_code("ZSB000001299") is None


def test_more_leading_zeros_are_not_our_print() -> None:
    padded = next(text for check in range(100) if _is_checked(text := f"ZSB0000000012{check:02d}"))
    assert find_own_code(padded) is None


def _is_checked(text: str) -> bool:
    return int("".join(str(int(character, 36)) for character in text)) % 97 == 1


def test_a_row_that_is_not_stored_has_no_label() -> None:
    with pytest.raises(ValueError, match="stored row"):
        make_own_code(OwnKind.PACK, 0)
