"""Opening balances: rows matched to households, a signed total, a second person, objections, and what posts when."""

from datetime import date, timedelta

import pytest

from points import cover, db, ledger, opening, sheets
from points.calendar import end_of
from points.errors import (
    AgreedRange,
    AlreadyDone,
    BadSheet,
    HeadingMissing,
    NotAllowed,
    NotFound,
    NothingTyped,
    NoticeOver,
    ObjectedBefore,
    OpeningDays,
    OwnHousehold,
    ProposerRelated,
    RisenToTownship,
    RosterHasErrors,
    SamePerson,
    SignedPageNeeded,
    SignedTotal,
    TotalDiffers,
    WallPhotoNeeded,
)
from points.models.areas import Holiday, VillageSetting
from points.models.ledger import Transfer
from points.models.opening import Opening, OpeningLine
from points.models.people import Household
from points.models.photos import Photo, Upload
from points.services import kin, tick
from points.services import opening as openings
from points.services.tick import Report
from tests import steps
from tests.tools import statements
from tests.world import World


def lines(opening_id: int) -> list[OpeningLine]:
    return list(OpeningLine.select().where(OpeningLine.opening == opening_id).order_by(OpeningLine.position))


def match(world: World, *rows) -> list[opening.Entry]:
    """Read a sheet of number, head and points; match it."""
    return opening.match(opening.read(sheets.write("旧账", opening.HEADS, rows)), world.village)


def errors(world: World, *rows) -> list[str]:
    return [error for entry in match(world, *rows) for error in entry.errors]


def answer(world: World, line: OpeningLine, points: int, by=None):
    given = {"line_id": line.id, "points": points, "reason": "查过旧账"}
    return openings.answer(**world.by(by or world.council[0]), **given)


def object_to(world: World, line: OpeningLine, by=None):
    return openings.object_to(**world.by(by or world.villager(3)), line_id=line.id, text="我家旧账上是 90 分")


def run_out(world: World, opening_id: int) -> Report:
    closes_at = Opening.get_by_id(opening_id).closes_at
    while world.now < closes_at:
        tick.tick(now=world.now)
        world.wait(days=1)
    return tick.tick(now=world.now)


# --- the rows ---------------------------------------------------------------------------------------------------------


def test_rows_are_matched_as_people_write_them(world: World) -> None:
    first, second, third, _last = world.households
    found = match(
        world,
        [first.number, "王秀英", 120],
        [f"{int(second.number)}号", None, "３０"],
        [None, "赵 春花", 45.0],
    )
    assert [(entry.household_id, entry.points, entry.errors) for entry in found] == [
        (first.id, 120, []),
        (second.id, 30, []),
        (third.id, 45, []),
    ]


def test_other_words_at_the_top_and_a_title_row_are_known_too(world: World) -> None:
    data = f"石桥村旧账\n编号,户主姓名,结余\n{world.households[0].number},王大山,7\n".encode("gb18030")
    [entry] = opening.match(opening.read(data), world.village)
    assert (entry.household_id, entry.points) == (world.households[0].id, 7)
    with pytest.raises(HeadingMissing):
        opening.read("户号,姓名\n1,王\n".encode())
    with pytest.raises(BadSheet):
        opening.read(b"\x00\x01")


def test_each_thing_that_is_wrong_has_its_own_sentence(world: World) -> None:
    number = world.households[0].number
    Household.update(active=False).where(Household.id == world.households[3].id).execute()
    steps.hung_opening(world, {world.households[2]: 5})
    said = {
        "没有户号": ["9999", "某人", 5],
        "没有“某人”": [number, "某人", 5],
        "没有找到“某人”": [None, "某人", 5],
        "“户号”没有填": [None, None, 5],
        "“积分”没有填": [number, None, None],
        "不是整数": [number, None, "12.5"],
        "是 0": [number, None, 0],
        "负数": [number, None, -3],
        "太大": [number, None, 100_001],
        "已停用": [world.households[3].number, None, 5],
        "一户只录一次": [world.households[2].number, None, 5],
    }
    for words, row in said.items():
        [error] = errors(world, row)
        assert words in error
    assert len(set(said)) == len({errors(world, row)[0] for row in said.values()})
    [error] = errors(world, [number, None, 5], [int(number), "王秀英", 6])
    assert "第 2 行已经有了" in error
    [error] = errors(world, [world.other_household.number, "甲乙丙", 5])  # of another village
    assert "没有户号" in error
    world.open_household(world.lanes[1], "王秀英")
    [error] = errors(world, [None, "王秀英", 5])
    assert "有 2 户" in error


def test_points_far_beyond_the_others_are_pointed_out_and_hinder_nothing(world: World) -> None:
    homes = [home.number for home in Household.select().where(Household.village == world.village).limit(10)]
    found = match(world, *([number, None, 500 if at == 3 else 20] for at, number in enumerate(homes)))
    assert [bool(entry.doubt) for entry in found].count(True) == 1
    assert "10 倍" in found[3].doubt and not found[3].errors
    assert not any(entry.doubt for entry in match(world, [homes[0], None, 1], [homes[1], None, 90_000]))


def test_three_thousand_rows_take_as_many_statements_as_three(world: World) -> None:
    rows = opening.typed({home.number: "5" for home in world.households[:3]})
    few = statements(lambda: opening.match(rows, world.village))
    many = opening.typed({f"{n}": "5" for n in range(3000)})
    assert statements(lambda: opening.match(many, world.village)) == few


# --- proposing --------------------------------------------------------------------------------------------------------


def test_what_is_proposed_lies_in_the_order_of_the_lanes(world: World) -> None:
    first, _second, third, fourth = world.households
    opening_id = steps.proposed_opening(world, {fourth: 3, first: 5, third: 7})
    found = Opening.get_by_id(opening_id)
    assert (found.state, found.points, found.households, found.days) == ("proposed", 15, 3, 5)
    assert [(line.household_id, line.points, line.agreed, line.state) for line in lines(opening_id)] == [
        (first.id, 5, 5, "waiting"),
        (third.id, 7, 7, "waiting"),
        (fourth.id, 3, 3, "waiting"),
    ]
    assert Photo.get().subject_type == "opening" and Upload.select().count() == 0


def test_a_total_that_does_not_match_is_refused_and_nothing_is_lost(world: World) -> None:
    with pytest.raises(SignedTotal) as refused:
        steps.proposed_opening(world, {world.households[0]: 40, world.households[1]: 20}, points=65)
    assert refused.value.values == {"signed": 65, "added": 60, "difference": 5}
    assert "65" in str(refused.value) and "60" in str(refused.value) and "相差 5" in str(refused.value)
    assert Upload.select().count() == 1 and Opening.select().count() == 0


def test_it_needs_the_signed_page_and_the_villages_days(world: World) -> None:
    home = {world.households[0]: 40}
    with pytest.raises(SignedPageNeeded):
        steps.proposed_opening(world, home, pictures=[])
    for days in (4, 16):
        with pytest.raises(OpeningDays) as refused:
            steps.proposed_opening(world, home, days=days)
        assert refused.value.values == {"least": 5, "most": 15}
    for by, error in ((world.recorder, NotAllowed), (world.other_committee, NotFound), (world.admin, NotAllowed)):
        with pytest.raises(error):
            steps.proposed_opening(world, home, by=by)
    with pytest.raises(NothingTyped):
        steps.proposed_opening(world, {})


def test_a_household_gets_one_opening_balance(world: World) -> None:
    home = {world.households[0]: 40}
    earlier = steps.proposed_opening(world, home)
    with pytest.raises(RosterHasErrors):
        steps.proposed_opening(world, home)
    openings.drop(**world.by(world.committee[1]), opening_id=earlier, reason="总数看错了")
    assert [line.state for line in lines(earlier)] == ["dropped"]
    run_out(world, steps.hung_opening(world, home))
    with pytest.raises(RosterHasErrors):
        steps.proposed_opening(world, home)


def test_nobody_proposes_what_another_uploaded(world: World) -> None:
    rows = opening.typed({world.households[0].number: "5"})
    kept = openings.upload(**world.by(world.committee[0]), village_id=world.village, file_name="", rows=rows)
    for by, wait in ((world.committee[1], 0), (world.committee[0], 1)):
        world.wait(days=wait)
        with pytest.raises(NotFound):
            steps.proposed_opening(world, {world.households[1]: 5}, by=by, upload_id=kept)


# --- hanging ----------------------------------------------------------------------------------------------------------


def hang(world: World, opening_id: int, by=None, points=40, **given):
    return openings.hang(**world.by(by or world.committee[1]), opening_id=opening_id, points=points, **given)


def test_a_second_unrelated_person_who_read_the_same_total_hangs_it(world: World) -> None:
    opening_id = steps.proposed_opening(world, {world.households[0]: 40})
    with pytest.raises(SamePerson):
        hang(world, opening_id, world.committee[0])
    for by, error in ((world.recorder, NotAllowed), (world.council[0], NotAllowed), (world.other_committee, NotFound)):
        with pytest.raises(error):
            hang(world, opening_id, by)
    with pytest.raises(TotalDiffers):
        hang(world, opening_id, points=41)
    Holiday.create(area=world.township, day=date(2026, 11, 4), name="放假")
    hang(world, opening_id, world.supervisor)
    found = Opening.get_by_id(opening_id)
    assert (found.state, found.hung_by_id) == ("hung", world.supervisor.id)
    assert found.closes_at == end_of(date(2026, 11, 8))  # hung on the 2nd: five full days, one of them no holiday
    with pytest.raises(AlreadyDone):
        hang(world, opening_id)
    with pytest.raises(AlreadyDone):
        openings.drop(**world.by(world.committee[1]), opening_id=opening_id, reason="太晚了")


def test_the_second_person_is_not_of_the_proposers_kin(world: World) -> None:
    opening_id = steps.proposed_opening(world, {world.households[0]: 40})
    first, second = world.committee
    kin.declare(**world.by(first), relative_id=second.id, relation="兄弟")
    with pytest.raises(ProposerRelated):
        hang(world, opening_id)
    hang(world, opening_id, world.supervisor)


def test_where_the_village_wants_the_wall_it_is_shown(world: World) -> None:
    VillageSetting.update(wall_photo=True).where(VillageSetting.village == world.village).execute()
    opening_id = steps.proposed_opening(world, {world.households[0]: 40})
    with pytest.raises(WallPhotoNeeded):
        hang(world, opening_id)


# --- objecting --------------------------------------------------------------------------------------------------------


def test_an_objection_halts_its_line_only_and_silence_never_posts(world: World) -> None:
    first, second = world.households[:2]
    opening_id = steps.hung_opening(world, {first: 40, second: 20})
    disputed = lines(opening_id)[0]
    object_to(world, disputed)
    assert run_out(world, opening_id) == Report(opened=1)
    for _day in range(20):
        assert tick.tick(now=world.wait(days=1)) == Report()
    assert [world.balance(home) for home in (first, second)] == [0, 20]
    with pytest.raises(RisenToTownship):
        answer(world, disputed, 40)
    answer(world, disputed, 40, world.supervisor)
    assert tick.tick(now=world.now) == Report(opened=1)
    assert [world.balance(home) for home in (first, second)] == [40, 20]
    assert list(ledger.audit()) == []


@pytest.mark.parametrize(("points", "balance", "state"), [(40, 40, "posted"), (30, 30, "posted"), (0, 0, "dropped")])
def test_an_answer_keeps_changes_or_drops_the_line(world: World, points: int, balance: int, state: str) -> None:
    opening_id = steps.hung_opening(world, {world.households[0]: 40})
    line = lines(opening_id)[0]
    object_to(world, line)
    answer(world, line, points)
    with pytest.raises(AlreadyDone):
        answer(world, line, points, world.council[1])
    run_out(world, opening_id)
    after = lines(opening_id)[0]
    assert (after.state, after.points, after.agreed) == (state, 40, points)
    assert world.balance(world.households[0]) == balance


def test_answers_shift_points_but_never_beyond_what_was_signed(world: World) -> None:
    """Otherwise one who objects and one who answers would make points out of nothing."""
    opening_id = steps.hung_opening(world, {world.households[0]: 40, world.households[2]: 30})
    first, second = lines(opening_id)
    object_to(world, first)
    object_to(world, second)
    with pytest.raises(AgreedRange, match="1 到 40 "):
        answer(world, first, 50)
    answer(world, second, 10)
    answer(world, first, 60)
    run_out(world, opening_id)
    assert [world.balance(world.households[at]) for at in (0, 2)] == [60, 10]


def test_a_third_person_unrelated_to_it_answers(world: World) -> None:
    opening_id = steps.hung_opening(world, {world.households[0]: 40, world.council[1].household: 7})
    first, of_council = lines(opening_id)[1], lines(opening_id)[0]
    assert (first.points, of_council.points) == (40, 7)
    object_to(world, first, world.council[2])  # about another's household
    object_to(world, of_council)
    cases = (
        (first, world.committee[0], SamePerson),  # proposed it
        (first, world.committee[1], SamePerson),  # hung it
        (first, world.council[2], SamePerson),  # objected
        (first, world.recorder, NotAllowed),
        (first, world.other_committee, NotFound),
        (of_council, world.council[1], OwnHousehold),
    )
    for line, by, error in cases:
        with pytest.raises(error):
            answer(world, line, 40, by)
    with pytest.raises(AgreedRange):
        answer(world, first, 100_001)
    answer(world, first, 40)


def test_who_may_object_and_until_when(world: World) -> None:
    proposed = steps.proposed_opening(world, {world.households[0]: 40})
    with pytest.raises(NotFound):
        object_to(world, lines(proposed)[0])
    hang(world, proposed)
    line = lines(proposed)[0]
    with pytest.raises(NotFound):
        object_to(world, line, world.people(world.other_household)[0])
    object_to(world, line, world.supervisor)  # for someone at the desk
    with pytest.raises(AlreadyDone):
        object_to(world, line)
    answer(world, line, 40)
    with pytest.raises(ObjectedBefore):
        object_to(world, line)
    other = steps.hung_opening(world, {world.households[1]: 40})
    world.now = Opening.get_by_id(other).closes_at
    with pytest.raises(NoticeOver):
        object_to(world, lines(other)[0])


def test_an_answered_line_does_not_post_before_the_days_are_over(world: World) -> None:
    opening_id = steps.hung_opening(world, {world.households[0]: 40})
    object_to(world, lines(opening_id)[0])
    answer(world, lines(opening_id)[0], 40)
    assert tick.tick(now=world.now) == Report()


# --- posting ----------------------------------------------------------------------------------------------------------


def test_due_lines_are_posted_once_out_of_the_villages_adjustments(world: World) -> None:
    first, second = world.households[:2]
    before = cover.of(world.village).held
    opening_id = steps.hung_opening(world, {first: 40, second: 20})
    assert cover.of(world.village).held == before
    assert run_out(world, opening_id) == Report(opened=2)
    assert tick.tick(now=world.now) == Report()
    found = Opening.get_by_id(opening_id)
    assert (found.state, found.closed_at) == ("closed", world.now)
    transfer = Transfer.get(Transfer.key == f"opening:{lines(opening_id)[0].id}")
    assert (transfer.kind, transfer.cause_type, transfer.points) == ("opening", "opening", 40)
    assert transfer.happened_at == found.closes_at
    assert [world.balance(home) for home in (first, second)] == [40, 20]
    assert cover.of(world.village).held == before + 60
    assert list(ledger.audit()) == []


def test_a_household_that_rests_by_then_gets_its_points_all_the_same(world: World) -> None:
    opening_id = steps.hung_opening(world, {world.households[0]: 40})
    Household.update(active=False).where(Household.id == world.households[0].id).execute()
    assert run_out(world, opening_id).opened == 1


def test_three_thousand_lines_post_by_as_many_statements_as_twenty(world: World) -> None:
    tick.tick(now=world.now)  # the day's first one also looks at what covers the points

    def due(count: int) -> None:
        with db.transaction():
            columns = [field for field in Household._meta.sorted_fields if field.name not in ("id", "number")]
            rows = Household.select(*columns).where(Household.id == world.households[0].id).dicts().get()
            made = [rows | {"number": f"{count}-{n}"} for n in range(count)]
            for at in range(0, count, 500):
                Household.insert_many(made[at : at + 500]).execute()
            ids = [home.id for home in Household.select().where(Household.number.startswith(f"{count}-"))]
            db.rows(
                "INSERT INTO account (type, owner_id, balance) SELECT 'household', {0}, 0 FROM {rows}",
                [[id_] for id_ in ids],
            )
            staff = {"proposed_by": world.committee[0], "hung_by": world.committee[1], "state": "hung"}
            at = {"proposed_at": world.now, "hung_at": world.now, "closes_at": world.now - timedelta(hours=1)}
            signed = {"village": world.village, "source": "旧积分本", "signers": "田主任", "days": 3}
            made_id = Opening.create(**staff, **at, **signed, points=count * 10, households=count).id
            db.rows(openings._LINES, [[made_id, at, id_, 10] for at, id_ in enumerate(ids, 1)])

    due(20)
    few = statements(lambda: tick.tick(now=world.now))
    due(3000)
    reports: list[Report] = []
    assert statements(lambda: reports.append(tick.tick(now=world.now))) == few
    assert reports == [Report(opened=3000)]
    assert list(ledger.audit()) == []
