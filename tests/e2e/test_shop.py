"""The shop from month to month, through pages only: stocked, sold, signed off, counted and settled.

The village, its people and one household's 100 points are there; everything else is typed, tapped, shown or scanned.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser

from points.models.people import Person
from tests.e2e.site import PHONE, Clock, Reader, Site, serving
from tests.e2e.test_counter import gun, tap
from tests.world import CARD_KEY, PASSWORD, PIN, PaperCard, World

pytestmark = pytest.mark.e2e

NOODLES, BARCODE = "挂面1kg", "6901234567892"
LOCK_PIN = "802735"
HELD = {**PHONE["viewport"], "height": 780}


@pytest.fixture
def shop(world: World, database: str, chromium: Browser) -> Iterator[Site]:
    """The world's village, and 100 points for one household."""
    world.give_points(world.households[0], 100)
    with serving(database, Clock(world.now), chromium, card_key=CARD_KEY) as made:
        yield made


@pytest.fixture
def paper(world: World) -> PaperCard:
    return world.card(world.villager(0))


def sat_down(site: Site, world: World, person: Person, **options: bool) -> Reader:
    return site.desk(**options).sign_in(world.username(person), PASSWORD)


def on_phone(site: Site, world: World, person: Person, **options: bool) -> Reader:
    return site.phone(viewport=HELD, **options).sign_in(world.username(person), PASSWORD)


def test_the_shops_month(shop: Site, world: World, paper: PaperCard) -> None:
    tian, jiang = (sat_down(shop, world, member) for member in world.committee)
    villager = on_phone(shop, world, paper.person)
    next_clerk = world.appoint("clerk", world.village, "孙店员", lane=world.lanes[1])

    say_when_it_is_open(tian, world)
    stock_up(tian, world)
    ticket = reserve_on_the_phone(villager, world)
    clerk = on_phone(shop, world, world.clerk).open(f"/tills/{world.till}")
    collect(clerk, ticket)
    sell_to_a_phone(clerk, villager)
    sell_to_a_proxy(clerk, villager, paper)
    sell_for_points_and_cash(clerk, paper)
    undo_by_the_scanned_receipt(clerk, villager, world)
    reserve_at_the_desk(jiang, world, paper)
    lock_and_unlock(clerk, world)
    hand_over(clerk, sat_down(shop, world, next_clerk), world)
    count_the_shelf(tian, jiang, world)

    shop.wait(days=30)
    villager.open("/me/reservations").see("已过期").open("/home").see("6 积分")
    settle(tian, jiang, clerk, world)


def test_the_same_day_without_scripts(shop: Site, world: World, paper: PaperCard) -> None:
    bare = {"java_script_enabled": False}
    villager = on_phone(shop, world, paper.person, **bare)
    rice, salt = (f"goods-{world.goods[name]}" for name in ("大米5kg", "食盐400g"))
    villager.open(f"/villages/{world.village}/goods").press("预约，到店来领").fill(**{salt: 2}).submit().see("已预约")
    spoken = villager.page.locator(".ticket__spoken").inner_text()

    clerk = on_phone(shop, world, world.clerk, **bare).open(f"/tills/{world.till}").fill(code=spoken).submit()
    clerk.see("食盐400g × 2 袋").miss("王秀英").fill(pin=PIN).submit().see("SQ-1-000001").see("输入号码 · 已验密码")
    clerk.press("下一位").fill(code=paper.number).submit().see("王*英")
    clerk.fill(**{salt: 1}, q="dm").press("查找").fill(**{rice: 1}, pin=PIN).submit().see("共 32 分").see("输入号码")
    villager.open("/home").see("64 积分").press("大米5kg × 1")
    clerk.press("下一位").fill(code=code_on(villager, ".slip-view__code")).submit()
    clerk.fill(reason="买错了").press("确认撤销").see("已撤销：积分退回这一户")

    left = {"大米5kg": 10, "食盐400g": 8, "洗衣液2kg": 10}
    fill_counts(clerk.open(f"/tills/{world.till}/shift").fill(yuan="0"), left).submit().see("0.00（相符）")
    clerk.press("回到柜台").fill(code=paper.number).submit().fill(**{salt: 1}, pin=PIN).submit().see("已经日结签字")

    committee, other = (sat_down(shop, world, member, **bare) for member in world.committee)
    committee.open(f"/shops/{world.shop}/stocktakes").press("开始盘点")
    fill_counts(committee, left | {"大米5kg": 9}).press("存下").press("结束清点，看差异")
    other.open(committee.path).see("−1 袋").press("批准").see("已批准")
    clerk.unfold("菜单").press("锁屏", within=clerk.page.locator("header")).fill(**{"lock-secret": PASSWORD})
    clerk.press("解锁").see("第 1 柜台")


# --- stocking ---------------------------------------------------------------------------------------------------------


def say_when_it_is_open(committee: Reader, world: World) -> None:
    """Open the shop on Mondays to Wednesdays; it is contracted and takes cash for missing points."""
    committee.open(f"/shops/{world.shop}").press("修改")
    committee.fill(contracted="签约店", takes_cash="补现金").submit().see("签约店，每月结算")
    committee.press("营业时间").fill(**{"lines-0-opens": "08:00", "lines-0-closes": "18:00"})
    for day in ("一", "二", "三"):
        committee.page.locator("fieldset.hours").first.get_by_text(day, exact=True).click()
    committee.submit().see("周一至周三 8:00–18:00")


def stock_up(committee: Reader, world: World) -> None:
    """Put noodles on the list with their barcode, buy twenty found by it, and take five bottles of soap as a gift."""
    committee.open(f"/shops/{world.shop}/goods").press("上架新商品")
    committee.fill(name=NOODLES, unit="把", category="粮油", price=5, barcodes=BARCODE).submit().press("进货")
    committee.fill(source="县城批发部", voucher="送货单 8")
    line = {"goods": BARCODE, "quantity": 20, "cost": "4.50", "best_before": "2027-03-31"}
    committee.fill(**{f"rows-0-{name}": value for name, value in line.items()}).submit()
    committee.see("进货入库单").see(NOODLES).see("90.00").see("2027年3月31日")

    committee.open(f"/shops/{world.shop}/deliveries").press("记一次")
    committee.fill(kind="捐赠", source="一位热心村民")
    committee.fill(**{"rows-0-goods": "xyy", "rows-0-quantity": 5, "rows-0-cost": "12"}).submit()
    committee.see("捐赠物资接收凭证").see("一位热心村民").see("洗衣液2kg").see("60.00").see("SQ-")


# --- on the phone -----------------------------------------------------------------------------------------------------


def reserve_on_the_phone(villager: Reader, world: World) -> str:
    """Look at the goods, wish for what is not there, and reserve two packets of noodles; return the ticket's code."""
    villager.open(f"/villages/{world.village}/goods").see(NOODLES).see("现在营业，18:00 关门")
    villager.press("看看大家想要什么").fill(name="手电筒").submit().see("已记下您家想要的").see("不要了")
    villager.open(f"/villages/{world.village}/goods").press("预约，到店来领")
    tap(villager, NOODLES, 2).see("剩下 90").press("确认预约").see("已预约")
    code = code_on(villager, ".ticket__code")
    villager.open("/home").see("90 积分").see("预约占用 10 分").see(f"{NOODLES} × 2")
    return code


def code_on(reader: Reader, place: str) -> str:
    """Read the code that a screen shows, as a camera would."""
    seen = reader.page.locator(place).screenshot()
    return str(zxingcpp.read_barcode(Image.open(io.BytesIO(seen))).text)


# --- at the counter ---------------------------------------------------------------------------------------------------


def collect(clerk: Reader, ticket: str) -> None:
    gun(clerk, ticket)
    clerk.see(f"{NOODLES} × 2 把").press("货已交给领取人").see("凭兑换券").see("共 10 分").see("剩余 90 分")
    gun(clerk, ticket)
    clerk.see("一张券只能取一次")


def sell_to_a_phone(clerk: Reader, villager: Reader) -> None:
    """Sell salt to the code on a phone: no PIN, and it goes once."""
    code = code_on(villager.open("/me/code"), ".code__qr")
    gun(clerk, code)
    tap(clerk.see("凭手机码"), "食盐400g", 3).press("确认兑换").see("SQ-1-000002").see("凭手机码").see("剩余 84 分")
    gun(clerk, code)
    clerk.see("这个手机码已经用过")


def sell_to_a_proxy(clerk: Reader, villager: Reader, paper: PaperCard) -> None:
    """Let a nephew, named on the phone, collect with the card; the household is told."""
    villager.open("/me/proxies").fill(name="周小军", until="2026-12-31").submit().see("周小军")
    gun(clerk, paper.code)
    clerk.fill(collector="代领：周小军")
    tap(clerk, NOODLES, 2).submit().see("周*军（代领）").see("未验密码").see("剩余 74 分")
    villager.open("/home").see("有人替您家领了东西").see("周小军").press("知道了").miss("有人替您家领了东西")


def sell_for_points_and_cash(clerk: Reader, paper: PaperCard) -> None:
    gun(clerk, paper.code)
    tap(clerk.see("现有 74"), "大米5kg", 3).see("差 16 分，收现金 16.00 元").fill(pin=PIN)
    clerk.page.locator("[name=cash_fen]").check()
    clerk.submit().see("SQ-1-000004").see("收现金 16.00 元").see("剩余 0 分")


def undo_by_the_scanned_receipt(clerk: Reader, villager: Reader, world: World) -> None:
    """Take the salt back against the code of its receipt, which the villager shows on the phone; once."""
    villager.open("/home").turn(villager.page.locator("a.weui-cell", has_text="食盐400g × 3"))
    code = code_on(villager, ".slip-view__code")
    clerk.open(f"/tills/{world.till}")
    gun(clerk, code)
    clerk.see("SQ-1-000002").fill(reason="买错了").press("确认撤销").see("已撤销：积分退回这一户")
    gun(clerk, code)
    clerk.see("SQ-1-000002").see("撤销前剩 84 分").miss("撤销这张凭证")
    villager.open("/home").see("6 积分")


def reserve_at_the_desk(committee: Reader, world: World, paper: PaperCard) -> None:
    """Reserve for someone who is there and types the PIN; nobody will come for it."""
    committee.open(f"/households/{world.households[0].id}").press("预约")
    tap(committee.fill(person=paper.person.name, pin=PIN), "食盐400g").see("剩下 4").submit().see("已预约")


def lock_and_unlock(clerk: Reader, world: World) -> None:
    """Choose a lock PIN, lock the till by the button, and open it again where it was."""
    clerk.open("/lock/pin").fill(password=PASSWORD, pin=LOCK_PIN, again=LOCK_PIN).submit().see("解锁密码已设好")
    clerk.unfold("菜单").press("锁屏", within=clerk.page.locator("header")).see("已锁屏")
    clerk.open(f"/tills/{world.till}").see("已锁屏").fill(**{"lock-secret": "111222"}).submit().see("解锁密码不对")
    clerk.fill(**{"lock-secret": LOCK_PIN}).submit().see("下一位：扫卡")


# --- counting ---------------------------------------------------------------------------------------------------------

LEFT = {"大米5kg": 7, "洗衣液2kg": 15, "食盐400g": 10, NOODLES: 16}
"""What the shelf must hold after all that was sold, undone and set aside."""


def fill_counts(reader: Reader, found: dict[str, int]) -> Reader:
    """Fill in what was found of the goods that the page asks for."""
    for field in reader.page.locator("input[name^='count-']").all():
        name = reader.page.locator(f"label[for='{field.get_attribute('id')}']").inner_text()
        field.fill(str(next(count for goods, count in found.items() if name.startswith(goods))))
    return reader


def hand_over(clerk: Reader, next_clerk: Reader, world: World) -> None:
    """Sign off with a handover: both count cash and goods, and the next one signs off in turn."""
    clerk.press("日结、交班").see("16.00").fill(yuan="16", next_clerk="孙店员")
    fill_counts(clerk, LEFT).submit().see("交班单").see("16.00（相符）").see("还没有签字接班")
    next_clerk.open(f"/tills/{world.till}").press("去接班").fill(yuan="15.5", note="少五角")
    fill_counts(next_clerk, LEFT).submit().see("已接班").see("少 0.50 元")
    next_clerk.open(f"/tills/{world.till}/shift").see("接班时接到的 15.50 元").fill(yuan="15.50")
    fill_counts(next_clerk, LEFT).submit().see("日结单").see("15.50（相符）")


def count_the_shelf(counter: Reader, approver: Reader, world: World) -> None:
    """Count blind, one packet of noodles short; who counted cannot approve, another can."""
    counter.open(f"/shops/{world.shop}/stocktakes").press("开始盘点").see("已数 0 / 4 种")
    fill_counts(counter, LEFT | {NOODLES: LEFT[NOODLES] - 1}).press("存下").see("已数 4 / 4 种")
    counter.press("结束清点，看差异").see("−1 把").see("4.50").see("请另一位村委干部")
    approver.open(counter.path).press("批准").see("已批准，库存已改成数到的")
    approver.press(NOODLES).see("盘点")


# --- the money --------------------------------------------------------------------------------------------------------


def settle(committee: Reader, other: Reader, clerk: Reader, world: World) -> None:
    """Draw November's settlement, sign it on both sides, pay it from the fund, close it, and see it in the cover."""
    committee.open(f"/villages/{world.village}/fund").fill(kind="上级补助", yuan="1000", voucher="文件 5 号").submit()
    committee.see("已记下一笔").open(f"/villages/{world.village}/cover").see("签约店还没结的94.00 元")
    committee.open(f"/villages/{world.village}/settlements").fill(month="2026年11月").press("开单").see("94.00 元")
    clerk.open(committee.path).press("店方签字").see("店方已签，等村里签")
    other.open(committee.path).press("村里签字").see("双方已签，请付款")
    committee.open(committee.path).fill(voucher="转账 77").submit().see("已付款，等店方确认")
    clerk.open(committee.path).press("钱已收到，结清").see("已结清")
    committee.open(f"/villages/{world.village}/fund").see("906.00 元")
    committee.open(f"/villages/{world.village}/cover").see("签约店还没结的0.00 元").see("906.00").see("6 分")
