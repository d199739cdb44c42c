"""A village begins: from an empty database to a bag of rice, through pages only.

The two administrators are made as `points admin create` makes them; everything else is typed, tapped or scanned here.
"""

from __future__ import annotations

import pytest

from points.services import staff
from tests.databases import databases  # noqa: F401 (this journey runs on both databases)
from tests.e2e.site import Camera, Reader, Site

pytestmark = pytest.mark.e2e

PASSWORD = "quiet-river-42"
PIN = "270416"
TEAM = {"王秀英": "wxy", "李小兰": "lxl", "赵春花": "zch", "周玉梅": "zym"}
STAFF = {  # name: (role, username)
    "田主任": ("村委干部", "tian"),
    "江委员": ("村委干部", "jiang"),
    "孙网格": ("网格员", "sun"),
    "评一": ("评议员", "ping"),
    "钱店员": ("店员", "qian"),
}


def test_a_village_begins_from_nothing(site: Site, camera: Camera) -> None:
    for name, username in (("管一", "admin"), ("管二", "admin2")):
        staff.create_admin(name=name, username=username, password=PASSWORD, area_name="清河县", now=site.clock.now)
    admin = site.desk().sign_in("admin", PASSWORD)
    second = site.desk().sign_in("admin2", PASSWORD)

    village = open_places(admin)
    appoint_a_supervisor(admin, second)
    people = open_households(admin, village)
    for name, (role, _) in STAFF.items():
        appoint(admin, second, village, name, role)
    tian, jiang, sun, ping, _ = (
        sign_in_first(site, admin, people[name], username, phone=username in ("sun", "ping"))
        for name, (_, username) in STAFF.items()
    )

    settle_and_adopt(tian, village)
    till = open_a_shop(tian, village)
    camera.show(hand_out_a_card(tian, jiang, people["王秀英"]))

    record_a_patrol(sun, village)
    jiang.open("/desk").press("初审").press("通过").see("4 条已通过初审")
    ping.open("/desk").press("评议").press("同意").see("已对 4 条表示同意")
    hang_a_notice(tian, jiang, village)
    villager = sign_in_first(site, tian, people["王秀英"], "wxy", phone=True)
    villager.see("义务巡逻").see("公示中").open("/home").see("0 积分")
    site.wait(days=6)
    villager.open("/home").see("10 积分").see("义务巡逻").see("孙网格记录").see("第 1 期公示")

    clerk = site.desk().sign_in("qian", PASSWORD)  # a clerk's own session locked itself meanwhile
    receipt = redeem_by_camera(clerk, till)
    villager.open("/home").see("0 积分").see("大米2.5kg × 1").see(receipt)


# --- beginning --------------------------------------------------------------------------------------------------------


def open_places(admin: Reader) -> int:
    """Open township, village, grid and two lanes; return the village."""
    admin.open("/areas").see("清河县")
    add_below(admin, "乡镇", "云溪镇")
    admin.press("云溪镇")
    add_below(admin, "村", "石桥村")
    village = admin.press("石桥村").number
    add_below(admin, "网格", "第一网格")
    admin.press("第一网格")
    for lane in ("东一巷", "东二巷"):
        add_below(admin, "街巷", lane)
    return village


def add_below(admin: Reader, kind: str, name: str) -> None:
    admin.fill(kind=kind, name=name).submit().see(f"“{name}”已建好")


def appoint_a_supervisor(admin: Reader, second: Reader) -> None:
    """Let the two administrators put an official of the township in charge of watching."""
    admin.open("/areas").press("云溪镇").press("工作人员").press("提名一位").press("先加上这个人")
    admin.fill(name="镇监督").submit().fill(person_id="镇监督", kind="乡镇监督员").submit()
    confirm(second, "镇监督")


def confirm(second: Reader, name: str) -> None:
    """Let a second administrator put a proposed role in force."""
    second.open("/roles")
    second.press("确认", within=second.page.locator("tr", has_text=name)).see("已确认")


def open_households(admin: Reader, village: int) -> dict[str, int]:
    """Register a household for each member of staff and of the team; return the people's ids by name."""
    admin.open(f"/areas/{village}").press("户与人")
    found = {}
    for position, name in enumerate((*STAFF, *TEAM)):
        admin.press("登记一户").fill(area_id=("东一巷", "东二巷")[position % 2], address=f"{position + 1}号")
        admin.fill(people=f"{name}\n{name}家人").submit().see(f"{position + 1:04d}")
        link = admin.page.locator("a.weui-cell", has_text=name).first.get_attribute("href")
        found[name] = int(str(link).rsplit("/", 1)[1])
        admin.press("回到户与人")
    return found


def appoint(admin: Reader, second: Reader, village: int, name: str, role: str) -> None:
    """Propose someone, and let the second administrator confirm."""
    admin.open(f"/areas/{village}").press("工作人员").press("提名一位")
    admin.fill(q=name).press("查找")
    admin.fill(person_id=f"{name} ", kind=role).submit().see("已提名")
    confirm(second, name)


def sign_in_first(site: Site, giver: Reader, person_id: int, username: str, *, phone: bool) -> Reader:
    """Give someone a temporary password, with which they sign in and choose their own."""
    temporary = giver.give_sign_in(person_id, username)
    return (site.phone() if phone else site.desk()).sign_in(username, temporary, chooses=PASSWORD)


def settle_and_adopt(committee: Reader, village: int) -> None:
    """Let one voice of the council decide, as in a small village, and adopt the rule book as it is drafted."""
    committee.open(f"/villages/{village}/settings")
    committee.fill(council_voices="1 位", objection_contact="田主任，村委会一楼").submit()
    committee.open(f"/areas/{village}").press("积分细则").fill(source="通用范本").submit().see("保存草稿")
    committee.fill(worth="1.00").submit().fill(minutes="村民代表会议第3号").submit().see("已采纳")


def open_a_shop(committee: Reader, village: int) -> int:
    """Open a shop with one till, rice at 10 points and ten bags of it; return the till."""
    committee.open(f"/villages/{village}/shops").press("开一个店")
    committee.fill(name="石桥村积分超市", code="SQ", hours="周六上午").submit().press("开一个柜台").see("第 1 柜台")
    till = int(str(committee.page.locator("a", has_text="当日凭证").get_attribute("href")).split("/")[2])
    shop = committee.page.url
    committee.open(f"{shop}/goods").press("上架新商品")
    committee.fill(name="大米2.5kg", unit="袋", category="粮油", price=10).submit().press("进货")
    committee.fill(source="县供销社", voucher="送货单 1")
    committee.fill(**{"rows-0-goods": "大米2.5kg", "rows-0-quantity": 10, "rows-0-cost": "8.50"}).submit()
    committee.see("进货入库单").see("85.00")
    return till


def hand_out_a_card(printer: Reader, giver: Reader, person_id: int) -> bytes:
    """Print a card by one and hand it over by another, to a villager who types a PIN; return the card's picture."""
    printer.open(f"/people/{person_id}").press("印一张卡").press("印卡")
    picture = printer.page.locator(".card").screenshot()
    giver.open(f"/people/{person_id}").press("发卡").fill(pin=PIN, again=PIN).submit().see("已发到")
    return picture


# --- from a patrol to a bag of rice -----------------------------------------------------------------------------------


def record_a_patrol(steward: Reader, village: int) -> None:
    """Record four people of four households on a phone, each found by initials."""
    steward.open(f"/villages/{village}/contributions/new").fill(item_id="义务巡逻")
    for name, initials in TEAM.items():
        steward.choose_person(initials, name)
    steward.submit().see("已记下 4 人").see("待初审")


def hang_a_notice(gatherer: Reader, hanger: Reader, village: int) -> None:
    """Gather what was approved, look at the paper, and let another member confirm that it hangs."""
    gatherer.open("/desk").press("公示管理").press("集中成一期").see("第 1 期").see("4 条记录")
    gatherer.press("打印公示单").see("王*英").see("公示")
    hanger.open(f"/villages/{village}/notices/desk").press("确认已张贴").press("已经贴好").see("到 11月7日 24 时止")


def redeem_by_camera(clerk: Reader, till: int) -> str:
    """Scan the card that hangs before the camera, hand over one bag of rice, and return the receipt's number."""
    clerk.open(f"/tills/{till}").press("用摄像头扫").see("王秀英").see("现有 10")
    clerk.page.locator("[data-line]", has_text="大米").locator("[data-step='1']").click()
    clerk.see("剩下 0").fill(pin=PIN).submit().see("SQ-1-000001").see("共 10 分").see("已验密码")
    return "SQ-1-000001"
