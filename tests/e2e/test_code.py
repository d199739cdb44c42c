"""The code that a phone shows at the counter renews itself, and says when it cannot."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from points import demo
from tests.e2e.site import Site

pytestmark = pytest.mark.e2e


def test_a_phones_code_renews_itself_and_says_when_it_cannot(demo_site: Site, demo_home: demo.Home) -> None:
    phone = demo_site.phone().sign_in("villager", demo_home.secrets["DEMO_PASSWORD"])
    page = phone.page
    page.clock.install()
    phone.open("/me/code").see("秒后换新码")
    drawing = page.locator(".code__qr path").nth(1)
    first = drawing.get_attribute("d") or ""

    demo_site.clock.now += timedelta(seconds=30)
    page.clock.fast_forward(31_000)
    expect(drawing).not_to_have_attribute("d", first)
    phone.see("秒后换新码")

    phone.expects_trouble = True
    page.context.set_offline(True)
    page.clock.fast_forward(31_000)
    phone.see("这个码可能过期了")
    page.context.set_offline(False)
    page.clock.fast_forward(4_000)
    phone.miss("这个码可能过期了").see("秒后换新码")


def test_without_scripts_the_code_asks_for_itself_anew(demo_site: Site, demo_home: demo.Home) -> None:
    phone = demo_site.phone(java_script_enabled=False).sign_in("villager", demo_home.secrets["DEMO_PASSWORD"])
    phone.open("/me/code").see("换一个新码")
    demo_site.clock.now += timedelta(seconds=30)
    drawing = phone.page.locator(".code__qr path").nth(1)
    first = drawing.get_attribute("d") or ""
    phone.press("换一个新码")
    expect(drawing).not_to_have_attribute("d", first)
