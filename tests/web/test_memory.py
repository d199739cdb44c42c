"""What a worker keeps in memory between requests is bounded: the oldest goes, and all works as before."""

import sys
from functools import lru_cache
from inspect import signature

import pytest

from points import db
from points.web import frame, lists, session
from tests.browser import Browser
from tests.world import World

CACHED = type(lru_cache(print))


def look_twice(browser: Browser, world: World) -> None:
    """Let three villagers come, and look at their pages twice."""
    for number in range(3):
        villager = browser.another().sign_in(world.villager(number))
        for _ in range(2):
            assert world.households[number].number in villager.get("/home").text


def test_pages(browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "MOST_PAGES", 2)
    look_twice(browser, world)
    assert len(browser.app.extensions["pages"]) == 2


def test_cookies_and_tokens(browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MOST_REMEMBERED", 2)
    look_twice(browser, world)
    assert len(browser.app.session_interface._opened) == 2  # type: ignore[attr-defined]
    assert len(session._tokens) == 2


def test_who_brings_no_cookie_is_not_remembered(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_tokens", {})
    assert 'name="csrf_token"' in browser.get("/sign-in").text
    assert not session._tokens
    browser.get("/sign-in")
    assert len(session._tokens) == 1


def test_addresses(browser: Browser, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "_MOST", 3)
    monkeypatch.setattr(frame, "_addresses", {})
    look_twice(browser, world)
    assert len(frame._addresses) == 3


@pytest.mark.parametrize("databases", ["postgresql"], indirect=True)  # sqlite3 bounds its own
def test_prepared_statements(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("points.postgresql.MOST_PREPARED", 3)
    for number in range(8):
        assert db.execute(f"SELECT {number} + CAST(? AS bigint)", (1,)).fetchone() == (number + 1,)
        assert len(db.database.obj._state.prepared) <= 3


def test_answers_of_functions(browser: Browser) -> None:
    lists.registry()
    endless = [
        f"{name}.{function.__name__}"
        for name, module in sys.modules.items()
        if name.startswith("points.") and not name.startswith("points.county")  # which fills a database and ends
        for function in vars(module).values()
        if type(function) is CACHED and function.cache_parameters()["maxsize"] is None
        if signature(function).parameters
    ]
    assert not endless
