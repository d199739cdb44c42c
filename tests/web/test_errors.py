"""Error pages: a sentence in Chinese, a way on, never a trace."""

from urllib.parse import urlencode

import pytest

from tests.browser import Browser
from tests.world import PASSWORD, World

BEYOND = 10**30  # larger than any database's integer


@pytest.mark.parametrize("path", [f"/households/{BEYOND}", f"/lines/{BEYOND}", f"/receipts/{BEYOND}", "/nowhere"])
def test_what_cannot_exist_is_not_found(browser: Browser, world: World, path: str) -> None:
    answer = browser.sign_in(world.committee[0]).get(path)
    assert answer.status_code == 404
    assert "没有找到" in answer.text


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\t/evil.example", "/\\evil.example", "/\n", "https://evil.example"]
)
def test_signing_in_leads_to_no_other_site(browser: Browser, world: World, path: str) -> None:
    form = browser.forms("/sign-in")[0]
    form.action = f"/sign-in?{urlencode({'next': path})}"
    answer = browser.post(form, username=world.username(world.recorder), password=PASSWORD)
    assert (answer.status_code, answer.location) == (303, "/desk")


def test_an_expired_form_says_what_to_do(browser: Browser) -> None:
    answer = browser.client.post("/sign-in", data={"username": "x", "password": "y"})
    assert answer.status_code == 400
    assert "刷新" in answer.text


def test_a_form_says_in_plain_words_what_to_put_right(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    page = browser.submit(f"/villages/{world.village}/fund", yuan="", voucher="甲" * 61).text
    assert "请填写。" in page and "最多写 60 个字。" in page and "字段" not in page


def test_an_unexpected_fault_shows_a_sentence_and_no_trace(
    browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("points.queries.public.villages", broken)
    answer = browser.get("/")
    assert answer.status_code == 500
    assert "系统出错了" in answer.text
    assert "secret detail" not in answer.text
