"""Amounts in Chinese capital numerals 人民币大写, as a paper that is paid upon has them."""

from __future__ import annotations

import re

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def capitals(fen: int) -> str:
    """Write fen ≥ 0 as ``壹仟贰佰元零伍分``; whole yuan and jiao end in 整."""
    yuan, small = divmod(fen, 100)
    jiao, rest = divmod(small, 10)
    text = f"{_whole(yuan)}元" if yuan or not small else ""
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif rest and yuan:
        text += "零"
    return text + (f"{_DIGITS[rest]}分" if rest else "整")


def _whole(number: int) -> str:
    groups = re.findall(r"\d{1,4}(?=(?:\d{4})*$)", str(number))
    text = ""
    for power, group in zip(range(len(groups) - 1, -1, -1), groups, strict=True):
        digits = zip(group, range(len(group) - 1, -1, -1), strict=True)
        written = "".join(_DIGITS[int(digit)] + _PLACES[place] if digit != "0" else "零" for digit, place in digits)
        text += written.rstrip("零") + (_GROUPS[power] if int(group) else "零")
    return re.sub("零+", "零", text).rstrip("零") or "零"
