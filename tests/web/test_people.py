"""The pages about areas, households, people, cards, kin, staff and the rule book, without scripts."""

import re

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from points import codes, passwords
from points.models.areas import Area, VillageSetting
from points.models.people import Card, Household, Kin, Person, Role
from points.queries import people as reads
from tests.browser import Browser
from tests.world import PASSWORD, World

# --- signing in -----------------------------------------------------------------------------------------------------


def test_a_wrong_password_keeps_the_username_and_says_so(browser: Browser, world: World) -> None:
    answer = browser.submit("/sign-in", username="admin", password="nonsense-1")
    assert answer.status_code == 422
    assert "用户名或密码不对" in answer.text
    assert 'value="admin"' in answer.text
    assert "nonsense-1" not in answer.text


def test_too_many_wrong_passwords_ask_for_patience(browser: Browser, world: World) -> None:
    for _ in range(5):
        browser.submit("/sign-in", username="admin", password="nonsense-1")
    answer = browser.submit("/sign-in", username="admin", password=PASSWORD)
    assert answer.status_code == 429
    assert "秒再试" in answer.text


def test_a_temporary_password_leads_to_nothing_but_changing_it(browser: Browser, world: World) -> None:
    person = world.villager()
    browser.sign_in(world.committee[0])
    page = browser.submit(f"/people/{person.id}/sign-in", username="WangXiuying")
    assert page.status_code == 200
    password = re.search(r"<strong>([a-z]{4}-[a-z]{3}[2-9])</strong>", page.text)
    assert password, page.text

    villager = browser.another()
    answer = villager.submit("/sign-in", username="wangxiuying", password=password[1])
    assert answer.location == "/me/password"
    assert villager.get("/me/kin").location == "/me/password"
    answer = villager.submit("/me/password", old=password[1], new=password[1], again=password[1])
    assert answer.status_code == 422
    answer = villager.submit("/me/password", old=password[1], new="my-own-words", again="my-own-words")
    assert answer.status_code == 303
    assert villager.get("/me/kin").status_code == 200


def test_sending_the_sign_in_form_again_shows_the_same_password(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    url = f"/people/{world.villager().id}/sign-in"
    form = browser.forms(url)[-1]
    first, second = (browser.post(form, username="wang").text for _ in range(2))
    found = [re.search(r"<strong>(.*?)</strong>", page) for page in (first, second)]
    assert found[0] and found[1] and found[0][1] == found[1][1]
    assert passwords.matches(Person.get_by_id(world.villager().id).password_hash, found[0][1])


def test_changing_the_password_ends_other_sessions(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    other = browser.another().sign_in(world.recorder)
    other.submit("/me/password", old=PASSWORD, new="another-word-1", again="another-word-1")
    assert other.get("/me/kin").status_code == 200
    assert "/sign-in" in browser.get("/me/kin").location


# --- areas ----------------------------------------------------------------------------------------------------------


def test_an_administrator_opens_a_village_and_its_lanes(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    assert browser.get("/areas").location == f"/areas/{world.county}"
    assert browser.submit(f"/areas/{world.township}", kind="village", name="新村").status_code == 303
    made = Area.get(Area.name == "新村")
    assert VillageSetting.get_by_id(made.id).council_voices == 3
    assert browser.submit(f"/areas/{made.id}", kind="lane", name="一巷").status_code == 303
    page = browser.get(f"/areas/{made.id}").text
    assert "一巷" in page and "云溪镇" in page


def test_a_name_that_is_taken_is_refused_with_what_was_typed(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    answer = browser.submit(f"/areas/{world.township}", kind="village", name="石桥村")
    assert answer.status_code == 422
    assert "“石桥村”已经有了" in answer.text
    assert 'value="石桥村"' in answer.text


def test_the_committee_decides_the_settings_of_its_own_village_only(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    answer = browser.submit(
        f"/villages/{world.village}/settings", council_voices="1", notice_days="3", no_pin_daily_limit="0",
        monthly_cap="40", objection_contact="田主任",
    )  # fmt: skip
    assert answer.status_code == 303
    setting = VillageSetting.get_by_id(world.village)
    assert (setting.council_voices, setting.notice_days, setting.no_pin_daily_limit) == (1, 3, 0)
    answer = browser.submit(f"/villages/{world.village}/settings", notice_days="2")
    assert answer.status_code == 422
    assert browser.get(f"/villages/{world.other_village}/settings").status_code == 404
    assert browser.get(f"/areas/{world.township}").status_code == 404


# --- households and people ------------------------------------------------------------------------------------------


def shown(world: World, number: int) -> str:
    """Return how the list of households begins the row of a plain household."""
    return f'<span class="cell__title">{world.households[number].number} '


def test_a_steward_opens_a_household_with_the_next_number(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    url = f"/villages/{world.village}/households/new"
    form = browser.forms(url)[-1]
    number = form.values["number"]
    assert number == reads.next_number(world.village)
    answer = browser.submit(url, area_id=world.lanes[1], address="东二巷9号", people="何花\n 何叶 \n\n")
    assert answer.status_code == 303
    made = Household.get(Household.village == world.village, Household.number == number)
    assert [person.name for person in world.people(made)] == ["何花", "何叶"]
    assert world.people(made)[0].initials == "hh"
    assert world.balance(made) == 0
    page = browser.get(answer.location).text
    assert "何叶" in page and "东二巷9号" in page


def test_a_number_that_is_taken_keeps_what_was_typed(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    taken = world.households[0].number
    answer = browser.submit(
        f"/villages/{world.village}/households/new", area_id=world.lanes[0], number=taken, address="", people="何花"
    )
    assert answer.status_code == 422
    assert f"“{taken}”已经有了" in answer.text
    assert "何花" in answer.text


@pytest.mark.parametrize("q", ["王秀", "wxy", "WXY"])
def test_households_are_found_by_name_and_initials(browser: Browser, world: World, q: str) -> None:
    browser.sign_in(world.recorder)
    page = browser.get(f"/villages/{world.village}/households", q=q).text
    assert shown(world, 0) in page
    assert shown(world, 1) not in page


def test_households_are_found_by_number_with_or_without_zeros(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    number = world.households[0].number
    for q in (number, number.lstrip("0")):
        assert shown(world, 0) in browser.get(f"/villages/{world.village}/households", q=q).text


def test_households_are_filtered_by_lane(browser: Browser, world: World) -> None:
    browser.sign_in(world.recorder)
    page = browser.get(f"/villages/{world.village}/households", lane=world.lanes[1]).text
    assert shown(world, 2) in page
    assert shown(world, 0) not in page


def test_a_long_list_goes_on_by_key_with_a_constant_number_of_queries(
    browser: Browser, world: World, statements, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.sign_in(world.committee[0])
    url = f"/villages/{world.village}/households"

    def count() -> int:
        before = statements()
        assert browser.get(url).status_code == 200
        return statements() - before

    few = count()
    for _ in range(5):
        world.open_household(world.lanes[0], "甲", "乙")
    assert count() == few
    monkeypatch.setattr(reads, "PAGE", 3)
    seen: list[str] = []
    page = browser.get(url).text
    while True:
        seen += re.findall(r"cell__title\">(\d{4}) ", page)
        following = re.search(r'href="([^"]*after=[^"]*)"', page)
        if not following:
            break
        page = browser.get(following[1].replace("&amp;", "&")).text
    assert (
        seen == sorted(set(seen)) and len(seen) == Household.select().where(Household.village == world.village).count()
    )


def test_a_steward_of_one_lane_sees_only_that_lane(browser: Browser, world: World) -> None:
    head = world.appoint("steward", world.lanes[1], "巷长", lane=world.lanes[1])
    browser.sign_in(head)
    page = browser.get(f"/villages/{world.village}/households").text
    assert shown(world, 2) in page
    assert shown(world, 0) not in page
    assert browser.get(f"/households/{world.households[0].id}").status_code == 404
    assert browser.get(f"/people/{world.villager().id}").status_code == 404


def test_another_villages_household_and_people_do_not_exist(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    other = world.people(world.other_household)[0]
    for url in (
        f"/households/{world.other_household.id}",
        f"/households/{world.other_household.id}/edit",
        f"/households/{world.other_household.id}/people/new",
        f"/people/{other.id}",
        f"/people/{other.id}/sign-in",
        f"/people/{other.id}/pin",
        f"/people/{other.id}/cards/new",
        f"/people/{other.id}/kin",
        f"/villages/{world.other_village}/households",
        f"/villages/{world.other_village}/households/new",
        f"/villages/{world.other_village}/cards",
        f"/villages/{world.other_village}/rule-book",
        f"/areas/{world.other_village}/staff",
        "/households/999999",
        "/people/999999",
        "/cards/999999/hand-over",
        "/rule-books/999999",
    ):
        assert browser.get(url).status_code == 404, url


def test_the_own_household_is_shown_but_not_acted_on(browser: Browser, world: World) -> None:
    me = world.committee[0]
    browser.sign_in(me)
    page = browser.get(f"/households/{me.household_id}").text
    assert "只能看" in page and "people/new" not in page
    page = browser.get(f"/people/{me.id}").text
    assert "cards/new" not in page and "/pin" not in page
    answer = browser.submit(f"/people/{me.id}/cards/new")
    assert answer.status_code == 409
    assert "回避" in answer.text


def test_a_person_is_corrected_and_let_go(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    person = world.villager()
    told = {"name": "王秀云", "phone": "13800000000", "active": None}
    assert "离开的原因" in browser.submit(f"/people/{person.id}", **told).text
    left = {"left_why": "moved", "left_on": world.today.isoformat()}
    assert browser.submit(f"/people/{person.id}", **told, **left).status_code == 303
    person = Person.get_by_id(person.id)
    assert (person.name, person.initials, person.active) == ("王秀云", "wxy", False)


# --- cards ----------------------------------------------------------------------------------------------------------


def decoded(svg: str) -> tuple[str, float]:
    """Draw an SVG of `points.web.qr` and read it; return its text and which part of its width is the code."""
    size = int(re.search(r'viewBox="0 0 (\d+) ', svg)[1])  # type: ignore[index]
    picture = Image.new("L", (size * 8, size * 8), 255)
    pen = ImageDraw.Draw(picture)
    for row in re.findall(r"M[^M]*", re.search(r'stroke="#000" d="([^"]*)"', svg)[1]):  # type: ignore[index]
        x, y = map(float, re.match(r"M(\d+) ([\d.]+)", row).groups())  # type: ignore[union-attr]
        for command, value in re.findall(r"([hm])(-?\d+)", row):
            if command == "h":
                pen.rectangle((x * 8, (y - 0.5) * 8, (x + int(value)) * 8 - 1, (y + 0.5) * 8 - 1), fill=0)
            x += int(value)
    [found] = zxingcpp.read_barcodes(picture)
    return found.text, (size - 8) / size


def test_a_printed_card_reads_back_and_its_code_is_nowhere_else(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    person = world.villager()
    form = browser.forms(f"/people/{person.id}/cards/new")[-1]
    answer = browser.post(form)
    assert answer.status_code == 200
    row = Card.get(Card.person == person)
    svg = re.search(r"<svg viewBox=\"0 0 33.*?</svg>", answer.text, re.S)
    assert svg and len(svg[0]) < 2000
    code, part = decoded(svg[0])
    assert (len(code), codes.hash_code(code), codes.read(code).number) == (34, row.secret_hash, row.number)
    assert 34 * part >= 25  # mm, at the 34 mm of print.css
    assert re.sub(r"(\d{4})(?=\d)", r"\1 ", row.number) in answer.text
    assert "王*英" in answer.text and "王秀英" not in answer.text
    assert "http://points.example" in answer.text
    assert code not in answer.text

    again = browser.post(form)
    assert decoded(re.search(r"<svg viewBox=\"0 0 33.*?</svg>", again.text, re.S)[0])[0] == code  # type: ignore[index]
    assert Card.select().where(Card.person == person).count() == 1
    VillageSetting.update(full_names=True).execute()
    assert "王秀英" in browser.post(form).text
    assert browser.get(f"/people/{person.id}/cards/new").text.count('<svg viewBox="0 0 33') == 0


def test_a_card_is_handed_over_by_another_with_a_pin_typed_twice(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    person = world.villager()
    browser.submit(f"/people/{person.id}/cards/new")
    row = Card.get(Card.person == person)
    url = f"/cards/{row.id}/hand-over"
    assert "要请另一位" in browser.get(url).text

    other = browser.another().sign_in(world.checker)
    assert url in other.get(f"/villages/{world.village}/cards").text
    form = other.forms(url)[-1]
    answer = other.post(form, pin="270416", again="270417")
    assert answer.status_code == 422 and "不一样" in answer.text and "270416" not in answer.text
    assert other.submit(url, pin="123456", again="123456").status_code == 422
    assert other.submit(url, pin="270416", again="270416").status_code == 303
    assert Card.get_by_id(row.id).handed_by_id == world.checker.id
    assert codes.same(Person.get_by_id(person.id).pin_hash, codes.hash_pin(person.id, "270416"))
    assert url not in other.get(f"/villages/{world.village}/cards").text


def test_a_lost_card_is_stopped_with_its_reason(browser: Browser, world: World) -> None:
    paper = world.card(world.villager())
    browser.sign_in(world.committee[0])
    page = f"/people/{paper.person.id}"
    answer = browser.submit(page, f"/cards/{paper.id}/revoke", reason="")
    assert answer.status_code == 303 and Card.get_by_id(paper.id).revoked_at is None
    browser.submit(page, f"/cards/{paper.id}/revoke", reason="丢失")
    assert Card.get_by_id(paper.id).revoked_reason == "丢失"
    assert "停用：丢失" in browser.get(page).text


def test_a_forgotten_pin_is_chosen_anew(browser: Browser, world: World) -> None:
    paper = world.card(world.villager())
    browser.sign_in(world.committee[1])  # who printed the card may not
    answer = browser.submit(f"/people/{paper.person.id}/pin", pin="582931", again="582931")
    assert answer.status_code == 303
    assert Person.get_by_id(paper.person.id).pin_hash == codes.hash_pin(paper.person.id, "582931")


# --- kin ------------------------------------------------------------------------------------------------------------


def test_a_villager_declares_kin_by_number_and_full_name(browser: Browser, world: World) -> None:
    browser.sign_in(world.villager())
    relative = world.villager(1)
    wrong = browser.submit("/me/kin", number=relative.household.number, name="李小", relation="妹妹")
    assert wrong.status_code == 422 and "没有找到这一户的这个人" in wrong.text
    answer = browser.submit(
        "/me/kin", number=relative.household.number.lstrip("0"), name=relative.name, relation="妹妹"
    )
    assert answer.status_code == 303
    assert Kin.select().count() == 1
    assert relative.name in browser.get("/me/kin").text


def test_the_committee_declares_kin_for_a_villager(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    person, relative = world.villager(), world.villager(1)
    url = f"/people/{person.id}/kin"
    assert browser.submit(url, number=relative.household.number, name=relative.name, relation="妹妹").status_code == 303
    assert Kin.get().declared_by_id == world.committee[0].id
    assert browser.another().sign_in(world.villager(2)).get(url).status_code == 404


# --- staff ----------------------------------------------------------------------------------------------------------


def test_a_role_is_proposed_by_one_and_confirmed_by_another(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    person = world.villager()
    url = f"/areas/{world.village}/staff/new"
    assert "没有找到" in browser.get(url, q="没有这人").text
    answer = browser.submit(f"{url}?q=wxy", person_id=person.id, kind="council")
    assert answer.status_code == 303
    role = Role.get(Role.person == person)
    page = browser.get(answer.location).text
    assert "等另一位确认" in page and f"/roles/{role.id}/confirm" not in page

    second = browser.another().sign_in(world.second_admin)
    assert "王秀英" in second.get("/roles").text
    assert second.submit("/roles", f"/roles/{role.id}/confirm").status_code == 303
    assert Role.get_by_id(role.id).confirmed_by_id == world.second_admin.id
    assert "没有等您确认的职责" in second.get("/roles").text


def test_a_conflicting_role_is_refused_in_words(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    answer = browser.submit(
        f"/areas/{world.village}/staff/new?q={world.clerk.name}", person_id=world.clerk.id, kind="council"
    )
    assert answer.status_code == 409
    assert "已担任“店员”，不能再任“评议员”" in answer.text


def test_a_township_official_is_added_and_found(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    answer = browser.submit(f"/areas/{world.township}/staff/people/new", name="田科员", phone="")
    assert answer.status_code == 303
    assert "田科员" in browser.client.get(answer.location).text


def test_a_role_ends_and_stays_in_the_history(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    role = Role.get(Role.person == world.clerk)
    url = f"/areas/{world.village}/staff"
    assert browser.submit(url, f"/roles/{role.id}/end").status_code == 303
    assert Role.get_by_id(role.id).ended_at is not None
    assert "以前的" in browser.get(url).text


def test_only_an_administrator_proposes(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    assert browser.get(f"/areas/{world.village}/staff").status_code == 200
    assert browser.get(f"/areas/{world.village}/staff/new").status_code == 403
    assert browser.another().sign_in(world.recorder).get(f"/areas/{world.village}/staff").status_code == 403
