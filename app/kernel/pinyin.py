"""Pinyin initials of a name, by which people find it: 康师傅冰红茶500ml → ksfbhc500ml.

A character alone has one reading here, its most common; where a word of the trade reads otherwise it stands in
`WORDS`. The dictionary of all phrases would be surer and costs 45 MB in every server process.
"""

import os
import re
from functools import cache

# Characters that goods read otherwise than the dictionary's first reading, and words in which a character is not read
# as it mostly is.
WORDS = {
    "长": "c", "茄": "q", "豉": "c", "荠": "q", "厦": "x",
    "生长": "sz", "成长": "cz", "家长": "jz", "校长": "xz", "大厦": "ds", "荠菜": "jc",
    "重庆": "cq", "重阳": "cy", "双重": "sc", "三重": "sc", "多重": "dc", "阿胶": "ej",
    "银行": "yh", "行业": "hy", "商行": "sh", "车行": "ch", "五金行": "wjh",
    "音乐": "yy", "乐器": "yq", "乐谱": "yp",
    "调味": "tw", "调和": "th", "调料": "tl", "调制": "tz", "调节": "tj", "空调": "kt", "可调": "kt", "调温": "tw",
    "烹调": "pt", "西藏": "xz", "藏红花": "zhh", "藏药": "zy", "藏青": "zq", "藏式": "zs",
    "会计": "kj", "朝鲜": "cx", "王朝": "wc", "人参": "rs", "党参": "ds", "参茸": "sr", "西洋参": "xys",
    "海参": "hs", "参片": "sp", "参茶": "sc", "参鸡": "sj", "弹力": "tl", "弹性": "tx",
    "便宜": "py", "单县": "sx", "蚌埠": "bb", "六安": "la", "曾记": "zj", "盛器": "cq", "还原": "hy",
}  # fmt: skip

_KEPT = re.compile(r"[0-9a-z]+")
_OTHER = re.compile(r"[^0-9a-z]")  # a class of all Han characters would take long to compile
_WORDS = re.compile("|".join(sorted(WORDS, key=len, reverse=True)))
_WIDE = {0xFF01 + offset: 0x21 + offset for offset in range(94)}


def initials(name: str) -> str:
    """Return the initials of *name*: lower case, ASCII letters and digits kept, everything else left out."""
    plain = _WORDS.sub(lambda match: WORDS[match[0]], name.translate(_WIDE).lower())
    return "".join(_KEPT.findall(_OTHER.sub(lambda match: _initial(match[0]), plain)))


@cache
def _initial(character: str) -> str:
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")  # read once, when the library is first imported
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415  # heavy, and only saving a name needs it

    found = lazy_pinyin(character, style=Style.FIRST_LETTER, errors="ignore")
    return found[0] if found else ""
