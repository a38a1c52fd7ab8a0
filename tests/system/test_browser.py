"""What people see: a real Chromium on the running console. Nothing of it may fail silently or ask another machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Person, browser, sign_in, signed_in, window
from playwright.sync_api import Browser, expect
from posted import send_dry_now
from product import Product, add_person

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]
PAGES = {
    "/": "值班台", "/alerts": "预警", "/opinions?span=all": "舆情检索", "/consultations": "会商", "/reports": "报告",
    "/reviews": "阅评",
    "/dead-letters": "死信", "/system": "系统", "/system/audit": "审计", "/system/users": "用户",
    "/password": "修改密码",
}  # fmt: skip


NOTED = """() => {
  window.popped = [];
  window.Notification = class extends window.Notification {
    constructor(title, options) { super(title, options); window.popped.push(options.body); }
  };
}"""
"""Notes what the page asks the browser to show on the desktop."""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures of this run go."""
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A running browser."""
    with browser() as one:
        yield one


@pytest.fixture(scope="module")
def person(chromium: Browser, product: Product, pictures: Path) -> Iterator[Person]:
    """Somebody new who has signed in with a real browser, and changed the first password as everybody must."""
    with signed_in(chromium, product, pictures, ("screen", "屏前人员", "admin")) as one:
        yield one


@pytest.fixture(autouse=True)
def all_well(person: Person) -> Iterator[None]:
    """After every test: no error in the browser's console, and no request that leaves this machine."""
    yield
    person.all_well()


def test_no_page_opens_before_the_first_password_is_changed(
    chromium: Browser, product: Product, pictures: Path
) -> None:
    """A password that an administrator has seen opens one page: the one that changes it."""
    newcomer = window(chromium, product.url, pictures)
    page = newcomer.page()
    page.goto("/")
    newcomer.picture(page, "login")
    sign_in(page, *add_person(product, "newcomer", "新来人员", "officer"))
    expect(page).to_have_url(re.compile("/password$"))
    page.goto("/alerts")
    expect(page).to_have_url(re.compile("/password$"))
    newcomer.all_well()
    newcomer.context.close()


def test_an_alert_appears_at_the_desk_by_itself_and_is_signed_and_becomes_a_consultation(
    person: Person, product: Product
) -> None:
    """Nobody reloads: the desk hears of it; one click signs; a named person confirms, and the clocks run."""
    page = person.page()
    person.context.grant_permissions(["notifications"])
    with page.expect_request("**/events"):
        page.goto("/")
    page.evaluate("window.stays = true")
    alarm = page.locator("[data-alarm]")
    for name in ("声音提醒", "桌面通知"):
        alarm.get_by_role("button", name=f"{name}：关").click()
        expect(alarm.get_by_role("button", name=f"{name}：开")).to_be_visible()
    page.evaluate(NOTED)
    send_dry_now(product.kafka, "screen", "华亭市东华街道", ("hotline", "wechat", "weibo"), 16)
    row = page.locator("li.row", has_text="华亭市").filter(has_text="集中反映").filter(has=page.get_by_role("button"))
    expect(row).to_be_visible()
    expect(row.locator(".level-major")).to_be_visible()
    expect(page.locator("[data-toast]")).to_contain_text("新预警")
    assert page.evaluate("window.stays"), "the page was not reloaded"
    expect(alarm.get_by_role("status")).to_contain_text(re.compile(r"已提醒\d+条新预警|拦住了声音"))
    assert any("华亭市" in text for text in page.evaluate("window.popped")), "it is shown on the desktop"
    person.picture(page, "desk")
    alert = row.get_by_role("link", name="详情").get_attribute("href")
    row.get_by_role("button", name="签收").click()
    expect(page.get_by_text("已签收，后续不再重复提醒")).to_be_visible()

    page.goto(f"{alert}")
    expect(page.get_by_text("信息摘录")).to_be_visible()
    expect(page.locator(".samples")).to_contain_text("停水")
    person.picture(page, "alert")
    form = page.locator("form").filter(has=page.get_by_role("button", name="启动会商", exact=True))
    form.get_by_label(re.compile("^等级")).select_option(label="重大")
    form.get_by_label("理由").fill("城区大面积停水，影响学校和医院")
    form.get_by_role("button", name="启动会商", exact=True).click()
    expect(page.get_by_text("会商已启动")).to_be_visible()
    for limit in ("5小时内", "24小时内"):
        expect(page.locator(".limits")).to_contain_text(limit)
    page.locator("summary", has_text="记录事实").click()
    form = page.locator("form[action$='/add_fact']")
    form.get_by_label(re.compile("^事实")).fill("主管道破裂，三个社区停水，电话13900000000")
    form.get_by_label("是", exact=True).check()
    form.get_by_label(re.compile("^来源")).fill("水务局现场")
    form.get_by_role("button", name="记录事实").click()
    expect(page.get_by_text("已记录。")).to_be_visible()
    expect(page.locator("#record")).to_contain_text("主管道破裂")
    expect(page.locator("#record"), "a telephone number is taken out").not_to_contain_text("13900000000")
    person.picture(page, "consultation")
    page.close()


def test_a_search_marks_what_it_found_and_filters_apply_as_they_are_chosen(person: Person, product: Product) -> None:
    """A phrase is found as it stands, marked, and counted by topic and county."""
    before = product.received()
    send_dry_now(product.kafka, "search", "庄浪县南湖镇", ("board",), 6)
    product.settled_books(before + 6)
    page = person.page()
    page.goto("/opinions?span=all")
    page.get_by_label("检索词").fill("恢复供水 南湖镇")
    page.get_by_role("button", name="检索").click()
    expect(page.locator(".texts mark", has_text="恢复供水").first).to_be_visible()
    expect(page.locator(".summary .total")).to_contain_text("6 条")
    expect(page.locator(".facets")).to_contain_text("庄浪县")
    person.picture(page, "opinions")
    page.get_by_label("来源").select_option(label="微博")
    expect(page).to_have_url(re.compile("source=weibo"))
    expect(page.get_by_text("没有符合条件的信息")).to_be_visible()
    page.close()


def test_a_brief_is_made_opened_and_taken_away(person: Person) -> None:
    """The daily brief of today, from a button; it reads as a document, and its files are what they say."""
    page = person.page()
    page.goto("/reports")
    page.get_by_role("button", name="生成报告").click()
    expect(page).to_have_url(re.compile("/reports/"))
    expect(page.locator(".paper")).to_contain_text("日报")
    person.picture(page, "report")
    with page.expect_download() as going:
        page.get_by_role("link", name="PDF").click()
    assert Path(going.value.path()).read_bytes().startswith(b"%PDF-")
    page.close()


REFUSED = {
    "officer": ("/system/users", "/system/audit"),
    "analyst": ("/system/users", "/system/audit"),
    "leader": ("/system", "/dead-letters", "/system/users"),
    "supervisor": ("/dead-letters", "/system/audit", "/system/users"),
    "handler": ("/opinions", "/matters", "/reports", "/system", "/system/audit", "/policies"),
}
"""Pages that a role may not open."""


@pytest.mark.parametrize("role", sorted(REFUSED))
def test_a_role_sees_no_way_to_what_it_may_not_do_and_is_refused_when_it_goes_there(
    role: str, chromium: Browser, product: Product, pictures: Path
) -> None:
    """No link leads there, and an address typed by hand shows a page that says why not, in Chinese."""
    with signed_in(chromium, product, pictures, (f"tries-{role}", "试用人员", role)) as one:
        page = one.page()
        page.goto("/")
        for path in REFUSED[role]:
            expect(page.locator(f"nav a[href='{path}'], .who a[href='{path}']")).to_have_count(0)
        for path in REFUSED[role]:
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 403, path
            expect(page.get_by_role("heading", name="没有权限")).to_be_visible()
            expect(page.get_by_text("如确有需要，请联系管理员")).to_be_visible()
        one.wrong = [line for line in one.wrong if "403" not in line]
        one.all_well()


def test_every_page_fits_the_screen_of_an_office_computer(person: Person) -> None:
    """At 1366×768 no page is wider than the screen, and each shows its name."""
    page = person.page()
    for path, name in PAGES.items():
        page.goto(path)
        assert name in page.title(), path
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} pixels wider than the screen"
        person.picture(page, f"page-{name}")
    page.close()
