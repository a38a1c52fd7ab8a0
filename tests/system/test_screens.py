"""Every page of the console, found by following its links, in light, in dark, on a phone and on paper.

On each, axe-core (from a package, nothing is fetched) must find no serious fault, and no page may be wider than its
screen. With HUIYING_TEST_PICTURES=FOLDER (`make screenshots`) the pictures are kept there, to be looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import OFFICE
from browser import browser as running_browser
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect
from posted import quiet_rows, send, send_dry_now, write_csv
from product import Product, Session, wait_for

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]
PHONE = ViewportSize(width=390, height=844)
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": OFFICE, "color_scheme": "light"},
    "dark": {"viewport": OFFICE, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "color_scheme": "light", "device_scale_factor": 2, "is_mobile": True},
}
SEEDS = ("/", "/password", "/system/users", "/system/audit", "/opinions?span=all&q=停水", "/nowhere")
NO_PAGE = re.compile(r"^/(static|api|events|healthz|logout|opinions/export)|/(pdf|docx|html|xlsx|csv|jsonl)$")
MEMBER = re.compile(r"(?<=/)[^/]*\d[^/]*")
"""A part of a path that names one of many: of each kind one page is looked at."""
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="module")
def pages(product: Product, admin: Session, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """One address of every kind of page, on a city with something on each."""
    from datetime import UTC, datetime, timedelta

    before = product.received()
    day = datetime.now(UTC) - timedelta(hours=20)  # noqa: TID251 - the running product asks the machine too
    file = write_csv(tmp_path_factory.mktemp("in") / "quiet.csv", quiet_rows(60, "screens", day))
    product.huiying("replay", str(file), "--source", "portal", "--speed", "max")
    send(product.kafka, "portal", b"no page at all")
    send_dry_now(product.kafka, "screens", "静宁县城关镇", ("hotline", "wechat", "weibo"), 16)
    # other tests count what they send to the same product
    wait_for(lambda: product.received() >= before + 60 + 48 + 1, 240, why="all that was sent is stored")
    alert = next(iter(wait_for(lambda: admin.alerts("静宁县", "集中反映"), 180, why="an alert")))
    known = f"{datetime.now(UTC) + timedelta(hours=8):%Y-%m-%dT%H:%M}"  # noqa: TID251 - as above
    asked: dict[str, Any] = {"grade": "major", "emergency": "1", "reason": "城区大面积停水", "known_at": known}
    admin.post(f"/alerts/{alert}/consult", on=f"/alerts/{alert}", **asked)
    admin.post("/reports/daily", on="/reports", day=f"{day + timedelta(hours=8):%Y-%m-%d}")
    kept: dict[str, Any] = {"name": "静宁停水", "q": "停水 或 断水", "span": "all", "for": "all"}
    admin.post("/searches", on="/opinions?q=停水", **kept)
    admin.post("/policies", on="/policies", title="冬季供暖补贴办法", unit="市住建局")
    hushed: dict[str, Any] = {"phrase": "没有人说的话", "reason": "计划检修，已公告", "act": "set"}
    admin.post("/silences", on="/silences", ends=f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}", **hushed)  # noqa: TID251 - as above
    item = re.compile(r'href="(/ledger/[0-9a-f]{24})"')
    (one,) = wait_for(
        lambda: item.search(admin.get("/ledger?state=waiting").text), 180, why="an item of the ledger"
    ).groups()
    admin.post(f"{one}/assign", on=one, lead="静宁县水务局", limit="help", longer="核对后按求助办理", sure="1")
    admin.post(f"{one}/accept", on=one)
    admin.post(f"{one}/reply", on=one, kind="final", unit="静宁县水务局", text="我局高度重视，将尽快处理。")
    wait_for(lambda: "/matters/" in admin.get("/matters").text, 120, why="a matter")
    return sorted(follow(admin))


def follow(person: Session) -> Iterator[str]:
    """Follow every link from the seeds; yield one address of every kind."""
    waiting, seen = list(SEEDS), set[str]()
    while waiting:
        address = waiting.pop(0)
        kind = MEMBER.sub("*", urlsplit(address).path)
        if kind in seen or NO_PAGE.search(kind):
            continue
        seen.add(kind)
        answer = person.http.get(address)
        if "text/html" in answer.headers.get("content-type", ""):
            yield address
            waiting += [link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"#]*)', answer.text)]


def name_of(address: str) -> str:
    """Return a file name for a kind of page."""
    path = MEMBER.sub("one", urlsplit(address).path).strip("/").replace("/", "-")
    return path or "desk"


@contextmanager
def screen(browser: Browser, product: Product, cookies: list[Any], look: str) -> Iterator[BrowserContext]:
    """Give a window in one look, signed in."""
    context = browser.new_context(base_url=product.url, locale="zh-CN", **LOOKS[look])
    context.set_default_timeout(60_000)
    context.add_cookies(cookies)
    yield context
    context.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser that reaches this machine only."""
    with running_browser() as one:
        yield one


@pytest.fixture(scope="module")
def cookies(admin: Session, product: Product) -> list[dict[str, Any]]:
    """What makes a browser the same person."""
    return [{"name": name, "value": value, "url": product.url} for name, value in admin.http.cookies.items()]


def faults(page: Page, axe: Axe) -> list[str]:
    """Return what axe-core calls serious on a page, one line each."""
    found = axe.run(page).response["violations"]
    return [
        f"{one['id']} ({one['impact']}): {node['target']} {node.get('failureSummary', '')[:200]!r}"
        for one in found
        if one["impact"] in SERIOUS
        for node in one["nodes"][:3]
    ]


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_can_be_used_by_everybody_and_fits_its_screen(
    look: str, browser: Browser, product: Product, cookies: list[dict[str, Any]], pages: list[str]
) -> None:
    """axe-core finds no serious fault in any look; nothing has to be scrolled sideways."""
    axe, wrong = Axe(), []
    folder = os.environ.get("HUIYING_TEST_PICTURES", "")
    assert len(pages) > 12
    with screen(browser, product, cookies, look) as window:
        page = window.new_page()
        for address in pages:
            page.goto(address, wait_until="load")
            wrong += [f"{address}: {line}" for line in faults(page, axe)]
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if wide > 0:
                wrong.append(f"{address}: {wide} pixels wider than the screen")
            if folder:
                Path(folder).mkdir(parents=True, exist_ok=True)
                page.screenshot(path=Path(folder) / f"{name_of(address)}-{look}.png", full_page=True)
    with screen(browser, product, [], look) as stranger:
        page = stranger.new_page()
        page.goto("/login")
        wrong += [f"/login: {line}" for line in faults(page, axe)]
        if folder:
            page.screenshot(path=Path(folder) / f"login-{look}.png")
    assert wrong == [], "\n".join(wrong)


def test_a_page_can_be_worked_with_the_keyboard_alone(
    browser: Browser, product: Product, cookies: list[dict[str, Any]]
) -> None:
    """The first key leads past the navigation; what has the focus is always seen; Enter sends the search."""
    with screen(browser, product, cookies, "light") as window:
        page = window.new_page()
        page.goto("/opinions?span=all&topic=其他")
        page.locator("body").press("Tab")
        page.evaluate("document.activeElement.blur()")
        page.goto("/alerts")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "跳到正文"
        for _ in range(12):
            page.keyboard.press("Tab")
            drawn = "getComputedStyle(document.activeElement).outlineStyle"
            assert page.evaluate(drawn) != "none", page.evaluate("document.activeElement.outerHTML")
        page.goto("/opinions")
        page.get_by_label("检索词").press_sequentially("停水")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("q="))


def test_what_came_live_can_still_be_scrolled_by_the_keyboard(
    browser: Browser, product: Product, cookies: list[dict[str, Any]], pages: list[str]
) -> None:
    """A part of the page that was replaced under the reader keeps its stops for the keyboard, as when it was opened."""
    assert "/" in pages
    told = {"content_type": "text/event-stream", "body": "event: tick\ndata: {}\n\n"}
    unreached = """[...document.querySelectorAll('main .card, main .chart-box')]
        .filter(box => box.scrollWidth > box.clientWidth && box.tabIndex !== 0).length"""
    with screen(browser, product, cookies, "phone") as window:
        page = window.new_page()
        page.goto("/")
        page.wait_for_selector("[data-live] svg.chart")
        page.route("**/events", lambda route: route.fulfill(**told))
        page.reload()
        page.evaluate("for (const one of document.querySelectorAll('[data-live]')) one.append('stale')")
        expect(page.locator("[data-live]:has(svg.chart)")).not_to_contain_text("stale", timeout=60_000)
        narrow = "document.querySelector('.chart-box').scrollWidth > document.querySelector('.chart-box').clientWidth"
        assert page.evaluate(narrow), "nothing has to be scrolled: this test shows nothing"
        assert page.evaluate(unreached) == 0


def test_on_paper_there_is_the_text_and_no_button(
    browser: Browser, product: Product, cookies: list[dict[str, Any]], pages: list[str]
) -> None:
    """Printed, a page has no navigation and no form, and its words are still there."""
    with screen(browser, product, cookies, "light") as window:
        page = window.new_page()
        page.emulate_media(media="print")
        for address in (one for one in pages if re.match(r"/(alerts|consultations)/", one)):
            page.goto(address)
            assert not page.locator("header nav").is_visible(), address
            assert not any(button.is_visible() for button in page.locator("main button").all()), address
            said = page.locator("main").inner_text()  # of whichever alert comes first: other tests raise some too
            assert "县" in said
            assert len(said) > 100
