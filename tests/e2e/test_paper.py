"""The notice on paper, as Chromium prints it: each sheet is one page of its size, and nothing is cut off."""

from __future__ import annotations

import random
import re
from datetime import timedelta

import pytest

from points.models.areas import Holiday, VillageSetting
from points.models.contribution import Correction, Line
from tests import steps
from tests.e2e.site import Site
from tests.world import World

pytestmark = pytest.mark.e2e

SIZES = {"a4": (595, 842), "a3": (842, 1191)}
SIGNS = "义务巡逻护林防火清理河道看望老人志愿服务议事协商技能培训婚丧简办善行"


def long_notice(world: World) -> int:
    """Hang a notice with the longest texts that may stand on it; return its id."""
    chance = random.Random(7)

    def text(most: int) -> str:
        return "".join(chance.choices(SIGNS, k=chance.randint(1, most)))

    contact = {"objection_contact": "村务监督委员会周长青，电话 13800000000，东一巷十二号大槐树对面，" * 3}
    VillageSetting.update(contact).where(VillageSetting.village == world.village).execute()
    for days in (2, 3):
        Holiday.create(area=world.county, day=world.today + timedelta(days=days), name="假日")
    for _time in range(12):
        steps.approved(world, *(world.villager(number) for number in range(4)), code=23)
    for number in range(30):
        people = (chance.choice(("王小明", "欧阳小明", "卓玛次仁")) for _person in range(chance.randint(1, 9)))
        world.open_household(world.lanes[number % 2], *people)
    for line in Line.select():
        Line.update(item_name=text(40)).where(Line.id == line.id).execute()
        if line.id % 2:
            told = {"points": 1000, "reason": text(120), "made_by": world.admin, "made_at": world.now}
            Correction.create(line=line, village=world.village, **told)
    return steps.hung(world)


@pytest.mark.parametrize("paper", SIZES)
def test_each_sheet_is_one_page(site: Site, world: World, paper: str) -> None:
    made = long_notice(world)
    page = site.desk().open(f"/notices/{made}/sheets?paper={paper}").page
    sheets = page.locator(".sheet").count()
    said = page.locator(".sheet__foot").last.inner_text()
    printed = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert len(boxes) == sheets > 12
    assert {(round(float(width)), round(float(height))) for width, height in boxes} == {SIZES[paper]}
    assert f"第 {sheets - 1} 页，共 {sheets - 1} 页" in said  # the last one holds the slips
