"""The stockroom's pages: a delivery typed row by row, its paper, losses with their photos, goods for another shop."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from PIL import Image

from points import db, stock
from points.models.goods import Barcode
from points.models.photos import Photo
from points.models.stock import Loss, Receiving, Removal, Stock, StockBatch
from points.photos import Picture
from points.queries import stock as reads
from points.services import shop, stockroom
from tests.browser import Browser
from tests.tools import statements
from tests.world import World

PICTURE = Picture(b"a JPEG", "0" * 64, 0, 1, 1)


def photo(colour: str = "green") -> tuple[io.BytesIO, str]:
    file = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(file, "JPEG")
    file.seek(0)
    return file, "photo.jpg"


def row(number: int, goods: str, quantity: Any = 5, cost: Any = "26.50", best_before: str = "") -> dict[str, Any]:
    said = {"goods": goods, "quantity": quantity, "cost": cost, "best_before": best_before}
    return {f"rows-{number}-{name}": value for name, value in said.items()}


def form(browser: Browser, url: str) -> dict[str, Any]:
    """What the form of a page holds that posts to the page itself."""
    return next(one.values for one in browser.forms(url) if one.action.split("?")[0] == url.split("?")[0])


def new(world: World) -> str:
    return f"/shops/{world.shop}/deliveries/new"


def on_hand(goods_id: int) -> int:
    return Stock.get_by_id(goods_id).on_hand


def donate(world: World, **given: Any) -> int:
    said = {"kind": "donation", "source": "热心村民", "voucher": "", "note": "春节慰问"} | given
    lines = [(world.rice, 5, 2_650, None), (world.goods["食盐400g"], 3, 185, None)]
    return stockroom.receive(**world.by(world.clerk), shop_id=world.shop, **said, lines=lines)


# --- deliveries -------------------------------------------------------------------------------------------------------


def test_goods_are_typed_by_name_initials_or_barcode_and_empty_rows_count_for_nothing(
    browser: Browser, world: World
) -> None:
    Barcode.create(goods=world.goods["洗衣液2kg"], shop=world.shop, code="6901234567892")
    day = (world.today + timedelta(days=200)).isoformat()
    rows = row(0, "大米5kg", best_before=day) | row(3, "sy", 20, "1.85") | row(7, "6901234567892", 2, "19.9")
    answer = browser.sign_in(world.clerk).submit(new(world), source="县城批发部", voucher="发票 88", **rows)
    paper = Receiving.select().order_by(Receiving.id.desc()).get()
    assert (answer.status_code, answer.location) == (303, f"/deliveries/{paper.id}")
    batches = StockBatch.select().where(StockBatch.receiving == paper).order_by(StockBatch.id)
    kept = [(one.goods_id, one.remaining, one.cost_fen, str(one.best_before)) for one in batches]
    rice, soap, salt = (world.goods[name] for name in ("大米5kg", "洗衣液2kg", "食盐400g"))
    assert kept == [(rice, 5, 2_650, day), (salt, 20, 185, "None"), (soap, 2, 1_990, "None")]


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(browser: Browser, world: World) -> None:
    world.add_goods("大蒜5kg", "袋", "粮油", 9)  # its initials are those of the rice too
    rows = row(0, "没有的") | row(1, "ds5kg", "", "") | row(2, "dm5kg", 3, "abc") | row(3, "", 4)
    answer = browser.sign_in(world.clerk).submit(new(world), source="县城批发部", voucher="", **rows)
    assert answer.status_code == 422
    for said in ("店里没有这种商品", "请填写。", "请填数字。", "没有的", "县城批发部"):
        assert said in answer.text
    world.add_goods("冬笋5kg", "袋", "粮油", 9)
    for initials in ("ds5kg", "ds"):
        answer = browser.submit(new(world), source="县城批发部", voucher="7", **row(0, initials))
        assert "有几种都符合：大蒜5kg、冬笋5kg" in answer.text
    assert "还没有填商品" in browser.submit(new(world), source="批发部", voucher="7").text
    past = (world.today - timedelta(days=1)).isoformat()
    answer = browser.submit(new(world), source="批发部", voucher="7", **row(0, "大米5kg", best_before=past))
    assert (answer.status_code, "已经过了，不能入库" in answer.text) == (422, True)
    assert "请填写票据号" in browser.submit(new(world), source="批发部", voucher="", **row(0, "大米5kg")).text
    assert on_hand(world.rice) == 10


def test_five_more_rows_keep_what_was_typed(browser: Browser, world: World) -> None:
    answer = browser.sign_in(world.clerk).submit(new(world), more="1", **row(0, "大米5kg", 7))
    assert "rows-9-goods" in answer.text
    assert 'value="大米5kg"' in answer.text
    assert on_hand(world.rice) == 10


def test_a_page_of_goods_leads_to_a_delivery_of_them(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.clerk).get(f"/goods/{world.rice}").text
    assert f"{new(world)}?goods={world.rice}" in page
    assert form(browser, f"{new(world)}?goods={world.rice}")["rows-0-goods"] == "大米5kg"
    assert form(browser, f"{new(world)}?goods=x")["rows-0-goods"] == ""


def test_a_donors_paper_thanks_and_has_number_sum_and_room_to_sign(browser: Browser, world: World) -> None:
    browser.sign_in(world.supervisor)
    page = browser.get(f"/deliveries/{donate(world)}").text
    for said in (
        "捐赠物资接收凭证",
        "SQ-捐-0001",
        "热心村民",
        "138.05",
        "壹佰叁拾捌元零伍分",
        "衷心感谢",
        "捐赠人签字",
    ):
        assert said in page
    bought = world.receive(world.rice, 4, cost_fen=1_000)
    page = browser.get(f"/deliveries/{bought}").text
    for said in ("进货入库单", f"SQ-进-{Receiving.get_by_id(bought).number:04d}", "送货单 7", "40.00", "送货人签字"):
        assert said in page
    listed = browser.get(f"/shops/{world.shop}/deliveries").text
    for said in ("SQ-捐-0001", "热心村民", "138.05", "40.00"):
        assert said in listed


def test_a_paper_stays_as_it_was_when_the_goods_are_gone(browser: Browser, world: World) -> None:
    made = world.receive(world.rice, 4, cost_fen=1_000)
    with db.transaction():
        stock.take({world.rice: 14})
    assert "4 袋" in browser.sign_in(world.clerk).get(f"/deliveries/{made}").text
    assert "40.00" in browser.get(f"/shops/{world.shop}/deliveries").text


def test_a_clerk_sees_the_photo_of_a_voucher_and_a_steward_does_not(browser: Browser, world: World) -> None:
    browser.sign_in(world.clerk)
    browser.submit(new(world), source="批发部", voucher="7", photos=photo(), **row(0, "大米5kg"))
    picture = f"/photos/{Photo.get(Photo.subject_type == 'receiving').id}"
    made = Receiving.select().order_by(Receiving.id.desc()).get()
    assert picture in browser.get(f"/deliveries/{made.id}").text
    assert browser.get(picture).status_code == 200
    assert browser.another().sign_in(world.recorder).get(picture).status_code == 403
    assert browser.another().sign_in(world.other_clerk).get(picture).status_code == 404


# --- losses and removals ----------------------------------------------------------------------------------------------


def test_a_loss_is_reported_with_a_photo_and_listed_with_it(browser: Browser, world: World) -> None:
    url = f"/goods/{world.rice}/lose"
    browser.sign_in(world.clerk)
    answer = browser.submit(url, quantity=2, reason="受潮发霉")
    assert (answer.status_code, "要有照片" in answer.text) == (422, True)
    answer = browser.submit(url, quantity=2, reason="受潮发霉", photos=photo())
    assert (answer.status_code, answer.location) == (303, f"/shops/{world.shop}/losses")
    listed = browser.get(answer.location).text
    for said in ("受潮发霉", "2 袋", "钱店员", f"/photos/{Photo.get(Photo.subject_id == Loss.get().id).id}"):
        assert said in listed
    assert on_hand(world.rice) == 8
    answer = browser.submit(url, quantity=9, reason="丢了", photos=photo())
    assert (answer.status_code, "只剩 8" in answer.text, "丢了" in answer.text) == (409, True, True)


def test_a_batch_past_its_day_is_chosen_from_the_list_of_those(browser: Browser, world: World) -> None:
    world.receive(world.rice, 3, best_before=world.today + timedelta(days=2))
    fresh = StockBatch.select().where(StockBatch.goods == world.rice).order_by(StockBatch.id).first()
    world.wait(days=3)
    browser.sign_in(world.clerk)
    near = browser.get(f"/shops/{world.shop}/stock", show="near").text
    assert ("已过期" in near, "大米5kg" in near, "洗衣液" in near) == (True, True, False)
    batch = StockBatch.select().where(StockBatch.goods == world.rice).order_by(StockBatch.id.desc()).first()
    url = f"/goods/{world.rice}/lose?batch={batch.id}"
    assert url in near
    assert form(browser, url)["batch_id"] == str(batch.id)
    browser.submit(f"/goods/{world.rice}/lose", quantity=1, reason="破了", photos=photo(), batch_id=fresh.id)
    assert StockBatch.get_by_id(fresh.id).remaining == 9


def test_goods_go_to_another_shop_that_one_runs(browser: Browser, world: World) -> None:
    url = f"/goods/{world.rice}/remove"
    browser.sign_in(world.clerk)
    assert "没有可以调去的店" in browser.get(url).text
    by = world.by(world.committee[0])
    second = shop.open_shop(**by, area_id=world.village, code="SQ2", name="二店", hours="")
    shop.open_shop(**world.by(world.other_committee), area_id=world.other_village, code="LL", name="柳林店", hours="")
    assert "柳林店" not in browser.get(url).text
    answer = browser.submit(url, to_shop_id=second, quantity=4, note="二店缺货")
    assert (answer.status_code, answer.location) == (303, f"/shops/{world.shop}/removals")
    assert on_hand(Removal.get().target_id) == 4
    for shop_id, sign in ((world.shop, "−4"), (second, "+4")):
        listed = browser.get(f"/shops/{shop_id}/removals").text
        assert (sign in listed, "石桥村积分超市 → 二店" in listed, "二店缺货" in listed) == (True, True, True)
    answer = browser.submit(url, to_shop_id=second, quantity=7)
    assert (answer.status_code, "只剩 6" in answer.text) == (409, True)


# --- what lies there --------------------------------------------------------------------------------------------------


def test_few_and_none_are_listed_first_and_hidden_ones_not_at_all(browser: Browser, world: World) -> None:
    world.add_goods("毛巾", "条", "日化", 5, quantity=3)
    world.add_goods("脸盆", "个", "日化", 5, quantity=0)
    with db.transaction():
        stock.reserve({world.rice: 8})
    page = browser.sign_in(world.committee[0]).get(f"/shops/{world.shop}/stock").text
    places = [page.index(name) for name in ("脸盆", "大米5kg", "毛巾")]
    assert places == sorted(places)
    assert "洗衣液2kg" not in page
    assert "洗衣液2kg" in browser.get(f"/shops/{world.shop}/stock", show="all").text
    assert "快没了的 3 种" in browser.get(f"/shops/{world.shop}").text


def test_the_shelf_is_worth_what_its_batches_cost_and_lasts_at_the_recent_rate(world: World) -> None:
    world.receive(world.rice, 2, cost_fen=2_650)
    StockBatch.update(cost_fen=0).where(StockBatch.goods == world.goods["食盐400g"]).execute()
    at = {"cause_type": "test", "cause_id": 1, "actor_id": world.clerk.id}
    with db.transaction():
        stock.remember(stock.take({world.rice: 3}), kind="redeem", **at, now=world.now)
    world.wait(days=31)
    with db.transaction():
        taken = stock.take({world.rice: 4})
        stock.remember(taken, kind="redeem", **at, now=world.now)
        stock.remember(stock.give_back(taken[:1]), kind="undo", **at, now=world.now)
        stock.remember(stock.take({world.rice: 2}), kind="redeem", **at, now=world.now)
    rows, more = reads.shelf(world.shop, now=world.now)
    assert more is False
    rice = next(one for one in rows if one.id == world.rice)
    assert (rice.on_hand, rice.taken, rice.days) == (7, 2, 105)
    assert rice.worth_fen == 5 * 500 + 2 * 2_650
    soap = next(one for one in rows if one.name == "洗衣液2kg")
    assert (soap.taken, soap.days) == (0, None)
    assert reads.summary(world.shop, world.today).worth_fen == rice.worth_fen + 10 * 500


def test_each_movement_names_its_cause_and_leads_to_its_paper(browser: Browser, world: World) -> None:
    made = donate(world)
    page = browser.sign_in(world.clerk).get(f"/goods/{world.rice}/movements").text
    for said in ("捐赠", "热心村民", "+5", f"/deliveries/{made}", f"/goods/{world.rice}/lose"):
        assert said in page


def test_long_lists_go_on_on_another_page(browser: Browser, world: World) -> None:
    for _ in range(51):
        world.receive(world.rice, 1)
    browser.sign_in(world.clerk)
    for url in (f"/goods/{world.rice}/movements", f"/shops/{world.shop}/deliveries"):
        assert "较早的" in browser.get(url).text
    rows, before = reads.deliveries(world.shop)
    older, end = reads.deliveries(world.shop, before)
    assert (len(rows), end) == (50, None)
    assert not {one.id for one in rows} & {one.id for one in older}
    assert len(rows) + len(older) == Receiving.select().count()


def test_pages_take_as_many_statements_however_much_there_is(browser: Browser, world: World) -> None:
    browser.sign_in(world.clerk)
    urls = [
        f"/shops/{world.shop}/{page}" for page in ("stock", "stock?show=all", "stock?show=near", "deliveries", "losses")
    ]

    def counts() -> list[int]:
        return [statements(lambda url=url: browser.get(url)) for url in urls]

    def fill() -> None:
        made = world.add_goods(f"商品{world.key()}", "个", "其他", 5, quantity=3)
        world.receive(made, 2, best_before=world.today + timedelta(days=3))
        stockroom.lose(**world.by(world.clerk), goods_id=made, quantity=1, reason="破了", pictures=[PICTURE])

    fill()
    few = counts()
    for _ in range(8):
        fill()
    assert counts() == few
