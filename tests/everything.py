"""A world in which every table holds a row, some with what is hard to write down; for what reads whole databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from points import db, expiring, fundbook, holding, ledger, stock, summaries
from points.models import (
    TABLES,
    AreaLimit,
    Attendance,
    Barcode,
    CardRun,
    Census,
    CensusChange,
    ChangePerson,
    Complaint,
    Correction,
    CoverMonth,
    DataRequest,
    Expiry,
    ExpiryLine,
    Export,
    FundAccount,
    FundTransfer,
    Goods,
    Holiday,
    Household,
    HouseholdChange,
    Job,
    Kin,
    Loss,
    Motion,
    MotionVoice,
    OpeningHour,
    Paper,
    PassbookPage,
    Person,
    PhoneCode,
    Photo,
    PhotoBody,
    Proxy,
    Receipt,
    ReceiptPrint,
    Refusal,
    Removal,
    Reservation,
    ReservationLine,
    Score,
    Settlement,
    SettlementItem,
    Shift,
    ShiftCount,
    Shop,
    ShopDay,
    Sitting,
    SittingLine,
    SittingMember,
    Stocktake,
    StocktakeLine,
    Till,
    Tries,
    Upload,
    Wish,
    WishVote,
)
from points.models.ledger import AccountType, Kind
from points.services import expiry, redemption, settlement, shop
from tests import steps
from tests.world import World

HARD = '他说："水，电"都好,\r\n第二行\n\\.\n=1+1\t𠮷䶮𬭎 '
"""Quotes, commas, ends of lines, the end mark of COPY, a formula, a tabulator, rare characters, a blank at the end."""
NUMBERS = "".join(chr(code) for code in range(1, 32))


def everything() -> World:
    """Build it."""
    world = World()
    _earn_and_spend(world)
    _deal_with_the_other_village(world)
    _write_down_the_rest(world)
    empty = [table._meta.table_name for table in TABLES if not table.select().exists()]
    assert not empty, empty
    assert drifts() == []
    return world


def drifts() -> list[Any]:
    """Return what all audits name."""
    books = (ledger, stock, holding, expiring, fundbook, settlement, summaries)
    return [drift for book in books for drift in book.audit()]


def _earn_and_spend(world: World) -> None:
    first, *_ = steps.approved(world, *(world.villager(number) for number in range(3)))
    steps.approved(world, world.villager(1), code=2)
    steps.deduct(world, world.villager(2))
    hung = steps.hung(world)
    steps.objection(world, first)
    steps.run_out(world, hung)
    for number in range(4):
        world.give_points(world.households[number], 200)
    papers = [world.card(world.villager(number)) for number in range(2)]
    steps.sold(world, papers[0], {world.rice: 1})
    undone = steps.sold(world, papers[1], {world.rice: 2, world.goods["食盐400g"]: 1})
    redemption.undo(**world.by(world.committee[0]), receipt_id=undone, reason=HARD)
    steps.reserve(world, {world.rice: 1})
    steps.hung_opening(world, {world.households[3]: 40})
    rule = expiry.propose(**world.by(world.committee[0]), village_id=world.village, years=1, minutes=HARD)
    expiry.adopt(**world.by(world.committee[1]), rule_id=rule)
    said = {"objection": HARD, "objected_by": world.villager(3), "objected_at": world.now, "state": "disputed"}
    ExpiryLine.create(expiry=Expiry.get(), household=world.households[3], **said)


def _deal_with_the_other_village(world: World) -> None:
    """Let points and people pass between villages, a shop of the township serve both, and kin live over there."""
    ours, theirs = world.households[1], world.other_household
    world.give_points(theirs, 90)
    stranger = Person.get(Person.household == theirs)
    Person.update(phone="13800000000", username="stranger").where(Person.id == stranger.id).execute()
    van = shop.open_shop(**world.by(world.admin), area_id=world.township, code="YX", name="云溪镇流动车", hours="")
    till = shop.open_till(**world.by(world.admin), shop_id=van)
    soap = Goods.create(shop=van, name="肥皂", unit="块", category="日化", price=5)
    day = world.today
    with db.transaction():
        their, our = (ledger.account(AccountType.HOUSEHOLD, home.id) for home in (theirs, ours))
        hold = ledger.open_account(AccountType.HOLD, theirs.id)
        ticket = Reservation.create(
            shop=van,
            household=theirs,
            person=stranger,
            points=10,
            spoken="123456",
            collect_by=day,
            made_by=stranger,
            made_at=world.now,
        )
        about = {"cause_type": "household", "cause_id": 1, "happened_at": world.now}
        moves = [(Kind.MOVE, their, our, 30), (Kind.HOLD, their, hold, 10)]
        moves.append((Kind.REDEMPTION, our, ledger.account(AccountType.SHOP, van), 5))
        sold = [
            ledger.post(ledger.Posting(world.key(), kind, source, target, points, **about), now=world.now)
            for kind, source, target, points in moves
        ][-1]
    ReservationLine.create(reservation=ticket, goods=soap, name="肥皂", unit="块", price=5, quantity=2)
    shift = Shift.create(till=till, clerk=world.other_clerk, day=day, first_sequence=1, opened_at=world.now)
    receipt = Receipt.create(
        till=Till.get_by_id(till),
        sequence=7,
        number="YX-1-000007",
        household=ours,
        collector=world.villager(1),
        clerk=world.other_clerk,
        shift=shift,
        via="phone",
        pin=True,
        points=5,
        worth_fen=100,
        balance_after=225,
        transfer=sold,
        recorded_at=world.now,
    )
    month = {"shop": van, "village": world.village, "month": "2026-11", "drawn_by": world.committee[0]}
    figures = {"receipts": 1, "points": 5, "undone": 0, "undone_points": 0, "fen": 500, "drawn_at": world.now}
    SettlementItem.create(receipt=receipt, undone=False, settlement=Settlement.create(**month, **figures))
    Kin.create(person=world.villager(), relative=stranger, relation="姑侄", declared_by=stranger, declared_at=world.now)
    change = HouseholdChange.create(
        village=world.other_village,
        kind="move_person",
        source=theirs,
        target=ours,
        points=30,
        reason=HARD,
        day=day,
        proposed_by=world.other_committee,
        proposed_at=world.now,
    )
    ChangePerson.create(change=change, person=world.villager(1))


def _write_down_the_rest(world: World) -> None:
    member, home, now, day = world.council[0], world.households[0], world.now, world.today
    village, line = world.village, 1
    AreaLimit.create(area=world.township, most_points=50, decided_by_id=1, decided_at=now)
    Holiday.create(area=world.township, day=day, name="中秋节")
    Person.update(phone="", initials=HARD[:20], barred_until=day).where(Person.id == world.villager(3).id).execute()
    Household.update(address="").where(Household.id == world.households[2].id).execute()
    Score.create(line=line, judge=member, points=4)
    Attendance.create(line=2, was_there=True, said_at=now)
    Correction.create(line=line, village=village, points=1, reason="多记", made_by=member, made_at=now)
    sitting = Sitting.create(village=village, number=1, day=day, quorum=2, opened_by=member, opened_at=now)
    SittingMember.create(sitting=sitting, person=member, present_at=None)
    SittingLine.create(sitting=sitting, line=line)
    put = {"village": village, "kind": "commend", "household": home, "text": HARD, "period": "2026-11"}
    motion = Motion.create(**put, proposed_by=member, proposed_at=now, voices_needed=3)
    MotionVoice.create(motion=motion, person=member, approves=True, said_at=now)
    seen = {"sha256": "2" * 64, "phash": -(1 << 63), "width": 1, "height": 1, "size": 5}
    photo = Photo.create(
        village=village, subject_type="goods", subject_id=world.rice, **seen, added_by=member, added_at=now
    )
    PhotoBody.create(photo=photo, body=b"\xff\xd8\x00\xff,\r\n")
    Goods.update(photo=photo).where(Goods.id == world.rice).execute()
    Upload.create(village=village, kind="goods", rows="[]", uploaded_by=member, uploaded_at=now)
    Complaint.create(text=HARD, raised_at=now)
    ShopDay.create(shop=world.shop, day=day, area=world.lanes[0], place="村口", opens=540, closes=600)
    OpeningHour.create(shop=world.shop, weekday=0, opens=0, closes=1440, redeems=False)
    ShiftCount.create(shift=Shift.get(), goods_id=world.rice, expected=9, counted=9)
    Barcode.create(goods=world.rice, shop=world.shop, code="6900000000001")
    wish = Wish.create(village=village, name="雨伞", raised_by=member, raised_at=now)
    WishVote.create(wish=wish, household=home, voted_at=now)
    Loss.create(goods=world.rice, quantity=1, reason="破袋", recorded_by=member, recorded_at=now)
    soap = Goods.get(Goods.name == "肥皂")
    Removal.create(source=soap, target=world.rice, quantity=1, moved_by=member, moved_at=now)
    stocktake = Stocktake.create(shop=world.shop, started_by=member, started_at=now)
    StocktakeLine.create(stocktake=stocktake, goods=world.rice)
    Proxy.create(household=home, name="买买提·吐尔逊", until=day, granted_by=member, granted_at=now)
    PhoneCode.create(person=member, step=1, till=world.till, clerk=world.clerk, read_at=now)
    ReceiptPrint.create(receipt=Receipt.get(), number=1, paper="58", printed_by=world.clerk, printed_at=now)
    Refusal.create(till=world.till, clerk=world.clerk, code="WrongPin", values='{"n": "1"}', recorded_at=now)
    FundAccount.create(village=village, type="fund", fen=12_345)
    move = {"kind": "income", "source": "grant", "target": "fund", "fen": 12_345, "day": day}
    FundTransfer.create(village=village, **move, recorded_by=member, recorded_at=now)
    sums = {"outstanding": 1, "fund_fen": 12_345, "stock_fen": 0, "unsettled_fen": 0, "awarded": 1, "redeemed": 1}
    whole = {"seen_on": day, "worth_fen": 100, "income_fen": 12_345, "spent_fen": 0, **sums}
    CoverMonth.insert(village=village, month="2026-09", **whole).on_conflict_ignore().execute()
    made = {"area": village, "title": "积分公示单"}
    Paper.create(**made, token="t", kind="notice", subject_id=1, facts="[]", printed_by=member, printed_at=now)
    Export.create(**made, name="households", format="csv", count=4, made_by=member, made_at=now)
    CardRun.create(village=village, layout="a4", full_names=False, count=1, printed_by=member, printed_at=now)
    page = {"household": home, "number": 1, "after_id": 0, "last_id": 1, "balance": 30}
    PassbookPage.create(**page, printed_by=member, printed_at=now)
    Job.create(kind="archive", given="{}", asked_by=member, asked_at=now, keep_until=now + timedelta(hours=1))
    roster = Census.create(
        village=village, file_name="户.xlsx", cells='[["a", null]]', uploaded_by=member, uploaded_at=now
    )
    CensusChange.create(census=roster, position=1, kind="edit_person", subject_id=1, before=HARD, after=NUMBERS)
    DataRequest.create(person=world.villager(), kind="correct", words="名字写错了", made_by=member, made_at=now)
    Tries.create(channel="till", subject="card:1", failures=2, last_at=now)
    Shop.update(hours=HARD[:40]).where(Shop.id == world.shop).execute()
