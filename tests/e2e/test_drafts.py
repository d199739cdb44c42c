"""Drafts: what was typed outlives a closed page and a lost network, is sent once, and is nobody else's."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from points import demo
from points.models.contribution import Contribution, Line
from points.models.people import Person
from points.models.photos import Photo
from tests.e2e.site import PATIENCE_MS, Reader, Site

pytestmark = pytest.mark.e2e

DAY_MS = 24 * 3600 * 1000


def photo(colour: str = "seagreen", size: tuple[int, int] = (2400, 1200)) -> dict[str, object]:
    out = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert("RGB").point(lambda value: value // 2).save(out, "JPEG")
    return {"name": f"{colour}.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


@pytest.fixture
def password(demo_home: demo.Home) -> str:
    return demo_home.secrets["DEMO_PASSWORD"]


@pytest.fixture
def phone(demo_site: Site, password: str) -> Reader:
    """A villager's phone with a report typed in, a photo chosen, and nothing sent."""
    phone = demo_site.phone().sign_in("villager", password)
    phone.open("/report").fill(item_id="志愿服务", note="给张奶奶挑水")
    phone.page.set_input_files("[name=photos]", photo())  # type: ignore[arg-type]
    return kept(phone)


KEPT = """async ([note, patience]) => {
    const asked = (request) => new Promise((done) => { request.onsuccess = () => done(request.result); });
    for (const until = Date.now() + patience; Date.now() < until; await new Promise(requestAnimationFrame)) {
        const base = await asked(indexedDB.open("points-drafts", 1));
        const drafts = await asked(base.transaction("drafts").objectStore("drafts").getAll());
        base.close();
        if (drafts.some((draft) => draft.values.note[0] === note && draft.photos.photos.length)) return;
    }
    throw new Error("the draft was not kept");
}"""


def kept(reader: Reader) -> Reader:
    """Wait until the browser has put the draft away, its photo too."""
    expect(reader.page.locator(".photos img")).to_have_count(1)
    reader.page.evaluate(KEPT, ["给张奶奶挑水", PATIENCE_MS])
    return reader


def anew(reader: Reader) -> Reader:
    """Close the page and open another in the same browser."""
    page: Page = reader.page.context.new_page()
    reader.page.close()
    other = Reader(reader.site, page, scripts=True)
    reader.site.readers.append(other)
    other.expects_trouble = reader.expects_trouble
    return other


def restored(reader: Reader) -> Reader:
    reader.see("已恢复没交的内容")
    expect(reader.page.locator("[name=note]")).to_have_value("给张奶奶挑水")
    expect(reader.page.locator("[name=item_id] option:checked")).to_contain_text("志愿服务")
    expect(reader.page.locator(".photos img")).to_have_count(1)
    return reader


def test_a_closed_page_comes_back_with_its_photo(phone: Reader) -> None:
    reports = Contribution.select().count()
    again = restored(anew(phone).open("/report"))
    again.inspect()
    again.submit().see("已报上去")
    assert Contribution.select().count() == reports + 1
    line = Line.select().order_by(Line.id.desc()).get()
    kept_photo = Photo.get(Photo.subject_id == line.contribution_id)
    assert (kept_photo.width, kept_photo.height, line.contribution.note) == (1280, 640, "给张奶奶挑水")
    again.open("/report").miss("已恢复没交的内容")
    expect(again.page.locator("[name=note]")).to_have_value("")


def test_sent_without_a_network_and_again_after_a_reload_it_is_one_report(phone: Reader) -> None:
    reports = Contribution.select().count()
    phone.expects_trouble = True
    phone.page.context.set_offline(True)
    phone.page.get_by_role("button", name="报上去").click()
    phone.see("没有连上网络")
    phone.page.context.set_offline(False)
    again = restored(anew(phone).open("/report"))
    again.submit().see("已报上去")
    assert Contribution.select().count() == reports + 1


def test_an_answer_lost_on_the_way_is_found_after_the_page_was_closed(phone: Reader) -> None:
    """The site took it, the answer never came, the phone was switched off: the same key, the same report."""
    reports, key = Contribution.select().count(), phone.page.locator("main [name=key]").input_value()
    phone.expects_trouble = True

    def lose(route: Route) -> None:
        route.fetch(max_redirects=0)
        route.abort()

    phone.page.route("**/report", lose)
    phone.page.get_by_role("button", name="报上去").click()
    phone.see("没有连上网络")
    assert Contribution.select().count() == reports + 1
    again = restored(anew(phone).open("/report"))
    assert again.page.locator("main [name=key]").input_value() == key
    again.submit().see("已报上去")
    assert Contribution.select().count() == reports + 1


def test_a_refusal_keeps_the_photo_and_takes_a_new_key(phone: Reader) -> None:
    phone.submit().see("已报上去")
    phone.open("/report").fill(item_id="志愿服务", note="给张奶奶挑水")
    phone.page.set_input_files("[name=photos]", photo())  # type: ignore[arg-type]
    key = phone.page.locator("main [name=key]").input_value()
    phone.submit().see("已经记过的")
    expect(phone.page.get_by_text("已恢复没交的内容")).to_have_count(0)
    assert phone.status == 409
    expect(phone.page.locator(".photos img")).to_have_count(1)
    assert phone.page.locator("main [name=key]").input_value() != key
    again = restored(anew(phone).open("/report"))
    assert again.page.locator("main [name=key]").input_value() != key
    again.submit().see("已经记过的").press("照样记下").see("已报上去")
    lines = list(Line.select().order_by(Line.id.desc()).limit(2))
    later, earlier = (Photo.get(Photo.subject_id == line.contribution_id) for line in lines)
    assert later.like_id == earlier.id


def test_what_is_too_large_is_said_and_everything_stays(phone: Reader) -> None:
    answer = '<div class="alert"><p>文件太大。请换小一点的。</p></div>'
    phone.page.route("**/report", lambda route: route.fulfill(status=413, content_type="text/html", body=answer))
    phone.page.get_by_role("button", name="报上去").click()
    phone.see("文件太大")
    expect(phone.page.locator("[name=note]")).to_have_value("给张奶奶挑水")
    expect(phone.page.locator(".photos img")).to_have_count(1)
    phone.page.unroute("**/report")
    phone.submit().see("已报上去")


def test_another_on_the_same_phone_sees_nothing_of_it(phone: Reader, demo_site: Site, password: str) -> None:
    """The villager never signed out; the session went, and a steward signs in."""
    phone.page.context.clear_cookies()
    other = phone.sign_in("steward", password).open("/report").miss("已恢复没交的内容")
    expect(other.page.locator("[name=note]")).to_have_value("")
    phone.page.context.clear_cookies()
    restored(phone.sign_in("villager", password).open("/report"))


def test_a_team_comes_back_too(demo_site: Site, password: str) -> None:
    holder = Person.get(Person.username == "villager")
    form = f"/villages/{holder.household.village_id}/contributions/new"
    committee = (
        demo_site.phone().sign_in("committee", password).open(form).fill(item_id="义务巡逻", note="给张奶奶挑水")
    )
    committee.choose_person(f"{holder.initials} {holder.household.number}", holder.name)
    committee.page.set_input_files("[name=photos]", photo())  # type: ignore[arg-type]
    again = anew(kept(committee)).open(form).see("已恢复没交的内容")
    expect(again.page.locator("[data-people-list] input:checked")).to_have_value(str(holder.id))
    expect(again.page.locator("[data-people-list] li").first).to_contain_text(holder.name)
    expect(again.page.locator("[data-people-count]")).to_have_text("已选 1 人")
    again.submit().see("已记下 1 人")
    assert Line.select().order_by(Line.id.desc()).get().person_id == holder.id


@pytest.mark.parametrize("how", ["退出", "在所有设备上退出"])
def test_signing_out_forgets_it(phone: Reader, password: str, how: str) -> None:
    phone.open("/me").turn(phone.page.get_by_role("button", name=how, exact=True))
    phone.sign_in("villager", password).open("/report").miss("已恢复没交的内容")
    expect(phone.page.locator("[name=note]")).to_have_value("")


def test_a_week_later_it_is_forgotten(phone: Reader) -> None:
    again = anew(phone)
    again.page.add_init_script(f"const real = Date.now; Date.now = () => real() + {8 * DAY_MS};")
    again.open("/report")
    expect(again.page.locator("form[data-kept]")).to_be_visible()
    expect(again.page.locator("[name=note]")).to_have_value("")


def test_it_can_be_cleared(phone: Reader) -> None:
    again = restored(anew(phone).open("/report"))
    again.press("清空").miss("已恢复没交的内容")
    expect(again.page.locator("[name=note]")).to_have_value("")
    expect(again.page.locator(".photos img")).to_have_count(0)


def test_a_form_that_was_only_looked_at_leaves_no_draft(demo_site: Site, password: str) -> None:
    phone = demo_site.phone().sign_in("villager", password).open("/report")
    phone.page.get_by_role("heading", name="我要申报").click()
    anew(phone).open("/report").miss("已恢复没交的内容")


def test_photos_are_taken_out_again_one_by_one(phone: Reader) -> None:
    phone.page.set_input_files("[name=photos]", [photo("one"), photo("two", (600, 900))])  # type: ignore[list-item]
    expect(phone.page.locator(".photos img")).to_have_count(3)
    phone.page.get_by_role("button", name="去掉第 2 张").click()
    expect(phone.page.locator(".photos img")).to_have_count(2)
    phone.submit().see("已报上去")
    line = Line.select().order_by(Line.id.desc()).get()
    assert [(one.width, one.height) for one in Photo.select().where(Photo.subject_id == line.contribution_id)] == [
        (1280, 640),
        (600, 900),
    ]


def test_a_report_goes_without_scripts_too(demo_site: Site, password: str) -> None:
    phone = demo_site.phone(java_script_enabled=False).sign_in("villager", password)
    phone.open("/report").fill(item_id="志愿服务", note="给张奶奶挑水")
    phone.page.set_input_files("[name=photos]", photo())  # type: ignore[arg-type]
    phone.submit().see("已报上去")
    holder = Person.get(Person.username == "villager")
    line = Line.select().order_by(Line.id.desc()).get()
    assert line.household_id == holder.household_id
    assert Photo.get(Photo.subject_id == line.contribution_id).width == 1280
