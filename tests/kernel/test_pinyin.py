"""Pinyin initials, by which people look for names."""

import csv
from pathlib import Path

import pytest

from app.kernel.pinyin import initials


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("康师傅冰红茶500ml", "ksfbhc500ml"),
        ("Coca-Cola 可乐（罐装）", "cocacolaklgz"),
        ("ＡＢＣ牛奶", "abcnn"),  # full-width letters are letters
        ("重庆小面", "cqxm"),
        ("长城干红", "ccgh"),
        ("番茄酱", "fqj"),
        ("厦门银行大厦", "xmyhds"),
        ("𠮷野家", "yj"),  # a character outside the dictionary is left out, the rest is found
        ("™ — !", ""),
    ],
)
def test_a_name_is_found_by_the_first_letters_of_its_syllables(name: str, expected: str) -> None:
    assert initials(name) == expected


def test_a_shops_own_initials_agree_with_ours_for_nearly_every_item(shared_data: Path) -> None:
    with (shared_data / "business" / "cn_shop_catalogue.csv").open(encoding="utf-8-sig") as file:
        rows = [(row["name"], row["pinyin_code"].lower()) for row in csv.DictReader(file) if row["pinyin_code"]]
    agreeing = sum(initials(name) == "".join(filter(str.isalnum, code)) for name, code in rows)
    assert agreeing / len(rows) > 0.9
