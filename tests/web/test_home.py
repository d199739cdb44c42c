"""A villager's own pages: the balance and how each point came."""

import re
from collections.abc import Callable

from points.models.contribution import Line
from points.models.people import Person
from points.services import award, contribution, notice, redemption, review, tick
from tests import steps
from tests.browser import Browser
from tests.world import World


def earn(world: World, *, code: int = 1) -> int:
    """Take one contribution of the first household from recording to its award; return the line."""
    sheet = contribution.record(
        **world.by(world.recorder),
        village_id=world.village,
        item_id=world.item(code).id,
        day=world.today,
        people=[world.villager(0).id],
        quantity=1,
        note="",
    )
    line: int = Line.get(Line.contribution == sheet).id
    review.check(**world.by(world.checker), line_ids=[line], passes=True, reason="")
    for member in world.council:
        review.decide(**world.by(member), line_ids=[line], verdict="approve", reason="")
    hung = notice.open_notice(**world.by(world.committee[0]), village_id=world.village)
    notice.hang(**world.by(world.committee[1]), notice_id=hung)
    for _ in range(7):
        tick.tick(now=world.wait(hours=23))
    return line


def buy(world: World, *, pin: str | None = None) -> int:
    """Redeem two bags of salt for the first household."""
    paper = world.card(world.villager(0))
    return redemption.redeem(
        **world.by(world.clerk),
        till_id=world.till,
        card=paper.code,
        collector_id=world.people(world.households[0])[1].id,
        pin=paper.pin if pin is None else pin,
        basket=[[world.goods["食盐400g"], 2, 2]],
    )


def test_the_statement_says_how_each_point_came_and_went(browser: Browser, world: World) -> None:
    earn(world)
    buy(world, pin="")
    page = browser.sign_in(world.villager(0)).get("/home").text
    for shown in ("王秀英", world.households[0].number, "义务巡逻", "罗记录", "第 1 期公示", "+10"):
        assert shown in page
    for shown in ("食盐400g × 2", "石桥村积分超市", "SQ-1-000001", "王大山领取", "未验密码", "−4"):
        assert shown in page
    assert ">6<" in page


def test_the_villages_public_page_is_one_tap_away(browser: Browser, world: World) -> None:
    link = f'href="/villages/{world.village}"'
    assert link in browser.sign_in(world.villager(0)).get("/home").text
    assert link in browser.another().sign_in(world.committee[0]).get("/desk").text


def test_an_undone_receipt_shows_both_ways(browser: Browser, world: World) -> None:
    world.give_points(world.households[0], 10)
    redemption.undo(**world.by(world.committee[0]), receipt_id=buy(world), reason="拿错了")
    page = browser.sign_in(world.villager(0)).get("/home").text
    assert "兑换：食盐400g × 2" in page
    assert "撤销兑换：食盐400g × 2" in page


def test_what_a_household_owes_is_said(browser: Browser, world: World) -> None:
    line = earn(world)
    buy(world)
    award.reverse(**world.by(world.committee[0]), line_id=line, reason="人不在场")
    page = browser.sign_in(world.villager(0)).get("/home").text
    assert "另有 4 分更正待抵" in page
    assert "更正：义务巡逻" in page


def test_waiting_contributions_are_shown_before_they_count(browser: Browser, world: World) -> None:
    contribution.record(
        **world.by(world.recorder),
        village_id=world.village,
        item_id=world.item(1).id,
        day=world.today,
        people=[world.villager(0).id],
        quantity=1,
        note="",
    )
    page = browser.sign_in(world.villager(0)).get("/home").text
    assert "还在路上" in page
    assert "待初审" in page
    assert "还没有积分" in page


def test_older_entries_are_a_page_away(browser: Browser, world: World) -> None:
    for points in range(1, 24):
        world.give_points(world.households[0], points)
    first = browser.sign_in(world.villager(0)).get("/home").text
    assert "+23" in first
    assert "+3<" not in first
    older = first.split('rel="next" href="')[1].split('"')[0]
    second = browser.get(older).text
    assert "+3<" in second
    assert "+23" not in second
    assert 'rel="next"' not in second


def test_it_asks_few_statements_however_long_the_statement_is(
    browser: Browser, world: World, statements: Callable[[], int]
) -> None:
    browser.sign_in(world.villager(0))
    counts = []
    for _ in range(2):
        earn(world)
        buy(world)
        before = statements()
        assert browser.get("/home").status_code == 200
        counts.append(statements() - before)
    assert counts[0] == counts[1]
    assert counts[0] <= 5  # who asks, the household with what concerns it, entries, deeds and receipts behind them
    before = statements()
    browser.get("/home")
    assert statements() - before == 2  # what the page shows is the same: it is not made again


def test_a_page_seen_again_has_new_keys_and_shows_what_changed_at_once(browser: Browser, world: World) -> None:
    steps.record(world, code=11)
    browser.sign_in(world.villager())
    pages = [browser.get("/home").text for _ in range(3)]
    keys = [set(re.findall(r'name="key" value="([0-9a-f]{32})"', page)) for page in pages]
    assert keys[0]
    assert not keys[1] & keys[2]
    world.give_points(world.households[0], 17)
    assert "+17" in browser.get("/home").text
    steps.record(world, code=1)
    assert browser.get("/home").text.count("待初审") == pages[2].count("待初审") + 1


def test_another_member_of_the_household_sees_the_own_page(browser: Browser, world: World) -> None:
    first, second = world.people(world.households[0])[:2]
    for person in (first, second, first):
        assert f"{person.name} · " in browser.sign_in(person).get("/home").text


def test_staff_without_a_household_are_told_why_there_is_no_account(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.supervisor).get("/home")
    assert page.status_code == 200
    assert "没有登记在哪一户" in page.text
    assert browser.get("/me").status_code == 200


def test_mine_offers_password_kin_and_both_ways_out(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.villager(0)).get("/me").text
    for address in ("/me/password", "/me/kin", "/sign-out", "/sign-out-everywhere"):
        assert f'"{address}"' in page


def test_a_stranger_is_sent_to_sign_in(browser: Browser) -> None:
    for address in ("/home", "/me"):
        assert browser.get(address).location.startswith("/sign-in")


def test_each_entry_and_each_deed_on_its_way_leads_to_its_history(browser: Browser, world: World) -> None:
    [posted] = steps.posted(world)
    [waiting] = steps.record(world, code=11)
    page = browser.sign_in(world.villager()).get("/home").text
    for line in (posted, waiting):
        assert f'href="/lines/{line}"' in page
        assert browser.get(f"/lines/{line}").status_code == 200


def test_the_own_page_tells_of_civility_and_of_a_bar(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.villager()).get("/me").text
    assert "今年文明分" in page and "100" in page and "不能领取" not in page
    [line] = steps.posted(world, code=26)
    Person.update(barred_until=world.today).where(Person.id == world.villager().id).execute()
    page = browser.get("/me").text
    assert "95" in page and "烧秸秆" in page and f'href="/lines/{line}"' in page
    assert "不能领取商品。家里其他人可以领" in page
    world.wait(days=1)
    assert "不能领取" not in browser.get("/me").text
