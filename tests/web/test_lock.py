"""A till locks after a pause, wherever its clerk is on the site; a sale that was cut off goes on afterwards, once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from points.models.people import Person
from points.models.receipt import Receipt
from points.services import lock
from tests.browser import Browser, forms_of
from tests.world import PASSWORD, World

PIN = "802735"


@pytest.fixture
def clerk(browser: Browser, world: World) -> Browser:
    browser.sign_in(world.clerk)
    lock.set_pin(person=Person.get_by_id(world.clerk.id), password=PASSWORD, pin=PIN, now=world.now)
    return browser


def test_a_till_in_use_works_all_day(clerk: Browser, world: World) -> None:
    for _ in range(150):
        world.wait(minutes=4)
        assert clerk.get(f"/tills/{world.till}").status_code == 200


def test_after_the_pause_every_page_leads_to_the_lock(clerk: Browser, world: World) -> None:
    till = f"/tills/{world.till}"
    clerk.get(till)
    world.wait(minutes=5)
    for page in (till, "/desk", "/", f"/villages/{world.village}/goods?q=dm", "/nowhere"):
        answer = clerk.get(page)
        assert answer.status_code == 303, page
        assert answer.location.startswith("/lock?next=/"), page
    with clerk.get("/static/site.css") as file:
        assert file.status_code == 200
    page = clerk.get("/lock", next=till)
    assert (page.status_code, "钱店员" in page.text) == (200, True)
    wrong = clerk.submit(f"/lock?next={till}", "/lock", **{"lock-secret": "000111"})
    assert (wrong.status_code, "解锁密码不对" in wrong.text) == (422, True)
    right = clerk.submit(f"/lock?next={till}", "/lock", **{"lock-secret": PIN})
    assert (right.status_code, right.location) == (303, till)
    assert clerk.get(till).status_code == 200


def test_without_a_pin_the_password_opens(browser: Browser, world: World) -> None:
    browser.sign_in(world.clerk)
    world.wait(minutes=6)
    assert "还没有设解锁密码" in browser.get("/lock").text
    assert browser.submit("/lock", **{"lock-secret": PASSWORD}).location == "/desk"


def test_a_button_locks_at_once(clerk: Browser, world: World) -> None:
    till = f"/tills/{world.till}"
    assert clerk.submit(till, "/lock/now").location.startswith("/lock?next=")
    assert clerk.get(till).location == f"/lock?next={till}"


def test_the_lock_leads_to_no_other_site(clerk: Browser, world: World) -> None:
    world.wait(minutes=6)
    for elsewhere in ("//evil.example", "https://evil.example/", "/\\evil.example"):
        answer = clerk.submit("/lock", **{"lock-secret": PIN, "lock-to": elsewhere, "lock-back": elsewhere})
        assert answer.location == "/desk"
        world.wait(minutes=6)


def test_a_referrer_that_is_no_address_leads_to_the_desk(clerk: Browser, world: World) -> None:
    form = next(form for form in clerk.forms(f"/tills/{world.till}") if form.action == "/lock/now")
    answer = clerk.client.post("/lock/now", data=form.values, headers={"Referer": "http://[evil"})
    assert (answer.status_code, answer.location) == (303, "/lock?next=/desk")


def test_sessions_of_others_stay_open(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    world.wait(days=3)
    assert browser.get("/desk").status_code == 200
    assert browser.get("/lock").location == "/desk"
    assert browser.client.post("/lock/now", data={"csrf_token": token(browser)}).status_code == 403
    assert browser.get("/lock/pin").status_code == 403


def token(browser: Browser) -> str:
    return str(browser.forms("/me/password")[0].values["csrf_token"])


def test_signing_out_and_in_is_possible_from_the_lock(clerk: Browser, world: World) -> None:
    world.wait(minutes=6)
    assert clerk.submit("/lock", "/sign-out").location == "/"
    assert clerk.get("/sign-in").status_code == 200
    clerk.sign_in(world.clerk)
    assert clerk.get("/desk").status_code == 200


def test_the_session_is_written_once_a_minute_and_asks_the_database_nothing(
    clerk: Browser, world: World, statements: Callable[[], int]
) -> None:
    clerk.get("/lock/stay")
    for seconds, written in ((30, False), (31, True), (59, False)):
        world.wait(seconds=seconds)
        before = statements()
        answer = clerk.get("/lock/stay")
        assert ("Set-Cookie" in answer.headers) == written
        assert statements() - before == 1  # who is asking


# --- a sale cut off -----------------------------------------------------------------------------------------------


@pytest.fixture
def basket(clerk: Browser, world: World) -> dict[str, str]:
    """Look a card up, fill the basket, and let the pause pass; return what the form would send."""
    world.give_points(world.households[0], 50)
    paper = world.card(world.villager())
    page = clerk.submit(f"/tills/{world.till}", f"/tills/{world.till}/card", code=paper.code)
    [form] = [form for form in forms_of(page.text) if form.action.endswith("/redeem")]
    world.wait(minutes=7)
    return {**form.values, f"goods-{world.goods['食盐400g']}": "1", "pin": paper.pin}


def test_a_sale_that_came_too_late_waits_and_goes_on(clerk: Browser, world: World, basket: dict[str, str]) -> None:
    redeem = f"/tills/{world.till}/redeem"
    late = clerk.client.post(redeem, data=basket)
    assert late.status_code == 423
    assert "还没有办" in late.text
    assert basket["pin"] not in late.text
    assert not Receipt.select().exists()
    [form] = [form for form in forms_of(late.text) if form.action == "/lock"]
    wrong = clerk.post(form, **{"lock-secret": "000111", "go": "1"})
    assert wrong.status_code == 422
    [form] = [form for form in forms_of(wrong.text) if form.action == "/lock"]
    on = clerk.post(form, **{"lock-secret": PIN, "go": "1"})
    assert (on.status_code, on.location) == (307, redeem)
    done = clerk.client.post(on.location, data={**form.values, "lock-secret": PIN, "go": "1"})
    assert done.status_code == 303
    assert clerk.client.post(redeem, data=basket | {"pin": ""}).location == done.location
    assert Receipt.select().count() == 1


def test_a_sale_that_came_too_late_may_be_dropped(clerk: Browser, world: World, basket: dict[str, str]) -> None:
    back = {"Referer": f"http://localhost/tills/{world.till}"}
    late = clerk.client.post(f"/tills/{world.till}/redeem", data=basket, headers=back)
    [form] = [form for form in forms_of(late.text) if form.action == "/lock"]
    answer = clerk.post(form, **{"lock-secret": PIN})
    assert (answer.status_code, answer.location) == (303, f"/tills/{world.till}")
    assert not Receipt.select().exists()


def test_a_pin_is_set_with_the_password(clerk: Browser, world: World) -> None:
    wrong = clerk.submit("/lock/pin", password="guess-guess", pin="190273", again="190273")
    assert wrong.status_code == 422
    assert "两次输入的解锁密码不一样" in clerk.submit("/lock/pin", password=PASSWORD, pin="190273", again="190274").text
    assert "不能连号" in clerk.submit("/lock/pin", password=PASSWORD, pin="123456", again="123456").text
    done = clerk.submit("/lock/pin", password=PASSWORD, pin="190273", again="190273")
    assert (done.status_code, done.location) == (303, "/tills")
    world.wait(minutes=6)
    assert clerk.submit("/lock", **{"lock-secret": "190273"}).status_code == 303
