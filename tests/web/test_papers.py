"""Sheets to print: what they say, and what their QR leads to."""

from __future__ import annotations

from points import pdf
from points.models.paper import Paper
from tests.browser import Browser
from tests.tools import codes, press, words
from tests.world import World


def test_a_poster_says_what_the_page_says_and_its_code_leads_to_what_it_said(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    answer = press(browser, f"/papers/rules/{world.village}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    said = words(answer.data)
    assert "石桥村积分细则" in said and "义务巡逻" in said and "第 1 页，共" in said
    (address, *_rest) = codes(answer.data)
    assert address.endswith(f"/check/{Paper.get().token}")
    page = browser.another().client.get(address[address.index("/check/") :])
    assert page.status_code == 200 and "一样" in page.text and "石桥村" in page.text


def test_the_same_key_prints_the_same_paper(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    for _again in range(2):
        assert press(browser, f"/papers/rules/{world.village}", key="one-key-for-both").status_code == 200
    assert Paper.select().count() == 1


def test_a_character_that_no_font_has_is_told_and_never_an_empty_box() -> None:
    assert pdf.missing("王秀英𠮷䶮𬭎·㑇") == ""
    assert pdf.missing("甲\ue000乙") == "\ue000"
