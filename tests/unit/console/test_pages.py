"""Pages with something on them: an alert and a consultation on its whole way, for every role that may see them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from console_fakes import MemoryAudit, Nothing, browser, parts
from consultations import KNOWN, NO_PRESS, TO_ANSWER, TO_STATEMENT, Act, a_consultation, after
from msgspec.structs import replace

from alerts.alert import Alert, Sample
from alerts.console.desk import watching
from alerts.consultation import Consultation
from alerts.deadlines import HOUR, MINUTE
from alerts.ledgers import Standing
from streams.clock import ManualClock, from_ms

FUTURE = KNOWN + 90 * HOUR
TO_END: tuple[Act, ...] = (
    ("decide", "li", "officer", {"text": "设六个送水点", "unit": "静宁县应急管理局", "due": FUTURE}),
    ("call", "li", "officer", {"unit": "静宁县卫健局", "part": "参会"}),
    ("came", "li", "officer", {"unit": "静宁县卫健局"}),
    ("dissent", "li", "officer", {"text": "应同时公布水质", "unit": "静宁县卫健局"}),
    ("admit", "li", "officer", {"text": "通知晚了"}),
    ("set_meeting", "li", "officer", {"meeting_at": FUTURE, "text": "复盘"}),
    ("add_fact", "li", "officer", {"text": "恢复时间", "confirmed": False, "source": "供水公司"}),
    ("hold_press", "li", "officer", {"held_at": KNOWN + HOUR, "unit": "静宁县政府", "speaker": "副县长"}),
)
ALERT = Alert(
    id="a1", rule="mostly_negative", rule_title="负面占比提示", level="major", topic="城乡建设", county="620826",
    phrase="停水", title="静宁县<停水>", reason="近2小时 57 条", opened_at=KNOWN, updated_at=KNOWN,
    last_firing_at=KNOWN, window_from=KNOWN - HOUR, window_to=KNOWN, value=0.7, bound=0.6, count=57, total=60,
    peak=0.8, usual=0.2,
    samples=(Sample(id="s1", text="<b>停水</b>", source="weibo", posted_at=KNOWN),), sources={"weibo": 57},
    consultation="proposed", danger=True,
)  # fmt: skip


class Alerts(Nothing):
    """One alert."""

    async def alerts(self, *_: Any, **__: Any) -> list[Any]:
        return [ALERT]

    async def alert(self, _: str) -> Any:
        return ALERT


class Consultations(Nothing):
    """One consultation."""

    def __init__(self, one: Consultation) -> None:
        self.one = one

    async def get(self, _: str) -> Any:
        return self.one

    async def list(self, *_: Any, **__: Any) -> list[Any]:
        return [self.one]


def whole_way() -> list[Consultation]:
    """Return the consultation in every state it goes through."""
    opened = a_consultation(special_basis="省应急厅文件")
    rich = after(after(opened, TO_STATEMENT), TO_END, KNOWN + 2 * HOUR)
    question, task = rich.questions[0].id, rich.tasks[0].id
    waiting = after(
        rich,
        [("not_yet_known", "li", "officer", {"question": question, "text": "抢修中", "until": FUTURE})],
        KNOWN + 3 * HOUR,
    )
    answered = after(waiting, TO_ANSWER, KNOWN + 4 * HOUR)
    verified = after(
        answered,
        [
            ("correct_answer", "chen", "leader", {"text": "减免从本月起"}),
            ("answer_question", "li", "officer", {"question": question, "text": "已恢复"}),
            ("task_done", "li", "officer", {"task": task, "result": "已设六处"}),
            ("verify", "li", "officer", {"unit": "静宁县督查室", "text": "水压正常"}),
        ],
        KNOWN + 5 * HOUR,
    )
    closed = after(verified, [("close", "chen", "leader", {"text": "办结", **NO_PRESS})], KNOWN + 6 * HOUR)
    review = {"cause": "管道老化", "lessons": "提前通知", "action": "更换", "unit": "静宁县水务局", "due": FUTURE}
    reviewed = after(closed, [("review", "li", "officer", review)], KNOWN + 7 * HOUR)
    again = after(reviewed, [("reopen", "li", "officer", {"reason": "又停水"})], KNOWN + 8 * HOUR)
    return [opened, rich, waiting, answered, verified, closed, reviewed, again]


@pytest.mark.parametrize("role", ["officer", "analyst", "leader", "admin"])
async def test_a_consultation_is_shown_at_every_point_of_its_way(role: str) -> None:
    for c in whole_way():
        clock = ManualClock(from_ms(c.updated_at + HOUR))
        async with browser(parts(consultations=Consultations(c), clock=clock), role=role) as client:
            answer = await client.get("/consultations/c1")
            assert answer.status_code == 200
            assert c.state_name in answer.text
            assert (await client.get("/consultations")).status_code == 200
            assert (await client.get("/")).status_code == 200


async def test_a_reopened_consultation_still_shows_the_earlier_answer() -> None:
    async with browser(parts(consultations=Consultations(whole_way()[-1])), role="leader") as client:
        text = (await client.get("/consultations/c1")).text
        assert "此前的答复" in text
        assert "减免从本月起" in text


async def test_an_alert_is_shown_escaped_with_its_figures_in_their_unit_and_the_look_is_noted() -> None:
    audit = MemoryAudit()
    clock = ManualClock(from_ms(KNOWN + HOUR))
    async with browser(parts(alerts=Alerts(), audit=audit, clock=clock), role="officer") as client:
        text = (await client.get("/alerts/a1")).text
        assert "静宁县&lt;停水&gt;" in text
        assert "&lt;b&gt;停水&lt;/b&gt;" in text
        assert "<b>70%</b>" in text
        assert "110 / 119 / 120" in text
        assert ("alerts.view", "a1", "wang", {"ids": ["s1"]}) in audit.lines
        for path in ("/", "/alerts", "/alerts?level=major&q=停水", "/alerts?consult=proposed&state=firing"):
            assert "静宁县&lt;停水&gt;" in (await client.get(path)).text
        assert "没有符合条件的预警" in (await client.get("/alerts?level=general")).text


class Flood(Nothing):
    """So many alerts that no page holds them; one of them is grave, and one waits for the summary."""

    async def alerts(self, *_: Any, state: str = "", **__: Any) -> list[Any]:
        many = [replace(ALERT, id=f"f{n}", title=f"第{n}处停水", level="larger", opened_at=n) for n in range(700)]
        grave = replace(ALERT, id="grave", title="水厂停电", level="major", opened_at=900)
        return [] if state == "resolved" else [*many, replace(many[0], id="held", held="flood"), grave]


async def test_a_flood_is_all_there_page_by_page_and_the_desk_shows_the_gravest_first() -> None:
    async with browser(parts(alerts=Flood()), role="officer") as client:
        pages = [(await client.get(f"/alerts?page={n}")).text for n in range(1, 9)]
        assert sum(len(set(re.findall(r'href="/alerts/(\w+)"', page))) for page in pages) == 702
        assert "第 8 页，共 8 页" in pages[-1]
        assert "待汇总" in "".join(pages)
        assert "第 8 页，共 8 页" in (await client.get("/alerts?page=99")).text
        desk = (await client.get("/")).text
        assert "另有652条" in desk
        assert desk.index("水厂停电") < desk.index("处停水")


class Unsigned(Nothing):
    """One alert that was over before anybody signed."""

    async def alerts(self, *_: Any, state: str = "", **__: Any) -> list[Any]:
        over = replace(ALERT, title="夜里停水", state="resolved", acknowledged_at=0, updated_at=KNOWN)
        return [over] if state in ("", "resolved") else []


async def test_what_was_over_before_anybody_signed_is_counted_the_same_at_the_desk_and_in_the_list() -> None:
    clock = ManualClock(from_ms(KNOWN + HOUR))
    async with browser(parts(alerts=Unsigned(), clock=clock), role="officer") as client:
        tile = re.search(r'href="(/alerts[^"]*)"><b>(\d+)</b><span>待签收预警', (await client.get("/")).text)
        assert tile
        assert tile.group(2) == "1"
        listed = (await client.get(tile.group(1))).text
        assert "夜里停水" in listed
        assert '无人签收（含已解除） <b class="bad-text">1</b>' in listed


class LateLedger(Nothing):
    """A ledger with items that wait for a unit, some of them overdue."""

    def __init__(self, overdue: int) -> None:
        self.overdue = overdue

    async def standing(self, *_: Any) -> Standing:
        return Standing(
            total=9, states={"waiting": 7}, unanswered=9, overdue=self.overdue, soon=4, key=0, late=0,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("overdue", "link", "said"),
    [(0, "/ledger?state=waiting", "<b>7</b><span>台账待交办<small>即将到期 4"),
     (3, "/ledger?due=overdue", "<b>3</b><span>台账逾期<small>待交办 7 · 即将到期 4")],
)  # fmt: skip
async def test_the_desk_shows_what_waits_in_the_ledger_the_overdue_first(overdue: int, link: str, said: str) -> None:
    async with browser(parts(ledger=LateLedger(overdue)), role="officer") as client:
        assert f'href="{link}">{said}' in (await client.get("/")).text


async def test_who_may_not_decide_sees_no_form_to_decide() -> None:
    for role, sees in (("officer", True), ("leader", True), ("analyst", False)):
        async with browser(parts(alerts=Alerts()), role=role) as client:
            text = (await client.get("/alerts/a1")).text
            assert ('action="/alerts/a1/consult"' in text) == sees


async def test_the_demo_says_that_it_is_one() -> None:
    async with browser(parts(demo=True), role="officer") as client:
        for path in ("/", "/login"):
            assert "演示数据，时间加速" in (await client.get(path)).text


@pytest.mark.parametrize(("age", "demo", "well"), [(MINUTE, False, True), (HOUR, False, False), (HOUR, True, True)])
def test_a_watcher_that_has_stopped_is_shown_as_ill(age: int, demo: bool, well: bool) -> None:
    answer = {"hits": {"hits": [{"_source": {"position": KNOWN - age}}]}}
    assert watching(answer, KNOWN, demo=demo).well == well


def test_a_watcher_that_never_ran_is_shown_as_ill() -> None:
    assert not watching({"hits": {"hits": []}}, KNOWN, demo=False).well
