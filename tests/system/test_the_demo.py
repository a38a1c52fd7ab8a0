"""What a newcomer meets: `huiying demo` on a machine that has never run it, and a whole day at its console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from browser import Person, browser, signed_in
from playwright.sync_api import Page, expect
from product import Product, Session, data_folder, running, stop, wait_for

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]
LATER = "2099-01-01T00:00"


@pytest.fixture
def demo() -> Iterator[Product]:
    """The demo in a folder of its own."""
    with data_folder("demo") as home, running("demo", home, watch_every="1") as one:
        yield one


class Desk:
    """One person at one consultation: makes its moves by the forms on the page."""

    def __init__(self, person: Person) -> None:
        self.page: Page = person.page()

    def does(self, move: str, **given: Any) -> None:
        """Open a move's form, fill it, send it; and see that it was written down."""
        form = self.page.locator(f"form[action$='/{move}']")
        self.page.locator("details", has=form).locator("summary").click()
        for name, value in given.items():
            field = form.locator(f"[name='{name}']")
            if isinstance(value, bool):
                form.locator(f"[name='{name}'][value='{int(value)}']").check()
            elif field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)
        form.get_by_role("button").click()
        expect(self.page.get_by_text("已记录。")).to_be_visible()

    def opens(self, path: str) -> Page:
        """Go to a page."""
        self.page.goto(path)
        return self.page


def test_a_whole_day_from_the_burst_to_the_report(demo: Product, tmp_path: Path) -> None:
    """A county loses its water: seen, told, signed for, consulted, answered by two units, over, reviewed, reported.

    The day is the written one of the demo, at its own speed; the people are two browsers, for who drafts doesn't sign.
    At its end the books balance, and Ctrl-C leaves nothing behind.
    """
    with (
        browser() as chromium,
        signed_in(chromium, demo, tmp_path, ("officer1", "值班员甲", "officer")) as first,
        signed_in(chromium, demo, tmp_path, ("leader1", "带班领导乙", "leader")) as second,
    ):
        officer, leader = Desk(first), Desk(second)
        page = officer.opens("/")
        expect(page.get_by_text("所有内容均为虚构")).to_be_visible()
        row = page.locator("li.row", has_text="静宁县").filter(has_text="集中反映").filter(
            has=page.locator(".level-major")
        )
        expect(row.first).to_be_visible(timeout=150_000)
        alert = row.first.get_by_role("link", name="详情").get_attribute("href")
        assert alert
        row.first.get_by_role("button", name="签收").click()
        expect(page.get_by_text("已签收，后续不再重复提醒")).to_be_visible()

        consultation = opened(officer, alert)
        answered(officer, leader, consultation)

        wait_for(lambda: "the day is over" in demo.said, 240, why="the day's end")
        page = officer.opens(alert)
        expect(page.get_by_text("已解除").first).to_be_visible(timeout=90_000)
        expect(page.locator("#alert-main")).to_contain_text("已平息")
        closed(officer, leader, consultation)
        reported(officer, leader, consultation)
        for person in (first, second):
            person.all_well()
    the_books_balance(demo)
    ctrl_c_leaves_nothing(demo)


def opened(officer: Desk, alert: str) -> str:
    """Open a consultation from the alert, and return its address."""
    page = officer.opens(alert)
    expect(page.locator(".samples")).to_contain_text("停水")
    form = page.locator("form[action$='/consult']")
    form.locator("[name='grade']").select_option(label="重大")
    form.locator("[name='reason']").fill("城区大面积停水，影响学校和医院")
    form.get_by_role("button", name="启动会商").click()
    expect(page.get_by_text("会商已启动")).to_be_visible()
    for limit in ("5小时内", "24小时内"):
        expect(page.locator(".limits")).to_contain_text(limit)
    return re.sub(r"[?#].*", "", page.url)


def answered(officer: Desk, leader: Desk, consultation: str) -> None:
    """Grade it, hand out tasks, agree on the facts, and publish a first statement and two units' signed answers."""
    officer.opens(consultation)
    officer.does("assess", safety="可能造成伤害", reach="全县（区）", vulnerable="涉及少数", overdue="未超时限")
    expect(officer.page.locator("#moves")).to_contain_text("建议定为重大")
    officer.does("add_fact", text="主管道破裂，正在抢修", confirmed=True, source="县水务局")
    officer.does("add_question", text="什么时候恢复供水？", asked="40")
    officer.does("assign", unit="静宁县水务局", duty="牵头")
    officer.does("assign", unit="静宁县教育局", duty="协办")
    officer.does("decide", text="向学校送水", unit="静宁县教育局", due=LATER)
    officer.does("draft_statement", text="主管道破裂，正在抢修，今晚再报。", unit="静宁县水务局")
    expect(officer.page.locator("form[action$='/sign_statement']"), "who drafts doesn't sign").to_have_count(0)

    leader.opens(consultation)
    leader.does("agree_sheet")
    expect(leader.page.locator("#record")).to_contain_text("第1版")
    leader.does("sign_statement")
    officer.opens(consultation)
    officer.does("publish_statement", channel="静宁县政府网站")
    officer.does("draft_answer", text="已更换主管道，二十二时恢复供水。", unit="静宁县水务局")
    officer.does("draft_unit_answer", unit="静宁县教育局", text="各学校照常上课，已备水车。")

    leader.opens(consultation)
    leader.does("sign_answer")
    leader.does("sign_unit_answer", unit="静宁县教育局")
    officer.opens(consultation)
    officer.does("publish_answer", channel="静宁县政府网站")
    officer.does("publish_unit_answer", unit="静宁县教育局", channel="静宁县教育局微信")
    officer.does("answer_question", question="什么时候恢复供水？", text="二十二时")
    officer.does("task_done", task="静宁县教育局：向学校送水", result="已送水")
    expect(officer.page.locator("#record")).to_contain_text("静宁县教育局的答复")


def closed(officer: Desk, leader: Desk, consultation: str) -> None:
    """Have the remedy checked by somebody else, close it, and look back."""
    officer.opens(consultation)
    officer.does("verify", unit="县政府督查室", text="二十户抽查均已来水")
    leader.opens(consultation)
    leader.does("close", text="已恢复供水并答复", no_press="书面发布，未另行召开")
    officer.opens(consultation)
    officer.does(
        "review", cause="管道老化", lessons="应先公告再检修", action="更换三公里主管", unit="静宁县水务局", due=LATER
    )
    expect(officer.page.locator(".head-chips")).to_contain_text("已复盘")


def reported(officer: Desk, leader: Desk, consultation: str) -> None:
    """The special report is drafted from the record, and says what was answered and by whom; the history verifies."""
    page = leader.opens(consultation)
    expect(page.locator("form[action='/reports/daily']"), "a leader reads, an analyst makes").to_have_count(0)
    page = officer.opens("/reports")
    expect(page.get_by_role("heading", name="报告")).to_be_visible()
    page = leader.opens("/system/audit")
    expect(page.locator("main")).to_contain_text("会商")


def the_books_balance(demo: Product) -> None:
    """All that was sent is accounted for, and what could not be read says why."""
    sent = re.search(r"the day is over: (\d+) posts", demo.said)
    assert sent
    books = demo.settled_books(int(sent[1]))
    assert books["all"]["repeated"] == 1
    assert books["all"]["rejected"] == 2
    with Session(demo, *demo.first_sign_in) as admin:
        letters = admin.get("/dead-letters").text
        assert "没有正文" in letters
        assert "时间在未来" in letters
        made = admin.post("/reports/daily", on="/reports", kind="special", matter=the_matter(admin))
        assert "主管道破裂" in made
        assert "各学校照常上课" in made
        assert "更换三公里主管" in made
        ledger = admin.get("/ledger").text
        assert re.search(r'<tr data-key="[0-9a-f]{8}', ledger), "who asked on that day stands in the ledger"
        assert "静宁县" in ledger
    assert demo.huiying("audit", "verify").returncode == 0


def the_matter(admin: Session) -> str:
    """Return the id of the one consultation of the day."""
    (found,) = {str(one) for one in re.findall(r'href="/consultations/([0-9a-f]+)"', admin.get("/consultations").text)}
    return found


def ctrl_c_leaves_nothing(demo: Product) -> None:
    """One Ctrl-C ends every process of the family."""
    family = psutil.Process(demo.process.pid).children(recursive=True)
    assert len(family) >= 6
    assert stop(demo.process) == 0
    assert demo.said.rstrip().endswith("stopped")
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
