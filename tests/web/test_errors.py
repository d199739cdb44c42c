"""Error pages: a sentence in Chinese, a way on, never a trace."""

import pytest

from tests.browser import Browser
from tests.world import World

BEYOND = 10**30  # larger than any database's integer


@pytest.mark.parametrize("path", [f"/households/{BEYOND}", f"/lines/{BEYOND}", f"/receipts/{BEYOND}", "/nowhere"])
def test_what_cannot_exist_is_not_found(browser: Browser, world: World, path: str) -> None:
    answer = browser.sign_in(world.committee[0]).get(path)
    assert answer.status_code == 404
    assert "没有找到" in answer.text


def test_an_expired_form_says_what_to_do(browser: Browser) -> None:
    answer = browser.client.post("/sign-in", data={"username": "x", "password": "y"})
    assert answer.status_code == 400
    assert "刷新" in answer.text


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
