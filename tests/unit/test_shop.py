"""Shops and tills: opened by those over the area they serve."""

import pytest

from points import ledger
from points.errors import BadShopCode, ClashingName, Missing, NotAllowed, NotFound
from points.models.ledger import AccountType
from points.models.shop import Shop, Till
from points.services import shop
from tests.world import World


def open_shop(world: World, *, code: str = "sq2", name: str = "二店") -> int:
    return shop.open_shop(**world.by(world.committee[0]), area_id=world.village, code=code, name=name, hours="")


def test_a_shop_opens_with_an_account_and_its_code_in_capitals(world: World) -> None:
    made = Shop.get_by_id(open_shop(world))
    assert (made.code, made.area_id) == ("SQ2", world.village)
    assert ledger.balance(ledger.account(AccountType.SHOP, made.id)) == 0


def test_tills_are_numbered_within_their_shop(world: World) -> None:
    second_shop = open_shop(world)
    tills = [shop.open_till(**world.by(world.committee[0]), shop_id=id_) for id_ in (world.shop, second_shop)]
    assert [Till.get_by_id(till).number for till in tills] == [2, 1]


@pytest.mark.parametrize("code", ["", "超市", "SQ-1", "TOOLONG99"])
def test_a_code_fits_on_a_receipt(world: World, code: str) -> None:
    with pytest.raises(BadShopCode):
        open_shop(world, code=code)


def test_a_code_belongs_to_one_shop(world: World) -> None:
    with pytest.raises(ClashingName):
        open_shop(world, code="sq")
    with pytest.raises(Missing):
        open_shop(world, name=" ")


def test_committee_and_admin_open_shops_in_their_area_only(world: World) -> None:
    shop.open_till(**world.by(world.admin), shop_id=world.shop)
    with pytest.raises(NotAllowed):
        shop.open_till(**world.by(world.clerk), shop_id=world.shop)
    for stranger in (world.other_committee, world.villager(0)):
        with pytest.raises(NotFound):
            shop.open_till(**world.by(stranger), shop_id=world.shop)
        with pytest.raises(NotFound):
            shop.open_shop(**world.by(stranger), area_id=world.village, code="X", name="店", hours="")
    with pytest.raises(NotFound):
        shop.open_till(**world.by(world.admin), shop_id=999)
