"""One crowd for all races."""

from collections.abc import Iterator

import pytest

from tests.race.crowd import Crowd
from tests.world import CARD_KEY


@pytest.fixture(scope="session")
def crowd() -> Iterator[Crowd]:
    crowd = Crowd(CARD_KEY)
    yield crowd
    crowd.go_home()
