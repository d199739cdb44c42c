"""The pages of the rule book: revised as a table or by sheet, adopted, copied from above; what it would cost."""

from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter
from PIL import Image
from werkzeug.test import TestResponse

from points import photos, sheets
from points.models.photos import Upload
from points.models.rules import RuleBook, RuleItem
from points.services import areas, rule_book
from points.web.forms import rule_sheet
from tests import steps
from tests.browser import Browser, forms_of
from tests.world import World


def draft_of(world: World) -> int:
    return rule_book.start_draft(**world.by(world.committee[0]), area_id=world.village)


def draft_page(browser: Browser, world: World) -> str:
    """Begin a draft as the committee, and return the address of the page that revises it."""
    browser.sign_in(world.committee[0])
    start = f"/areas/{world.village}/rule-book/draft"
    return browser.submit(f"/villages/{world.village}/rule-book", start).location


# --- the table ------------------------------------------------------------------------------------------------------


def test_a_new_version_is_drafted_revised_and_adopted(browser: Browser, world: World) -> None:
    edit = draft_page(browser, world)
    form = browser.forms(edit)[-1]
    assert form.values["items-0-name"].startswith("义务巡逻") and form.values["worth"] == "1.00"
    assert form.values["items-0-needs"] == ["roster", "cosign"]
    form.values.update({"worth": "0.5", "items-0-points": "12", "items-1-name": "", "items-2-voices": "5",
                        "items-2-valid_to": "2027-01-31", "items-2-needs": ["photo", "minutes"],
                        "items-28-name": "清雪", "items-28-points": "5", "items-28-category": "公益",
                        "items-28-unit": "hour", "items-28-cap": "2", "items-28-cap_period": "week",
                        "items-28-cap_holder": "person", "items-28-reporter": "staff"})  # fmt: skip
    answer = browser.post(form)
    assert answer.status_code == 303, answer.text
    draft = RuleBook.get(RuleBook.state == "draft")
    assert draft.worth_fen == 50
    items = {item.code: item for item in RuleItem.select().where(RuleItem.book == draft)}
    assert (items[1].points, 2 in items, len(items)) == (12, False, 28)
    assert (items[3].voices, items[3].needs, items[3].valid_to.isoformat()) == (5, "photo,minutes", "2027-01-31")
    assert items[23].cap is None and not items[23].counts_to_cap and items[3].discreet
    snow = items[29]
    assert (snow.name, snow.unit, snow.cap, snow.cap_period, snow.cap_holder, snow.reporter) == (
        "清雪", "hour", 2, "week", "person", "staff",
    )  # fmt: skip
    adopt = answer.location
    for shown in ("分值：10 → 12", "要几票：— → 5", "必须有：照片 → 照片、会议记录", "清雪", "新添", "去掉"):
        assert shown in browser.get(adopt).text, shown
    answer = browser.submit(adopt, minutes="村民会议第4号")
    assert answer.status_code == 303
    states = [book.state for book in RuleBook.select().where(RuleBook.area == world.village).order_by(RuleBook.id)]
    assert states == ["superseded", "adopted"]
    assert browser.get(edit).status_code == 409


def test_saving_what_the_page_shows_changes_nothing(browser: Browser, world: World) -> None:
    edit = draft_page(browser, world)
    before = rule_book.items_of(RuleBook.get(RuleBook.state == "draft").id)
    assert browser.submit(edit).status_code == 303
    assert rule_book.items_of(RuleBook.get(RuleBook.state == "draft").id) == before


def test_a_wrong_item_is_marked_and_nothing_is_lost(browser: Browser, world: World) -> None:
    edit = draft_page(browser, world)
    answer = browser.submit(edit, **{"items-0-points": "", "items-3-name": "巡山护林"})
    assert answer.status_code == 422
    assert "巡山护林" in answer.text
    [form] = [form for form in forms_of(answer.text) if form.action == edit]
    assert form.values["items-0-points"] == "" and form.values["items-3-name"] == "巡山护林"
    assert "请填 1 到 1000 之间的数。" in browser.submit(edit, **{"items-0-points": "1001"}).text


def test_a_limit_from_above_is_shown_and_refuses_by_name(browser: Browser, world: World) -> None:
    edit = draft_page(browser, world)
    areas.set_limits(
        **world.by(world.supervisor),
        area_id=world.township,
        most_points=20,
        most_monthly_cap=None,
        most_worth_fen=100,
    )
    assert "云溪镇规定：每项最多 20 分" in browser.get(edit).text
    answer = browser.submit(edit)
    assert answer.status_code == 422 and "“善行义举”超过了云溪镇定的上限" in answer.text
    shown = browser.get(f"/rule-books/{world.book.id}").text  # in force since before
    assert "这些超过了：善行义举" in shown


def test_a_council_member_reads_the_rule_book_but_does_not_change_it(browser: Browser, world: World) -> None:
    browser.sign_in(world.council[0])
    index = f"/villages/{world.village}/rule-book"
    assert "第 1 版" in browser.get(index).text
    assert "/draft" not in browser.get(index).text
    page = browser.get(f"/rule-books/{world.book.id}").text
    assert "看望独居老人" in page and "附上照片" not in page
    assert browser.get(f"/rule-books/{world.book.id}/edit").status_code == 403


# --- adoption and its photo -----------------------------------------------------------------------------------------


def picture() -> tuple[BytesIO, str]:
    out = BytesIO()
    Image.linear_gradient("L").save(out, "JPEG")
    return BytesIO(out.getvalue()), "签字页.jpg"


def test_a_book_without_photo_says_so_until_one_is_attached(browser: Browser, world: World) -> None:
    browser.sign_in(world.committee[0])
    page = f"/rule-books/{world.book.id}"
    assert "签字页的照片还没有附上" in browser.get(page).text
    answer = browser.submit(page, f"{page}/photo", photos=picture())
    assert answer.status_code == 303
    text = browser.get(page).text
    assert "照片已附上" in text and "还没有附上" not in text and "/photos/" in text
    assert len(photos.of("rule_book", [world.book.id])[world.book.id]) == 1


def test_a_photo_comes_with_the_adoption_and_no_photo_is_refused(browser: Browser, world: World) -> None:
    book = draft_of(world)
    browser.sign_in(world.committee[0])
    adopt = f"/rule-books/{book}/adopt"
    answer = browser.submit(adopt, minutes="第4号", photos=(BytesIO(b"no photo"), "x.jpg"))
    assert answer.status_code == 422 and "不是照片" in answer.text and "第4号" in answer.text
    assert RuleBook.get_by_id(book).state == "draft"
    assert browser.submit(adopt, minutes="第4号", photos=picture()).status_code == 303
    assert len(photos.of("rule_book", [book])[book]) == 1


# --- spreadsheets ---------------------------------------------------------------------------------------------------

HEADS = ("编号", "类别", "项目", "作用", "分值", "怎么算", "最多几次", "周期", "凭据", "必须有", "谁可以报", "要几票",
         "次数按谁算", "计入每月封顶", "公示只写类别", "从哪天起", "到哪天止")  # fmt: skip
ROW: dict[str, Any] = dict(zip(HEADS, (
    1, "平安", "义务巡逻（2小时以上）", "得积分", 10, "每次", 4, "每月", "名册、同组人会签", "名册、会签", "村民也可以",
    None, "每户", "是", "否", None, None), strict=True))  # fmt: skip


def sent(browser: Browser, book: int, *rows: dict[str, Any], data: bytes | None = None) -> TestResponse:
    """Upload a spreadsheet of *rows* (what differs from `ROW`) into a draft."""
    lines = [[(ROW | row).get(head) for head in HEADS] for row in rows]
    body = sheets.write("细则", HEADS, lines) if data is None else data
    return browser.submit(f"/rule-books/{book}/upload", sheet=(BytesIO(body), "细则.xlsx"))


def test_what_is_downloaded_and_uploaded_again_shows_no_difference(browser: Browser, world: World) -> None:
    book = draft_of(world)
    items = rule_book.items_of(book)
    items[0] = replace(items[0], voices=5, valid_from=world.today, cap_holder="person", cap_period="week", unit="hour")
    rule_book.revise(**world.by(world.committee[0]), book_id=book, worth_fen=100, items=items)
    browser.sign_in(world.committee[0])
    sheet = browser.get(f"/rule-books/{book}/sheet")
    assert sheet.mimetype.endswith("spreadsheetml.sheet") and "attachment" in sheet.headers["Content-Disposition"]
    answer = sent(browser, book, data=sheet.data)
    assert answer.status_code == 303, answer.text
    preview = browser.get(answer.location).text
    assert "28 项，0 项有改动" in preview and "没有改动" in preview
    read, faults = rule_sheet.read(sheet.data, RuleBook.get_by_id(book))
    assert (read, faults) == (items, [])


def test_a_changed_sheet_is_shown_then_put_into_the_draft(browser: Browser, world: World) -> None:
    book = draft_of(world)
    browser.sign_in(world.committee[0])
    answer = sent(
        browser,
        book,
        {"分值": "１２", "周期": "每周", "从哪天起": "2026年12月1日", "要几票": 5.0},
        {"编号": None, "项目": "清雪", "必须有": "", "谁可以报": ""},
        {"编号": None, "项目": "志愿服务", "类别": "公益"},
    )
    preview = answer.location
    text = browser.get(preview).text
    for shown in (
        "分值：10 → 12",
        "周期：每月 → 每周",
        "从哪天起：— → 2026-12-01",
        "要几票：— → 5",
        "清雪",
        "3 项，29 项有改动",
    ):
        assert shown in text, shown
    assert rule_book.items_of(book) == rule_book.default_items()
    answer = browser.submit(preview)
    assert answer.status_code == 303 and answer.location.endswith("/adopt")
    found = [(item.code, item.name, item.points, item.needs) for item in rule_book.items_of(book)]
    assert found == [
        (1, ROW["项目"], 12, "roster,cosign"),
        (14, "志愿服务", 10, "roster,cosign"),
        (29, "清雪", 10, ""),
    ]
    assert browser.get(preview).status_code == 404


def test_every_error_is_named_by_row_and_column_and_nothing_is_kept(browser: Browser, world: World) -> None:
    book = draft_of(world)
    browser.sign_in(world.committee[0])
    answer = sent(
        browser,
        book,
        {"分值": "十分", "周期": "每季"},
        {"编号": 2, "项目": "值守", "分值": 0},
        {"编号": 3, "项目": "上报", "从哪天起": "去年", "计入每月封顶": "也许", "必须有": "照片、口说"},
        {"编号": None, "项目": "值守二"},
        {"编号": None, "项目": "值守二"},
        {"编号": 999, "项目": "别的"},
        {"编号": 5, "项目": ""},
        {"编号": 6, "项目": "空分", "分值": None},
    )
    assert answer.status_code == 422
    cells = [
        tuple(cell.strip() for cell in row)
        for row in (
            [part.split("</div>")[0] for part in line.split("<div>")[1:]]
            for line in answer.text.split("<tr>")
            if 'data-label="第几行"' in line
        )
    ]
    assert [(row, column) for row, column, _what in cells] == [
        ("2", "分值"),
        ("2", "周期"),
        ("3", "分值"),
        ("4", "必须有"),
        ("4", "计入每月封顶"),
        ("4", "从哪天起"),
        ("6", "项目"),
        ("7", "编号"),
        ("8", "项目"),
        ("9", "分值"),
    ]
    whats = dict(((row, column), what) for row, column, what in cells)
    assert "“十分”不是整数" in whats["2", "分值"] and "分值" in whats["3", "分值"] and "值守二" in whats["6", "项目"]
    assert not Upload.select().exists()
    assert rule_book.items_of(book) == rule_book.default_items()


def test_a_merged_cell_is_an_error_of_its_row(browser: Browser, world: World) -> None:
    book = draft_of(world)
    browser.sign_in(world.committee[0])
    out = BytesIO()
    with xlsxwriter.Workbook(out) as made:
        sheet = made.add_worksheet()
        sheet.write_row(0, 0, HEADS)
        sheet.write_row(1, 0, [ROW[head] for head in HEADS])
        sheet.write_row(2, 0, [(ROW | {"编号": 2, "项目": "值守"})[head] for head in HEADS])
        sheet.merge_range(1, 1, 2, 1, "平安")
    answer = sent(browser, book, data=out.getvalue())
    assert answer.status_code == 422 and "“类别”是合并单元格" in answer.text
    assert not Upload.select().exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (picture()[0].getvalue(), "读不了"),
        (sheets.write("细则", HEADS[1:], []), "没有找到表头“编号”"),
        (sheets.write("细则", HEADS, [[1] * 17] * 121), "120 行"),
    ],
    ids=["a picture", "a heading missing", "too long"],
)
def test_what_is_no_such_sheet_is_refused_in_a_sentence(browser: Browser, world: World, data: bytes, said: str) -> None:
    book = draft_of(world)
    browser.sign_in(world.committee[0])
    answer = sent(browser, book, data=data)
    assert answer.status_code == 422 and said in answer.text


def test_an_upload_is_seen_by_its_uploader_only(browser: Browser, world: World) -> None:
    book = draft_of(world)
    preview = sent(browser.sign_in(world.committee[0]), book, {}).location
    assert browser.get(preview).status_code == 200
    assert browser.another().sign_in(world.committee[1]).get(preview).status_code == 404


# --- templates ------------------------------------------------------------------------------------------------------


def test_a_township_publishes_a_template_and_a_village_starts_from_it(browser: Browser, world: World) -> None:
    browser.sign_in(world.supervisor)
    index = f"/areas/{world.township}/rule-book"
    assert index in browser.get(f"/areas/{world.township}").text
    edit = browser.submit(index, f"{index}/draft").location
    adopt = browser.submit(edit, **{"items-0-points": "8"}).location
    assert "改了要多花多少" not in browser.get(adopt).text
    assert browser.submit(adopt, minutes="镇发〔2026〕1号").status_code == 303
    source = RuleBook.get(RuleBook.area == world.township)
    village = browser.another().sign_in(world.committee[0])
    own = f"/villages/{world.village}/rule-book"
    assert "云溪镇的样板（第 1 版）" in village.get(own).text
    assert village.get(f"/rule-books/{source.id}").status_code == 200
    assert village.get(f"/rule-books/{source.id}/edit").status_code == 404
    answer = village.submit(own, f"/areas/{world.village}/rule-book/draft", source=source.id)
    draft = RuleBook.get(RuleBook.state == "draft")
    assert answer.location == f"/rule-books/{draft.id}/edit"
    assert (draft.area_id, draft.template_id, rule_book.items_of(draft.id)[0].points) == (world.village, source.id, 8)


def test_village_and_template_pages_do_not_mix(browser: Browser, world: World) -> None:
    browser.sign_in(world.admin)
    assert browser.get(f"/areas/{world.village}/rule-book").status_code == 404
    assert browser.get(f"/villages/{world.township}/rule-book").status_code == 404
    assert browser.get(f"/areas/{world.lanes[0]}/rule-book").status_code == 404


# --- what it would cost -----------------------------------------------------------------------------------------------


def test_the_cost_page_compares_a_year_and_the_fund(browser: Browser, world: World) -> None:
    steps.posted(world, world.villager(0), quantity=3)
    book = draft_of(world)
    items = [replace(item, points=20) if item.code == 1 else item for item in rule_book.items_of(book)]
    rule_book.revise(**world.by(world.committee[0]), book_id=book, worth_fen=200, items=items)
    browser.sign_in(world.committee[0])
    page = browser.get(f"/rule-books/{book}/cost").text
    for shown in (">30<", ">60<", ">120<", "10 → 20", "+30", "还差 60.00 元", "另有 24 项这一年没有记录"):
        assert shown in page, shown
    assert f"/rule-books/{book}/cost" in browser.get(f"/rule-books/{book}/adopt").text


def test_the_cost_page_of_a_village_without_lines_says_so(browser: Browser, world: World) -> None:
    page = browser.sign_in(world.committee[0]).get(f"/rule-books/{draft_of(world)}/cost").text
    assert "没有入账或公示的记录" in page


# --- the public page ------------------------------------------------------------------------------------------------


def test_the_public_rules_say_every_fact_and_keep_deductions_apart(browser: Browser, world: World) -> None:
    book = draft_of(world)
    first, *rest = rule_book.items_of(book)
    first = replace(first, cap=2, cap_period="week", cap_holder="person", unit="hour", voices=5, reporter="committee",
                    needs="photo,minutes", valid_to=world.today.replace(month=12, day=31))  # fmt: skip
    rule_book.revise(**world.by(world.committee[0]), book_id=book, worth_fen=100, items=[first, *rest])
    rule_book.adopt(**world.by(world.committee[0]), book_id=book, minutes="第4号", adopted_on=world.today)
    page = browser.get(f"/villages/{world.village}/rules").text
    for shown in ("每小时 · 每周最多 2 次（每人） · 只限村委记 · 需要照片、会议记录 · 需 5 票 · 2026年12月31日 止",
                  "只限网格员和村委记", "扣文明分（不扣积分）", "烧秸秆", "−5"):  # fmt: skip
        assert shown in page, shown
    assert page.index("扣文明分") > page.index("善行义举")
