"""A real Chromium in front of the real site, with a clock that a test moves and a camera that shows what it is given.

    steward = site.phone().sign_in("steward", PASSWORD)
    steward.open("/villages/1/contributions/new").fill(quantity=2).press("记下")

Any complaint of the browser (a script error, a breach of the content policy), any answer of 500 or more and any finding
of axe fails the test in which it came up.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Response, expect
from werkzeug.serving import make_server

from config import Config
from points import create_app, db
from points.services import tick
from points.web import jobs

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SECRET = "a secret key for tests, long enough for all of them"
AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESK = {"viewport": {"width": 1280, "height": 800}}
PATIENCE_MS = 20_000

expect.set_options(timeout=PATIENCE_MS)


# --- the camera -------------------------------------------------------------------------------------------------------


class Camera:
    """What Chromium's camera sees: one still picture, taken anew each time a page opens the camera."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "camera.mjpeg"
        self._film(Image.new("RGB", (1280, 720), "white"))

    def show(self, png: bytes) -> None:
        """Hold a picture before the camera, on a dark table."""
        picture = Image.open(io.BytesIO(png)).convert("RGB")
        picture.thumbnail((1000, 640))
        table = Image.new("RGB", (1280, 720), "#5b5148")
        table.paste(picture, ((1280 - picture.width) // 2, (720 - picture.height) // 2))
        self._film(table)

    def _film(self, still: Image.Image) -> None:
        frame = io.BytesIO()
        still.save(frame, "JPEG", quality=90)
        self.file.write_bytes(frame.getvalue() * 4)


# --- the site ---------------------------------------------------------------------------------------------------------


@dataclass
class Clock:
    """The site's clock; `Site.wait` moves it."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


class Site:
    """The site, served on a free port of this machine, and the readers at their devices."""

    def __init__(self, app: Flask, clock: Clock, address: str, browser: Browser) -> None:
        self.app, self.clock, self.address, self.browser = app, clock, address, browser
        self.readers: list[Reader] = []
        self.complaints: list[str] = []
        self.inspects = True
        self.looked_at: set[tuple[Any, ...]] = set()

    def phone(self, **options: Any) -> Reader:
        """Give someone a phone."""
        return self._reader({**PHONE, **options})

    def desk(self, **options: Any) -> Reader:
        """Seat someone at a desk."""
        return self._reader({**DESK, **options})

    def _reader(self, options: dict[str, Any]) -> Reader:
        context = self.browser.new_context(base_url=self.address, locale="zh-CN", **options)
        context.set_default_timeout(PATIENCE_MS)
        self.readers.append(Reader(self, context.new_page(), scripts=options.get("java_script_enabled", True)))
        return self.readers[-1]

    def tick(self) -> tick.Report:
        """Do now what the serving process does every minute."""
        return tick.tick(now=self.clock.now)

    def wait(self, **span: float) -> None:
        """Let time pass; at each midnight in between, and at the end, the program ticks."""
        until = self.clock.now + timedelta(**span)
        while self.clock.now < until:
            self.clock.now = min(until, self.clock.now + timedelta(days=1))
            self.tick()


class Reader:
    """Someone before the site: opens pages, fills forms, presses buttons; each new kind of page is shown to axe."""

    def __init__(self, site: Site, page: Page, *, scripts: bool) -> None:
        self.site, self.page, self.scripts = site, page, scripts
        self.status = 0
        self.expects_trouble = False
        self.form = page.locator("main form")
        page.on("console", lambda message: message.type == "error" and self._complain(message.text))
        page.on("pageerror", lambda error: self._complain(str(error)))
        page.on("response", self._answered)

    def _complain(self, what: str) -> None:
        refused = "the server responded with a status of 4" in what  # Chromium's word for a 4xx: that is an answer
        if not refused and not self.expects_trouble:
            self.site.complaints.append(f"{self.page.url}: {what}")

    def _answered(self, response: Response) -> None:
        if response.request.resource_type in ("document", "fetch"):
            self.status = response.status
        if response.status >= 500:
            self.site.complaints.append(f"{response.url}: {response.status}")

    # --- going about ----------------------------------------------------------------------------------------------

    def open(self, path: str) -> Reader:
        """Go to a page by its address."""
        self.page.goto(path)
        return self.look()

    def press(self, label: str, *, within: Locator | None = None) -> Reader:
        """Press the button or follow the link of that name, and wait for the page that answers."""
        place = within or self.page.locator("main")
        return self.turn(place.locator("button:visible, a:visible", has_text=label).first)

    def turn(self, target: Locator) -> Reader:
        """Click *target* and wait for the page that answers, be it a new document or one put in this one's place."""
        self.page.evaluate("document.body.dataset.before = ''")
        target.click()
        self.page.locator("body:not([data-before])").wait_for(state="attached")
        self.page.wait_for_load_state()
        return self.look()

    def unfold(self, label: str) -> Reader:
        """Open a box that asks back before a step."""
        self.page.locator("summary", has_text=label).first.click()
        return self

    def fill(self, **values: Any) -> Reader:
        """Fill fields by their names; a choice is named by a word of its label."""
        for name, value in values.items():
            field = self.page.locator(f"[name='{name}']:visible")
            kind = field.first.evaluate("field => field.type")
            if kind == "select-one":
                option = field.locator("option", has_text=str(value)).first
                field.select_option(option.get_attribute("value"))
            elif kind in ("radio", "checkbox"):
                self.page.locator("label", has=self.page.locator(f"[name='{name}']"), has_text=str(value)).first.click()
            else:
                field.first.fill(str(value))
            self.form = self.page.locator("form", has=field)
        return self

    def submit(self) -> Reader:
        """Press the main button of the form that was filled last, and wait for the page that answers."""
        return self.turn(self.form.locator("button.weui-btn_primary[type=submit]").first)

    def choose_person(self, initials: str, name: str) -> Reader:
        """Find someone by pinyin initials, and more where many share them, and put them into the team."""
        self.page.locator("[data-people] input[type=search]").press_sequentially(initials)
        self.page.get_by_role("option").filter(has=self.page.get_by_text(name, exact=True)).first.click()
        return self

    def see(self, text: str) -> Reader:
        """Find *text* on the page."""
        expect(self.page.locator("body")).to_contain_text(text)
        return self

    def miss(self, text: str) -> Reader:
        """Find no *text* on the page."""
        expect(self.page.locator("body")).not_to_contain_text(text)
        return self

    @property
    def path(self) -> str:
        """Where the reader is."""
        return urlsplit(self.page.url).path

    @property
    def number(self) -> int:
        """The last number in the page's address."""
        return [int(part) for part in self.path.split("/") if part.isdigit()][-1]

    def sign_in(self, username: str, password: str, *, chooses: str | None = None) -> Reader:
        """Sign in through the form; *chooses* replaces a temporary password, as the first sign-in asks."""
        self.open("/sign-in").fill(username=username, password=password).submit()
        if chooses is not None:
            assert self.path == "/me/password", self.path
            self.fill(old=password, new=chooses, again=chooses).submit()
        assert self.path not in ("/sign-in", "/me/password"), self.page.locator("main").inner_text()
        return self

    def give_sign_in(self, person_id: int, username: str) -> str:
        """Give someone a username; return the temporary password, which is shown once."""
        self.open(f"/people/{person_id}/sign-in").fill(username=username).submit()
        return self.page.locator("dd strong").inner_text()

    # --- what a page must be --------------------------------------------------------------------------------------

    def look(self) -> Reader:
        """Show a page to axe the first time one of its kind comes up on this kind of device."""
        adapter = self.site.app.url_map.bind("")
        endpoint = adapter.match(self.path, return_rule=True)[0].endpoint if self.status != 404 else None
        layout = self.page.locator("body").get_attribute("class")
        kind = (endpoint, layout, self.status, self.width)
        if self.scripts and self.site.inspects and kind not in self.site.looked_at:
            self.site.looked_at.add(kind)
            self.inspect()
        return self

    def inspect(self) -> None:
        """Complain about what axe finds, and about a page that is wider than its screen."""
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
            ".then(run => run.violations.map(v => [v.id, v.help, v.nodes.slice(0, 3).map(n => n.html)]))",
            AXE_RULES,
        )
        self.site.complaints += [f"{self.page.url} ({self.width}): axe {rule}" for rule in found]
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            self.site.complaints.append(f"{self.page.url} ({self.width}): {wide} px too wide")

    @property
    def width(self) -> int:
        """The width of the device, in CSS pixels."""
        size = self.page.viewport_size
        return size["width"] if size else 0


class Compiled(BytecodeCache):
    """Templates that an earlier site of this process compiled: that takes longer than to serve most journeys."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


@contextmanager
def serving(url: str, clock: Clock, browser: Browser, *, card_key: str = SECRET) -> Iterator[Site]:
    """Serve the site over the database *url* until the block ends; then fail if a browser complained."""
    app = create_app(
        Config(
            database_url=url,
            secret_key=SECRET,
            card_key=card_key,
            site_address="http://points.example",
            secure_cookies=False,
            lock_minutes=525_600,  # journeys leap over days; test_lock.py shortens it again
        ),
        now=clock,
    )
    app.jinja_env.bytecode_cache = COMPILED
    app.teardown_appcontext(lambda _: db.disconnect())  # a thread serves one request here
    server = make_server("127.0.0.1", 0, _at_once(app), threaded=True)
    server.log = lambda *_: None  # type: ignore[method-assign, assignment]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    site = Site(app, clock, f"http://127.0.0.1:{server.server_port}", browser)
    stop = jobs.start(app)
    try:
        yield site
    finally:
        for reader in site.readers:
            reader.page.context.close()
        stop.set()
        server.shutdown()
        thread.join()
        server.server_close()
    assert not site.complaints, "\n".join(site.complaints)


def _at_once(app: Flask) -> WSGIApplication:
    """Read an answer whole before it is sent: werkzeug's server leaves its file open if the browser has gone."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        parts = app(environ, start_response)
        try:
            return [b"".join(parts)]
        finally:
            if hasattr(parts, "close"):
                parts.close()

    return answer
