"""Pages of a shop's goods: the list, all facts, pictures, and the list as a spreadsheet."""

import io

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from points import sheets
from points.models.goods import Barcode, Goods
from points.models.photos import Upload
from points.queries import shop
from points.services import goods
from tests.browser import Browser
from tests.tools import statements
from tests.world import World

SALT = "6901234567892"


@pytest.fixture
def clerk(browser: Browser, world: World) -> Browser:
    return browser.sign_in(world.clerk)


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1600, 900), "green").save(out, "JPEG")
    return out.getvalue()


def list_of(world: World) -> str:
    return f"/shops/{world.shop}/goods"


def test_goods_are_added_with_all_their_facts_and_shown(clerk: Browser, world: World) -> None:
    answer = clerk.submit(
        f"{list_of(world)}/new",
        name="香皂",
        unit="块",
        category="日化",
        price=4,
        cost="3.50",
        barcodes=f" {SALT}\n",
        limit_household=2,
        limit_period="week",
        valid_to="2026-12-31",
        low_at=5,
        picture=(io.BytesIO(jpeg()), "soap.jpg"),
    )
    assert answer.status_code == 303, answer.text
    made = Goods.get(Goods.name == "香皂")
    assert (made.cost_fen, made.limit_household, made.limit_person, made.low_at) == (350, 2, None, 5)
    page = clerk.get(answer.location).text
    for shown in (SALT, "每周每户最多 2 块", "换到2026年12月31日", "3.50 元", "没货了", f"/goods/{made.id}/picture?v="):
        assert shown in page, shown


def test_an_edit_shows_what_is_there_and_keeps_it(clerk: Browser, world: World) -> None:
    goods.edit_goods(**world.by(world.clerk), goods_id=world.rice, barcodes=(SALT,), cost_fen=4205, limit_person=3)
    url = f"/goods/{world.rice}/edit"
    [form] = [form for form in clerk.forms(url) if form.action == url]
    assert (form.values["cost"], form.values["barcodes"], form.values["limit_person"]) == ("42.05", SALT, "3")
    assert clerk.submit(url, price=31, hidden="y").status_code == 303
    rice = shop.goods(world.rice)
    assert (rice.price, rice.cost_fen, rice.limit_person, bool(rice.hidden)) == (31, 4205, 3, True)
    assert shop.barcodes_of(world.rice) == [SALT]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "中华香烟"}, "积分不能换烟"),
        ({"name": "食盐400g"}, "已经有了"),
        ({"barcodes": "6901234567890"}, "不是完整的商品条码"),
        ({"price": 0}, "价格要在 1 到"),
        ({"limit_person": 0}, "请填 1 到 1000 之间的数"),
        ({"valid_from": "2026-12-02", "valid_to": "2026-12-01"}, "到哪天止"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    clerk: Browser, world: World, wrong: dict[str, object], said: str
) -> None:
    answer = clerk.submit(f"/goods/{world.rice}/edit", **{"unit": "大袋", **wrong})
    assert answer.status_code == 422
    assert said in answer.text and 'value="大袋"' in answer.text
    assert shop.goods(world.rice).unit == "袋"


def test_a_file_that_is_no_picture_is_refused(clerk: Browser, world: World) -> None:
    answer = clerk.submit(f"/goods/{world.rice}/edit", picture=(io.BytesIO(b"not a picture"), "x.jpg"))
    assert answer.status_code == 422 and "照片" in answer.text


def test_a_barcode_of_other_goods_names_them(clerk: Browser, world: World) -> None:
    goods.edit_goods(**world.by(world.clerk), goods_id=world.rice, barcodes=(SALT,))
    answer = clerk.submit(f"/goods/{world.goods['食盐400g']}/edit", barcodes=SALT)
    assert answer.status_code == 422 and f"条码 {SALT} 已经是“大米5kg”的" in answer.text.replace("&#34;", '"')


def test_the_list_is_searched_filtered_and_paged(clerk: Browser, world: World) -> None:
    add_many(world, 60)
    first, second = clerk.get(list_of(world)).text, clerk.get(list_of(world), page=2).text
    assert "下一页" in first and "上一页" not in first and "上一页" in second and "下一页" not in second
    assert first.count("<tr>") + second.count("<tr>") == 63 + 2
    found = clerk.get(list_of(world), q="dm").text
    assert "大米5kg" in found and "食盐400g" not in found
    assert "没有找到“没有这样”" in clerk.get(list_of(world), q="没有这样").text
    assert "没有这样的商品" in clerk.get(list_of(world), only="hidden").text
    assert "食盐400g" in clerk.get(list_of(world), category="调味").text
    for odd in ({"page": "-3"}, {"page": "x"}, {"page": "99999999999"}, {"only": "%"}, {"category": "'"}):
        assert clerk.get(list_of(world), **odd).status_code == 200


def add_many(world: World, number: int) -> None:
    given = [{"name": f"百货{n:04d}", "unit": "个", "category": "其他", "price": 5} for n in range(number)]
    kept = goods.upload(**world.by(world.clerk), shop_id=world.shop, file_name="", given=given)
    goods.take_in(**world.by(world.clerk), upload_id=kept)


def test_lists_take_as_few_statements_for_many_goods_as_for_few(clerk: Browser, world: World) -> None:
    urls = (list_of(world), f"/villages/{world.village}/goods", f"/shops/{world.shop}/demand")
    few = [statements(lambda url=url: clerk.get(url)) for url in urls]
    add_many(world, 200)
    assert [statements(lambda url=url: clerk.get(url)) for url in urls] == few


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_anyone_sees_the_picture_and_may_keep_this_very_one(clerk: Browser, world: World) -> None:
    clerk.submit(f"/goods/{world.rice}/edit", picture=(io.BytesIO(jpeg()), "rice.jpg"))
    url = f"/goods/{world.rice}/picture"
    anyone = clerk.another()
    answer = anyone.get(url)
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (200, "image/jpeg", "no-cache")
    assert max(Image.open(io.BytesIO(answer.data)).size) == goods.PICTURE_SIDE
    version = Goods.get_by_id(world.rice).photo_id
    kept = anyone.get(url, v=version)
    assert "immutable" in kept.headers["Cache-Control"] and "max-age=31536000" in kept.headers["Cache-Control"]
    assert "Set-Cookie" not in kept.headers
    assert anyone.client.get(url, headers={"If-None-Match": kept.headers["ETag"]}).status_code == 304
    assert anyone.get(url, v=version + 1).headers["Cache-Control"] == "no-cache"
    assert f"{url}?v={version}" in anyone.get(f"/villages/{world.village}/goods").text
    assert anyone.get(f"/goods/{world.goods['食盐400g']}/picture").status_code == 404
    assert anyone.get("/goods/999999/picture").status_code == 404


# --- by spreadsheet ---------------------------------------------------------------------------------------------------

HEADS = ["名称", "单位", "类别", "价格", "条码"]


def send(clerk: Browser, world: World, data: bytes, name: str = "货.xlsx") -> TestResponse:
    return clerk.submit(f"{list_of(world)}/upload", sheet=(io.BytesIO(data), name))


def written(*rows: list[object], heads: list[str] = HEADS) -> bytes:
    return sheets.write("商品", heads, rows)


def test_the_list_comes_as_a_sheet_and_goes_back_unchanged(clerk: Browser, world: World) -> None:
    goods.edit_goods(
        **world.by(world.clerk), goods_id=world.rice, barcodes=(SALT, "96385074"), cost_fen=4205, valid_to=world.today
    )
    answer = clerk.get(f"/shops/{world.shop}/goods.xlsx")
    assert answer.mimetype.endswith("sheet") and answer.headers["Cache-Control"] == "no-store"
    preview = send(clerk, world, answer.data)
    assert preview.status_code == 303
    assert "没有改动" in clerk.get(preview.location).text
    only = clerk.get(f"/shops/{world.shop}/goods.xlsx", q="dm").data
    assert [row.values["名称"] for row in sheets.read(only, [sheets.Column("名称")])] == ["大米5kg"]


def test_a_sheet_is_shown_before_it_changes_anything_and_taken_in_once(clerk: Browser, world: World) -> None:
    data = written(
        ["大米5kg", "袋", "粮油", 33, SALT], ["手电筒", "个", "其他", 20, None], ["食盐400g", "袋", "调味", 2, None]
    )
    url = send(clerk, world, data).location
    page = clerk.get(url).text
    for shown in ("价格：30 → 33", f"条码：— → {SALT}", "新上架", "手电筒", "其他，每个 20 分"):
        assert shown in page, shown
    assert "食盐400g" not in page and Goods.select().where(Goods.name == "手电筒").count() == 0
    [form] = [form for form in clerk.forms(url) if form.action == url]
    for _ in range(2):  # a second click
        assert clerk.post(form).location == list_of(world)
    assert (shop.goods(world.rice).price, Barcode.get().code) == (33, SALT)
    assert Goods.select().where(Goods.name == "手电筒").count() == 1
    assert clerk.get(url).status_code == 404 and not Upload.select().exists()


def test_every_error_is_named_by_row_and_column(clerk: Browser, world: World) -> None:
    answer = send(
        clerk,
        world,
        written(
            ["大米5kg", "袋", "粮油", "三十", None],
            ["红双喜香烟", "条", "其他", 50, None],
            ["火柴", "盒", "烟草", 1, None],
            ["糖", "包", "糖果", 1, None],
            ["碗", None, "厨具", 1, None],
            ["勺", "把", "厨具", None, None],
            ["盘", "个", "厨具", 1, "6901234567890"],
            [None, "个", "厨具", 1, None],
        ),
    )
    assert answer.status_code == 422 and "什么都没有保存" in answer.text
    cells = [cell.split(">")[-1] for cell in answer.text.split("</div></td>")]
    found = [(cells[at], cells[at + 1], cells[at + 2]) for at in range(0, len(cells) - 3, 3)]
    assert [(row, column) for row, column, _what in found] == [
        ("2", "价格"),
        ("3", "名称"),
        ("4", "类别"),
        ("5", "类别"),
        ("6", "单位"),
        ("7", "价格"),
        ("8", "条码"),
        ("9", "名称"),
    ]
    assert all("积分只换日用品" in what for _row, _column, what in found[1:3]) and "不是整数" in found[0][2]
    assert Goods.select().count() == len(world.goods)


def test_a_suppliers_sheet_needs_no_more_than_names(clerk: Browser, world: World) -> None:
    data = "商品名称,进价（元）,备注\n大米5kg,42.5,\n".encode()
    assert "进价：— → 42.50" in clerk.get(send(clerk, world, data, "单.csv").location).text.replace("0.00 →", "— →")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "里面是空的"),
        (b"PK\x03\x04 not a zip", "不是电子表格"),
        (b"\xff\xd8\xff\xe0 a photo", "不是电子表格"),
        (sheets.write("x", ["价格"], [[1]]), "名称"),
        (sheets.write("x", ["名称"], []), "一行也没有填"),
        (sheets.write("x", ["名称"], [[f"货{n}"] for n in range(goods.MOST_ROWS + 1)]), str(goods.MOST_ROWS)),
    ],
)
def test_a_hostile_or_empty_file_is_refused_in_a_sentence(clerk: Browser, world: World, data: bytes, said: str) -> None:
    answer = send(clerk, world, data)
    assert answer.status_code == 422 and said in answer.text
    assert not Upload.select().exists()


@pytest.mark.parametrize("cost", ["1e999999", "NaN", "-5", "1.234", "十元", "9999999999"])
def test_an_odd_amount_is_refused(clerk: Browser, world: World, cost: str) -> None:
    assert send(clerk, world, written(["大米5kg", cost], heads=["名称", "进价"])).status_code == 422


def test_two_thousand_rows_are_previewed_and_taken_in(clerk: Browser, world: World) -> None:
    data = written(*(["货" + str(n), "个", "其他", 1 + n % 90, None] for n in range(2000)))
    url = send(clerk, world, data).location
    page = clerk.get(url).text
    assert "还有 1700 样没有列出来" in page and "2,000" in page
    assert clerk.submit(url).status_code == 303
    assert Goods.select().count() == 2003
