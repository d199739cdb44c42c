"""A browser without scripts: it signs in through the form and sends forms as a page shows them, hidden fields included.

def test_a_page(browser, world):
    browser.sign_in(world.recorder)
    answer = browser.submit("/villages/1/things/new", name="x")     # fills and sends the form on that page
    assert answer.status_code == 303
"""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from config import Config
from points import codes, create_app, db
from points.models.people import Person
from tests.world import CARD_KEY, PASSWORD, World


class Browser:
    """One reader at one machine; `another` opens a second."""

    def __init__(self, app: Flask, world: World) -> None:
        self.app, self.world = app, world
        self.client = app.test_client()

    def another(self) -> Browser:
        """Open a fresh browser on the same site."""
        return Browser(self.app, self.world)

    def sign_in(self, person: Person) -> Browser:
        """Sign in as *person* through the form."""
        answer = self.submit("/sign-in", username=self.world.username(person), password=PASSWORD)
        assert answer.status_code == 303, answer.text
        return self

    def get(self, url: str, **query: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(url, query_string=query or None)

    def forms(self, url: str) -> list[Form]:
        """Return the POST forms of a page, in order."""
        answer = self.client.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        return forms_of(answer.text, url)

    def submit(self, url: str, action: str | None = None, **fields: Any) -> TestResponse:
        """Fill and send the form of the page *url* that posts to *action* (default: to the page itself).

        What a page filled in stays; *fields* replace it, None leaves one out. A name with a dash: ``**{"goods-1": 2}``.
        """
        wanted = action or url
        found = [form for form in self.forms(url) if form.action.split("?")[0] == wanted.split("?")[0]]
        assert found, f"{url} has no form that posts to {wanted}"
        return self.post(found[0], **fields)

    def post(self, form: Form, **fields: Any) -> TestResponse:
        """Send a form, with *fields* in place of what it holds."""
        values = {**form.values, **fields}
        return self.client.post(form.action, data={name: value for name, value in values.items() if value is not None})


class Form:
    """A form as the page holds it: where it posts, and the values that would be sent."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.values: dict[str, Any] = {}

    def take(self, name: str, value: str) -> None:
        """Add a value; a name that comes again makes a list."""
        if name in self.values:
            before = self.values[name]
            self.values[name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            self.values[name] = value


def forms_of(html: str, url: str = "") -> list[Form]:
    """Return the POST forms in *html*."""
    reader = _Reader(url)
    reader.feed(html)
    return reader.forms


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self.form: Form | None = None
        self.name: str | None = None  # of the textarea or select that is open
        self.text = ""
        self.options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.form = Form(given.get("action") or self.url) if (given.get("method") or "").lower() == "post" else None
            if self.form:
                self.forms.append(self.form)
        if self.form is None:
            return
        name, value = given.get("name"), given.get("value")
        if tag == "input" and name:
            ticked = given.get("type") in ("checkbox", "radio")
            if given.get("type") != "file" and (not ticked or "checked" in given):
                self.form.take(name, value or ("y" if ticked else ""))
        elif tag in ("textarea", "select") and name:
            self.name, self.text, self.options = name, "", []
        elif tag == "option":
            self.options.append((value or "", "selected" in given))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "textarea" and self.form and self.name:
            self.form.take(self.name, self.text.removeprefix("\r\n").removeprefix("\n"))
            self.name = None
        elif tag == "select" and self.form and self.name:
            chosen = [value for value, selected in self.options if selected] or [value for value, _ in self.options[:1]]
            for value in chosen:
                self.form.take(self.name, value)
            self.name = None

    def handle_data(self, data: str) -> None:
        if self.name:
            self.text += data


@pytest.fixture(scope="session")
def site() -> Flask:
    """The site, built once: that takes longer than most tests. What it remembers goes with each test."""
    config = Config(
        database_url="sqlite:///",
        secret_key="a secret key for tests, long enough too",
        card_key=CARD_KEY,
        site_address="http://points.example",
        secure_cookies=False,
    )
    made = create_app(config)
    made.config["TESTING"] = True
    db.database.initialize(None)
    return made


@pytest.fixture
def app(site: Flask, world: World, database: str, tmp_path: Path) -> Iterator[Flask]:
    """The site over the small world; its clock is the world's."""
    built = dict(site.config)
    site.config.update(NOW=lambda: world.now, SPOOL=str(tmp_path / "spool"))
    codes.use_key(CARD_KEY)
    yield site
    site.config.clear()
    site.config.update(built)
    site.extensions["pages"].clear()


@pytest.fixture
def browser(app: Flask, world: World) -> Browser:
    """A browser on the site, nobody signed in."""
    return Browser(app, world)
