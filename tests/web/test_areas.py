"""The pages of areas: a village's settings, and the limits and holidays that are set above it."""

from datetime import timedelta

from points.models.areas import AreaLimit, Holiday, VillageSetting
from tests.browser import Browser
from tests.world import World


def test_a_village_decides_about_photo_and_boards(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    settings = f"/villages/{world.village}/settings"
    assert browser.submit(settings, wall_photo="y", black_board="y").status_code == 303
    decided = VillageSetting.get_by_id(world.village)
    assert (decided.wall_photo, decided.board_points, decided.black_board) == (True, False, True)
    [form] = [form for form in browser.forms(settings) if form.action == settings]
    assert form.values["wall_photo"] == "y" and "board_points" not in form.values


def test_limits_are_set_changed_and_shown_with_what_exceeds_them(browser: Browser, world: World) -> None:
    browser.sign_in(world.supervisor)
    page = f"/areas/{world.township}/limits"
    assert page in browser.get(f"/areas/{world.township}").text
    assert browser.submit(page, most_points=20, most_worth="1.5").status_code == 303
    limit = AreaLimit.get_by_id(world.township)
    assert (limit.most_points, limit.most_monthly_cap, limit.most_worth_fen) == (20, None, 150)
    text = browser.get(page).text
    assert "现在超过上限的村" in text and "石桥村" in text and "50 分" in text and 'value="1.50"' in text
    assert browser.submit(page, most_points="", most_worth="").status_code == 303
    assert "各村现在都在上限以内" in browser.get(page).text
    assert browser.submit(page, most_points="0").status_code == 422


def test_a_setting_above_the_limit_is_refused_by_name(browser: Browser, world: World) -> None:
    browser.sign_in(world.supervisor).submit(f"/areas/{world.township}/limits", most_monthly_cap=50)
    village = browser.another().sign_in(world.committee[0])
    settings = f"/villages/{world.village}/settings"
    assert "云溪镇规定不超过 50 分" in village.get(settings).text
    answer = village.submit(settings)
    assert answer.status_code == 422 and "超过了云溪镇定的上限 50 分" in answer.text


def test_holidays_are_added_listed_and_removed(browser: Browser, world: World) -> None:
    page = f"/areas/{world.township}/holidays"
    first = world.today + timedelta(days=10)
    township = browser.another().sign_in(world.supervisor)
    assert "还没有记下节假日" in township.get(page).text
    answer = township.submit(page, name="春节", first=first.isoformat(), last=(first + timedelta(days=2)).isoformat())
    assert answer.status_code == 303
    own = f"/areas/{world.village}/holidays"
    browser.sign_in(world.committee[0])
    assert own in browser.get(f"/areas/{world.village}").text
    assert browser.submit(own, name="集市", first=world.today.isoformat()).status_code == 303
    text = browser.get(own).text
    assert text.count("<div>春节</div>") == 1 and "云溪镇" in text and "集市" in text
    assert "/remove" not in text  # one is the township's, the other is today
    holiday = Holiday.get(Holiday.day == first)
    assert township.submit(page, f"/holidays/{holiday.id}/remove").status_code == 303
    assert "还没有记下节假日" in township.get(page).text


def test_a_wrong_range_keeps_what_was_typed(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    past = (world.today - timedelta(days=2)).isoformat()
    answer = browser.submit(f"/areas/{world.village}/holidays", name="农忙", first=past)
    assert answer.status_code == 422 and "农忙" in answer.text and "从今天或以后开始" in answer.text
