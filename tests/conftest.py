"""What every test can ask for."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from points import codes, db

settings.register_profile("points", deadline=None)  # a busy machine is no defect of ours
settings.load_profile("points")
pytest_plugins = ["tests.databases", "tests.world", "tests.browser"]


@pytest.fixture(autouse=True)
def card_key() -> None:
    codes.use_key("a key for tests only, thirty-two signs")


@pytest.fixture
def statements(database: str) -> Iterator[Callable[[], int]]:
    """Count the statements sent to the database so far."""
    sent = 0
    original = db.database.obj.execute_sql

    def counted(*args: object, **kwargs: object) -> object:
        nonlocal sent
        sent += 1
        return original(*args, **kwargs)

    db.database.obj.execute_sql = counted
    yield lambda: sent
    db.database.obj.execute_sql = original
