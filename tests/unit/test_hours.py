"""Opening hours in words: the week, how it is now, and where the van stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from points.calendar import LOCAL
from points.models.shop import Shop
from points.queries import hours as query
from points.queries.hours import Hours, Span
from points.services import shop
from points.web import hours
from tests.world import World

MONDAY = date(2026, 11, 2)
DAY, MORNING, AFTERNOON, REST = Span(480, 1080), Span(480, 720), Span(840, 1080), Span(720, 840, redeems=False)


def at(clock: str, day: date = MONDAY) -> datetime:
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=LOCAL)


def week(**days: list[Span]) -> Hours:
    """A week: ``d0`` is Monday; ``d0_4`` Monday to Friday."""
    found = {}
    for name, spans in days.items():
        first, _, last = name[1:].partition("_")
        found |= {day: spans for day in range(int(first), int(last or first) + 1)}
    return Hours(found)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (week(d0_6=[DAY]), "每天 8:00–18:00"),
        (week(d0_4=[MORNING, AFTERNOON]), "周一至周五 8:00–12:00，14:00–18:00；周六、周日休息"),
        (week(d0=[DAY], d1=[DAY], d2=[DAY], d5=[DAY]), "周一至周三、周六 8:00–18:00；周四、周五、周日休息"),
        (week(d0=[DAY], d1=[DAY]), "周一、周二 8:00–18:00；周三至周日休息"),
        (week(d0_4=[DAY], d5_6=[MORNING]), "周一至周五 8:00–18:00；周六、周日 8:00–12:00"),
        (week(d0_6=[Span(0, 1440)]), "每天 0:00–24:00"),
    ],
)
def test_a_week_is_as_short_as_it_can_be_said(given: Hours, words: str) -> None:
    assert hours.week(given) == words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({d: [DAY._replace(redeems=d in (2, 5))] for d in range(7)}, "每天 8:00–18:00；兑换日：周三、周六"),
        ({d: [MORNING, REST, AFTERNOON] for d in range(7)}, "每天 8:00–18:00；兑换日：每天 8:00–12:00，14:00–18:00"),
        (
            {0: [MORNING], 2: [DAY._replace(redeems=False)]},
            "周一 8:00–12:00；周三 8:00–18:00；周二、周四至周日休息；兑换日：周一",
        ),
        ({d: [REST] for d in range(7)}, "每天 12:00–14:00；暂时不办兑换"),
    ],
)
def test_days_on_which_points_are_taken_are_named_where_they_differ(given: dict[int, list[Span]], words: str) -> None:
    assert hours.week(Hours(given)) == words


@pytest.mark.parametrize(
    ("given", "now", "words"),
    [
        (week(d0=[DAY]), at("08:00"), "现在营业，18:00 关门"),
        (week(d0=[DAY]), at("17:59"), "现在营业，18:00 关门"),
        (week(d0=[DAY], d1=[MORNING]), at("18:00"), "今天已关门，明天 8:00 开"),
        (week(d0=[MORNING, AFTERNOON]), at("12:30"), "现在没开门，今天 14:00 开"),
        (week(d0=[MORNING]), at("07:59"), "现在没开门，今天 8:00 开"),
        (week(d0=[MORNING, Span(720, 900)]), at("09:00"), "现在营业，15:00 关门"),
        (week(d0=[MORNING, REST]), at("12:10"), "现在营业，但不办兑换；14:00 关门"),
        (week(d1=[DAY]), at("09:00"), "今天休息，明天 8:00 开"),
        (week(d2=[DAY]), at("09:00"), "今天休息，11月4日（周三） 8:00 开"),
        (week(d0=[DAY]), at("20:00"), "今天已关门，11月9日（周一） 8:00 开"),
        (Hours({0: [DAY]}, {MONDAY: []}), at("09:00"), "今天休息，11月9日（周一） 8:00 开"),
        (Hours({0: [DAY]}, {MONDAY: [Span(600, 660)]}), at("09:00"), "现在没开门，今天 10:00 开"),
        (Hours({}, {MONDAY: []}), at("09:00"), "最近 14 天不开门"),
    ],
)
def test_how_it_is_now(given: Hours, now: datetime, words: str) -> None:
    assert hours.state(given, now) == words


def test_now_is_the_villages_time(world: World) -> None:
    assert hours.state(week(d0=[Span(540, 600)]), world.now) == "现在营业，10:00 关门"


def test_a_shop_says_its_note_until_its_hours_are_set(world: World) -> None:
    found = Shop.get_by_id(world.shop)
    assert hours.told([found], world.now)[world.shop] == ("周六上午", "", "", False)
    shop.set_hours(**world.by(world.admin), shop_id=world.shop, hours=[[0, 480, 720, True]])
    told = hours.told([found], world.now)[world.shop]
    assert told == ("周一 8:00–12:00；周二至周日休息", "现在营业，12:00 关门", "周六上午", True)
    Shop.update(hours="").where(Shop.id == world.shop).execute()
    shop.set_hours(**world.by(world.admin), shop_id=world.shop, hours=[])
    assert hours.told([Shop.get_by_id(world.shop)], world.now)[world.shop].week == "营业时间请问村委会"


def test_the_van_says_when_it_comes_next_and_each_village_its_own_visits(world: World) -> None:
    made = shop.open_shop(**world.by(world.admin), area_id=world.township, code="VAN", name="流动超市", hours="")
    Shop.update(van=True).where(Shop.id == made).execute()
    for far, area, place in ((1, world.lanes[0], "大樟树下"), (2, world.other_village, ""), (14, world.village, "")):
        at_ = {"day": world.today + timedelta(days=far), "opens": 540, "closes": 600, "area_id": area, "place": place}
        shop.set_day(**world.by(world.admin), shop_id=made, **at_)
    told = hours.told([Shop.get_by_id(made)], world.now)[made]
    assert (told.week, told.state) == ("流动售货车，按日期到各处", "下次：明天 9:00 到东一巷（大樟树下）")
    [visit] = query.visits(world.village, world.today)
    assert (visit.shop, visit.day, hours.where(visit.span)) == ("流动超市", date(2026, 11, 3), "东一巷（大樟树下）")
    [other] = query.visits(world.other_village, world.today)
    assert (other.day, hours.span_words(other.span)) == (date(2026, 11, 4), "9:00–10:00")
    assert len(query.days(made, world.today)) == 3
    assert {name for _, name in query.visited(Shop.get_by_id(made))} == {"柳林村", "石桥村"}


def test_hours_of_many_shops_are_read_at_once(world: World, statements: Callable[[], int]) -> None:
    shops = [Shop.get_by_id(world.shop)] * 5
    before = statements()
    query.of_shops(shops, world.today)
    assert statements() - before == 2
