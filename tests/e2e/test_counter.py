"""The counter as a clerk with a queue uses it: camera, scanner gun, photo, keyboard, and a network that goes away."""

from __future__ import annotations

import io
import math
import random
import time
from collections.abc import Iterator

import pytest
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter
from playwright.sync_api import Browser, Route, expect

from points.models.goods import Barcode
from points.models.receipt import Receipt
from points.models.shop import Shop
from points.web import qr
from tests.e2e.site import PHONE, Camera, Clock, Reader, Site, serving
from tests.world import CARD_KEY, PASSWORD, PIN, PaperCard, World

pytestmark = pytest.mark.e2e

RICE, SOAP, UNKNOWN = "6901234567892", "4901234567894", "6937962101234"
HELD = {**PHONE["viewport"], "height": 780}


@pytest.fixture
def shop(world: World, database: str, chromium: Browser) -> Iterator[Site]:
    """The world's village, where rice and soap carry barcodes and a household has 100 points."""
    for name, code in (("大米5kg", RICE), ("洗衣液2kg", SOAP)):
        Barcode.create(goods=world.goods[name], shop=world.shop, code=code)
    world.give_points(world.households[0], 100)
    world.username(world.clerk)
    with serving(database, Clock(world.now), chromium, card_key=CARD_KEY) as made:
        yield made


@pytest.fixture
def paper(world: World) -> PaperCard:
    return world.card(world.villager(0))


@pytest.fixture
def other(world: World) -> PaperCard:
    return world.card(world.villager(1))


def clerk_at(reader: Reader, world: World) -> Reader:
    """Sign the clerk in and go to the till."""
    return reader.sign_in(world.username(world.clerk), PASSWORD).open(f"/tills/{world.till}")


def gun(clerk: Reader, digits: str) -> None:
    """Shoot a code as a scanner gun does: 10 ms a digit, then Enter, wherever the focus is.

    Each key carries the moment at which it was pressed, so a busy machine types as evenly as an idle one.
    """
    keys = clerk.page.context.new_cdp_session(clerk.page)
    began = time.time()
    for place, sign in enumerate((*digits, "\r")):
        key = {"key": "Enter", "code": "Enter"} if sign == "\r" else {"key": sign, "code": f"Digit{sign}"}
        key |= {"windowsVirtualKeyCode": ord(sign), "timestamp": began + place * 0.01}
        keys.send("Input.dispatchKeyEvent", {"type": "keyDown", "text": sign, **key})
        keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})
    keys.detach()


def tap(clerk: Reader, goods: str, times: int = 1) -> Reader:
    for _ in range(times):
        clerk.page.locator(f"[data-line][data-name='{goods}'] .goods__tap").click()
    return clerk


def count_of(clerk: Reader, goods: str) -> str:
    return clerk.page.locator(f"[data-line][data-name='{goods}'] [data-count]").input_value()


def picture_of(clerk: Reader, code: str) -> bytes:
    """Draw a card's code as it is printed, on white."""
    drawing = clerk.page.context.new_page()
    drawing.set_content(f"<div style='width:340px;padding:30px;background:#fff'>{qr.card(code, 'x')}</div>")
    taken = drawing.locator("div").screenshot()
    drawing.close()
    return taken


def barcode(code: str) -> bytes:
    """Draw a maker's barcode."""
    drawn = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.EAN13).to_image(scale=5)
    height, width = drawn.shape[:2]
    return png(Image.frombuffer("L", (width, height), bytes(memoryview(drawn))))


def crumpled(picture: bytes) -> bytes:
    """Photograph a card that was folded, bent and lies askew under a lamp."""
    dice = random.Random(7)
    card = Image.open(io.BytesIO(picture)).convert("L").resize((800, 800))
    pen = ImageDraw.Draw(card)
    for at in (330, 470):
        pen.line((0, at, 800, at + 70), fill=215, width=7)  # creases, where the print has come off
    step = 40
    mesh = []
    for x in range(0, 800, step):
        for y in range(0, 800, step):
            corners = ((x, y), (x, y + step), (x + step, y + step), (x + step, y))
            bent = [(a + 6 * math.sin(b / 90), b + 6 * math.sin(a / 110)) for a, b in corners]
            mesh.append(((x, y, x + step, y + step), tuple(part for corner in bent for part in corner)))
    card = card.transform(card.size, Image.Transform.MESH, mesh, Image.Resampling.BILINEAR, fillcolor=190)
    askew = card.transform((1000, 900), Image.Transform.QUAD, (-60, -90, -120, 830, 900, 890, 860, -40), fillcolor=96)
    askew = askew.rotate(11, Image.Resampling.BILINEAR, fillcolor=96)
    lamp = Image.radial_gradient("L").resize(askew.size).point(lambda light: 255 - light // 2)
    photo = Image.composite(askew, Image.new("L", askew.size, 40), lamp)
    grain = Image.frombytes("L", photo.size, dice.randbytes(photo.width * photo.height))
    photo = Image.blend(photo, grain, 0.12).filter(ImageFilter.GaussianBlur(1.2))
    taken = io.BytesIO()
    photo.save(taken, "JPEG", quality=55)
    return taken.getvalue()


def png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def test_card_and_goods_by_camera_on_a_phone(shop: Site, world: World, paper: PaperCard, camera: Camera) -> None:
    clerk = clerk_at(shop.phone(viewport=HELD), world)
    camera.show(picture_of(clerk, paper.code))
    clerk.press("用摄像头扫").see("王秀英").see("现有 100")

    camera.show(barcode(RICE))
    clerk.page.locator("button[data-camera]").click()
    clerk.see("加了 大米5kg，现在 1 件").see("剩下 70")
    expect(clerk.page.locator("video")).to_be_visible()  # it looks on for the next piece
    tap(clerk, "食盐400g", 2).see("剩下 66")
    clerk.page.get_by_role("button", name="减少 食盐400g × 2").click()
    clerk.see("剩下 68").fill(pin=PIN).submit().see("SQ-1-000001").see("大米5kg × 1 袋").see("食盐400g × 1")
    assert Receipt.get().points == 32


def test_a_scanner_gun_and_a_keyboard_serve_a_queue(
    shop: Site, world: World, paper: PaperCard, other: PaperCard
) -> None:
    clerk = clerk_at(shop.desk(), world)
    gun(clerk, RICE)
    clerk.see("这是商品条码，请先扫卡")
    gun(clerk, paper.code)
    clerk.see("王秀英")
    clerk.page.locator("#pin").fill(PIN[:3])
    gun(clerk, RICE)
    clerk.see("加了 大米5kg，现在 1 件")
    gun(clerk, RICE)
    clerk.see("加了 大米5kg，现在 2 件")
    gun(clerk, UNKNOWN)
    clerk.see(f"没有登记这个条码：{UNKNOWN}")
    assert clerk.page.locator("#pin").input_value() == PIN[:3]
    assert count_of(clerk, "大米5kg") == "2"

    gun(clerk, other.code)
    clerk.see("要放下它，换成下一位吗")
    clerk.page.get_by_role("button", name="继续这一单").click()
    clerk.page.keyboard.press("/")
    clerk.page.keyboard.type("xy", delay=100)
    clerk.page.keyboard.press("Enter")
    expect(clerk.page.locator("[data-chosen]")).to_contain_text("洗衣液2kg × 1")
    clerk.look().page.locator("#pin").fill(PIN)
    clerk.page.keyboard.press("Control+Enter")
    clerk.see("SQ-1-000001").see("共 80 分").look()

    gun(clerk, other.code)  # from the receipt straight to the next customer
    clerk.see("李小兰")
    clerk.page.keyboard.press("Escape")
    clerk.see("下一位：扫卡").press("今天的凭证").see("SQ-1-000001").press("SQ-1-000001")
    for size in ("58 毫米", "80 毫米", "A5"):
        clerk.press(size).see("退货撤销时请出示").page.go_back()


def test_a_photo_of_a_crumpled_card_needs_the_pin(shop: Site, world: World, paper: PaperCard) -> None:
    clerk = clerk_at(shop.phone(viewport=HELD), world)
    photo = crumpled(picture_of(clerk, paper.code))
    with clerk.page.expect_file_chooser() as chooser:
        clerk.page.get_by_role("button", name="照片读码").click()
    chooser.value.set_files([{"name": "card.jpg", "mimeType": "image/jpeg", "buffer": photo}])
    clerk.see("王秀英").see("必须由持卡人输")
    tap(clerk, "食盐400g").fill(pin="314159").submit().see("取货密码不对")
    expect(clerk.page.locator("#pin")).to_be_focused()
    assert count_of(clerk, "食盐400g") == "1"
    clerk.fill(pin=PIN).submit().see("拍照读卡").see("已验密码")
    assert Receipt.get().via == "photo"


def test_a_connection_cut_after_confirming_finds_its_receipt(shop: Site, world: World, paper: PaperCard) -> None:
    clerk = clerk_at(shop.phone(viewport=HELD), world)
    gun(clerk, paper.code)
    tap(clerk.see("王秀英"), "大米5kg").fill(pin=PIN)
    clerk.expects_trouble = True

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)  # the site does its work
        route.abort()  # and its answer never arrives

    clerk.page.route("**/redeem", lose)
    clerk.page.get_by_role("button", name="确认兑换").click()
    clerk.see("没有连上网络，内容都在")
    assert Receipt.select().count() == 1
    clerk.page.unroute("**/redeem")
    clerk.page.get_by_role("button", name="确认兑换").dblclick()
    clerk.see("SQ-1-000001").see("剩余 70 分")
    assert Receipt.select().count() == 1


def test_missing_points_are_paid_in_cash_where_the_shop_takes_it(shop: Site, world: World, paper: PaperCard) -> None:
    Shop.update(takes_cash=True).where(Shop.id == world.shop).execute()
    clerk = clerk_at(shop.phone(viewport=HELD), world)
    gun(clerk, paper.code)
    tap(clerk.see("王秀英"), "大米5kg", 4).see("差 20 分，收现金 20.00 元").fill(pin=PIN)
    clerk.page.locator("[name=cash_fen]").check()
    tap(clerk, "食盐400g").see("差 22 分，收现金 22.00 元")
    expect(clerk.page.locator("[name=cash_fen]")).not_to_be_checked()  # another sum is another question
    clerk.page.locator("[name=cash_fen]").check()
    clerk.submit().see("共 122 分").see("收现金 22.00 元")


def test_a_large_shop_is_searched(shop: Site, world: World, paper: PaperCard) -> None:
    for number in range(120):
        world.add_goods(f"茶杯{number:03}", "个", "厨具", 3, quantity=1)
    clerk = clerk_at(shop.desk(), world)
    gun(clerk, paper.code)
    clerk.see("这里是最近换得多的")
    search = clerk.page.get_by_label("找商品")
    search.press_sequentially("茶杯11")
    tap(clerk, "茶杯117")
    search.fill("大米")
    expect(clerk.page.locator("[data-line][data-name='茶杯110']")).to_have_count(0)
    search.press("Enter")
    expect(clerk.page.locator("[data-chosen]")).to_contain_text("大米5kg × 1")
    clerk.fill(pin=PIN).submit().see("茶杯117 × 1").see("大米5kg × 1").see("共 33 分")
