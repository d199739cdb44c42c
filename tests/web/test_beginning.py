"""A village begins from nothing: two administrators from the command line, everything else through pages."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher

from config import Config
from points import create_app, passwords
from points.models.areas import Area
from points.models.people import Card, Household, Person, Role
from points.models.rules import RuleBook
from points.services import staff
from tests.browser import Browser
from tests.world import CARD_KEY, PASSWORD

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


@dataclass
class Site:
    """Browsers on an empty site."""

    url: str

    def __post_init__(self) -> None:
        config = Config(self.url, "a secret key for tests, long enough too", CARD_KEY, "http://points.example", False)
        self.app = create_app(config, now=lambda: NOW)

    def reader(self, username: str, password: str = PASSWORD) -> Browser:
        browser = Browser(self.app, None)  # type: ignore[arg-type]
        answer = browser.submit("/sign-in", username=username, password=password)
        assert answer.status_code == 303, answer.text
        if answer.location == "/me/password":
            browser.submit("/me/password", old=password, new=PASSWORD, again=PASSWORD)
        return browser


def area(browser: Browser, parent: str, kind: str, name: str) -> int:
    answer = browser.submit(f"/areas/{Area.get(Area.name == parent).id}", kind=kind, name=name)
    assert answer.status_code == 303, answer.text
    return int(Area.get(Area.name == name).id)


@pytest.fixture
def site(database: str, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return Site(database)


def test_a_village_begins_from_nothing_through_pages_only(site: Site) -> None:
    for name, username in (("管一", "admin"), ("管二", "admin2")):
        staff.create_admin(name=name, username=username, password=PASSWORD, area_name="清河县", now=NOW)
    admin, second = site.reader("admin"), site.reader("admin2")

    area(admin, "清河县", "township", "云溪镇")
    village = area(admin, "云溪镇", "village", "石桥村")
    lane = area(admin, "石桥村", "lane", "东一巷")
    for people in ("田主任", "江委员", "王秀英\n王大山"):
        answer = admin.submit(f"/villages/{village}/households/new", area_id=lane, address="", people=people)
        assert answer.status_code == 303
    assert [row.number for row in Household.select().order_by(Household.id)] == ["0001", "0002", "0003"]

    people = {person.name: person for person in Person.select()}
    for name in ("田主任", "江委员"):
        answer = admin.submit(f"/areas/{village}/staff/new?q={name}", person_id=people[name].id, kind="committee")
        assert answer.status_code == 303
    for role in Role.select().where(Role.kind == "committee"):
        assert second.submit("/roles", f"/roles/{role.id}/confirm").status_code == 303

    readers = []
    for name, username in (("田主任", "tian"), ("江委员", "jiang")):
        page = admin.submit(f"/people/{people[name].id}/sign-in", username=username).text
        readers.append(site.reader(username, re.search(r"<strong>(.*?)</strong>", page)[1]))  # type: ignore[index]
    printer, giver = readers

    index = f"/villages/{village}/rule-book"
    edit = printer.submit(index, f"/areas/{village}/rule-book/draft").location
    adopt = printer.submit(edit).location
    assert printer.submit(adopt, minutes="村民会议第1号").status_code == 303
    assert RuleBook.get().state == "adopted"

    holder = people["王秀英"]
    assert printer.submit(f"/people/{holder.id}/cards/new").status_code == 200
    answer = giver.submit(f"/cards/{Card.get().id}/hand-over", pin="270416", again="270416")
    assert answer.status_code == 303
    assert "可用" in giver.get(f"/people/{holder.id}").text


def test_an_empty_site_asks_to_sign_in_and_shows_no_trace(site: Site) -> None:
    browser = Browser(site.app, None)  # type: ignore[arg-type]
    for url in ("/areas", "/roles", "/me/kin", "/areas/1", "/people/1", "/households/1"):
        answer = browser.get(url)
        assert answer.status_code == 302 and answer.location.startswith("/sign-in"), url
