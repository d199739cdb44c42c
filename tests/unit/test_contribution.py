"""Recording: who may, for whom, what is frozen; what was seen before; inspection rounds; rosters."""

from datetime import timedelta

import pytest

from points import photos, roster, sheets
from points.errors import (
    AlreadyDone,
    FutureDay,
    ItemNotInForce,
    JudgesNeeded,
    Missing,
    NobodyNamed,
    NoRuleBook,
    NotAllowed,
    NotFound,
    NothingNew,
    NothingScored,
    OwnHouseholdNamed,
    PersonTwice,
    QuantityRange,
    RosterHasErrors,
    ScoreMissing,
    ScoreRange,
    SeenBefore,
    TooLong,
    TooLongAgo,
    TooManyPhotos,
    WrongState,
)
from points.models.contribution import Contribution, Line, Score
from points.models.people import Household, Person
from points.models.photos import Upload
from points.models.rules import RuleBook
from points.services import contribution, kin, rule_book, tick
from tests import steps
from tests.tools import statements
from tests.unit.test_photos import saved, scene
from tests.world import World


def record(world, actor=None, **given):
    usual = {
        "village_id": world.village,
        "item_id": world.item(1).id,
        "day": world.today,
        "people": [world.villager().id],
        "quantity": 1,
        "note": "",
    }
    return contribution.record(**world.by(actor or world.recorder), **(usual | given))


def test_a_team_is_one_sheet_with_a_line_for_each_person(world: World) -> None:
    team = [world.villager(number) for number in range(4)]
    sheet = record(world, people=[person.id for person in team], quantity=2, note="西片  夜巡")
    assert Contribution.get_by_id(sheet).note == "西片 夜巡"
    lines = list(Line.select().where(Line.contribution == sheet).order_by(Line.id))
    assert [line.person_id for line in lines] == [person.id for person in team]
    assert [line.household_id for line in lines] == [household.id for household in world.households]
    assert {(line.each, line.quantity, line.state, line.item_name) for line in lines} == {
        (10, 2, "recorded", world.item(1).name)
    }


def test_a_line_keeps_the_points_of_the_day_when_the_rules_change(world: World) -> None:
    (line,) = steps.record(world)
    draft = rule_book.start_draft(**world.by(world.committee[0]), area_id=world.village)
    old = world.item(1).id
    rule_book.adopt(**world.by(world.committee[0]), book_id=draft, minutes="第4号", adopted_on=world.today)
    kept = steps.line(line)
    assert (kept.each, kept.version, kept.cap, kept.cap_period) == (10, 1, 4, "month")
    with pytest.raises(ItemNotInForce):
        record(world, item_id=old)


def test_a_retry_finds_the_first_sheet(world: World) -> None:
    given = world.by(world.recorder) | {
        "village_id": world.village,
        "item_id": world.item(1).id,
        "day": world.today,
        "people": [world.villager().id],
        "quantity": 1,
        "note": "",
    }
    assert contribution.record(**given) == contribution.record(**given)
    assert Contribution.select().count() == 1


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (lambda world: {"day": world.today + timedelta(days=1)}, FutureDay),
        (lambda world: {"day": world.today - timedelta(days=61)}, TooLongAgo),
        (lambda world: {"quantity": 0}, QuantityRange),
        (lambda world: {"quantity": 100}, QuantityRange),
        (lambda world: {"people": []}, NobodyNamed),
        (lambda world: {"people": [world.villager().id] * 2}, PersonTwice),
        (lambda world: {"people": [world.people(world.other_household)[0].id]}, NotFound),
        (lambda world: {"people": [10**9]}, NotFound),
        (lambda world: {"note": "长" * 201}, TooLong),
        (lambda world: {"item_id": 10**9}, ItemNotInForce),
    ],
)
def test_it_refuses_what_cannot_be(world: World, given, error) -> None:
    with pytest.raises(error):
        record(world, **given(world))
    assert Line.select().count() == 0


def test_the_oldest_day_still_counts(world: World) -> None:
    assert record(world, day=world.today - timedelta(days=60))


def test_a_village_without_rules_records_nothing(world: World) -> None:
    RuleBook.update(state="superseded").where(RuleBook.id == world.book.id).execute()
    with pytest.raises(NoRuleBook):
        record(world)


def test_nobody_records_for_the_own_household_or_kin(world: World) -> None:
    own = world.people(Household.get_by_id(world.recorder.household_id))[0]
    with pytest.raises(OwnHouseholdNamed) as refused:
        record(world, people=[world.villager().id, own.id])
    assert refused.value.values == {"person": own.name}
    kin.declare(**world.by(world.recorder), relative_id=world.people(world.households[1])[1].id, relation="姐妹")
    with pytest.raises(OwnHouseholdNamed):
        record(world, people=[world.villager(1).id])


def test_a_steward_of_a_lane_covers_only_that_lane(world: World) -> None:
    steward = world.appoint("steward", world.lanes[1], "杜巷长", lane=world.lanes[1])
    assert record(world, steward, people=[world.villager(2).id])
    with pytest.raises(NotFound):
        record(world, steward, people=[world.villager(0).id])


def test_only_stewards_and_committee_of_the_village_record(world: World) -> None:
    for actor, error in (
        (world.clerk, NotAllowed),
        (world.council[0], NotAllowed),
        (world.villager(1), NotFound),
        (world.other_steward, NotFound),
    ):
        with pytest.raises(error):
            record(world, actor)


def test_people_who_left_are_not_recorded(world: World) -> None:
    Person.update(active=False).where(Person.id == world.villager().id).execute()
    with pytest.raises(NotFound):
        record(world)


def test_the_recorder_withdraws_while_nobody_has_checked(world: World) -> None:
    first, second = steps.record(world, world.villager(0), world.villager(1))
    with pytest.raises(Missing):
        contribution.withdraw(**world.by(world.recorder), line_id=first, reason=" ")
    contribution.withdraw(**world.by(world.recorder), line_id=first, reason="记错人")
    assert (steps.line(first).state, steps.line(first).refusal) == ("withdrawn", "记错人")
    steps.check(world, [second])
    with pytest.raises(WrongState) as refused:
        contribution.withdraw(**world.by(world.recorder), line_id=second, reason="记错人")
    assert refused.value.values == {"state": "checked"}


def test_nobody_else_withdraws(world: World) -> None:
    (line,) = steps.record(world)
    for actor, error in ((world.checker, NotAllowed), (world.other_steward, NotFound), (world.villager(), NotFound)):
        with pytest.raises(error):
            contribution.withdraw(**world.by(actor), line_id=line, reason="不该记")
    assert steps.line(line).state == "recorded"


# --- seen before, photos, and what was returned ---------------------------------------------------------------------


def returned(world: World, **given) -> int:
    """Record a line and let it be returned."""
    (line,) = steps.record(world, **given)
    Line.update(state="returned", refusal="照片不清楚").where(Line.id == line).execute()
    return line


def test_the_same_act_seen_before_is_refused_until_it_is_said_to_be_another(world: World) -> None:
    record(world, people=[world.villager(0).id, world.villager(1).id])
    with pytest.raises(SeenBefore) as refused:
        record(world, world.checker, people=[world.villager(2).id, world.villager(1).id])
    assert refused.value.values == {"person": world.villager(1).name, "item": world.item(1).name}
    assert record(world, world.checker, people=[world.villager(1).id], again=True)
    assert record(world, people=[world.villager(0).id], day=world.today - timedelta(days=1))
    assert record(world, people=[world.villager(0).id], item_id=world.item(11).id)


def test_what_was_withdrawn_was_not_seen(world: World) -> None:
    (line,) = steps.record(world)
    contribution.withdraw(**world.by(world.recorder), line_id=line, reason="记错人")
    assert record(world)


def test_photos_are_kept_with_the_sheet(world: World) -> None:
    sheet = record(world, pictures=[photos.redraw(saved(scene()))])
    (photo,) = photos.of("contribution", [sheet])[sheet]
    assert (photo.village_id, photo.added_by_id, photo.like_id) == (world.village, world.recorder.id, None)
    with pytest.raises(TooManyPhotos):
        record(world, people=[world.villager(1).id], pictures=[photos.redraw(saved(scene()))] * (photos.MOST + 1))


def test_a_returned_line_is_taken_up_again_once_with_its_photos(world: World) -> None:
    sheet = record(world, pictures=[photos.redraw(saved(scene()))])
    (earlier,) = Line.select().where(Line.contribution == sheet)
    Line.update(state="returned").where(Line.id == earlier.id).execute()
    again = record(world, people=[world.villager(1).id, world.villager(0).id], revises=earlier.id)
    lines = Line.select().where(Line.contribution == again).order_by(Line.id)
    assert [(line.person_id, line.revises_id) for line in lines] == [
        (world.villager(1).id, None),
        (world.villager(0).id, earlier.id),
    ]
    (photo,) = photos.of("contribution", [again])[again]
    assert photo.like_id is None  # it is no reuse
    with pytest.raises(AlreadyDone):
        record(world, again=True, revises=earlier.id)


def test_only_the_recorder_takes_a_returned_line_up_and_only_a_returned_one(world: World) -> None:
    line = returned(world)
    with pytest.raises(NotFound):
        record(world, world.checker, revises=line)
    (living,) = steps.record(world, world.villager(1))
    with pytest.raises(NotFound):
        record(world, revises=living)


# --- inspection rounds ----------------------------------------------------------------------------------------------


def inspect(world: World, scores, actor=None, **given):
    usual = {
        "village_id": world.village,
        "lane_id": world.lanes[0],
        "item_id": world.item(9).id,
        "day": world.today,
        "judges": [person.id for person in world.council],
        "note": "",
    }
    rows = [(world.households[number].id, said) for number, said in scores]
    return contribution.inspect(**world.by(actor or world.recorder), **(usual | given), scores=rows)


def test_a_household_gets_the_average_of_three_judges_rounded_half_up(world: World) -> None:
    sheet = inspect(world, [(0, [5, 4, 5]), (1, [1, 1, 0])])
    first, second = Line.select().where(Line.contribution == sheet).order_by(Line.id)
    assert (first.person_id, first.household_id, first.each, first.quantity) == (
        world.villager(0).id,
        world.households[0].id,
        5,
        1,
    )
    assert second.each == 1
    said = Score.select().where(Score.line == first)
    assert {(score.judge_id, score.points) for score in said} == {
        (member.id, points) for member, points in zip(world.council, (5, 4, 5), strict=True)
    }


@pytest.mark.parametrize(("scores", "average"), [([2, 1], 2), ([2, 2, 1], 2), ([1, 0, 0], 0), ([], 0), ([3, 3, 4], 3)])
def test_halves_go_up(scores: list[int], average: int) -> None:
    assert contribution._average(scores) == average


def test_households_without_score_or_with_none_get_no_line(world: World) -> None:
    sheet = inspect(world, [(0, [0, 0, 0]), (1, [3, 3, 3])])
    assert [line.household_id for line in Line.select().where(Line.contribution == sheet)] == [world.households[1].id]
    with pytest.raises(NothingScored):
        inspect(world, [(0, [None, None, None])])


def test_a_judge_has_no_say_on_kin(world: World) -> None:
    kin.declare(**world.by(world.council[0]), relative_id=world.villager(0).id, relation="姐妹")
    sheet = inspect(world, [(0, [5, 2, 3])])
    (line,) = Line.select().where(Line.contribution == sheet)
    assert line.each == 3
    assert {score.judge_id for score in line.scores} == {member.id for member in world.council[1:]}


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (lambda world: {"scores": [(0, [6, 5, 5])]}, ScoreRange),
        (lambda world: {"scores": [(0, [-1, 5, 5])]}, ScoreRange),
        (lambda world: {"scores": [(0, [5, None, 5])]}, ScoreMissing),
        (lambda world: {"scores": [(0, [5])]}, ScoreMissing),
        (lambda world: {"scores": [(2, [5, 5, 5])]}, NotFound),  # lives in another lane
        (lambda world: {"lane_id": world.other_lane}, NotFound),
        (lambda world: {"judges": [person.id for person in world.council[:2]]}, JudgesNeeded),
        (lambda world: {"judges": [world.council[0].id] * 3}, JudgesNeeded),
        (lambda world: {"judges": [world.council[0].id, world.council[1].id, world.other_steward.id]}, NotFound),
        (lambda world: {"item_id": world.item(27).id}, ItemNotInForce),  # a deduction
        (lambda world: {"day": world.today + timedelta(days=1)}, FutureDay),
        (lambda world: {"actor": world.clerk}, NotAllowed),
        (lambda world: {"actor": world.other_steward}, NotFound),
    ],
)
def test_a_round_refuses_what_cannot_be(world: World, given, error) -> None:
    with pytest.raises(error):
        inspect(world, **({"scores": [(0, [5, 5, 5])]} | given(world)))
    assert Line.select().count() == Score.select().count() == 0


def test_a_recorder_enters_no_round_of_the_own_household_and_none_twice(world: World) -> None:
    kin.declare(**world.by(world.recorder), relative_id=world.villager(0).id, relation="姐妹")
    with pytest.raises(OwnHouseholdNamed):
        inspect(world, [(0, [5, 5, 5])])
    inspect(world, [(1, [5, 5, 5])])
    with pytest.raises(SeenBefore):
        inspect(world, [(1, [4, 4, 4])], world.checker)
    assert inspect(world, [(1, [4, 4, 4])], world.checker, again=True)


# --- rosters --------------------------------------------------------------------------------------------------------


def upload(world: World, *rows, actor=None, **given) -> int:
    data = sheets.write("记录", roster.HEADS, rows)
    usual = {"village_id": world.village, "file_name": "十一月.xlsx", "rows": roster.read(data)}
    return contribution.upload(**world.by(actor or world.recorder), **(usual | given))


def take_in(world: World, upload_id: int, actor=None, **given) -> int:
    return contribution.import_rows(**world.by(actor or world.recorder), upload_id=upload_id, **given)


def names(world: World, number: int = 0) -> tuple[str, str]:
    return world.households[number].number, world.villager(number).name


def test_a_roster_becomes_a_sheet_for_each_day_item_and_note(world: World) -> None:
    yesterday = world.today - timedelta(days=1)
    take_in(
        world,
        upload(
            world,
            [world.today, 1, *names(world, 0), 2, "西片"],
            [world.today, "义务巡逻", None, names(world, 1)[1], None, "西片"],
            [world.today, 1, *names(world, 2), 1, "东片"],
            [yesterday, "清理河道", *names(world, 0), "３", None],
        ),
    )
    found = [
        (sheet.day, sheet.note, [(line.person_id, line.item_code, line.quantity) for line in sheet.lines])
        for sheet in Contribution.select().order_by(Contribution.id)
    ]
    person = [world.villager(number).id for number in range(3)]
    assert found == [
        (world.today, "西片", [(person[0], 1, 2), (person[1], 1, 1)]),
        (world.today, "东片", [(person[2], 1, 1)]),
        (yesterday, "", [(person[0], 12, 3)]),
    ]


def test_a_line_of_a_roster_is_frozen_like_any_other(world: World) -> None:
    (by_hand,) = steps.record(world, quantity=2)
    take_in(world, upload(world, [world.today, 1, *names(world), 2, ""]), again=True)
    one, other = Line.select().order_by(Line.id).dicts()
    assert one["id"] == by_hand
    differing = {name for name in one if one[name] != other[name]}
    assert differing == {"id", "contribution"}


def test_with_one_wrong_row_nothing_is_taken_in(world: World) -> None:
    wrong = upload(world, [world.today, 1, *names(world), 1, ""], [world.today, 1, None, "查无此人", 1, ""])
    with pytest.raises(RosterHasErrors) as refused:
        take_in(world, wrong)
    assert refused.value.values == {"n": 1, "row": 3}
    assert Line.select().count() == Contribution.select().count() == 0


def test_a_roster_is_taken_in_once(world: World) -> None:
    id_ = upload(world, [world.today, 1, *names(world), 1, ""])
    given = world.by(world.recorder) | {"upload_id": id_}
    assert contribution.import_rows(**given) == contribution.import_rows(**given) == id_
    with pytest.raises(AlreadyDone):
        take_in(world, id_, again=True)
    assert Line.select().count() == 1


def test_what_seems_to_come_twice_is_left_out_unless_it_is_wanted(world: World) -> None:
    steps.record(world, world.villager(0))
    row, twice = [world.today, 1, *names(world, 0), 1, ""], [world.today, 1, *names(world, 1), 1, ""]
    take_in(world, upload(world, row, twice, twice))
    assert [line.person_id for line in Line.select().order_by(Line.id)] == [world.villager(0).id, world.villager(1).id]
    with pytest.raises(NothingNew):
        take_in(world, upload(world, row, twice))
    take_in(world, upload(world, row, twice), again=True)
    assert Line.select().count() == 4


def test_a_roster_belongs_to_its_uploader_for_a_day(world: World) -> None:
    id_ = upload(world, [world.today, 1, *names(world), 1, ""])
    with pytest.raises(NotFound):
        take_in(world, id_, world.checker)
    world.wait(days=1)
    with pytest.raises(NotFound):
        take_in(world, id_)
    upload(world, [world.today, 1, *names(world), 1, ""])
    world.wait(days=1, minutes=1)
    last = upload(world, [world.today, 1, *names(world), 1, ""])
    tick.tick(now=world.now)
    assert [kept.id for kept in Upload.select()] == [last]


def test_only_recorders_of_the_village_upload(world: World) -> None:
    for actor, error in ((world.clerk, NotAllowed), (world.villager(), NotFound), (world.other_steward, NotFound)):
        with pytest.raises(error):
            upload(world, [world.today, 1, *names(world), 1, ""], actor=actor)


def test_every_kind_of_wrong_row_says_what_to_do(world: World) -> None:
    kin.declare(**world.by(world.recorder), relative_id=world.villager(3).id, relation="姐妹")
    world.open_household(world.lanes[0], "王秀英")
    number, name = names(world, 0)
    today = world.today
    rows = [
        ([None, 1, number, name, 1, ""], "“日期”没有填"),
        (["昨天", 1, number, name, 1, ""], "“昨天”不是日期"),
        ([today + timedelta(days=1), 1, number, name, 1, ""], "日期在今天之后"),
        ([today - timedelta(days=61), 1, number, name, 1, ""], "已过去 61 天"),
        ([today, None, number, name, 1, ""], "“项目”没有填"),
        ([today, "跳舞", number, name, 1, ""], "没有“跳舞”"),
        ([today, 1, "9999", name, 1, ""], "没有户号“9999”"),
        ([today, 1, number, "李小兰", 1, ""], "户没有“李小兰”"),
        ([today, 1, None, "李小小", 1, ""], "没有找到“李小小”"),
        ([today, 1, None, "甲乙丙", 1, ""], "没有找到“甲乙丙”"),  # of another village
        ([today, 1, None, name, 1, ""], "有 2 位“王秀英”"),
        ([today, 1, *names(world, 3), 1, ""], "是您自家或亲属"),
        ([today, 1, number, name, "两次", ""], "“两次”不是整数"),
        ([today, 1, number, name, 100, ""], "1 到 99"),
        ([today, 1, number, name, 1, "长" * 201], "说明太长"),
        ([today, 1, number, None, 1, ""], "“姓名”没有填"),
    ]
    kept = roster.read(sheets.write("记录", roster.HEADS, [row for row, _ in rows]))
    found = roster.match(kept, village_id=world.village, recorder=world.recorder, now=world.now)
    for (row, sentence), entry in zip(rows, found, strict=True):
        assert len(entry.errors) == 1 and sentence in entry.errors[0], (row, entry.errors)
    assert [entry.number for entry in found] == list(range(2, 2 + len(rows)))


def test_taking_in_takes_few_statements_for_many_rows(world: World) -> None:
    def rows(count: int):
        return [[world.today, 1 + number % 20, *names(world, number % 4), 1, str(number)] for number in range(count)]

    few, many = (upload(world, *rows(count)) for count in (10, 1000))
    assert statements(lambda: take_in(world, few, again=True)) < 20
    assert statements(lambda: take_in(world, many, again=True)) < 25
    assert Line.select().count() == 1010
