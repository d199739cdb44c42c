"""Shops through pages: opened, changed, closed, and when they are open."""

from typing import Any

import pytest

from points.models.shop import OpeningHour, Shift, Shop, ShopDay, Till
from tests.browser import Browser
from tests.world import World


def test_a_shop_is_opened_through_pages(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    shops = f"/villages/{world.village}/shops"
    made = browser.submit(f"{shops}/new", name="二店", code="sq2", hours="每天", area=world.village)
    assert made.status_code == 303
    shop = Shop.get(Shop.code == "SQ2")
    assert made.location == f"/shops/{shop.id}"
    browser.submit(made.location, f"/shops/{shop.id}/tills")
    assert Till.select().where(Till.shop == shop).count() == 1
    assert "二店" in browser.get(shops).text
    clash = browser.submit(f"{shops}/new", name="又一店", code="SQ2", area=world.village)
    assert (clash.status_code, "又一店" in clash.text) == (422, True)


def test_goods_are_found_by_initials(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.clerk).get(f"/shops/{world.shop}/goods", q="dm").text
    assert "大米5kg" in page
    assert "食盐400g" not in page
    assert "没有找到" in browser.get(f"/shops/{world.shop}/goods", q="zzz").text


def test_each_page_is_for_those_of_the_area(browser: Browser, world: World) -> None:
    pages = (
        f"/villages/{world.village}/shops",
        f"/shops/{world.shop}",
        f"/shops/{world.shop}/goods",
        f"/goods/{world.rice}",
    )
    readers = ((world.clerk, 200), (world.committee[0], 200), (world.supervisor, 200), (world.recorder, 403))
    strangers = ((world.other_committee, 404), (world.villager(0), 404))
    for person, status in (*readers, *strangers):
        reader = browser.another().sign_in(person)
        for page in pages:
            assert reader.get(page).status_code == status, (person.name, page)
    assert browser.another().sign_in(world.clerk).get(f"/villages/{world.village}/shops/new").status_code == 403


# --- what a shop is, and when it is open ----------------------------------------------------------------------------


def lines(*given: tuple[list[int], str, str, bool]) -> dict[str, Any]:
    """Fill the form of the week: weekdays, from, to, whether points are taken."""
    fields: dict[str, Any] = {}
    for n, (days, opens, closes, redeems) in enumerate(given):
        fields |= {f"lines-{n}-days": days, f"lines-{n}-opens": opens, f"lines-{n}-closes": closes}
        fields[f"lines-{n}-redeems"] = "y" if redeems else None
    return fields


def test_a_shop_is_changed_through_its_page(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    page = f"/shops/{world.shop}"
    assert browser.submit(f"{page}/edit", name="村口超市", takes_cash="y", hold_days=3).status_code == 303
    shown = browser.get(page).text
    for words in ("村口超市", "积分不够可以补", "货留 3 天"):
        assert words in shown, words
    wrong = browser.submit(f"{page}/edit", name="名" * 41, hold_days=99)
    assert (wrong.status_code, "名" * 41 in wrong.text) == (422, True)
    admin = browser.another().sign_in(world.admin)
    assert "由村委会决定" in admin.get(f"{page}/edit").text
    assert admin.submit(f"{page}/edit", name="管理员改的名").status_code == 303
    assert Shop.get_by_id(world.shop).takes_cash


def test_of_a_shop_for_several_villages_the_administrator_decides(browser: Browser, world: World) -> None:
    Shop.update(area=world.township).where(Shop.id == world.shop).execute()
    page = f"/shops/{world.shop}/edit"
    assert browser.sign_in(world.admin).submit(page, contracted="y", takes_cash="y").status_code == 303
    shop = Shop.get_by_id(world.shop)
    assert (shop.contracted, shop.takes_cash) == (True, True)


def test_a_shop_closes_and_opens_again(browser: Browser, world: World) -> None:
    page, village = f"/shops/{world.shop}", f"/villages/{world.village}"
    browser.sign_in(world.committee[0]).submit(page, f"{page}/close")
    assert "已停业" in browser.get(page).text
    assert "已停业" in browser.get(f"{village}/shops").text
    assert "石桥村积分超市" not in browser.get(village).text
    assert browser.get(f"{page}/poster").status_code == 404
    assert "已停业" not in browser.another().get(village).text
    browser.submit(page, f"{page}/reopen")
    assert "石桥村积分超市" in browser.get(village).text


def test_a_shop_with_an_open_shift_says_whose(browser: Browser, world: World) -> None:
    Shift.create(till=world.till, clerk=world.clerk, day=world.today, first_sequence=1, opened_at=world.now)
    page = f"/shops/{world.shop}"
    browser.sign_in(world.committee[0]).submit(page, f"{page}/close")
    assert "最早的是 2026年11月2日 第 1 柜台的钱店员" in browser.get(page).text


def test_the_week_is_set_in_lines_and_read_everywhere(browser: Browser, world: World) -> None:
    page, village = f"/shops/{world.shop}/hours", f"/villages/{world.village}"
    browser.sign_in(world.committee[0])
    weekdays = [0, 1, 2, 3, 4]
    filled = lines((weekdays, "08:00", "12:00", True), (weekdays, "14:00", "18:00", False))
    assert browser.submit(page, **filled).status_code == 303
    told = "周一至周五 8:00–12:00，14:00–18:00；周六、周日休息；兑换日：周一至周五 8:00–12:00"
    for public in (village, f"{village}/goods", f"{village}/poster", f"/shops/{world.shop}", page):
        assert told in browser.get(public).text, public
    assert "现在营业，12:00 关门" in browser.another().get(village).text
    poster = browser.another().get(f"/shops/{world.shop}/poster", paper="a3").text
    assert "sheet_a3" in poster and poster.count("8:00–12:00，14:00–18:00") == 5
    [form] = [form for form in browser.forms(page) if form.action == page]
    assert form.values["lines-0-days"] == ["0", "1", "2", "3", "4"]
    browser.submit(page, **lines(([], "", "", False), ([], "", "", False)))
    assert "周六上午" in browser.get(village).text


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (([0], "08:00", "", True), "开门和关门时间都要填"),
        (([0], "", "", True), "请填开门和关门时间"),
        (([], "08:00", "12:00", True), "请选星期几"),
        (([0], "八点", "12:00", True), "请填时间，如 8:00"),
        (([2], "12:00", "08:00", True), "周三的关门时间要晚于开门时间"),
    ],
)
def test_a_week_that_cannot_be_is_shown_again(
    browser: Browser, world: World, line: tuple[list[int], str, str, bool], sentence: str
) -> None:
    page = f"/shops/{world.shop}/hours"
    answer = browser.sign_in(world.committee[0]).submit(page, **lines(line))
    assert (answer.status_code, sentence in answer.text) == (422, True)
    assert not OpeningHour.select().exists()


def test_midnight_ends_a_day_and_comes_back_as_it_was_typed(browser: Browser, world: World) -> None:
    page = f"/shops/{world.shop}/hours"
    browser.sign_in(world.committee[0]).submit(page, **lines(([5], "20:00", "00:00", True)))
    assert "周六 20:00–24:00" in browser.get(page).text
    [form] = [form for form in browser.forms(page) if form.action == page]
    assert form.values["lines-0-closes"] == "00:00"


def test_a_day_unlike_others_is_added_and_taken_off(browser: Browser, world: World) -> None:
    page = f"/shops/{world.shop}/hours"
    browser.sign_in(world.committee[0])
    add = f"/shops/{world.shop}/days"
    assert browser.submit(page, add, **{"day-day": "2026-11-04"}).status_code == 303
    shown = browser.get(page).text
    assert "11月4日（周三）" in shown and "休息" in shown
    again = {"day-day": "2026-11-05", "day-opens": "09:00", "day-closes": "11:00"}
    browser.submit(page, add, **again)
    clash = browser.submit(page, add, **again)
    assert (clash.status_code, "重叠" in clash.text) == (422, True)
    past = browser.submit(page, add, **{"day-day": "2026-11-01"})
    assert (past.status_code, "2026年11月2日" in past.text) == (422, True)
    browser.submit(page, f"{add}/clear", day="2026-11-04")
    browser.submit(page, f"{add}/clear", day="2026-11-05")
    assert not ShopDay.select().exists()


def test_a_van_is_opened_for_a_township_and_seen_where_it_comes(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    made = browser.submit(
        f"/villages/{world.village}/shops/new", name="流动超市", code="VAN", area=world.township
    ).location
    browser.submit(f"{made}/edit", van="y")
    for day, area in (("2026-11-04", world.village), ("2026-11-05", world.other_village)):
        at = {"day-day": day, "day-opens": "09:00", "day-closes": "11:00", "day-area": area, "day-place": "樟树下"}
        assert browser.submit(f"{made}/hours", f"{made}/days", **at).status_code == 303
    reader = browser.another()
    shown = reader.get(f"/villages/{world.village}").text
    assert "11月4日（周三） 9:00–11:00" in shown and "流动超市到石桥村（樟树下）" in shown
    assert "柳林村（樟树下）" not in shown
    poster = reader.get(f"{made}/poster").text
    assert "石桥村（樟树下）" in poster and "柳林村（樟树下）" in poster
    assert "下次：11月4日（周三） 9:00 到石桥村" in reader.get(f"/villages/{world.village}").text
