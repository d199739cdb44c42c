"""The rule book: a draft is revised as a whole, adopted with its minutes, and never changes afterwards."""

from dataclasses import replace
from datetime import timedelta

import pytest

from points.errors import AlreadyDone, ClashingName, FutureDay, Invalid, Missing, NotAllowed, NotFound, TooLong
from points.models.rules import RuleBook, RuleItem
from points.services import rule_book
from points.services.rule_book import Item
from tests.world import World

NEW = Item(
    code=0, category="公益", name="清雪", points=5, evidence="签到", cap=4, cap_period="month", counts_to_cap=True,
    discreet=False,
)  # fmt: skip


def draft(world: World) -> int:
    return rule_book.start_draft(**world.by(world.committee[0]), village_id=world.village)


def revise(world: World, book: int, items: list[Item], worth_fen: int = 100) -> None:
    rule_book.revise(**world.by(world.committee[0]), book_id=book, worth_fen=worth_fen, items=items)


def adopt(world: World, book: int, **other: object) -> None:
    given = {"minutes": "村民会议第4号", "adopted_on": world.today, **other}
    rule_book.adopt(**world.by(world.committee[0]), book_id=book, **given)


def test_the_default_rules_are_the_published_twenty_five() -> None:
    items = {item.code: item for item in rule_book.default_items()}
    assert list(items) == list(range(1, 26))
    assert [code for code, item in items.items() if not item.counts_to_cap] == [23, 24, 25]
    assert [code for code, item in items.items() if item.discreet] == [3, 5, 6, 7, 8, 25]
    assert (items[23].cap, items[23].cap_period) == (None, "event")
    assert {(item.cap, item.cap_period) for item in items.values() if item.category == "平安"} == {
        (4, "month"),
        (2, "month"),
    }
    assert sum(item.points for item in items.values()) == 248


def test_a_first_draft_is_the_default_and_a_later_one_copies_the_adopted(world: World) -> None:
    assert rule_book.items_of(world.book.id) == rule_book.default_items()
    book = draft(world)
    changed = [replace(item, points=7) for item in rule_book.items_of(book)]
    revise(world, book, changed, worth_fen=50)
    adopt(world, book)
    following = RuleBook.get_by_id(draft(world))
    assert (following.version, following.worth_fen) == (3, 50)
    assert rule_book.items_of(following.id) == changed


def test_an_open_draft_is_gone_on_with(world: World) -> None:
    assert draft(world) == draft(world)


def test_adopting_supersedes_the_version_before_it_and_touches_no_other_village(world: World) -> None:
    book = draft(world)
    adopt(world, book)
    states = {row.id: row.state for row in RuleBook.select()}
    assert states[world.book.id] == "superseded" and states[book] == "adopted"
    assert list(states.values()).count("adopted") == 2  # the other village has its own


def test_what_was_adopted_never_changes(world: World) -> None:
    with pytest.raises(AlreadyDone):
        revise(world, world.book.id, [NEW])
    with pytest.raises(AlreadyDone):
        adopt(world, world.book.id)
    assert RuleItem.select().where(RuleItem.book == world.book).count() == 25


def test_a_new_item_gets_a_code_that_was_never_used(world: World) -> None:
    book = draft(world)
    kept = rule_book.items_of(book)[:3]
    revise(world, book, [*kept, NEW])
    assert [item.code for item in rule_book.items_of(book)] == [1, 2, 3, 26]
    adopt(world, book)
    following = draft(world)
    revise(world, following, [*kept, NEW])  # 26 is left out, and its count of caps stays its own
    assert [item.code for item in rule_book.items_of(following)] == [1, 2, 3, 27]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"points": 0}, Invalid),
        ({"cap": 0}, Invalid),
        ({"category": "打卡"}, Invalid),
        ({"cap_period": "week"}, Invalid),
        ({"name": " "}, Missing),
        ({"name": "雪" * 41}, TooLong),
        ({"code": 99}, Invalid),
        ({"name": "志愿服务"}, ClashingName),
    ],
)
def test_a_wrong_item_is_refused_and_the_draft_stays(
    world: World, change: dict[str, object], error: type[Exception]
) -> None:
    book = draft(world)
    before = rule_book.items_of(book)
    with pytest.raises(error):
        revise(world, book, [*before, replace(NEW, **change)])
    assert rule_book.items_of(book) == before


def test_an_item_without_a_number_of_times_counts_at_each_event(world: World) -> None:
    book = draft(world)
    revise(world, book, [replace(NEW, cap_period="event", cap=3)])
    assert rule_book.items_of(book)[0].cap is None


def test_adoption_needs_minutes_a_day_that_has_come_and_items(world: World) -> None:
    book = draft(world)
    with pytest.raises(Missing):
        adopt(world, book, minutes=" ")
    with pytest.raises(FutureDay):
        adopt(world, book, adopted_on=world.today + timedelta(days=1))
    revise(world, book, [])
    with pytest.raises(Missing):
        adopt(world, book)
    assert RuleBook.get_by_id(world.book.id).state == "adopted"


def test_only_the_village_committee_changes_its_rules(world: World) -> None:
    book = draft(world)
    for actor, error in ((world.recorder, NotAllowed), (world.admin, NotAllowed), (world.other_committee, NotFound)):
        with pytest.raises(error):
            rule_book.start_draft(**world.by(actor), village_id=world.village)
        with pytest.raises(error):
            rule_book.revise(**world.by(actor), book_id=book, worth_fen=100, items=[NEW])
        with pytest.raises(error):
            rule_book.adopt(**world.by(actor), book_id=book, minutes="第4号", adopted_on=world.today)
