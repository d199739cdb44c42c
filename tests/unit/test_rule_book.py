"""The rule book: a draft is revised as a whole, adopted with its minutes, and never changes afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from points import photos
from points.errors import (
    AlreadyDone,
    ClashingName,
    FutureDay,
    Invalid,
    ItemAboveLimit,
    Missing,
    NotAllowed,
    NotFound,
    TooLong,
    WorthAboveLimit,
)
from points.models.contribution import CapUse, Line
from points.models.people import Person
from points.models.photos import Photo, Upload
from points.models.rules import RuleBook, RuleItem
from points.queries import rule_book as reads
from points.services import areas, notice, rule_book
from points.services.rule_book import Item
from tests import steps
from tests.world import World

NEW = Item(code=0, category="公益", name="清雪", points=5, evidence="签到", cap=4)
PICTURE = photos.Picture(body=b"a drawing", sha256="0" * 64, phash=0, width=8, height=8)


def draft(world: World, source: int | None = None) -> int:
    return rule_book.start_draft(**world.by(world.committee[0]), area_id=world.village, source=source)


def revise(world: World, book: int, items: list[Item], worth_fen: int = 100) -> None:
    rule_book.revise(**world.by(world.committee[0]), book_id=book, worth_fen=worth_fen, items=items)


def change(world: World, book: int, code: int, **changes: object) -> None:
    """Change one item of a draft."""
    items = rule_book.items_of(book)
    revise(world, book, [replace(item, **changes) if item.code == code else item for item in items])


def adopt(world: World, book: int, **other: object) -> None:
    given = {"minutes": "村民会议第4号", "adopted_on": world.today, **other}
    rule_book.adopt(**world.by(world.committee[0]), book_id=book, **given)


def template(world: World, items: list[Item], *, area_id: int | None = None, worth_fen: int = 100) -> int:
    """Publish a template of the township."""
    by, area_id = world.supervisor if area_id is None else world.admin, area_id or world.township
    book = rule_book.start_draft(**world.by(by), area_id=area_id)
    rule_book.revise(**world.by(by), book_id=book, worth_fen=worth_fen, items=items)
    return rule_book.adopt(**world.by(by), book_id=book, minutes="镇发〔2026〕1号", adopted_on=world.today)


def set_limits(world: World, area_id: int, actor: Person, **limits: int) -> None:
    none = {"most_points": None, "most_monthly_cap": None, "most_worth_fen": None}
    areas.set_limits(**world.by(actor), area_id=area_id, **(none | limits))


# --- what a village may begin with ----------------------------------------------------------------------------------


def test_the_default_rules_are_the_published_twenty_five_and_three_deductions() -> None:
    items = {item.code: item for item in rule_book.default_items()}
    assert list(items) == list(range(1, 29))
    earning = {code: item for code, item in items.items() if item.effect == "points"}
    assert list(earning) == list(range(1, 26))
    assert [code for code, item in earning.items() if not item.counts_to_cap] == [23, 24, 25]
    assert [code for code, item in items.items() if item.discreet] == [3, 5, 6, 7, 8, 25]
    assert (items[23].cap, items[23].cap_period) == (None, "event")
    assert {(item.cap, item.cap_period) for item in earning.values() if item.category == "平安"} == {
        (4, "month"),
        (2, "month"),
    }
    assert sum(item.points for item in earning.values()) == 248
    assert [(item.name, item.points) for code, item in items.items() if code > 25] == [
        ("烧秸秆", 5),
        ("房前屋后脏乱", 5),
        ("虚假申报", 10),
    ]


def test_the_default_rules_pass_every_check(world: World) -> None:
    book = RuleBook.get_by_id(draft(world))
    tidy, wrong = rule_book.look_over(book, rule_book.default_items())
    assert (tidy, wrong) == (rule_book.default_items(), [])


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


def test_an_open_draft_can_begin_again_from_another_source(world: World) -> None:
    book = draft(world)
    revise(world, book, [NEW], worth_fen=50)
    assert draft(world, rule_book.DEFAULT) == book
    assert rule_book.items_of(book) == rule_book.default_items()
    assert RuleBook.get_by_id(book).worth_fen == 100


# --- templates ------------------------------------------------------------------------------------------------------


def test_a_village_copies_a_template_with_its_own_codes(world: World) -> None:
    own = draft(world)
    revise(world, own, [*rule_book.items_of(own), NEW])  # 清雪 is 29 here
    adopt(world, own)
    usual = rule_book.default_items()
    source = template(world, [usual[0], replace(NEW, name="护林"), replace(NEW, name="清雪", points=9)], worth_fen=80)
    assert [item.code for item in rule_book.items_of(source)] == [1, 29, 30]
    book = RuleBook.get_by_id(draft(world, source))
    items = {item.name: item for item in rule_book.items_of(book.id)}
    assert items[usual[0].name] == usual[0]
    assert (items["清雪"].code, items["清雪"].points) == (29, 9)  # the same name keeps the village's code
    assert items["护林"].code not in range(30)  # whose code means another item here
    assert (book.template_id, book.worth_fen) == (source, 80)


def test_a_template_counts_for_no_village_and_is_kept_above(world: World) -> None:
    source = template(world, [replace(NEW)])
    assert RuleBook.get_by_id(world.book.id).state == "adopted"
    assert rule_book.items_of(draft(world)) == rule_book.default_items()
    for actor in (world.committee[0], world.recorder):
        with pytest.raises(NotFound):
            rule_book.start_draft(**world.by(actor), area_id=world.township)
        with pytest.raises(NotFound):
            rule_book.revise(**world.by(actor), book_id=source, worth_fen=100, items=[NEW])


def test_only_a_template_in_force_above_or_an_own_book_is_copied(world: World) -> None:
    unpublished = rule_book.start_draft(**world.by(world.supervisor), area_id=world.township)
    elsewhere = RuleBook.get(RuleBook.area == world.other_village)
    for source in (unpublished, elsewhere.id, 999):
        with pytest.raises(NotFound):
            draft(world, source)
    county = template(world, [replace(NEW)], area_id=world.county)
    assert [item.name for item in rule_book.items_of(draft(world, county))] == ["清雪"]


def test_a_lane_has_no_rule_book(world: World) -> None:
    with pytest.raises(NotFound):
        rule_book.start_draft(**world.by(world.committee[0]), area_id=world.lanes[0])


# --- revising and adopting ------------------------------------------------------------------------------------------


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
    assert RuleItem.select().where(RuleItem.book == world.book).count() == 28


def test_a_new_item_gets_a_code_that_was_never_used(world: World) -> None:
    book = draft(world)
    kept = rule_book.items_of(book)[:3]
    revise(world, book, [*kept, NEW])
    assert [item.code for item in rule_book.items_of(book)] == [1, 2, 3, 29]
    adopt(world, book)
    following = draft(world)
    revise(world, following, [*kept, NEW])  # 29 is left out, and its count of caps stays its own
    assert [item.code for item in rule_book.items_of(following)] == [1, 2, 3, 30]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"points": 0}, Invalid),
        ({"cap": 0}, Invalid),
        ({"category": "打卡"}, Invalid),
        ({"cap_period": "decade"}, Invalid),
        ({"unit": "minute"}, Invalid),
        ({"effect": "shame"}, Invalid),
        ({"cap_holder": "village"}, Invalid),
        ({"reporter": "clerk"}, Invalid),
        ({"needs": "photo,rumour"}, Invalid),
        ({"voices": 2}, Invalid),
        ({"valid_from": date(2026, 12, 2), "valid_to": date(2026, 12, 1)}, Invalid),
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


def test_every_fact_of_an_item_is_kept(world: World) -> None:
    book = draft(world)
    full = replace(
        NEW, code=1, cap=2, cap_period="week", cap_holder="person", unit="hour", needs="photo,cosign", discreet=True,
        reporter="committee", voices=5, valid_from=date(2026, 12, 1), valid_to=date(2027, 2, 28), counts_to_cap=False,
    )  # fmt: skip
    revise(world, book, [full])
    assert rule_book.items_of(book) == [full]


def test_an_item_without_a_number_of_times_counts_at_each_event(world: World) -> None:
    book = draft(world)
    revise(world, book, [replace(NEW, cap_period="event", cap=3)])
    assert rule_book.items_of(book)[0].cap is None


def test_a_deduction_has_no_cap_and_is_recorded_by_staff(world: World) -> None:
    book = draft(world)
    revise(world, book, [replace(NEW, effect="civility", cap=3, cap_period="week")])
    [item] = rule_book.items_of(book)
    assert (item.cap, item.cap_period, item.counts_to_cap, item.reporter) == (None, "event", False, "staff")


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


def test_the_signed_page_is_kept_at_adoption_or_later(world: World) -> None:
    book = draft(world)
    with pytest.raises(Invalid):
        rule_book.add_photo(**world.by(world.committee[0]), book_id=book, pictures=[PICTURE])
    adopt(world, book, pictures=[PICTURE])
    assert len(photos.of("rule_book", [book])[book]) == 1
    with pytest.raises(Missing):
        rule_book.add_photo(**world.by(world.committee[0]), book_id=book, pictures=[])
    rule_book.add_photo(**world.by(world.committee[0]), book_id=world.book.id, pictures=[PICTURE])
    assert Photo.select().where(Photo.subject_type == "rule_book").count() == 2


def test_only_the_village_committee_changes_its_rules(world: World) -> None:
    book = draft(world)
    for actor, error in ((world.recorder, NotAllowed), (world.admin, NotAllowed), (world.other_committee, NotFound)):
        with pytest.raises(error):
            rule_book.start_draft(**world.by(actor), area_id=world.village)
        with pytest.raises(error):
            rule_book.revise(**world.by(actor), book_id=book, worth_fen=100, items=[NEW])
        with pytest.raises(error):
            rule_book.upload(**world.by(actor), book_id=book, file_name="", items=[NEW])
        with pytest.raises(error):
            rule_book.adopt(**world.by(actor), book_id=book, minutes="第4号", adopted_on=world.today)
        with pytest.raises(error):
            rule_book.add_photo(**world.by(actor), book_id=world.book.id, pictures=[PICTURE])


# --- limits from above ----------------------------------------------------------------------------------------------


def test_the_strictest_limit_above_holds_for_items_and_worth(world: World) -> None:
    set_limits(world, world.county, world.admin, most_points=60, most_worth_fen=90)
    set_limits(world, world.township, world.supervisor, most_points=40, most_worth_fen=200)
    book = draft(world)
    with pytest.raises(ItemAboveLimit) as refused:
        revise(world, book, [replace(NEW, points=41)], worth_fen=90)
    assert str(refused.value) == "“清雪”超过了云溪镇定的上限：每项最多 40 分。请改低。"
    with pytest.raises(WorthAboveLimit) as refused_worth:
        revise(world, book, [replace(NEW, points=40)], worth_fen=91)
    assert "清河县" in str(refused_worth.value) and "0.90" in str(refused_worth.value)
    revise(world, book, [replace(NEW, points=40), replace(NEW, name="脏乱", effect="civility", points=50)], 90)
    adopt(world, book)


def test_a_limit_set_later_leaves_books_alone_and_stops_the_adoption(world: World) -> None:
    book = draft(world)
    set_limits(world, world.township, world.supervisor, most_points=20)
    assert RuleBook.get_by_id(world.book.id).state == "adopted"
    with pytest.raises(ItemAboveLimit):
        adopt(world, book)
    set_limits(world, world.township, world.supervisor, most_worth_fen=99)
    with pytest.raises(WorthAboveLimit):
        adopt(world, book)
    assert [RuleBook.get_by_id(id_).state for id_ in (world.book.id, book)] == ["adopted", "draft"]


# --- spreadsheets: what was uploaded and what it changes --------------------------------------------------------------


def test_an_upload_waits_for_its_uploader_and_replaces_the_draft_once(world: World) -> None:
    book = draft(world)
    items = [replace(rule_book.items_of(book)[0], points=12, valid_to=date(2027, 1, 31)), NEW]
    upload = rule_book.upload(**world.by(world.committee[0]), book_id=book, file_name="细则.xlsx", items=items)
    assert rule_book.items_of(book) == rule_book.default_items()  # nothing yet
    with pytest.raises(NotFound):
        rule_book.take_in(**world.by(world.committee[1]), upload_id=upload)
    taking = world.by(world.committee[0])
    assert rule_book.take_in(**taking, upload_id=upload) == book
    assert rule_book.items_of(book) == [items[0], replace(NEW, code=29)]
    assert rule_book.take_in(**taking, upload_id=upload) == book
    with pytest.raises(NotFound):
        rule_book.take_in(**world.by(world.committee[0]), upload_id=upload)
    assert not Upload.select().exists()


def test_an_upload_is_refused_for_a_book_in_force_and_for_what_is_wrong(world: World) -> None:
    with pytest.raises(AlreadyDone):
        rule_book.upload(**world.by(world.committee[0]), book_id=world.book.id, file_name="", items=[NEW])
    with pytest.raises(Invalid):
        rule_book.upload(
            **world.by(world.committee[0]), book_id=draft(world), file_name="", items=[replace(NEW, cap=0)]
        )


def test_a_row_without_code_is_the_item_of_that_name_unless_another_row_has_the_code(world: World) -> None:
    book = draft(world)
    named = replace(NEW, name="志愿服务")
    assert [item.code for item in rule_book.recognised(book, [named, NEW])] == [14, 0]
    other = replace(NEW, code=14, name="别的")
    assert [item.code for item in rule_book.recognised(book, [named, other])] == [0, 14]


def test_differences_name_what_was_added_removed_and_changed(world: World) -> None:
    before = rule_book.default_items()
    after = [replace(before[0], points=12, cap=None), *before[2:], NEW]
    assert [(change.kind, change.item.name, change.fields) for change in rule_book.differences(before, after)] == [
        ("changed", before[0].name, [("points", 10, 12), ("cap", 4, None)]),
        ("added", "清雪", []),
        ("removed", before[1].name, []),
    ]
    assert rule_book.differences(before, before) == []


# --- what a change would cost -----------------------------------------------------------------------------------------


def costs(world: World, book: int) -> tuple[dict[int, tuple[int, int, int]], reads.Cost]:
    """Return for each item that was done: times, points then, and points under the draft; and the whole."""
    found = reads.cost(RuleBook.get_by_id(book), world.today)
    return {item.code: (item.times, item.points, item.would_be) for item in found.items if item.times}, found


def test_an_unchanged_draft_costs_what_was_granted(world: World) -> None:
    steps.approved(world, world.villager(0), quantity=3)
    steps.hung(world)
    items, found = costs(world, draft(world))
    assert items == {1: (3, 30, 30)}
    assert (found.points, found.would_be, found.fen, found.would_be_fen) == (30, 30, 3000, 3000)


def test_new_points_and_a_new_worth_change_the_cost_and_nothing_past(world: World) -> None:
    steps.posted(world, world.villager(0), quantity=3)
    before = [list(Line.select().dicts()), list(CapUse.select().dicts()), world.balance(world.households[0])]
    book = draft(world)
    items = [replace(item, points=7) if item.code == 1 else item for item in rule_book.items_of(book)]
    revise(world, book, items, worth_fen=200)
    done, found = costs(world, book)
    assert done == {1: (3, 30, 21)}
    assert (found.fen, found.would_be_fen, found.outstanding, found.fund_fen) == (3000, 4200, 30, 0)
    assert found.lacking_fen == 6000
    assert before == [list(Line.select().dicts()), list(CapUse.select().dicts()), world.balance(world.households[0])]


def test_the_caps_of_the_draft_are_applied_anew(world: World) -> None:
    steps.approved(world, world.villager(0), quantity=4)
    steps.approved(world, world.people(world.households[0])[1], code=14, quantity=2)
    steps.approved(world, world.villager(1), code=1, quantity=1)
    steps.hung(world)
    book = draft(world)
    change(world, book, 1, cap=2)
    assert costs(world, book)[0] == {1: (5, 50, 30), 14: (2, 10, 10)}
    change(world, book, 1, cap=4, points=15)  # 60 a month is the household's most: nothing is left for the other item
    assert costs(world, book)[0] == {1: (5, 50, 75), 14: (2, 10, 0)}
    change(world, book, 1, cap=2, points=10, cap_period="day", counts_to_cap=False)
    assert costs(world, book)[0] == {1: (5, 50, 30), 14: (2, 10, 10)}


def test_what_an_old_cap_cut_off_counts_again_under_a_wider_one(world: World) -> None:
    steps.approved(world, world.villager(0), quantity=6)
    steps.hung(world)
    book = draft(world)
    assert costs(world, book)[0] == {1: (4, 40, 40)}
    change(world, book, 1, cap=5)
    assert costs(world, book)[0] == {1: (4, 40, 50)}


def test_what_an_objection_left_of_a_line_is_what_counts(world: World) -> None:
    [line] = steps.approved(world, world.villager(0), quantity=3)
    steps.hung(world)
    answered = {"objection_id": steps.objection(world, line).id, "upheld": True, "reason": "只去了一次", "kept": 10}
    notice.answer(**world.by(world.committee[0]), **answered)
    book = draft(world)
    change(world, book, 1, points=12)
    assert costs(world, book)[0] == {1: (1, 10, 12)}


def test_a_cap_for_each_person_leaves_room_for_the_other(world: World) -> None:
    for person in world.people(world.households[0]):
        steps.approved(world, person, quantity=2)
    steps.hung(world)
    book = draft(world)
    change(world, book, 1, cap=1)
    assert costs(world, book)[0][1] == (4, 40, 10)
    change(world, book, 1, cap=1, cap_holder="person")
    assert costs(world, book)[0][1] == (4, 40, 20)


def test_a_removed_item_and_one_turned_into_a_deduction_give_nothing(world: World) -> None:
    steps.approved(world, world.villager(0), code=1)
    steps.approved(world, world.villager(0), code=14)
    steps.hung(world)
    book = draft(world)
    rest = [item for item in rule_book.items_of(book) if item.code != 14]
    revise(world, book, [replace(item, effect="civility") if item.code == 1 else item for item in rest])
    done, found = costs(world, book)
    assert done == {1: (1, 10, 0), 14: (1, 5, 0)}
    assert {item.code for item in found.items if item.gone} == {1, 14}
    assert found.months is None


def test_only_the_last_year_counts_and_only_what_was_noticed(world: World) -> None:
    steps.posted(world, world.villager(0))
    world.wait(days=370)
    steps.approved(world, world.villager(1))
    assert costs(world, draft(world))[0] == {}


def test_a_cost_takes_the_same_few_statements_for_many_lines(world: World, statements: Callable[[], int]) -> None:
    book = RuleBook.get_by_id(draft(world))

    def count() -> int:
        before = statements()
        reads.cost(book, world.today)
        return statements() - before

    few = count()
    for code in (1, 11, 12, 14, 16):
        steps.approved(world, world.villager(0), world.villager(1), world.villager(2), code=code)
    steps.hung(world)
    assert count() == few <= 9


def test_a_template_costs_nobody_anything(world: World) -> None:
    with pytest.raises(NotFound):
        reads.cost(RuleBook.get_by_id(template(world, [NEW])), world.today)
