"""Chromium, a site to visit, and the demo village. A machine without Chromium fails; nothing is skipped."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, sync_playwright

from points import demo
from tests.databases import SqliteDatabases, bound, folder_in_memory
from tests.e2e.site import Camera, Clock, Site, serving

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # a Monday, 9:00 in the village
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --use-fake-ui-for-media-stream --use-fake-device-for-media-stream"
).split()


@pytest.fixture(scope="session")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Camera:
    return Camera(tmp_path_factory.mktemp("camera"))


@pytest.fixture(scope="session")
def chromium(camera: Camera) -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert path, "the journeys drive Chromium, and there is none on the PATH (Debian: apt-get install chromium)"
    with sync_playwright() as playwright:
        film = f"--use-file-for-fake-video-capture={camera.file}"
        browser = playwright.chromium.launch(executable_path=path, args=[*QUIET, film])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def databases(sqlite_databases: SqliteDatabases) -> SqliteDatabases:
    """SQLite: what a journey shows of the pages is the same on both; one module asks for both again."""
    return sqlite_databases


@pytest.fixture
def site(database: str, chromium: Browser) -> Iterator[Site]:
    """A site with an empty database."""
    with serving(database, Clock(START), chromium) as made:
        made.inspects = database.startswith("sqlite")  # the pages are the same on both
        yield made


# --- the demo ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> demo.Home:
    """The demo village, filled once for all processes of a run; tests work on copies of its file."""
    run = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        run = run.parent
    with (run / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        home = demo.Home(run / "demo", 0)
        with bound(f"sqlite:///{home.database}"):
            demo.open_database(home, now=START, step=lambda: None)
    return home


@pytest.fixture
def demo_site(demo_home: demo.Home, chromium: Browser) -> Iterator[Site]:
    """The site over a copy of the demo village."""
    folder = folder_in_memory()
    url = f"sqlite:///{shutil.copyfile(demo_home.database, folder / 'demo.db')}"
    with bound(url), serving(url, Clock(START), chromium, card_key=demo_home.secrets["POINTS_CARD_KEY"]) as made:
        yield made
    shutil.rmtree(folder, ignore_errors=True)  # a late request may still be folding its journal away
