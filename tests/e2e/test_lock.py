"""A till locks its screen after a pause, over the page as it is: what was typed there is there when it opens again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from points import demo
from points.models.people import Person
from points.models.shop import Till
from points.services import lock
from tests.e2e.site import Reader, Site

pytestmark = pytest.mark.e2e

PIN = "802735"


@pytest.fixture
def clerk(demo_site: Site, demo_home: demo.Home) -> Reader:
    """The clerk at a desk, with a basket begun; the pause is five minutes, and so are the browser's."""
    demo_site.app.config["LOCK_AFTER"] = 300
    password = demo_home.secrets["DEMO_PASSWORD"]
    lock.set_pin(person=Person.get(Person.username == "clerk"), password=password, pin=PIN, now=demo_site.clock.now)
    reader = demo_site.desk()
    reader.page.clock.install()
    reader.sign_in("clerk", password)
    reader.open(f"/tills/{Till.get().id}").fill(code=demo_home.secrets["DEMO_CARD"]).press("查卡")
    return reader.fill(pin=demo_home.secrets["DEMO_PIN"])


def test_the_screen_locks_over_the_basket_and_opens_with_it(demo_site: Site, clerk: Reader) -> None:
    page = clerk.page
    box = page.locator("dialog.lock")
    page.clock.run_for(200_000)
    page.keyboard.press("Shift")
    page.clock.run_for(200_000)
    expect(box).to_have_count(0)  # somebody was there
    page.clock.run_for(120_000)
    expect(box.locator("[type=password]")).to_be_focused()
    assert page.request.get("/desk", max_redirects=0).status == 303
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(box).to_be_visible()
    expect(box.locator("[type=password]")).to_be_focused()
    page.keyboard.type("000111")
    page.keyboard.press("Enter")
    expect(box).to_contain_text("解锁密码不对")
    clerk.inspect()
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    expect(box).to_have_count(0)
    expect(page.locator("form.basket [name=pin]")).not_to_have_value("")
    assert page.request.get("/desk", max_redirects=0).status == 200


def test_what_was_sent_after_the_server_locked_goes_on(demo_site: Site, clerk: Reader) -> None:
    page = clerk.page
    demo_site.clock.now += timedelta(hours=1)
    page.locator("[data-count]").first.evaluate("field => { field.value = 1; }")
    page.get_by_role("button", name="确认兑换").click()
    clerk.see("还没有办").look()
    page.locator("[name=lock-secret]").fill(PIN)
    page.get_by_role("button", name="解锁，接着办").click()
    clerk.see("取货密码")  # the customer's own secret was not kept
    expect(page.locator("[data-count]").first).to_have_value("1")
