"""What people see: a real Chromium on the running console. Nothing of it may fail silently or ask another machine."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect, sync_playwright
from posted import send_dry_now
from product import Product, add_person

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]
INSTALL = "there is no Chromium; to run the browser tests: sudo apt-get install chromium fonts-noto-cjk"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip
SCREEN = ViewportSize(width=1366, height=768)
PATIENCE = 60_000  # ms; the machine may be busy
PAGES = {
    "/": "值班台", "/alerts": "预警", "/opinions?span=all": "舆情检索", "/consultations": "会商", "/reports": "报告",
    "/dead-letters": "死信", "/system": "系统", "/system/audit": "审计", "/system/users": "用户",
    "/password": "修改密码",
}  # fmt: skip


@dataclass
class Person:
    """Somebody at the screen, what went wrong there, where the browser went, and the pictures."""

    context: BrowserContext
    url: str
    pictures: Path
    wrong: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def page(self) -> Page:
        """Open a page that notes every error of its scripts and every request."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: self.wrong.append(f"{page.url}: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        page.on("request", lambda request: self.asked.append(request.url))
        return page

    def picture(self, page: Page, name: str) -> None:
        """Take a picture of what is on the screen."""
        page.screenshot(path=self.pictures / f"{name}.png")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures of this run go."""
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="session", autouse=True)
def chromium() -> str:
    """The browser of this machine; without one these tests are not run, and CI fails."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        if os.environ.get("HUIYING_TEST_BROWSER") == "required":
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)
    return program


@pytest.fixture(scope="module")
def person(chromium: str, product: Product, pictures: Path) -> Iterator[Person]:
    """Somebody new who has signed in with a real browser, and changed the first password as everybody must."""
    name, first = add_person(product, "screen", "屏前人员", "admin")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=list(QUIET), timeout=PATIENCE)
        context = browser.new_context(base_url=product.url, viewport=SCREEN, locale="zh-CN")
        one = Person(context, product.url, pictures)
        page = one.page()
        page.goto("/")
        one.picture(page, "login")
        sign_in(page, name, first)
        expect(page).to_have_url(re.compile("/password$"))
        page.goto("/alerts")
        expect(page, "no page opens before").to_have_url(re.compile("/password$"))
        page.get_by_label("原密码").fill(first)
        page.get_by_label(re.compile("^新密码")).fill(f"my own {first}")
        page.get_by_label("再输一次").fill(f"my own {first}")
        page.get_by_role("button", name="修改密码").click()
        expect(page.get_by_text("密码已修改")).to_be_visible()
        sign_in(page, name, f"my own {first}")
        expect(page.get_by_role("heading", name="待签收预警")).to_be_visible()
        page.close()
        yield one
        context.close()
        browser.close()


@pytest.fixture(autouse=True)
def all_well(person: Person) -> Iterator[None]:
    """After every test: no error in the browser's console, and no request that leaves this machine."""
    yield
    assert person.wrong == []
    hosts = {urlsplit(url).netloc for url in person.asked if not url.startswith("data:")}
    assert hosts == {urlsplit(person.url).netloc}


def sign_in(page: Page, name: str, password: str) -> None:
    """Fill in the sign-in form."""
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码", exact=True).fill(password)
    page.get_by_role("button", name="登录").click()


def test_an_alert_appears_at_the_desk_by_itself_and_is_signed_and_becomes_a_consultation(
    person: Person, product: Product
) -> None:
    """Nobody reloads: the desk hears of it; one click signs; a named person confirms, and the clocks run."""
    page = person.page()
    with page.expect_request("**/events"):
        page.goto("/")
    page.evaluate("window.stays = true")
    send_dry_now(product.kafka, "screen", "华亭市东华街道", ("hotline", "wechat", "weibo"), 16)
    row = page.locator("li.row", has_text="华亭市").filter(has_text="集中反映").filter(has=page.get_by_role("button"))
    expect(row).to_be_visible()
    expect(row.locator(".level-major")).to_be_visible()
    expect(page.locator("[data-toast]")).to_contain_text("新预警")
    assert page.evaluate("window.stays"), "the page was not reloaded"
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
