"""Removing a person's data: no column tells the name any more, and the books add up as before."""

from __future__ import annotations

import json
from typing import Any

import pytest
from peewee import BlobField, CharField, DatabaseError, TextField

from points import db, erasing, holding, ledger, photos
from points.errors import (
    AlreadyDone,
    Missing,
    NotAllowed,
    NotFound,
    NotGranted,
    OwnHousehold,
    OwnHouseholdNamed,
    PersonErased,
    PointsError,
    RequestWaits,
    SamePerson,
    StillInUse,
)
from points.models import APPEND_ONLY, TABLES
from points.models.changes import DataRequest
from points.models.contribution import Contribution, Line, Objection, Voice
from points.models.keys import WriteKey
from points.models.ledger import Account, Transfer, TransferNote
from points.models.openness import Complaint
from points.models.paper import Export
from points.models.people import Kin, Person
from points.models.photos import PhotoBody
from points.models.receipt import Proxy, Receipt
from points.services import (
    card,
    complaint,
    contribution,
    data_request,
    household,
    kin,
    notice,
    proxy,
    report,
    reservation,
    review,
    sign_in,
)
from tests import steps
from tests.world import AWAY, World

NAME, PHONE, USERNAME = "王秀英", "13812345678", "wangxiuying"

WORDLESS = {
    "account.type", "area.kind", "area.name", "barcode.code", "cap_use.period", "card.first_pin_hash", "card.number",
    "card.secret_hash", "card_run.layout", "census.state", "census_change.kind", "civility_entry.reason",
    "cover_month.month", "data_request.kind", "export.format", "export.name", "fund_account.type",
    "fund_transfer.cause_type",
    "fund_transfer.kind", "fund_transfer.source", "fund_transfer.target", "goods.category", "goods.initials",
    "goods.limit_period", "goods.name", "goods.unit", "holiday.name", "household.address", "household.board_name",
    "household.number", "household_change.kind", "household_change.number", "household_change.state", "job.kind",
    "job.state", "line.cap_holder", "line.cap_period", "line.category", "line.effect", "line.item_name", "line.needs",
    "line.state", "line.unit", "month_summary.kind", "month_summary.month", "motion.kind", "motion.period",
    "motion.state", "notice.state", "objection.answer",
    "expiry.state", "expiry_line.state", "expiry_rule.state",
    "objection.channel", "opening.state", "opening_line.state", "paper.kind", "paper.token",
    "person.initials", "person.left_why", "person.lock_pin_hash", "person.name", "person.password_hash", "person.phone",
    "person.pin_hash", "person.username", "photo.sha256", "photo.subject_type", "receipt.number", "receipt.via",
    "receipt_line.name", "receipt_line.unit", "receipt_print.paper", "receiving.kind", "refusal.code",
    "reservation.spoken", "reservation.state", "reservation_line.name", "reservation_line.unit", "role.kind",
    "rule_book.state", "rule_item.cap_holder", "rule_item.cap_period", "rule_item.category", "rule_item.effect",
    "rule_item.evidence", "rule_item.name", "rule_item.needs", "rule_item.reporter", "rule_item.unit",
    "settlement.month",
    "settlement.state", "shop.code", "shop.hours", "shop.name", "shop_day.place", "sitting.place", "sitting.state",
    "stock_movement.cause_type", "stock_movement.kind", "stocktake.state", "tick_state.trouble", "transfer.cause_type",
    "transfer.key", "transfer.kind", "transfer.reason_digest", "transfer_note.salt", "transfer_note.text",
    "tries.channel", "tries.subject", "upload.kind", "voice.verdict", "wish.answer", "wish.name", "write_key.action",
    "write_key.digest", "write_key.key", "write_key.outcome",
}  # fmt: skip
"""Columns of text that hold no words about people, or whose words `erasing.erase` empties by their row."""


def texts() -> dict[str, tuple[Any, str]]:
    """Every column of text of the schema, by its name."""
    return {
        f"{table._meta.table_name}.{field.name}": (table, field.column_name)
        for table in TABLES
        for field in table._meta.sorted_fields
        if isinstance(field, CharField | TextField)
    }


def found(said: str) -> set[str]:
    """Return the columns in which *said* stands somewhere, as it is or within JSON."""
    hits = set()
    for name, (table, column) in texts().items():
        sql = f"SELECT {column} FROM {table._meta.table_name}"
        cells = [row[0] or "" for row in db.execute(sql).fetchall()]
        if any(said in cell or json.dumps(said)[1:-1] in cell for cell in cells):
            hits.add(name)
    return hits


def amounts() -> tuple[Any, ...]:
    """All that the books say in numbers."""
    return (
        list(Transfer.select().order_by(Transfer.id).tuples()),
        list(Account.select().order_by(Account.id).tuples()),
        list(Receipt.select().order_by(Receipt.id).tuples()),
        list(Line.select(Line.id, Line.granted, Line.state, Line.household).order_by(Line.id).tuples()),
    )


@pytest.fixture
def lived(world: World) -> Person:
    """Somebody who did all that leaves a name behind, and left the village."""
    me, others = world.villager(0), world.villager(1)
    edited = {"person_id": me.id, "name": NAME, "phone": PHONE, "active": True}
    household.edit_person(**world.by(world.committee[0]), **edited)
    given = {"person_id": me.id, "username": USERNAME, "password": "first-one-1"}
    household.give_sign_in(**world.by(world.committee[0]), **given)
    world.give_points(world.households[0], 100)
    [line] = steps.posted(world, me)
    paper = world.card(me)
    receipt = steps.sold(world, paper, {world.rice: 1})
    reserved = steps.reserve(world, {world.rice: 1}, by=me)
    reservation.cancel(**world.by(me), reservation_id=reserved)
    kin.declare(**world.by(others), relative_id=me.id, relation=f"{NAME}的表妹")
    deed = {"item_id": world.item(14).id, "day": world.today, "quantity": 1, "note": f"{NAME}挑水"}
    blank = photos.Picture(b"a JPEG", "0" * 64, 0, 1, 1)
    reported = report.report(**world.by(me), person_id=me.id, **deed, pictures=[blank])
    own = Line.get(Line.contribution == reported).id
    steps.check(world, [own], passes=False)
    [noticed] = steps.approved(world, others)
    steps.hung(world)
    objection = notice.object_to(**world.by(me), line_id=noticed, text=f"我{NAME}没看见")
    told = {"upheld": False, "reason": f"{NAME}看错了"}
    notice.answer(**world.by(world.supervisor), objection_id=objection, **told)
    complaint.complain(**world.by(me), village_id=world.village, text="店里没人", contact=f"{NAME} {PHONE}")
    proxy.grant(**world.by(others), name=NAME, until=world.today, person_id=me.id)
    sheet = {"village_id": world.village, "item_id": world.item(1).id, "day": world.today, "quantity": 1}
    contribution.record(
        **world.by(world.recorder), **sheet, people=[others.id], note=f"同{NAME}一起，{PHONE}", again=True
    )
    [seen] = steps.check(world, steps.record(world, world.villager(2), code=11))
    against = {"verdict": "refuse", "reason": f"{NAME}说没有"}
    review.decide(**world.by(world.council[0]), line_ids=[seen], **against)
    with pytest.raises(OwnHouseholdNamed):
        related = Person.get_by_id(world.recorder.id)
        kin.declare(**world.by(related), relative_id=me.id, relation="姨妈")
        steps.record(world, me)
    with pytest.raises(PointsError):
        household.give_sign_in(**world.by(world.committee[0]), **(given | {"person_id": others.id}))
    with pytest.raises(PointsError):
        sign_in.sign_in(username=USERNAME, password="nonsense-1", now=world.now)
    Export.create(
        area=world.village, name="people", title="户与人", asked=f"查找：{NAME}", format="csv", count=1,
        made_by=world.committee[0], made_at=world.now,
    )  # fmt: skip
    asked = {"kind": "erase", "words": f"{NAME}要走了", "person_id": me.id}
    data_request.ask(**world.by(world.committee[0]), **asked)
    card.revoke(**world.by(world.committee[0]), card_id=paper.id, reason=f"{NAME}搬走")
    assert receipt and line
    household.edit_person(**world.by(world.committee[0]), **(edited | {"active": False}), **AWAY)
    return Person.get_by_id(me.id)


def granted(world: World) -> int:
    """Let another member of the committee grant the request that waits."""
    request = DataRequest.get(DataRequest.granted.is_null()).id
    answer = {"granted": True, "words": "按本人要求"}
    return data_request.answer(**world.by(world.committee[1]), request_id=request, **answer)


def erase(world: World, by: Person | None = None) -> int:
    return data_request.erase(**world.by(by or world.second_admin), request_id=granted(world))


def test_every_column_of_text_is_either_searched_or_known_to_hold_no_words() -> None:
    searched = {f"{table._meta.table_name}.{name}" for table, names in erasing.WORDS.items() for name in names}
    assert set(texts()) == searched | WORDLESS
    assert not searched & WORDLESS


def test_no_column_tells_who_it_was_and_the_books_add_up(world: World, lived: Person) -> None:
    before = amounts()
    assert {"person.name", "proxy.name", "write_key.refusal", "voice.reason", "objection.text"} <= found(NAME)
    erase(world)
    assert (found(NAME), found(PHONE), found(USERNAME)) == (set(), set(), set())
    assert amounts() == before
    assert list(ledger.audit()) == [] and holding.audit() == []
    after = Person.get_by_id(lived.id)
    assert (after.name, after.initials, after.phone, after.username) == (f"已删除{lived.id}", "", None, None)
    assert after.erased_at == world.now and after.epoch > lived.epoch
    assert PhotoBody.select().count() == 0
    assert Kin.get(Kin.relative == lived).relation == "", "who was related still keeps away"
    assert Complaint.get().raised_by_id is None
    assert Proxy.get(Proxy.person == lived).name == after.name
    assert Objection.get().text == "我某人没看见"
    assert Voice.get(Voice.verdict == "refuse").reason == "某人说没有"
    assert Contribution.get(Contribution.note != "").note == "同某人一起，*"
    of_lines = TransferNote.select().join(Transfer).where(Transfer.cause_type == "line", Transfer.kind == "award")
    assert {note.text for note in of_lines} == {""}


def test_append_only_tables_are_guarded_again(world: World, lived: Person) -> None:
    erase(world)
    for table in (*APPEND_ONLY,):
        if table.select().exists():
            column = table._meta.sorted_fields[-1].column_name
            with pytest.raises(DatabaseError, match="append-only"), db.transaction():
                db.execute(f"UPDATE {table._meta.table_name} SET {column} = {column}")
    assert WriteKey.select().where(WriteKey.action == "data_request.erase").count() == 1


def test_words_stay_where_somebody_else_has_the_name(world: World, lived: Person) -> None:
    namesake = household.add_person(
        **world.by(world.committee[0]), household_id=world.households[3].id, name=NAME, phone=""
    )
    erase(world)
    assert Person.get_by_id(namesake).name == NAME
    assert Person.get_by_id(lived.id).name != NAME
    assert (found(PHONE), found(USERNAME)) == (set(), set())
    assert "proxy.name" not in found(NAME) and "objection.text" in found(NAME)


def test_a_sign_that_means_another_in_a_search_means_itself(world: World, lived: Person) -> None:
    Person.update(name="甲_").where(Person.id == lived.id).execute()
    erase(world)
    assert Contribution.get(Contribution.note != "").note == f"同{NAME}一起，*"


@pytest.mark.parametrize("kept", ["active", "role", "card", "reservation", "line", "objection"])
def test_what_still_runs_is_said(world: World, kept: str) -> None:
    me = world.villager(0)
    if kept == "role":
        me = world.clerk
    asked = {"kind": "erase", "words": "要走了", "person_id": me.id}
    if kept == "card":
        world.card(me)
    if kept == "reservation":
        world.give_points(world.households[0], 50)
        steps.reserve(world, {world.rice: 1}, by=me)
    if kept == "line":
        steps.record(world, me)
    if kept == "objection":
        [noticed] = steps.approved(world, world.villager(1))
        steps.hung(world)
        notice.object_to(**world.by(me), line_id=noticed, text="没看见")
    if kept != "active":
        Person.update(active=False).where(Person.id == me.id).execute()
    data_request.ask(**world.by(world.committee[0]), **asked)
    with pytest.raises(StillInUse) as refused:
        erase(world)
    words = {"active": "登记", "role": "职责", "card": "卡", "reservation": "预约", "line": "申报", "objection": "异议"}
    assert words[kept] in str(refused.value)
    assert Person.get_by_id(me.id).erased_at is None


# --- asking and answering ---------------------------------------------------------------------------------------


def test_a_person_asks_and_another_answers(world: World) -> None:
    me = world.villager(0)
    request = data_request.ask(**world.by(me), kind="correct", words="名字写错了")
    with pytest.raises(RequestWaits):
        data_request.ask(**world.by(me), kind="correct", words="还是不对")
    data_request.ask(**world.by(me), kind="erase", words="不想用了")
    answer = {"request_id": request, "granted": True, "words": "已更正"}
    for actor, error in ((me, NotFound), (world.recorder, NotAllowed), (world.other_committee, NotFound)):
        with pytest.raises(error):
            data_request.answer(**world.by(actor), **answer)
    with pytest.raises(Missing):
        data_request.answer(**world.by(world.committee[0]), **(answer | {"words": ""}))
    data_request.answer(**world.by(world.committee[0]), **answer)
    with pytest.raises(AlreadyDone):
        data_request.answer(**world.by(world.committee[1]), **answer)
    found = DataRequest.get_by_id(request)
    assert (found.granted, found.answer, found.answered_by_id) == (True, "已更正", world.committee[0].id)
    data_request.ask(**world.by(me), kind="correct", words="又错了")


def test_who_enters_it_at_the_desk_does_not_answer_it(world: World) -> None:
    me = world.villager(0)
    asked = {"person_id": me.id, "kind": "correct", "words": "名字写错了"}
    request = data_request.ask(**world.by(world.committee[0]), **asked)
    answer = {"request_id": request, "granted": False, "words": "没有错"}
    with pytest.raises(SamePerson):
        data_request.answer(**world.by(world.committee[0]), **answer)
    kin.declare(**world.by(world.committee[1]), relative_id=me.id, relation="姑妈")
    with pytest.raises(OwnHousehold):
        data_request.answer(**world.by(world.committee[1]), **answer)
    with pytest.raises(OwnHousehold):
        data_request.ask(**world.by(world.committee[1]), **(asked | {"kind": "erase"}))
    with pytest.raises(NotFound):
        data_request.ask(**world.by(world.villager(1)), **asked)
    data_request.answer(**world.by(world.admin), **answer)


def test_only_an_administrator_removes_and_only_what_was_granted(world: World, lived: Person) -> None:
    request = DataRequest.get().id
    with pytest.raises(NotGranted):
        data_request.erase(**world.by(world.admin), request_id=request)
    granted(world)
    with pytest.raises(NotAllowed):
        data_request.erase(**world.by(world.committee[1]), request_id=request)
    given = world.by(world.admin) | {"request_id": request}
    assert data_request.erase(**given) == data_request.erase(**given) == request
    with pytest.raises(PersonErased):
        data_request.erase(**world.by(world.second_admin), request_id=request)
    edited = {"person_id": lived.id, "name": NAME, "phone": "", "active": True}
    with pytest.raises(PersonErased):
        household.edit_person(**world.by(world.committee[0]), **edited)
    with pytest.raises(PersonErased):
        household.give_sign_in(
            **world.by(world.committee[0]), person_id=lived.id, username=USERNAME, password="first-one-1"
        )


def test_photos_hold_no_text() -> None:
    """The only bytes in the schema are pictures, which go with their row."""
    blobs = {table.__name__ for table in TABLES for field in table._meta.sorted_fields if isinstance(field, BlobField)}
    assert blobs == {"PhotoBody"}
