"""Goods: what may be on the shelf and at what price, all their facts, and a whole list at once by spreadsheet."""

from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from points import barcodes, photos
from points.errors import (
    BadBarcode,
    BadPrice,
    BarcodeTaken,
    ClashingName,
    GoodsForbidden,
    Invalid,
    Missing,
    NotAllowed,
    NotFound,
    PointsError,
    TooLong,
)
from points.forbidden import require_allowed
from points.models.goods import Barcode, Goods, GoodsPrice
from points.models.photos import Photo, PhotoBody, Upload
from points.models.stock import Stock
from points.queries import shop
from points.services import goods
from points.services import shop as shops
from tests.world import World

SALT, SOAP = "6901234567892", "96385074"  # an EAN-13 and an EAN-8
UPC = "036000291452"


def add(world: World, name: str = "毛巾", *, unit: str = "条", price: int = 5) -> int:
    return goods.add_goods(
        **world.by(world.clerk), shop_id=world.shop, name=name, unit=unit, category="日化", price=price
    )


def test_new_goods_have_initials_a_price_and_an_empty_shelf(world: World) -> None:
    made = Goods.get_by_id(add(world, "  毛巾   加厚 "))
    assert (made.name, made.initials, made.price, made.hidden) == ("毛巾 加厚", "mjjh", 5, False)
    assert Stock.get(Stock.goods == made).on_hand == 0
    assert [price.price for price in GoodsPrice.select().where(GoodsPrice.goods == made)] == [5]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("中华香 烟", "烟"),
        ("白酒精装 500ml", "酒"),
        ("酒精饮料", "酒"),
        ("料酒", "酒"),
        ("青岛啤酒瓶装", "酒"),
        ("中华香煙", "烟"),
        ("感冒灵颗粒", "药品"),
        ("止痛药", "药品"),
        ("现金红包", "现金"),
        ("超市购物卡 100元", "购物卡券"),
        ("手机话费", "购物卡券"),
        ("代 金 券", "购物卡券"),
        ("代金劵", "购物卡券"),
    ],
)
def test_what_points_never_buy_is_refused_by_name(name: str, what: str) -> None:
    with pytest.raises(GoodsForbidden) as refused:
        require_allowed(name)
    assert refused.value.values == {"what": what}


@pytest.mark.parametrize("name", ["药皂", "75%酒精湿巾", "铁棍山药", "油烟净", "烟灰缸", "酒杯", "购物袋", "贺卡"])
def test_harmless_words_with_the_same_signs_are_allowed(name: str) -> None:
    require_allowed(name)


def test_a_name_stands_once_in_a_shop(world: World) -> None:
    add(world)
    with pytest.raises(ClashingName):
        add(world)


def test_name_unit_and_price_are_needed(world: World) -> None:
    with pytest.raises(Missing):
        add(world, "  ")
    with pytest.raises(Missing):
        add(world, unit="")
    for price in (0, -1, 100_001):
        with pytest.raises(BadPrice):
            add(world, price=price)


def test_a_price_keeps_its_history_and_the_same_price_adds_nothing(world: World) -> None:
    for price in (35, 35, 32):
        goods.change_price(**world.by(world.committee[0]), goods_id=world.rice, price=price)
    assert Goods.get_by_id(world.rice).price == 32
    history = GoodsPrice.select().where(GoodsPrice.goods == world.rice).order_by(GoodsPrice.id)
    assert [price.price for price in history] == [30, 35, 32]


def test_hidden_goods_can_come_back(world: World) -> None:
    for hidden in (True, False):
        goods.hide(**world.by(world.clerk), goods_id=world.rice, hidden=hidden)
        assert Goods.get_by_id(world.rice).hidden is hidden


def test_committee_and_clerks_of_the_area_keep_the_goods_and_nobody_else(world: World) -> None:
    with pytest.raises(NotAllowed):
        goods.hide(**world.by(world.recorder), goods_id=world.rice, hidden=True)
    for stranger in (world.other_committee, world.other_clerk, world.villager(0)):
        with pytest.raises(NotFound):
            goods.change_price(**world.by(stranger), goods_id=world.rice, price=1)
    with pytest.raises(NotFound):
        goods.hide(**world.by(world.clerk), goods_id=999, hidden=True)
    with pytest.raises(NotFound):
        goods.add_goods(**world.by(world.clerk), shop_id=999, name="碗", unit="个", category="厨具", price=3)


# --- all the facts ----------------------------------------------------------------------------------------------------


FULL: dict[str, Any] = {
    "name": "香皂",
    "unit": "块",
    "category": "日化",
    "price": 4,
    "cost_fen": 350,
    "barcodes": (SALT, SOAP),
    "limit_household": 6,
    "limit_person": 2,
    "limit_period": "week",
    "valid_from": date(2026, 11, 1),
    "valid_to": date(2026, 12, 31),
    "low_at": 5,
    "hidden": True,
}


def picture(colour: str = "red") -> photos.Picture:
    out = BytesIO()
    Image.new("RGB", (900, 600), colour).save(out, "PNG")
    return photos.redraw(out.getvalue(), longest=goods.PICTURE_SIDE)


def edit(world: World, goods_id: int, **facts: Any) -> int:
    return goods.edit_goods(**world.by(world.clerk), goods_id=goods_id, **facts)


def test_every_fact_of_new_goods_is_kept(world: World) -> None:
    made = goods.add_goods(**world.by(world.clerk), shop_id=world.shop, **FULL)
    kept = shop.goods(made)._asdict() | {"barcodes": tuple(shop.barcodes_of(made))}
    assert {name: kept[name] for name in FULL} == FULL


def test_an_edit_changes_what_it_names_and_leaves_the_rest(world: World) -> None:
    made = goods.add_goods(**world.by(world.clerk), shop_id=world.shop, **FULL)
    edit(world, made, name="大香皂", price=6, valid_to=None, barcodes=(UPC,))
    kept = shop.goods(made)
    assert (kept.name, kept.initials, kept.price, kept.valid_to) == ("大香皂", "dxz", 6, None)
    assert shop.barcodes_of(made) == ["0" + UPC]
    assert (kept.unit, kept.limit_household, kept.valid_from, kept.hidden) == ("块", 6, date(2026, 11, 1), True)
    history = GoodsPrice.select().where(GoodsPrice.goods == made).order_by(GoodsPrice.id)
    assert [(price.price, price.set_by_id) for price in history] == [(4, world.clerk.id), (6, world.clerk.id)]


def test_an_edit_that_leaves_the_price_writes_none(world: World) -> None:
    made = goods.add_goods(**world.by(world.clerk), shop_id=world.shop, **FULL)
    edit(world, made, **FULL)
    edit(world, made, **FULL | {"unit": "盒"})
    assert GoodsPrice.select().where(GoodsPrice.goods == made).count() == 1


def test_a_retry_adds_no_second_goods(world: World) -> None:
    by = world.by(world.clerk)
    assert len({goods.add_goods(**by, shop_id=world.shop, **FULL) for _ in range(2)}) == 1


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({"category": "烟草"}, GoodsForbidden),
        ({"category": "酒类"}, GoodsForbidden),
        ({"category": "药品"}, GoodsForbidden),
        ({"category": "现金"}, GoodsForbidden),
        ({"category": "卡券"}, GoodsForbidden),
        ({"category": "糖果"}, Invalid),
        ({"name": "字" * 41}, TooLong),
        ({"unit": "一二三四五六七八九"}, TooLong),
        ({"price": 0}, BadPrice),
        ({"cost_fen": -1}, Invalid),
        ({"limit_household": 0}, Invalid),
        ({"limit_person": 1001}, Invalid),
        ({"limit_period": "fortnight"}, Invalid),
        ({"low_at": -1}, Invalid),
        ({"valid_to": date(2026, 10, 31)}, Invalid),
        ({"barcodes": ("6901234567890",)}, BadBarcode),
        ({"barcodes": ("12345",)}, BadBarcode),
        ({"barcodes": ("16901234567899",)}, BadBarcode),
    ],
)
def test_a_wrong_fact_is_refused_and_nothing_is_kept(
    world: World, wrong: dict[str, Any], refusal: type[PointsError]
) -> None:
    made = goods.add_goods(**world.by(world.clerk), shop_id=world.shop, **FULL)
    with pytest.raises(refusal):
        goods.add_goods(**world.by(world.clerk), shop_id=world.shop, **FULL | {"name": "新的", "barcodes": ()} | wrong)
    with pytest.raises(refusal):
        edit(world, made, **wrong)
    assert Goods.select().where(Goods.shop == world.shop).count() == len(world.goods) + 1
    assert shop.goods(made).name == "香皂"


def test_the_refusal_says_why_points_never_buy_it() -> None:
    sentence = str(GoodsForbidden(what="烟"))
    assert sentence.startswith("积分不能换烟：") and "等于发钱" in sentence and "资质" in sentence


def test_a_name_that_others_have_is_refused_in_an_edit(world: World) -> None:
    with pytest.raises(ClashingName) as refused:
        edit(world, world.rice, name="食盐400g", price=99)
    assert refused.value.values == {"name": "食盐400g"}
    assert (shop.goods(world.rice).name, shop.goods(world.rice).price) == ("大米5kg", 30)


def test_a_barcode_is_read_as_makers_print_it() -> None:
    assert barcodes.read(" 6901234-567892 ") == SALT
    assert barcodes.read("６９０１２３４５６７８９２") == SALT
    assert (barcodes.read(UPC), barcodes.read(SOAP)) == ("0" + UPC, SOAP)


def test_goods_of_a_shop_do_not_share_a_barcode(world: World) -> None:
    edit(world, world.rice, barcodes=(SALT, SALT, UPC))
    assert shop.barcodes_of(world.rice) == [SALT, "0" + UPC]
    salt = world.goods["食盐400g"]
    with pytest.raises(BarcodeTaken) as refused:
        edit(world, salt, barcodes=(SOAP, UPC))
    assert refused.value.values == {"code": "0" + UPC, "goods": "大米5kg"}
    assert shop.barcodes_of(salt) == []
    edit(world, world.rice, barcodes=())
    edit(world, salt, barcodes=(UPC,))
    assert [code.code for code in Barcode.select().where(Barcode.goods == salt)] == ["0" + UPC]


def test_another_shop_may_carry_the_same_barcode(world: World) -> None:
    edit(world, world.rice, barcodes=(SALT,))
    other = goods.add_goods(**world.by(world.other_clerk), shop_id=other_shop(world), **FULL)
    assert shop.barcodes_of(other) == [SALT, SOAP]


def other_shop(world: World) -> int:
    return shops.open_shop(
        **world.by(world.other_committee), area_id=world.other_village, code="LL", name="柳林店", hours=""
    )


def test_a_new_picture_takes_the_place_of_the_one_before(world: World) -> None:
    edit(world, world.rice, picture=picture("red"))
    first, body = shop.picture(world.rice)
    assert max(Image.open(BytesIO(body)).size) == goods.PICTURE_SIDE
    edit(world, world.rice, price=31)
    assert shop.picture(world.rice)[0] == first
    edit(world, world.rice, picture=picture("blue"))
    second, _body = shop.picture(world.rice)
    assert second != first and Goods.get_by_id(world.rice).photo_id == second
    assert not PhotoBody.select().where(PhotoBody.photo == first).exists()
    assert Photo.get_by_id(first).removed_at == world.now and Photo.get_by_id(second).removed_at is None
    with pytest.raises(NotFound):
        shop.picture(world.goods["食盐400g"])


# --- by spreadsheet ---------------------------------------------------------------------------------------------------


def differences(world: World, *given: dict[str, Any]) -> list[tuple[int, str, set[str]]]:
    changes, wrong = goods.look_over(world.shop, given)
    assert not wrong
    return [(change.goods_id, change.new.name, {field for field, _old, _new in change.fields}) for change in changes]


def wrongs(world: World, *given: dict[str, Any]) -> list[tuple[int, type[PointsError]]]:
    return [(place, type(refusal)) for place, refusal in goods.look_over(world.shop, given)[1]]


def row(name: str, **facts: Any) -> dict[str, Any]:
    return {"name": name, **facts}


NEW = {"unit": "个", "category": "其他", "price": 7}


def test_a_row_is_about_the_goods_of_that_name_or_else_of_that_barcode(world: World) -> None:
    edit(world, world.rice, barcodes=(SALT,))
    salt = world.goods["食盐400g"]
    assert differences(world, row("大米5kg", price=30)) == []
    assert differences(world, row(" 食盐400g ", price=3, barcodes=(SOAP,))) == [
        (salt, "食盐400g", {"price", "barcodes"})
    ]
    assert differences(world, row("新米5kg", barcodes=(SALT,))) == [(world.rice, "新米5kg", {"name"})]
    [(goods_id, name, fields)] = differences(world, row("手电筒", **NEW))
    assert (goods_id, name) == (0, "手电筒") and {"name", "unit", "price"} <= fields


def test_a_row_leaves_what_it_does_not_tell(world: World) -> None:
    made = goods.add_goods(**world.by(world.clerk), shop_id=world.shop, **FULL)
    assert differences(world, row("香皂", limit_household=None)) == [(made, "香皂", {"limit_household"})]


def test_every_wrong_row_is_named_with_its_reason(world: World) -> None:
    edit(world, world.rice, barcodes=(SALT,))
    assert wrongs(
        world,
        row("手电筒", **NEW),
        row("中华香烟", **NEW),
        row("雨伞", unit="把"),
        row("手电筒", **NEW),
        row("食盐400g", barcodes=(SALT,)),
        row("雨衣", barcodes=("123",), **NEW),
        row(""),
        row("大米5kg", price=31),
        row("米", barcodes=(SALT,)),
        row("毛笔", barcodes=(SOAP,), **NEW),
        row("钢笔", barcodes=(SOAP,), **NEW),
    ) == [
        (1, GoodsForbidden),
        (2, BadPrice),
        (3, ClashingName),
        (4, BarcodeTaken),
        (5, BadBarcode),
        (6, Missing),
        (8, ClashingName),
        (10, BarcodeTaken),
    ]


def upload(world: World, *given: dict[str, Any]) -> int:
    return goods.upload(**world.by(world.clerk), shop_id=world.shop, file_name="货.xlsx", given=given)


def test_an_upload_is_taken_in_as_a_whole_and_once(world: World) -> None:
    days = {"valid_from": world.today, "valid_to": world.today + timedelta(days=9)}
    kept = upload(world, row("大米5kg", price=33, barcodes=(SALT,), **days), row("手电筒", **NEW), row("食盐400g"))
    by = world.by(world.clerk)
    for _ in range(2):
        assert goods.take_in(**by, upload_id=kept) == world.shop
    rice, torch = shop.goods(world.rice), shop.by_barcode(world.shop, SALT)
    assert torch == rice and (rice.price, rice.valid_to) == (33, world.today + timedelta(days=9))
    [made] = Goods.select().where(Goods.name == "手电筒")
    assert (made.initials, made.price, Stock.get_by_id(made.id).on_hand) == ("sdt", 7, 0)
    assert [one.price for one in GoodsPrice.select().where(GoodsPrice.goods == made)] == [7]
    assert [one.price for one in GoodsPrice.select().where(GoodsPrice.goods == rice.id)] == [30, 33]
    assert GoodsPrice.select().where(GoodsPrice.goods == world.goods["食盐400g"]).count() == 1
    assert not Upload.select().exists()
    with pytest.raises(NotFound):
        goods.take_in(**world.by(world.clerk), upload_id=kept)


def test_an_upload_that_became_wrong_changes_nothing(world: World) -> None:
    kept = upload(world, row("大米5kg", price=33), row("手电筒", barcodes=(SALT,), **NEW))
    goods.add_goods(**world.by(world.clerk), shop_id=world.shop, name="手电筒", **NEW)
    edit(world, world.goods["食盐400g"], barcodes=(SALT,))
    with pytest.raises(BarcodeTaken):
        goods.take_in(**world.by(world.clerk), upload_id=kept)
    assert shop.goods(world.rice).price == 30


def test_only_its_uploader_sees_an_upload_and_only_keepers_make_one(world: World) -> None:
    kept = upload(world, row("手电筒", **NEW))
    assert goods.uploaded(world.clerk, kept) == (world.shop, [row("手电筒", **NEW)])
    with pytest.raises(NotFound):
        goods.uploaded(world.committee[0], kept)
    with pytest.raises(NotFound):
        goods.take_in(**world.by(world.committee[0]), upload_id=kept)
    for stranger, refusal in ((world.recorder, NotAllowed), (world.other_clerk, NotFound)):
        with pytest.raises(refusal):
            goods.upload(**world.by(stranger), shop_id=world.shop, file_name="", given=[row("手电筒", **NEW)])
        with pytest.raises(refusal):
            goods.edit_goods(**world.by(stranger), goods_id=world.rice, price=1)
    with pytest.raises(GoodsForbidden):
        upload(world, row("白酒", **NEW))


def test_a_second_upload_of_the_same_rows_changes_nothing(world: World) -> None:
    first, second = (upload(world, row("手电筒", **NEW)) for _ in range(2))
    for kept in (first, second):
        goods.take_in(**world.by(world.clerk), upload_id=kept)
    assert Goods.select().where(Goods.name == "手电筒").count() == 1


def test_two_thousand_rows_take_as_few_statements_as_two(world: World, statements: Callable[[], int]) -> None:
    def take(number: int, price: int) -> int:
        given = [row(f"百货{n}", unit="个", category="其他", price=price, barcodes=(ean(n),)) for n in range(number)]
        kept = upload(world, row("大米5kg", price=price), *given)
        before = statements()
        goods.take_in(**world.by(world.clerk), upload_id=kept)
        return statements() - before

    few = take(2, 50)
    assert take(2000, 51) <= few
    assert Goods.select().where(Goods.price == 51).count() == 2001


def ean(number: int) -> str:
    body = f"690{number:09d}"
    return next(body + digit for digit in "0123456789" if valid(body + digit))


def valid(code: str) -> bool:
    try:
        return bool(barcodes.read(code))
    except BadBarcode:
        return False
