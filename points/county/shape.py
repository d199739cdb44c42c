"""The shape of a county, in figures: how large villages are, how many live in a house, how often what is done.

Sizes and rates are taken from published practice where there is a figure: 石柱 has 242 villages, 288 grids and 4,500
disputes a year; 绛县 1,849 lanes of 20–30 households, 1,306 full-time patrol members and over 50,000 volunteers in 189
villages; 乡城 4,862 registered volunteers in 60. The other rates are ours.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

MEAN = 413
"""Households in a village: 242 villages have 100,000."""
LANE, GRID = 25, 350
"""Households in a lane and in a grid, about."""
AT_HOME = ((1, 10), (2, 22), (3, 25), (4, 23), (5, 13), (6, 5), (7, 2))
"""How many live in a household, and in how many of a hundred: 3.3 on average."""
LARGE = 200
"""From so many households on a village has five council members and three voices; a smaller one three and one."""
MONTHLY_CAP = 60
FORTNIGHTLY = 600
"""From so many households on a village hangs a notice each half-month; a smaller one each month."""
SHOPPERS = 0.2
"""So many of a village's households, of those who can afford something, come to the shop in half a month."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often an item is recorded for a hundred households in a month, and for how many in one sheet.

    *widely*: the team comes from all of the village, and the committee or a steward records it; else from one lane.
    """

    lines: float
    team: int
    widely: bool = False


RHYTHMS = {
    1: Rhythm(18, 10, True),  # ten to a patrol; 265 volunteers a village in 绛县, each out about twice a season
    2: Rhythm(2, 6, True),
    3: Rhythm(3, 1),
    4: Rhythm(5, 3, True),
    5: Rhythm(2, 2, True),
    6: Rhythm(0.4, 1),  # 4,500 disputes a year in 242 villages: 0.38 a month for a hundred households
    7: Rhythm(0.38, 1),
    8: Rhythm(0.25, 1),
    9: Rhythm(16, 10),
    10: Rhythm(2, 6),
    11: Rhythm(12, 6),
    12: Rhythm(4, 4),
    13: Rhythm(8, 8),
    14: Rhythm(7, 4, True),  # 81 registered volunteers a village in 乡城
    15: Rhythm(3, 1),
    16: Rhythm(0.8, 1),
    17: Rhythm(1.5, 3),
    18: Rhythm(1.5, 4, True),
    19: Rhythm(7, 12, True),
    20: Rhythm(0.3, 1),
    21: Rhythm(1, 5, True),
    22: Rhythm(5, 8, True),
    23: Rhythm(0.4, 1),
    24: Rhythm(0.3, 1),
    25: Rhythm(0.1, 1),
    26: Rhythm(0.1, 1),
    27: Rhythm(0.2, 1),
}
"""By the code of the default items. Together one line a household and month."""


@dataclass(frozen=True, slots=True)
class Half:
    """Half of a month: its first and last local day, and the day on which its notice is hung."""

    first: date
    last: date

    @property
    def hung_on(self) -> date:
        """The eighth day: the five days of the notice are over before the half is, also in February."""
        return self.first + timedelta(days=7)


def halves(today: date, months: int) -> list[Half]:
    """Return the halves of *months* months, of which the last is the last one that is over *today*."""
    begin = today.replace(day=16 if today.day > 15 else 1)
    begins = [begin]
    for _ in range(2 * months):
        begin = begin.replace(day=1) if begin.day > 1 else (begin - timedelta(days=1)).replace(day=16)
        begins.append(begin)
    return [Half(first, after - timedelta(days=1)) for first, after in pairwise(reversed(begins))]


def sizes(villages: int, mean: int, dice: random.Random) -> list[int]:
    """Return how many households each village has: a few large ones, many small, *mean* on average."""
    drawn = [dice.lognormvariate(0, 0.6) for _ in range(villages)]
    share = mean * villages / sum(drawn)
    return [round(min(max(one * share, mean / 4), mean * 3.4)) for one in drawn]


def townships(villages: int, dice: random.Random) -> list[int]:
    """Return how many villages each township has: 8 to 20, unless there are fewer in all."""
    found = []
    while villages > 20:
        count = min(dice.randint(8, 20), villages - 8)
        found.append(count)
        villages -= count
    return [*found, villages]
