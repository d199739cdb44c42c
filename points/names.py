"""Names: masked where others can read them, and found by their pinyin initials."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

READINGS = Path(__file__).with_name("initials.txt")
"""The first letter of every sign, by pages of 256, and of phrases that read a sign otherwise (tests/initials.py)."""
_LONGEST = 12

_READ_OTHERWISE = {
    "单": "s", "曾": "z", "仇": "q", "查": "z", "区": "o", "朴": "p", "解": "x", "盖": "g", "缪": "m", "乐": "y",
    "覃": "q", "翟": "z", "尉": "y", "万俟": "mq", "长孙": "zs", "冼": "x", "员": "y", "种": "c", "洗": "x", "召": "s",
}  # fmt: skip
"""Surnames whose first letter a general dictionary reads otherwise."""

_TWO_SIGN_SURNAMES = frozenset(
    (
        "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 "
        "皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 "
        "子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐 "
        "段干 百里 呼延 东郭 南门 羊舌 微生 左丘 东门 西门 第五"
    ).split()
)
_ONE_SIGN_SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花"
    "方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝"
    "明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝"
    "管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫"
    "乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍"
    "赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习"
    "宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙"
    "乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公付肖代闫邸展苟区苑冼覃佟植仝岳帅缑亢况郈有琴商牟佘佴伯赏墨哈谯笪年爱"
    "阳第言福邝召揭母修尧由候晋楚渠禚闾么亓官楼涂占豆原卿信门仉督归海朴阿次朗但钦生降兰铁来矫刑"
)


def mask(name: str) -> str:
    """Hide part of a name for public pages, posters and receipts.

    Two signs: first + ``*``. Three or more: first, ``*``, last. Without a recognised surname, with more than three
    signs and no two-sign surname, or with ``·``: the first syllable + ``*``. Beside it stands the household's number.
    """
    name = name.strip()
    if not name:
        return "*"
    surnamed = name[0] in _ONE_SIGN_SURNAMES and len(name) <= 3
    if "·" not in name and len(name) >= 3 and (surnamed or name[:2] in _TWO_SIGN_SURNAMES):
        return f"{name[0]}*{name[-1]}"
    return f"{name[0]}*"


def initials(text: str) -> str:
    """Return the pinyin initials by which people search: ``王秀英`` → ``wxy``; Latin letters and digits stay."""
    text = text.strip().lower()
    head = ""
    for length in (2, 1):
        if text[:length] in _READ_OTHERWISE:
            head, text = _READ_OTHERWISE[text[:length]], text[length:]
            break
    rest = read(text, _readings())
    return (head + "".join(sign for sign in rest if sign.isalnum()))[:40]


def read(text: str, readings: Mapping[str, str]) -> str:
    """Replace each sign by its first letter, the longest phrases first; what has none stays."""
    letters, at = "", 0
    while at < len(text):
        ends = range(min(at + _LONGEST, len(text)), at + 1, -1)
        phrase = next((text[at:end] for end in ends if text[at:end] in readings), "")
        letters += readings[phrase] if phrase else _letter(text[at], readings)
        at += len(phrase) or 1
    return letters


def _letter(sign: str, readings: Mapping[str, str]) -> str:
    page, place = divmod(ord(sign), 256)
    letter = readings.get(chr(page * 256), "")[place : place + 1]
    return letter if letter.isalpha() else sign


@cache
def _readings() -> dict[str, str]:
    lines = (line.split(" ") for line in READINGS.read_text(encoding="utf-8").splitlines())
    return {name: letters for name, letters in lines}
