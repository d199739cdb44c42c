"""In the demo village: a night patrol, recorded on a phone, becomes goods at the counter, on a card printed there."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from points import access, demo, ledger
from points.models.contribution import Line
from points.models.goods import Goods
from points.models.ledger import AccountType
from points.models.people import Person, Role
from points.models.shop import Till
from tests.e2e.site import Camera, Reader, Site

pytestmark = pytest.mark.e2e

PIN = "270416"


def test_a_patrol_becomes_goods(demo_site: Site, demo_home: demo.Home, camera: Camera) -> None:
    password = demo_home.secrets["DEMO_PASSWORD"]
    committee, steward = (demo_site.desk().sign_in(name, password) for name in ("committee", "steward"))
    holder = Person.get(Person.username == "villager")
    villager = demo_site.phone().sign_in("villager", password)
    before = balance(holder)
    villager.open("/home").see(f"{before} 积分")

    record(demo_site.phone().sign_in("committee", password), holder)
    steward.open("/check").press("通过").see("已通过初审")
    for member in council(demo_site, password):
        member.open("/decide").press("同意").see("表示同意")
    committee.open("/desk").press("公示管理").press("集中成一期").press("确认已张贴").press("已经贴好")
    villager.open("/home").see("公示中")
    demo_site.wait(days=6)
    after = before + posted_since(demo_site.clock.now - timedelta(days=6), holder)
    assert after >= before + 10
    villager.open("/home").see(f"{after} 积分").see("第").see("记录")

    committee.open(f"/people/{holder.id}").press("印一张卡").press("印卡")
    camera.show(committee.page.locator(".card").screenshot())
    steward.open(f"/people/{holder.id}").press("发卡").fill(pin=PIN, again=PIN).submit().see("已发到")
    salt = Goods.get(Goods.name == "食盐400g")
    clerk = demo_site.desk().sign_in("clerk", password)  # only now: a clerk's session locks after a pause
    clerk.open(f"/tills/{Till.get(Till.shop == salt.shop_id).id}").press("用摄像头扫").see(holder.name)
    clerk.page.locator("[data-find]").fill("sy")
    clerk.page.locator("[data-line]", has_text=salt.name).locator("[data-step='1']").click()
    clerk.fill(pin=PIN).submit().see("积分兑换凭证").see("已验密码")
    villager.open("/home").see(f"{after - salt.price} 积分").see("食盐400g × 1")


def posted_since(moment: datetime, person: Person) -> int:
    """Return the points that came to the person's household; the demo had more of its lines under way."""
    posted = (Line.household == person.household_id) & (Line.state == "posted") & (Line.effect == "points")
    return sum(line.granted for line in Line.select().where(posted, Line.posted_at >= moment))


def balance(person: Person) -> int:
    return ledger.balance(ledger.account(AccountType.HOUSEHOLD, person.household_id))


def record(phone: Reader, holder: Person) -> None:
    """Record a patrol of the card's holder and three neighbours, found by their initials."""
    phone.open(f"/villages/{holder.household.village_id}/contributions/new").fill(item_id="义务巡逻")
    for person in [holder, *neighbours(holder)]:
        phone.choose_person(f"{person.initials} {person.household.number}", person.name)
    phone.submit().see("已记下 4 人")


def neighbours(holder: Person) -> list[Person]:
    """Return three people of other households of the lane, none of them staff."""
    busy = Role.select(Role.person)
    staffed = Person.select(Person.household).where(Person.id.in_(busy), Person.household.is_null(False))
    found: dict[int, Person] = {}
    for person in Person.select().where(Person.area == holder.area_id, Person.household.not_in(staffed)):
        if person.household_id != holder.household_id:
            found.setdefault(person.household_id, person)
    return list(found.values())[:3]


def council(site: Site, password: str) -> list[Reader]:
    """Return the three voices that a decision needs: one has a sign-in, two are given theirs."""
    admin = site.desk().sign_in("admin", password)
    held = Role.select(Role.person).where(Role.kind == "council", Role.area == access.village_of(village_area()))
    members = [Person.get_by_id(row.person_id) for row in held]
    readers = [site.phone().sign_in("council", password)]
    for number, member in enumerate([member for member in members if member.username is None][:2]):
        temporary = admin.give_sign_in(member.id, f"council{number}")
        readers.append(site.phone().sign_in(f"council{number}", temporary, chooses=password + "-own"))
    return readers


def village_area() -> int:
    return int(Person.get(Person.username == "council").area_id)
