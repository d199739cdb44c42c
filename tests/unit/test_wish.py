"""Wishes: one voice a household, answered once; and the demand beside the stock for whoever buys in."""

import pytest

from points.errors import AlreadyDone, GoodsForbidden, Missing, NotAllowed, NotFound, TooLong, VotesFull
from points.models.goods import Goods, Wish, WishVote
from points.models.people import Household
from points.models.stock import Stock
from points.queries import wishes
from points.services import goods, redemption, shop, wish
from tests.world import PaperCard, World


def ask(world: World, number: int = 0, name: str = "手电筒", *, goods_id: int | None = None) -> int:
    return wish.wish(**world.by(world.villager(number)), village_id=world.village, name=name, goods_id=goods_id)


def votes(world: World) -> list[tuple[str, int]]:
    return [(one.name, one.votes) for one in wishes.open_wishes(world.village, None)]


def test_the_same_wish_gets_the_voice_of_the_next_household(world: World) -> None:
    first = ask(world, 0, " 手电筒 ")
    assert ask(world, 1) == first
    assert ask(world, 1) == first  # again changes nothing
    other = world.people(world.households[1])[1]
    wish.vote(**world.by(other), wish_id=first)  # nor does another of the household
    ask(world, 2, "雨伞")
    assert votes(world) == [("手电筒", 2), ("雨伞", 1)]


def test_a_voice_is_given_and_taken_back(world: World) -> None:
    asked = ask(world)
    wish.vote(**world.by(world.villager(2)), wish_id=asked)
    assert votes(world) == [("手电筒", 2)]
    for _ in range(2):
        wish.take_back_vote(**world.by(world.villager(2)), wish_id=asked)
    assert votes(world) == [("手电筒", 1)]
    assert [one.mine for one in wishes.open_wishes(world.village, world.villager(0).household_id)] == [True]
    assert [one.mine for one in wishes.open_wishes(world.village, world.villager(2).household_id)] == [False]
    wish.take_back_vote(**world.by(world.villager(0)), wish_id=asked)
    assert votes(world) == []
    assert ask(world, 3) == asked


def test_a_wish_for_what_the_shop_has_is_for_more_of_it(world: World) -> None:
    by_name, by_id = ask(world, 0, "大米5kg"), ask(world, 1, goods_id=world.rice)
    assert by_name == by_id
    [one] = wishes.open_wishes(world.village, None)
    assert (one.name, one.goods_id, one.available, one.votes) == ("大米5kg", world.rice, 10, 2)


@pytest.mark.parametrize(
    ("name", "refusal"), [("好烟", GoodsForbidden), ("白酒", GoodsForbidden), ("  ", Missing), ("字" * 41, TooLong)]
)
def test_what_cannot_be_wished_for(world: World, name: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        ask(world, name=name)
    assert Wish.select().count() == 0


def test_a_household_has_ten_open_voices(world: World) -> None:
    asked = [ask(world, name=f"第{number}样") for number in range(wish.MOST_OPEN_VOTES)]
    with pytest.raises(VotesFull):
        ask(world, name="又一样")
    assert Wish.select().count() == wish.MOST_OPEN_VOTES
    assert wish.vote(**world.by(world.villager(0)), wish_id=asked[0]) == asked[0]
    wish.answer(**world.by(world.clerk), wish_id=asked[0])
    ask(world, name="又一样")
    assert WishVote.select().where(WishVote.household == world.households[0].id).count() == 11


def test_an_answer_closes_a_wish_once_and_the_name_is_free_again(world: World) -> None:
    asked = ask(world)
    wish.answer(**world.by(world.committee[0]), wish_id=asked, answer=" 用的人少 ")
    for late in (
        lambda: wish.answer(**world.by(world.clerk), wish_id=asked),
        lambda: wish.vote(**world.by(world.villager(1)), wish_id=asked),
        lambda: wish.take_back_vote(**world.by(world.villager(0)), wish_id=asked),
    ):
        with pytest.raises(AlreadyDone):
            late()
    [one] = wishes.answered(world.village)
    assert (one.name, one.votes, one.answer) == ("手电筒", 1, "用的人少")
    assert ask(world, 1) != asked


def test_an_answer_may_name_the_goods_of_a_shop_of_the_village(world: World) -> None:
    elsewhere = shop.open_shop(
        **world.by(world.other_committee), area_id=world.other_village, code="LL", name="柳林店", hours=""
    )
    strange = goods.add_goods(
        **world.by(world.other_clerk), shop_id=elsewhere, name="碗", unit="个", category="厨具", price=3
    )
    asked = ask(world)
    with pytest.raises(NotFound):
        wish.answer(**world.by(world.clerk), wish_id=asked, goods_id=strange)
    with pytest.raises(NotFound):
        ask(world, goods_id=strange)
    wish.answer(**world.by(world.clerk), wish_id=asked, goods_id=world.rice)
    assert Wish.get_by_id(asked).goods_id == world.rice


def test_only_households_of_the_village_wish_and_only_its_shopkeepers_answer(world: World) -> None:
    asked = ask(world)
    stranger = world.people(world.other_household)[0]
    for refused in (stranger, world.admin, world.supervisor):
        with pytest.raises(NotFound):
            wish.wish(**world.by(refused), village_id=world.village, name="雨伞")
        with pytest.raises(NotFound):
            wish.vote(**world.by(refused), wish_id=asked)
        with pytest.raises(NotFound):
            wish.take_back_vote(**world.by(refused), wish_id=asked)
    for refused, error in ((world.recorder, NotAllowed), (world.villager(1), NotFound), (world.other_clerk, NotFound)):
        with pytest.raises(error):
            wish.answer(**world.by(refused), wish_id=asked)
    with pytest.raises(NotFound):
        wish.vote(**world.by(world.villager(0)), wish_id=asked + 1)


def test_a_household_that_left_wishes_for_nothing(world: World) -> None:
    Household.update(active=False).where(Household.id == world.households[0].id).execute()
    with pytest.raises(NotFound):
        ask(world)


# --- demand -----------------------------------------------------------------------------------------------------------


def redeem(world: World, card: PaperCard, name: str, count: int) -> int:
    goods_id = world.goods[name]
    return redemption.redeem(
        **world.by(world.clerk),
        till_id=world.till,
        card=card.code,
        collector_id=card.person.id,
        pin=card.pin,
        basket=[(goods_id, count, Goods.get_by_id(goods_id).price)],
    )


def test_demand_says_how_long_the_shelf_lasts_and_what_runs_out_first(world: World) -> None:
    card = world.card(world.villager())
    world.give_points(world.households[0], 1000)
    redeem(world, card, "洗衣液2kg", 4)  # long ago: 6 left, 4 in 90 days
    world.wait(days=45)
    redeem(world, card, "大米5kg", 5)  # lately: 5 left, 5 in 30 days
    undone = redeem(world, card, "食盐400g", 9)
    redemption.undo(**world.by(world.committee[0]), receipt_id=undone, reason="拿错了")
    world.wait(days=5)
    world.add_goods("毛巾", "条", "家纺", 6, quantity=0)
    ask(world, 1, "毛巾")
    rows, more = wishes.demand(world.shop, world.today)
    assert not more
    assert [(one.name, one.taken_30, one.taken_90, one.days, one.votes, one.to_buy) for one in rows] == [
        ("毛巾", 0, 0, 0, 1, 1),
        ("大米5kg", 5, 5, 30, 0, 0),
        ("洗衣液2kg", 0, 4, 135, 0, 0),
        ("食盐400g", 0, 0, None, 0, 0),
    ]
    Stock.update(reserved=4).where(Stock.goods == world.rice).execute()
    rice = wishes.demand(world.shop, world.today)[0][1]
    assert (rice.available, rice.days, rice.to_buy) == (1, 6, 4)
    world.wait(days=60)
    assert [(one.taken_90, one.days) for one in wishes.demand(world.shop, world.today)[0]][1:] == [
        (5, 18),
        (0, None),
        (0, None),
    ]


def test_the_buying_list_holds_what_is_few_or_asked_for_and_new_wishes(world: World) -> None:
    world.add_goods("毛巾", "条", "家纺", 6, quantity=0)
    world.add_goods("抽纸", "提", "纸品", 15, quantity=3)
    hidden = world.add_goods("旧货", "个", "其他", 1, quantity=0)
    goods.hide(**world.by(world.clerk), goods_id=hidden, hidden=True)
    ask(world, 0, "手电筒")
    ask(world, 1, "大米5kg")
    assert [one.name for one in wishes.to_buy(world.shop, world.today)] == ["毛巾", "抽纸"]
    assert [(one.name, one.votes) for one in wishes.new_wishes(world.village)] == [("手电筒", 1)]
    assert [one.name for one in wishes.new_wishes(world.lanes[0])] == ["手电筒"]
    assert wishes.new_wishes(world.other_village) == []


def test_demand_comes_page_by_page(world: World) -> None:
    for number in range(60):
        goods.add_goods(
            **world.by(world.clerk), shop_id=world.shop, name=f"货{number}", unit="个", category="其他", price=1
        )
    first, second = (wishes.demand(world.shop, world.today, page=number) for number in (1, 2))
    assert (len(first[0]), first[1], len(second[0]), second[1]) == (50, True, 13, False)
    assert len({one.id for one in first[0] + second[0]}) == 63
