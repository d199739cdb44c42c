"""Every page of the site, on a phone and at a desk: axe finds nothing, and nothing is wider than its screen.

`PAGES` names for each page that can be asked for who looks at it, in the demo village. A page that is missing fails.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from stdnum.iso7064 import mod_11_10

from points import access, demo, photos, roster, sheets
from points import census as rosters
from points import opening as book
from points.calendar import local_date
from points.models.areas import Area
from points.models.changes import ChangePerson, DataRequest, HouseholdChange
from points.models.contribution import Line, Notice
from points.models.council import Motion, Sitting
from points.models.expiry import Expiry
from points.models.fund import FundTransfer, Settlement
from points.models.goods import Goods
from points.models.jobs import Job
from points.models.ledger import Account
from points.models.opening import OpeningLine
from points.models.paper import Paper
from points.models.people import Household, Person
from points.models.receipt import Receipt
from points.models.rules import RuleBook, RuleItem
from points.models.shop import Shift, Shop, Till
from points.models.stock import Receiving, Stocktake
from points.services import (
    card,
    census,
    change,
    complaint,
    contribution,
    expiry,
    goods,
    household,
    notice,
    opening,
    paper,
    passbook,
    redemption,
    report,
    reservation,
    rule_book,
    stocktake,
    wish,
)
from tests.e2e.site import DESK, PHONE, Site

pytestmark = pytest.mark.e2e

PAGES = {
    "": """public.front public.village public.poster public.goods public.rules boards.red boards.poster complaints.new
        public.lanes papers.check
        shops.poster notices.public notices.show notices.sheets wishes.index session.sign_in
        openings.show openings.sheets expiry.show""",
    "villager": """reservations.new reservations.mine reservations.show reservations.paper
        home.front home.earlier home.mine home.code proxies.mine report.new report.index report.named report.revise
        passbooks.index passbooks.show
        boards.mine complaints.new kin.mine my_data.mine wishes.index session.password
        notices.show notices.object_to openings.show openings.object_to contributions.line counter.receipt
        expiry.show expiry.object_to""",
    "clerk": """reservations.index reservations.picking
        desk.front proxies.at_till cards.lost counter.tills counter.till counter.day counter.receipt counter.paper
        stockroom.index stockroom.movements stockroom.deliveries stockroom.new stockroom.delivery stockroom.losses
        stockroom.lose stockroom.removals stockroom.remove stocktakes.index stocktakes.show stocktakes.sheet
        shifts.sign shifts.show shifts.take shifts.index lock.pin
        shops.index shops.show goods.index goods.new goods.show goods.edit goods.upload
        wishes.demand wishes.buying_list wishes.answer""",
    "steward": """desk.front review.check contributions.new contributions.roll contributions.inspect
        contributions.upload contributions.index contributions.show contributions.line
        households.index households.show cards.waiting cards.hand_over""",
    "council": """desk.front review.decide notices.objections notices.answer openings.answer council.sitting
        council.motion expiry.answer""",
    "committee": """jobs.show proxies.of_household fund.index fund.cover fund.commit fund.commitment fund.release
        settlements.index settlements.show settlements.sheet boards.of_household desk.front desk.village papers.village
        packet.show passbooks.many
        openings.index openings.new openings.type_in openings.preview openings.hang expiry.index
        notices.index notices.hang notices.slip contributions.put_right contributions.preview areas.settings shops.new
        shops.edit shops.week
        changes.index changes.new changes.show my_data.of_person my_data.requests my_data.answer
        census.index census.columns census.show
        households.new households.edit households.add_person households.person households.give_sign_in kin.of_person
        reservations.at_desk cards.print_card cards.choose cards.run cards.reset_pin
        council.sittings council.motions council.propose
        rule_book.index rule_book.show rule_book.edit rule_book.adopt
        rule_book.upload rule_book.preview rule_book.cost goods.preview""",
    "township": """desk.front complaints.index complaints.answer review.decide notices.objections staff.waiting
        areas.limits areas.holidays rule_book.templates""",
    "admin": """lists.index archives.new desk.front areas.index areas.show areas.rename staff.index staff.grant
        staff.add_person summary.show""",
}
NO_PAGES = {  # files, data, two ways back to the till
    "static", "photos.show", "public.robots", "contributions.search", "contributions.teams",
    "contributions.example", "rule_book.sheet", "counter.again", "counter.back",
    "counter.goods", "lock.show", "lock.stay", "reservations.goods", "reservations.back", "reservations.again",
    "goods.picture", "goods.sheet", "jobs.file", "census.problems", "openings.example",
    "expiry.line",
}  # fmt: skip


def test_the_table_names_every_page(demo_site: Site) -> None:
    asked = {rule.endpoint for rule in demo_site.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert asked - NO_PAGES == {page for pages in PAGES.values() for page in pages.split()}


ROUNDS = [
    pytest.param(username, pages.split()[at : at + 20], id=f"{username or 'nobody'}-{at}")
    for username, pages in PAGES.items()
    for at in range(0, len(pages.split()), 20)
]


@pytest.mark.parametrize(("username", "pages"), ROUNDS)
def test_pages_fit_and_axe_finds_nothing(
    demo_site: Site, demo_home: demo.Home, username: str, pages: list[str]
) -> None:
    ids = leave_work(demo_site)
    reader = demo_site.phone()
    if username:
        reader.sign_in(username, demo_home.secrets["DEMO_PASSWORD"])
    adapter = demo_site.app.url_map.bind("")
    for page in pages:
        rule = next(rule for rule in demo_site.app.url_map.iter_rules(page) if "GET" in (rule.methods or ()))
        special = {name: ids[f"{page}.{name}"] for name in rule.arguments if f"{page}.{name}" in ids}
        reader.page.set_viewport_size(PHONE["viewport"])
        reader.open(adapter.build(page, {name: ids[name] for name in rule.arguments} | special))
        assert reader.status == 200, (page, reader.status)
        reader.page.set_viewport_size(DESK["viewport"])
        reader.look()


def test_errors_have_pages_too(demo_site: Site, demo_home: demo.Home) -> None:
    password = demo_home.secrets["DEMO_PASSWORD"]
    for reader in (demo_site.phone(), demo_site.desk()):
        reader.open("/nowhere").see("没有找到这个页面")
        assert reader.status == 404
        reader.open("/sign-in").fill(username="clerk", password="wrong-password").submit().see("用户名或密码不对")
        assert reader.status == 422
        reader.sign_in("clerk", password).open("/check").see("您的职责不包括这一步")
        assert reader.status == 403
        reader.open("/households/1").see("您的职责不包括这一步")
        till = Till.select().order_by(Till.id).first()
        reader.open(f"/tills/{till.id}").fill(code="123456789012").submit().see("看错了一位")
        assert reader.status == 422
        reader.fill(code="12345678901" + mod_11_10.calc_check_digit("12345678901")).submit().see("没有这张卡")
        assert reader.status == 409


def test_a_villagers_first_visit_is_light(demo_site: Site, demo_home: demo.Home) -> None:
    phone = demo_site.phone()
    network = phone.page.context.new_cdp_session(phone.page)
    network.send("Network.enable")
    sizes: list[float] = []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    phone.scripts = False  # axe would not weigh, but would wait
    phone.sign_in("villager", demo_home.secrets["DEMO_PASSWORD"]).see("积分明细")
    phone.page.wait_for_load_state("networkidle")
    assert 10_000 < sum(sizes) <= 60 * 1024, f"{sum(sizes):,.0f} bytes in {len(sizes)} answers"


def leave_work(site: Site) -> dict[str, int]:
    """Leave something to look at on every page: a card to hand over, a draft, an open objection; return the ids."""
    holder, committee = (Person.get(Person.username == name) for name in ("villager", "committee"))
    village = access.village_of(holder.area_id)

    def by(actor: Person) -> dict[str, object]:
        return {"key": uuid4().hex, "actor": actor, "now": site.clock.now}

    apart = {holder.household_id, *access.related_households(committee)}
    stranger = Person.get(Person.household.not_in(list(apart)), Person.active, Person.area.in_(access.below(village)))
    running = Notice.get(Notice.state == "hung", Notice.village == village, Notice.closes_at > site.clock.now)
    noticed = Line.get(Line.state == "noticed", Line.notice == running)
    posted = Line.get(Line.state == "posted", Line.village == village, Line.household == holder.household_id)
    till = Till.get(Till.shop == Shop.get(Shop.area == village))
    shelved = Goods.select().where(Goods.shop == till.shop_id, ~Goods.hidden).order_by(Goods.price).first()
    draft = rule_book.start_draft(**by(committee), area_id=village)
    rows = [[site.clock.now.date(), 11, None, holder.name, 1, ""], ["昨天", "跳舞", "9999", "王某", "两", ""]]
    sheet = sheets.write("记录", roster.HEADS, rows)
    fresh = {"area_id": holder.area_id, "number": "9999", "address": "", "people": ["王新户"]}
    newest = household.open_household(**by(committee), **fresh)
    past = household.open_household(**by(committee), **fresh | {"number": "9998"})
    joins = {"kind": "merge", "target_id": holder.household_id, "reason": "随女儿住", "day": local_date(site.clock.now)}
    adopted = RuleBook.get(RuleBook.area == village, RuleBook.state == "adopted")
    item = RuleItem.get(RuleItem.book == adopted, RuleItem.code == 14)
    act = {"person_id": holder.id, "item_id": item.id, "day": local_date(site.clock.now), "quantity": 1, "note": "挑水"}
    returned = report.report(**by(holder), **act, pictures=[], again=True)
    Line.update(state="returned", refusal="看不清是哪里").where(Line.contribution == returned).execute()
    Stocktake.update(state="dropped").where(Stocktake.shop == till.shop_id, Stocktake.state == "counted").execute()
    sold = Receipt.get(Receipt.household == holder.household_id)
    redemption.print_receipt(**by(holder), receipt_id=sold.id, paper="58")
    rules = {"kind": "rules", "subject_id": village, "area_id": village, "title": "细则", "facts": [("项目数", 24)]}
    return {
        "village_id": village,
        "commitment_id": FundTransfer.get(FundTransfer.village == village, FundTransfer.kind == "commit").id,
        "settlement_id": Settlement.get(Settlement.village == village, Settlement.state == "drawn").id,
        "complaint_id": complaint.complain(**by(holder), village_id=village, text="店里没人", contact=""),
        "sitting_id": Sitting.get(Sitting.village == village, Sitting.state == "open").id,
        "motion_id": Motion.get(Motion.village == village, Motion.state == "open").id,
        "area_id": Area.get(Area.kind == "township").id,
        "my_data.requests.area_id": village,
        "household_id": holder.household_id,
        "kind": "split",
        "home.earlier.household_id": take_up(past, holder, committee, site),
        "change_id": change.propose(**by(Person.get(Person.username == "admin")), household_id=newest, **joins),
        "request_id": DataRequest.get(DataRequest.person == holder, DataRequest.granted.is_null()).id,
        "person_id": holder.id,
        "card_id": card.print_card(**by(committee), person_id=holder.id),
        "job_id": Job.create(
            kind="archive",
            given="{}",
            state="running",
            asked_by=committee,
            asked_at=site.clock.now,
            begun_at=site.clock.now,
            keep_until=site.clock.now,
        ).id,
        "run_id": card.print_run(
            **by(committee),
            village_id=village,
            person_ids=[stranger.id],
            layout="a4",
            full_names=False,
            again=True,
        ),
        "line_id": posted.id,
        "notices.object_to.line_id": noticed.id,
        "report.revise.line_id": Line.get(Line.contribution == returned).id,
        "contribution_id": posted.contribution_id,
        "notice_id": running.id,
        "notices.hang.notice_id": notice.open_notice(**by(committee), village_id=village),
        "objection_id": notice.object_to(**by(holder), line_id=noticed.id, text="那天没看见他"),
        "till_id": till.id,
        "shift_id": Shift.get(Shift.till == till).id,
        "shifts.take.shift_id": Shift.create(
            till=till,
            clerk=committee,
            next_clerk=Person.get(Person.username == "clerk"),
            day=local_date(site.clock.now),
            first_sequence=till.sequence + 1,
            opened_at=site.clock.now,
            closed_at=site.clock.now,
            counted_fen=0,
            **dict.fromkeys(("redemptions", "points", "cash_fen", "undone", "refused"), 0),
        ).id,
        "reservation_id": reservation.reserve(
            **by(holder),
            shop_id=till.shop_id,
            household_id=holder.household_id,
            person_id=holder.id,
            basket=[[shelved.id, 1, shelved.price]],
            collect_by=local_date(site.clock.now),
        ),
        "receipt_id": sold.id,
        "page_id": passbook.print_page(**by(holder), household_id=holder.household_id),
        "shop_id": till.shop_id,
        "goods_id": Goods.get(Goods.shop == till.shop_id).id,
        "token": Paper.get_by_id(paper.issue(**by(committee), **rules)).token,
        "wish_id": wish.wish(**by(holder), village_id=village, name="手电筒"),
        "goods.preview.upload_id": goods.upload(
            **by(committee),
            shop_id=till.shop_id,
            file_name="货.xlsx",
            given=[
                {"name": shelved.name, "price": shelved.price + 1},
                {"name": "洗脸盆", "unit": "个", "category": "日化", "price": 9},
            ],
        ),
        "receiving_id": Receiving.get(Receiving.shop == till.shop_id).id,
        "stocktake_id": stocktake.start(**by(committee), shop_id=till.shop_id),
        "census_id": leave_census(committee, village, site.clock.now),
        "book_id": draft,
        "contributions.preview.upload_id": contribution.upload(
            **by(committee), village_id=village, file_name="十一月.xlsx", rows=roster.read(sheet)
        ),
        **leave_openings(by, committee, village),
        **leave_expiry(by, committee, village, holder),
        "upload_id": rule_book.upload(
            **by(committee), book_id=draft, file_name="细则.xlsx", items=rule_book.default_items()[1:]
        ),
    }


def leave_openings(by: Callable[[Person], dict[str, Any]], committee: Person, village: int) -> dict[str, int]:
    """Leave an opening with an objection and an answer, one that waits, and a sheet that is being read."""
    here = Household.select().where(Household.village == village, Household.active)
    homes = list(here.order_by(Household.id).limit(9))
    second = Person.get(Person.username == "township")
    read = {"village_id": village, "file_name": "旧积分本.xlsx"}
    signed = {"source": "旧积分本", "signers": "赵书记、李会计", "days": 5, "points": 120}
    page = [photos.Picture(b"a JPEG", "5" * 64, 0, 1, 1)]

    def upload(*households: Household) -> int:
        rows = book.typed({home.number: "40" for home in households})
        return opening.upload(**by(committee), **read, rows=rows)

    hung, waits = (
        opening.propose(**by(committee), **signed, upload_id=upload(*three), pictures=page)
        for three in (homes[:3], homes[3:6])
    )
    opening.hang(**by(second), opening_id=hung, points=120)
    first, disputed, _last = OpeningLine.select().where(OpeningLine.opening == hung).order_by(OpeningLine.position)
    opening.object_to(**by(second), line_id=disputed.id, text="旧本子上是 30 分")
    return {
        "opening_id": hung,
        "openings.hang.opening_id": waits,
        "openings.answer.line_id": disputed.id,
        "openings.object_to.line_id": first.id,
        "openings.preview.upload_id": upload(*homes[6:]),
    }


def leave_expiry(
    by: Callable[[Person], dict[str, Any]], committee: Person, village: int, holder: Person
) -> dict[str, int]:
    """Leave a year-end whose list is public today, with an objection that waits."""
    rule = expiry.propose(**by(committee), village_id=village, years=0, minutes="村民会议第9号")
    expiry.adopt(**by(Person.get(Person.username == "township")), rule_id=rule)
    Expiry.update(warns_at=by(committee)["now"]).where(Expiry.rule == rule).execute()
    year = Expiry.get(Expiry.rule == rule)
    has_points = Account.select(Account.owner_id).where(Account.type == "household", Account.balance > 0)
    others = Household.select().where(Household.village == village, Household.id.in_(has_points))
    other = others.where(Household.id != holder.household_id).order_by(Household.id).first()
    about = {"expiry_id": year.id, "household_id": other.id, "text": "少算了十月的清洁户"}
    return {
        "expiry_id": year.id,
        "expiry.answer.line_id": expiry.object_to(**by(holder), **about),
    }


def take_up(household_id: int, member: Person, by: Person, site: Site) -> int:
    """Let the member's household have taken up another, from which the member came; return its id."""
    Household.update(active=False, merged_into=member.household_id).where(Household.id == household_id).execute()
    told = {"kind": "merge", "state": "done", "reason": "随女儿住", "day": local_date(site.clock.now)}
    sides = {"village": access.village_of(member.area_id), "source": household_id, "target": member.household_id}
    hands = {"proposed_by": by, "decided_by": member, "proposed_at": site.clock.now, "decided_at": site.clock.now}
    made = HouseholdChange.create(**told, **sides, **hands)
    ChangePerson.create(change=made, person=member)
    return household_id


def leave_census(committee: Person, village: int, now: datetime) -> int:
    """Leave a previewed roster with a new household, a changed phone and a problem; return its id."""
    heads = ["户号", "姓名", "与户主关系", "街巷", "电话"]
    rows = [["9901", "欧阳" * 20, "户主", "", "13900000001"], ["9902", "12345", "户主", "", "1.38E+10"]]
    read = rosters.read(sheets.write("户名册", heads, rows))
    mapping = rosters.guess(read, village)
    by = {"actor": committee, "now": now}
    given = {"file_name": "户名册.xlsx", "cells": read.dump(), "mapping": mapping.dump(read.heads)}
    census_id = census.keep(key=uuid4().hex, **by, village_id=village, **given)
    plan = rosters.plan(read, mapping, village_id=village, actor=committee)
    found = {"preview": json.dumps(rosters.items(plan, village)), "counts": json.dumps(rosters.counts(plan))}
    return census.preview(key=uuid4().hex, **by, census_id=census_id, mapping=given["mapping"], **found)
