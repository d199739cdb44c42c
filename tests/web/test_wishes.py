"""Pages of wishes: what the village wants, without names; the answers; the demand for whoever buys in."""

from points.models.goods import Wish, WishVote
from points.models.people import Person
from points.services import wish
from tests.browser import Browser
from tests.tools import statements
from tests.world import World


def url(world: World) -> str:
    return f"/villages/{world.village}/wishes"


def ask(world: World, number: int = 0, name: str = "手电筒") -> int:
    return wish.wish(**world.by(world.villager(number)), village_id=world.village, name=name)


def test_anyone_reads_what_is_wanted_and_nobody_is_named(browser: Browser, world: World) -> None:
    ask(world)
    ask(world, 1)
    wish.answer(**world.by(world.clerk), wish_id=ask(world, 2, "电热毯"), answer="用电不安全")
    page = browser.get(url(world)).text
    for shown in ("手电筒", "2</strong>", "电热毯", "暂不进：用电不安全", "登录后写上您家想要的"):
        assert shown in page, shown
    assert "我家也想要" not in page and ">答复<" not in page
    assert not [person.name for person in Person.select() if person.name in page]


def test_a_villager_wishes_votes_and_takes_back(browser: Browser, world: World) -> None:
    other = ask(world, 1, "雨伞")
    browser.sign_in(world.villager(0))
    answer = browser.submit(url(world), name="手电筒")
    assert (answer.status_code, answer.location) == (303, url(world))
    assert browser.submit(url(world), f"/wishes/{other}/vote").status_code == 303
    assert WishVote.select().where(WishVote.wish == other).count() == 2
    assert browser.submit(url(world), f"/wishes/{other}/take-back").status_code == 303
    assert WishVote.select().where(WishVote.wish == other).count() == 1


def test_a_second_click_is_one_voice(browser: Browser, world: World) -> None:
    asked = ask(world, 1)
    browser.sign_in(world.villager(0))
    [form] = [form for form in browser.forms(url(world)) if form.action == f"/wishes/{asked}/vote"]
    assert [browser.post(form).status_code for _ in range(2)] == [303, 303]
    assert WishVote.select().where(WishVote.wish == asked).count() == 2


def test_what_is_refused_is_said_with_why_and_stays(browser: Browser, world: World) -> None:
    browser.sign_in(world.villager(0))
    answer = browser.submit(url(world), name="好烟")
    assert answer.status_code == 422 and "积分不能换烟：积分只换日用品" in answer.text and 'value="好烟"' in answer.text
    assert browser.submit(url(world), name="").status_code == 422
    assert Wish.select().count() == 0


def test_out_of_stock_goods_lead_to_a_wish(browser: Browser, world: World) -> None:
    world.add_goods("毛巾 & 浴巾", "条", "家纺", 6, quantity=0)
    page = browser.get(f"/villages/{world.village}/goods").text
    link = f"{url(world)}?name=%E6%AF%9B%E5%B7%BE%20%26%20%E6%B5%B4%E5%B7%BE"
    assert link in page
    browser.sign_in(world.villager(0))
    assert 'value="毛巾 &amp; 浴巾"' in browser.get(link).text


def test_the_committee_answers_and_the_village_reads_it(browser: Browser, world: World) -> None:
    asked = ask(world)
    browser.sign_in(world.committee[0])
    assert f'"/wishes/{asked}/answer"' in browser.get(url(world)).text
    page = f"/wishes/{asked}/answer"
    assert "请写原因" in browser.submit(page, here="no").text
    assert browser.submit(page, here="yes", goods=world.rice).status_code == 303
    assert (Wish.get_by_id(asked).goods_id, Wish.get_by_id(asked).answer) == (world.rice, "")
    assert "11月2日 已进货" in browser.get(url(world)).text
    late = browser.submit(page, here="no", answer="太贵")
    assert late.status_code == 409 and "已经办过了" in late.text


def test_demand_and_the_buying_list_show_goods_and_new_wishes(browser: Browser, world: World) -> None:
    world.add_goods("毛巾", "条", "家纺", 6, quantity=0)
    asked = ask(world)
    browser.sign_in(world.clerk)
    page = browser.get(f"/shops/{world.shop}/demand").text
    for shown in ("手电筒", f'"/wishes/{asked}/answer"', "毛巾", "没货了", "没人换"):
        assert shown in page, shown
    paper = browser.get(f"/shops/{world.shop}/buying-list").text
    seen = browser.another().sign_in(world.supervisor).get(f"/shops/{world.shop}/demand").text
    assert "手电筒" in seen and "/answer" not in seen and "上架" not in seen, "who only looks is led nowhere"
    assert "（新）手电筒" in paper and "毛巾" in paper and "大米5kg" not in paper


def test_the_list_takes_as_few_statements_for_many_wishes_as_for_one(browser: Browser, world: World) -> None:
    ask(world)
    browser.sign_in(world.villager(0))
    few = statements(lambda: browser.get(url(world)))
    for number in range(9):
        ask(world, number % 4, f"第{number}样")
    assert statements(lambda: browser.get(url(world))) == few
