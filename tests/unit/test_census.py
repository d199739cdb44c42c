"""A roster taken in as a whole and taken back as a whole, and what it may not touch."""

from __future__ import annotations

import json
from typing import Any

import pytest

from points import census, db, ledger
from points.census import Mapping
from points.errors import (
    CensusBuiltOn,
    CensusHasProblems,
    CensusMoved,
    CensusOver,
    Invalid,
    NotAllowed,
    NotFound,
    NothingChanges,
    OwnHousehold,
)
from points.models.areas import Area
from points.models.base import Table
from points.models.census import Census, CensusChange
from points.models.ledger import AccountType
from points.models.people import Household, Person
from points.services import census as service
from points.services import change, household, kin, notice, staff, tick
from tests import census_files, steps
from tests.census_files import Sheet
from tests.world import World

HEADS = ["户号", "姓名", "与户主关系", "街巷", "地址", "电话"]


def keep(world: World, *rows: list[Any], heads: list[str] = HEADS, actor: Person | None = None) -> int:
    """Upload a roster; return its id."""
    kept = census.read(census_files.xlsx(Sheet([heads, *rows])))
    mapping = census.guess(kept, world.village).dump(kept.heads)
    given = {"village_id": world.village, "file_name": "户名册.xlsx", "cells": kept.dump(), "mapping": mapping}
    return service.keep(**world.by(actor or world.admin), **given)


def look(world: World, census_id: int, actor: Person | None = None) -> census.Plan:
    """Preview a roster."""
    found = Census.get_by_id(census_id)
    roster, mapping = census.Roster.load(found.cells), Mapping.load(found.mapping)
    plan = census.plan(roster, mapping, village_id=world.village, actor=actor or world.admin)
    lines = json.dumps(census.items(plan, world.village), ensure_ascii=False)
    given = {"mapping": found.mapping, "preview": lines, "counts": json.dumps(census.counts(plan))}
    service.preview(**world.by(actor or world.admin), census_id=census_id, **given)
    return plan


def apply(world: World, census_id: int, *, skip: bool = False, actor: Person | None = None) -> int:
    steps_: list[tuple[int, int]] = []
    given = {"census_id": census_id, "skip": skip, "step": lambda *step: steps_.append(step)}
    return service.apply(**world.by(actor or world.admin), **given)


def take(world: World, *rows: list[Any], heads: list[str] = HEADS, skip: bool = False, actor: Any = None) -> int:
    """Upload, preview and apply."""
    census_id = keep(world, *rows, heads=heads, actor=actor)
    look(world, census_id, actor)
    return apply(world, census_id, skip=skip, actor=actor)


def said(plan: census.Plan) -> list[tuple[int, str]]:
    return [(row, code) for row, code, _values in plan.problems]


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Read every table but those that remember what was done."""
    left = {"census", "census_change", "write_key", "job"}
    tables = [table for table in _tables(Table) if table._meta.table_name not in left]
    return {table._meta.table_name: sorted(map(repr, table.select().tuples())) for table in tables}


def _tables(table: Any) -> list[Any]:
    return [one for below in table.__subclasses__() for one in (below, *_tables(below))]


NEW = [
    ["0501", "吴新民", "户主", "西三巷", "西三巷1号", 13900000001],
    ["0501", "郑小红", "妻子", "西三巷", None, None],
    ["502", "𠮷䶮𬭎", "户主", "东一巷", None, "１３９０００００００２"],
]


def test_new_lanes_households_and_people_are_taken_in(world: World) -> None:
    census_id = take(world, *NEW)
    lane = Area.get(Area.name == "西三巷")
    assert (lane.kind, lane.parent_id) == ("lane", world.grid)
    home = Household.get(Household.number == "0501")
    assert (home.area_id, home.address, home.notice_id, home.opened_by_id) == (
        lane.id,
        "西三巷1号",
        None,
        world.admin.id,
    )
    for type_ in (AccountType.HOUSEHOLD, AccountType.OWED):
        assert ledger.balance(ledger.account(type_, home.id)) == 0
    people = [(person.name, person.phone, person.area_id, person.initials) for person in world.people(home)]
    assert people == [("吴新民", "13900000001", lane.id, "wxm"), ("郑小红", None, lane.id, "zxh")]
    other = Household.get(Household.number == "0502")
    assert other.area_id == world.lanes[0] and world.people(other)[0].name == "𠮷䶮𬭎"
    assert Census.get_by_id(census_id).cells == ""
    kinds = [change.kind for change in CensusChange.select().order_by(CensusChange.position)]
    assert kinds == ["open_area", "open_household", "open_household", "add_person", "add_person", "add_person"]


def test_a_household_without_number_gets_the_next(world: World) -> None:
    take(world, [None, "吴新民", "户主", None, None, None], [None, "郑小红", "妻", None, None, None])
    home = Household.select().order_by(Household.id.desc()).first()
    last = max(
        int(other.number) for other in Household.select() if other.id != home.id and other.village_id == world.village
    )
    assert (home.number, home.area_id) == (f"{last + 1:04d}", world.village)
    assert [person.name for person in world.people(home)] == ["吴新民", "郑小红"]


def test_what_is_there_is_changed_where_the_file_says_otherwise(world: World) -> None:
    home, other = world.households[0], world.households[2]
    household.edit_person(
        **world.by(world.admin), person_id=world.people(home)[1].id, name="王大山", phone="13700000001", active=True
    )
    plan_id = keep(
        world,
        [home.number, "王秀英", "户主", "东二巷", "东二巷九号", 13800000000.0],
        [home.number, "王大杉", "丈夫", None, None, "137 0000 0001"],
        [home.number, "赵满仓", "子", None, None, None],
        [other.number, "赵春花", "户主", None, other.address, None],
    )
    plan = look(world, plan_id)
    assert not plan.problems and plan.same == 1
    assert [edit[3] for edit in plan.home_edits] == [{"area": world.lanes[1], "address": "东二巷九号"}]
    assert sorted(str(edit[3]) for edit in plan.person_edits) == ["{'name': '王大杉'}", "{'phone': '13800000000'}"]
    assert len(plan.moves) == 1 and not plan.people
    before = everything()
    apply(world, plan_id)
    names = [(person.name, person.phone, person.area_id) for person in world.people(home)]
    lane = world.lanes[1]
    assert names == [("王秀英", "13800000000", lane), ("王大杉", "13700000001", lane), ("赵满仓", None, lane)]
    service.undo(**world.by(world.admin), census_id=plan_id)
    assert everything() == before


def test_undone_it_leaves_every_table_as_before(world: World) -> None:
    before = everything()
    census_id = take(world, *NEW)
    assert everything() != before
    service.undo(**world.by(world.admin), census_id=census_id)
    assert everything() == before
    with pytest.raises(CensusOver):
        service.undo(**world.by(world.admin), census_id=census_id)
    assert Census.get_by_id(census_id).state == "undone"


@pytest.mark.parametrize("build", ("points", "card", "edit", "person", "role", "notice", "area", "kin", "change"))
def test_it_cannot_be_undone_once_something_was_built_on_it(world: World, build: str) -> None:
    census_id = take(world, *NEW)
    home = Household.get(Household.number == "0501")
    person = world.people(home)[0]
    match build:
        case "points":
            world.give_points(home, 5)
        case "card":
            world.card(person)
        case "edit":
            household.edit_person(
                **world.by(world.admin), person_id=person.id, name="吴心民", phone="13900000001", active=True
            )
        case "person":
            household.add_person(**world.by(world.admin), household_id=home.id, name="吴一", phone="")
        case "role":
            staff.grant(**world.by(world.admin), person_id=person.id, area_id=world.village, kind="steward")
        case "notice":
            steps.approved(world)
            notice.open_notice(**world.by(world.committee[0]), village_id=world.village)
        case "area":
            world.open_household(Area.get(Area.name == "西三巷").id, "吴一")
        case "kin":
            kin.declare(
                **world.by(world.committee[0]), person_id=person.id, relative_id=world.villager(0).id, relation="姐妹"
            )
        case "change":
            joined = {"target_id": world.households[0].id, "people": [person.id], "reason": "出嫁", "day": world.today}
            change.propose(**world.by(world.committee[0]), household_id=home.id, kind="move_person", **joined)
    before = everything()
    with pytest.raises(CensusBuiltOn):
        service.undo(**world.by(world.admin), census_id=census_id)
    assert everything() == before and Census.get_by_id(census_id).state == "applied"


def test_nobody_takes_back_what_concerns_the_own_household(world: World) -> None:
    own = Household.get_by_id(world.committee[0].household_id)
    census_id = take(world, [own.number, "田小宝", "子", None, None, None])
    with pytest.raises(OwnHousehold):
        service.undo(**world.by(world.committee[0]), census_id=census_id)
    service.undo(**world.by(world.committee[1]), census_id=census_id)


def test_values_come_back_only_where_they_are_still_what_the_roster_set(world: World) -> None:
    home = world.households[0]
    census_id = take(
        world,
        [home.number, "王秀英", "户主", None, "新屋一号", 13800000000],
        [home.number, "王大山", "丈夫", None, None, 13800000001],
    )
    first = world.people(home)[0]
    changed = {"name": "王秀英", "phone": "13999999999", "active": True}
    household.edit_person(**world.by(world.admin), person_id=first.id, **changed)
    service.undo(**world.by(world.admin), census_id=census_id)
    assert [person.phone for person in world.people(home)] == ["13999999999", None]
    assert Household.get_by_id(home.id).address == home.address


def test_a_roster_that_changes_nothing_says_so(world: World) -> None:
    home = world.households[1]
    with pytest.raises(NothingChanges):
        take(world, [home.number, "李小兰", "户主", "东１巷", home.address, None])


def test_wrong_rows_refuse_the_whole_unless_they_are_to_be_skipped(world: World) -> None:
    rows = [*NEW, ["0501", "郑小红", "女儿", None, None, None], ["0503", "12345", "户主", None, None, None]]
    census_id = keep(world, *rows)
    assert said(look(world, census_id)) == [(5, "twice"), (6, "bad_name")]
    before = everything()
    with pytest.raises(CensusHasProblems):
        apply(world, census_id)
    assert everything() == before
    apply(world, census_id, skip=True)
    assert not Household.select().where(Household.number == "0503").exists()
    assert len(world.people(Household.get(Household.number == "0501"))) == 2


def test_it_is_previewed_again_when_somebody_changed_something_since(world: World) -> None:
    census_id = keep(world, *NEW)
    look(world, census_id)
    household.open_household(
        **world.by(world.committee[0]), area_id=world.lanes[0], number="0502", address="", people=["别人"]
    )
    before = everything()
    with pytest.raises(CensusMoved):
        apply(world, census_id)
    assert everything() == before
    look(world, census_id)
    apply(world, census_id)
    assert len(world.people(Household.get(Household.number == "0502"))) == 2


def test_only_an_administrator_opens_lanes(world: World) -> None:
    by = world.committee[0]
    census_id = keep(world, *NEW, actor=by)
    assert said(look(world, census_id, by)) == [(2, "no_lane")]
    apply(world, census_id, skip=True, actor=by)
    assert not Area.select().where(Area.name == "西三巷").exists()
    assert Household.select().where(Household.number == "0502").exists()


def test_the_own_household_and_people_with_roles_are_left_alone(world: World) -> None:
    by, colleague = world.committee[0], world.recorder
    own, other = (Household.get_by_id(person.household_id) for person in (by, colleague))
    census_id = keep(
        world,
        [own.number, by.name, "户主", None, None, 13800000000],
        [own.number, "田小宝", "子", None, None, None],
        [other.number, colleague.name, "户主", None, None, 13800000001],
        [other.number, "罗小宝", "子", None, None, None],
        actor=by,
    )
    plan = look(world, census_id, by)
    assert said(plan) == [(2, "own"), (3, "own"), (4, "officer")]
    apply(world, census_id, skip=True, actor=by)
    assert Person.get(Person.name == "罗小宝").household_id == other.id
    assert Person.get_by_id(colleague.id).phone is None


def test_who_could_spend_the_points_or_lives_with_an_officer_is_not_moved_by_one_hand(world: World) -> None:
    """A card goes with its person, and whoever is moved out of a household is no longer kept away from."""
    holder, with_account = world.people(world.households[0])
    world.card(holder)
    world.username(with_account)
    of_officer = Household.get_by_id(world.council[0].household_id)
    child = household.add_person(**world.by(world.admin), household_id=of_officer.id, name="小宝", phone="")
    rich = world.households[2]
    world.give_points(rich, 100)
    census_id = keep(
        world,
        [rich.number, "赵春花", "户主", None, None, None],
        [rich.number, holder.name, "侄女", None, None, None],
        [rich.number, with_account.name, "侄子", None, None, None],
        [rich.number, "小宝", "侄子", None, None, None],
        [of_officer.number, world.council[0].name, "户主", None, None, None],
        [world.households[0].number, "郑小红", "女儿", None, None, None],
    )
    assert said(look(world, census_id)) == [(3, "by_two"), (4, "by_two"), (5, "by_two")]
    apply(world, census_id, skip=True)
    assert [person.name for person in world.people(rich)] == ["赵春花", "赵满仓"]
    assert Person.get_by_id(child).household_id == of_officer.id


def test_who_is_there_and_not_in_the_file_is_listed_and_stays(world: World) -> None:
    home = world.households[0]
    census_id = keep(world, [home.number, "王秀英", "户主", None, None, 13800000000])
    plan = look(world, census_id)
    assert [home.number, "王大山"] in [line[:2] for line in plan.absent]
    assert [world.households[1].number, ""] in [line[:2] for line in plan.absent]  # the same lane
    assert world.households[2].number not in [line[0] for line in plan.absent]  # another lane
    apply(world, census_id)
    assert Person.get(Person.name == "王大山").active


def test_a_person_with_the_same_phone_moves_even_if_the_other_household_is_not_in_the_file(world: World) -> None:
    person = world.people(world.households[2])[1]
    household.edit_person(
        **world.by(world.admin), person_id=person.id, name=person.name, phone="13700000009", active=True
    )
    census_id = take(world, ["0601", person.name, "户主", "东一巷", None, 13700000009])
    home = Household.get(Household.number == "0601")
    moved = Person.get_by_id(person.id)
    assert (moved.household_id, moved.area_id) == (home.id, world.lanes[0])
    service.undo(**world.by(world.admin), census_id=census_id)
    assert Person.get_by_id(person.id).household_id == world.households[2].id


def test_only_the_keepers_of_the_whole_village_come_near_it(world: World) -> None:
    census_id = keep(world, *NEW)
    for actor, refusal in (
        (world.recorder, NotAllowed),
        (world.other_committee, NotFound),
        (world.villager(), NotFound),
    ):
        with pytest.raises(refusal):
            keep(world, *NEW, actor=actor)
        for work in (
            lambda actor=actor: service.map_columns(
                **world.by(actor), census_id=census_id, columns=[], way="row", area_id=world.village
            ),
            lambda actor=actor: apply(world, census_id, actor=actor),
            lambda actor=actor: service.undo(**world.by(actor), census_id=census_id),
            lambda actor=actor: service.drop(**world.by(actor), census_id=census_id),
        ):
            with pytest.raises(refusal):
                work()


def test_columns_are_said_otherwise_and_remembered(world: World) -> None:
    census_id = keep(world, ["王五", "0701", "东一巷"], heads=["名单", "编号", "住哪"])
    chosen = {"columns": ["name", "number", "lane"], "way": "number", "area_id": world.lanes[0]}
    service.map_columns(**world.by(world.admin), census_id=census_id, **chosen)
    look(world, census_id)
    apply(world, census_id)
    assert Household.get(Household.number == "0701").area_id == world.lanes[0]
    kept = census.read(census_files.xlsx(Sheet([["编号", "住哪", "名单"], ["0702", "东一巷", "王六"]])))
    again = census.guess(kept, world.village, Census.get_by_id(census_id).mapping)
    assert again.columns == ["number", "lane", "name"]


@pytest.mark.parametrize("given", (
    {"columns": ["name", "name"]}, {"columns": ["address", ""]}, {"columns": ["name"]}, {"columns": ["name", "x"]},
    {"way": "number"}, {"way": "x"},
))  # fmt: skip
def test_columns_that_make_no_sense_are_refused(world: World, given: dict[str, Any]) -> None:
    census_id = keep(world, ["王五", "东一巷"], heads=["姓名", "街巷"])
    usual = {"columns": ["name", "lane"], "way": "row", "area_id": world.village}
    with pytest.raises(Invalid):
        service.map_columns(**world.by(world.admin), census_id=census_id, **usual | given)


def test_a_roster_is_of_a_whole_village(world: World) -> None:
    with pytest.raises(NotFound):
        service.keep(**world.by(world.admin), village_id=world.lanes[0], file_name="", cells="", mapping="")


def test_an_area_of_another_village_is_not_found(world: World) -> None:
    census_id = keep(world, ["王五", "东一巷"], heads=["姓名", "街巷"])
    with pytest.raises(NotFound):
        service.map_columns(
            **world.by(world.admin), census_id=census_id, columns=["name", ""], way="row", area_id=world.other_lane
        )


def test_a_second_click_takes_it_in_once(world: World) -> None:
    census_id = keep(world, *NEW)
    look(world, census_id)
    twice = world.by(world.admin) | {"census_id": census_id, "skip": False, "step": lambda done, total: None}
    assert service.apply(**twice) == service.apply(**twice) == census_id
    with pytest.raises(CensusOver):
        apply(world, census_id)
    assert Household.select().where(Household.number == "0501").count() == 1


def test_what_waits_too_long_is_dropped_by_the_tick(world: World) -> None:
    census_id = keep(world, *NEW)
    world.wait(hours=12)
    tick.tick(now=world.now)
    for _day in range(8):
        tick.tick(now=world.wait(hours=23))
    found = Census.get_by_id(census_id)
    assert (found.state, found.cells) == ("dropped", "")


def test_a_large_roster_takes_a_constant_number_of_statements(world: World, statements: Any) -> None:
    def cost(first: int, count: int) -> int:
        rows = [
            [f"{first + at}", f"吴{census_files.GIVEN[at % 30]}", "户主", "东一巷", None, None] for at in range(count)
        ]
        census_id = keep(world, *rows)
        look(world, census_id)
        before = statements()
        apply(world, census_id)
        return statements() - before

    assert cost(3000, 20) == cost(4000, 900)
    assert db.is_postgresql() or Household.select().count() > 900
