"""Who stands before the tills: buyers with a card and points, and what each asks for."""

from collections.abc import Sequence
from typing import Any

from points.models import Goods
from tests.world import PIN, PaperCard, World


def buyers(world: World, count: int, points: int) -> list[PaperCard]:
    """Open households with a card and points each."""
    cards = []
    for number in range(count):
        household = world.open_household(world.lanes[1], f"王户{number:02d}")
        world.give_points(household, points)
        cards.append(world.card(world.people(household)[0]))
    return cards


def purchase(world: World, paper: PaperCard, *goods_ids: int, till: int = 0, pin: str = PIN) -> dict[str, Any]:
    """Return what `redeem` wants for a piece of each of the goods; without a PIN the card is scanned."""
    return world.by(world.clerk) | {
        "till_id": till or world.till,
        "card": paper.number if pin else paper.code,
        "collector_id": paper.person.id,
        "pin": pin,
        "basket": basket(*goods_ids),
    }


def basket(*goods_ids: int) -> Sequence[Sequence[int]]:
    """Return a basket with a piece of each of the goods."""
    return [[goods_id, 1, Goods.get_by_id(goods_id).price] for goods_id in goods_ids]
