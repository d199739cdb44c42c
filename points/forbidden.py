"""What points never buy: cash, vouchers, tobacco, alcohol and medicine, whoever types it and wherever."""

from __future__ import annotations

import re
import unicodedata

from points.errors import N_, GoodsForbidden

_HARMLESS = re.compile(
    "(?<![白红黄啤米药果])酒精(?!饮)|[啤]?酒[杯瓶壶具架](?!装)|山药|芍药|药皂|药香皂|除烟|油烟|烟囱|烟筒|烟道|烟灰缸|无烟|禁烟"
)
"""Everyday words that hold a forbidden sign and mean something else; taken out before looking."""

_SAME = str.maketrans("煙菸葯劵", "烟烟药券")
"""Other signs for the same, and 劵, which many write for 券."""

_FORBIDDEN = {
    N_("烟"): re.compile("烟|雪茄|打火机油"),
    N_("酒"): re.compile("酒|茅台|五粮液|二锅头|威士忌|白兰地|伏特加"),
    N_("药品"): re.compile("药|感冒灵|板蓝根|口服液|阿莫西林|布洛芬|阿司匹林|头孢|注射"),
    N_("现金"): re.compile("现金|红包|现钞|人民币|零钱|彩票|刮刮乐"),
    N_("购物卡券"): re.compile(
        "(购物|礼品|礼金|充值|储值|代金|提货|优惠|抵用|抵扣|消费|加油|电话|会员|超市|商场|京东|游戏|美食|点)[卡券]|卡券|话费|流量包|代币"
    ),
}


def require_allowed(name: str) -> None:
    """Raise `GoodsForbidden` when *name* speaks of what points may never buy."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", name) if sign.isalnum()).translate(_SAME)
    plain = _HARMLESS.sub("", plain)
    for what, pattern in _FORBIDDEN.items():
        if pattern.search(plain):
            raise GoodsForbidden(what=what)
