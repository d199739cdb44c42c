"""What a cell means: a household's number, a phone, a day, a name, and what two people would write alike."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from unicodedata import normalize

from points import sheets
from points.sheets import Value

HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af"
HEADS = {"户主", "本人", "户主本人", "家长", "户代表", "本户"}
"""How a row says that it is the head of its household."""

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_CHINESE = re.compile(f"[{''.join(_DIGITS)}{''.join(_UNITS)}]+")


def arabic(text: str) -> str:
    """Write Chinese numbers as digits: 一百零三号 → 103号, 一二三 → 123, 东十二巷 → 东12巷."""
    return _CHINESE.sub(lambda found: str(_counted(found.group())), text)


def _counted(text: str) -> str:
    if not any(sign in _UNITS for sign in text):
        return "".join(str(_DIGITS[sign]) for sign in text)
    total, last = 0, 0
    for sign in text:
        if sign in _DIGITS:
            last = _DIGITS[sign]
        else:
            total, last = total + (last or 1) * _UNITS[sign], 0
    return str(total + last)


@lru_cache(maxsize=65536)
def alike(text: str) -> str:
    """Reduce a text to what two people would write alike: one width, digits, no blanks, no strokes."""
    return arabic(re.sub(r"[\s\-—_#,，、.。()（）第]", "", normalize("NFKC", text)).lower())


def household_number(said: Value) -> str:
    """Read a household's number: 0211, 211.0, 第211户, 二百一十一 are one. Raises `ValueError`."""
    text = str(int(said) if isinstance(said, float) and said.is_integer() else said)
    text = re.sub(r"\s", "", normalize("NFKC", text))
    text = re.sub(r"\.0+$", "", text).removeprefix("第").removesuffix("户").removesuffix("号")
    text = arabic(text) if _CHINESE.fullmatch(text) else text
    if not 0 < len(text) <= 12 or not re.fullmatch(rf"[0-9A-Za-z{HAN}\-/.]+", text):
        raise ValueError(text)
    return text


def phone(said: Value) -> str:
    """Read a phone, the first if there are several: 13800000000.0, +86 138-0000-0000. Raises `ValueError`."""
    if isinstance(said, int | float):
        text = str(int(said)) if float(said).is_integer() else ""
    else:
        text = re.split(r"[/,;、，；或]", str(said).strip())[0]
    text = re.sub(r"\.0+$", "", re.sub(r"^(\+|00)86", "", re.sub(r"[\s\-—()]", "", text)))
    if not re.fullmatch(r"1[3-9]\d{9}|0\d{9,11}|[2-9]\d{5,7}|\d{3,6}", text):
        raise ValueError(text)
    return text


def day(said: Value) -> date:
    """Read a day: 2026-3-5, 2026.03.05, 46086, 二〇二六年三月五日; 2026年3月 is its first. Raises `ValueError`."""
    if isinstance(said, float) and said.is_integer():
        said = int(said)
    if isinstance(said, str):
        text = arabic(re.sub(r"\s", "", normalize("NFKC", said)))
        month = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})月?", text)
        said = f"{month[1]}-{month[2]}-1" if month else text
    return sheets.as_day(said)


def person_name(said: Value) -> tuple[str, str]:
    """Read a name and the remark in brackets behind it. Raises `ValueError` for what is none."""
    text = str(said)
    remark = " ".join(re.findall(r"[(（【](.*?)[)）】]", text))
    text = re.sub(r"[(（【].*?[)）】]?$", "", text).strip()
    text = re.sub(rf"(?<=[{HAN}])[•・‧∙.·]\s*(?=[{HAN}])", "·", text)
    text = re.sub(rf"(?<=[{HAN}])\s+(?=[{HAN}])", "", text)
    if not 0 < len(text) <= 40 or not re.fullmatch(rf"(?!\d)[\w{HAN}][\w{HAN}·'\- ]*", text) or re.search(r"\d", text):
        raise ValueError(text)
    return text, remark
