"""An invented day for tests of reports: every kind of block, small counts, an odd text."""

from __future__ import annotations

from datetime import date
from typing import Any

from alerts.alert import Alert
from alerts.consultation import Consultation, PublicText, Question
from alerts.reports.day import DayData
from alerts.reports.figures import Book, Counted
from alerts.reports.periods import HOUR_MS, Window, day_window
from alerts.reports.tree import Source

DAY = date(2026, 11, 22)
WINDOW = day_window(DAY)
PAST = day_window(date(2026, 11, 21))
HOURS = (0, 1, 0, 0, 2, 3, 6, 9, 14, 30, 44, 60, 52, 41, 28, 22, 20, 14, 12, 9, 7, 6, 3, 0)
ODD_TITLE = '#set page() $x$ *粗* `码` <b onclick="x()">&amp; \\end{a} @甲 “引号”——〔电话〕'
"""A title that would be markup in every language we render to."""


def at(hour: float) -> int:
    """Return a moment of the day, ms UTC."""
    return WINDOW.start + int(hour * HOUR_MS)


def alert(name: str, **fields: Any) -> Alert:
    """Return an alert of ten o'clock, acknowledged after a quarter of an hour unless said otherwise."""
    given: dict[str, Any] = {
        "id": name, "rule": "burst", "rule_title": "突增", "level": "general", "title": f"预警{name}",
        "reason": "因", "state": "acknowledged", "opened_at": at(10), "updated_at": at(11), "last_firing_at": at(11),
        "acknowledged_at": at(10.25), "window_from": at(9), "window_to": at(10), "value": 12.0, "bound": 5.0,
        "count": 12, "total": 40, "peak": 12.0,
    }  # fmt: skip
    return Alert(**{**given, **fields})


def source(name: str, window: Window = WINDOW) -> Source:
    """Return where a figure came from."""
    return Source(
        name=name, title=name, index=f"{name}-*", window_from=window.start, window_to=window.end, query={"size": 0}
    )


def busy_day(**changes: Any) -> DayData:
    """Return a day on which much happened."""
    total, past = sum(HOURS), 144
    today = Counted(
        total=total,
        urgent=23,
        danger=3,
        late=6,
        hours=HOURS,
        sources={"hotline": 150, "weibo": 120, "wechat": total - 313, "portal": 40, "board": 3},
        topics={
            "供水供气供暖": 210, "交通出行": 40, "物业管理": 33, "教育": 22, "医疗卫生": 20, "市场监管": 3,
            "": total - 328,
        },
        negative={"供水供气供暖": 150, "交通出行": 12, "物业管理": 20, "教育": 2},
        counties={"620826": 230, "620802": 60, "620881": 20, "620825": 4, "": total - 314},
        concerns={("供水供气供暖", "620826"): 205, ("物业管理", "620802"): 22, ("教育", "620802"): 3},
        last={"hotline": at(22), "weibo": at(21.5), "wechat": at(22), "portal": at(20), "board": at(9)},
        source_hours={"portal": (0,) * 8 + (10,) * 2 + (0,) * 5 + (5,) * 4 + (0,) * 5},
    )  # fmt: skip
    before = Counted(
        total=past,
        hours=(6,) * 24,
        sources={"hotline": 50, "weibo": 60, "wechat": past - 137, "portal": 20, "board": 7},
        topics={"供水供气供暖": 6, "交通出行": 35, "物业管理": 30, "教育": 25, "": past - 96},
        counties={"620826": 30, "620802": 50, "": past - 80},
    )
    alerts = (
        alert(
            "甲", level="major", title="静宁县供水供气供暖反映突增", count=126,
            opened_at=at(9.8), acknowledged_at=at(9.95),
        ),
        alert("乙", title=ODD_TITLE, opened_at=at(15.2), acknowledged_at=0, state="firing"),
        alert("丙", title="含紧急求助用语的反映", count=3, acknowledged_at=at(10.6)),
    )  # fmt: skip
    fields: dict[str, Any] = {
        "day": DAY,
        "window": WINDOW,
        "whole": True,
        "made_at": WINDOW.end + 9 * HOUR_MS,
        "unit": "某市政务舆情回应",
        "names": {"620826": "静宁县", "620802": "崆峒区", "620881": "华亭市", "620825": "庄浪县"},
        "today": today,
        "past": before,
        "alerts": alerts,
        "consultations": (consultation(),),
        "notices": {"sent": 6, "suppressed": 2},
        "books": {
            "hotline": Book(received=150, stored=150),
            "weibo": Book(received=130, stored=120, repeated=8, rejected=2),
            "board": Book(received=3, stored=3),
        },
        "dead": {"future": 1, "empty": 1},
        "gaps": ("微信 05月12日08:00至05月12日11:00没有收到内容，平时约30条",),
        "sources": (source("opinions"), source("alerts")),
    }
    return DayData(**{**fields, **changes})


def empty_day() -> DayData:
    """Return a day on which nothing came in."""
    nothing = Counted(hours=(0,) * 24)
    return busy_day(today=nothing, past=nothing, alerts=(), consultations=(), notices={}, books={}, dead={})


def consultation(**fields: Any) -> Consultation:
    """Return a serious matter known at ten, with a statement in time, no press conference yet, and three questions."""
    given: dict[str, Any] = {
        "id": "会", "title": "静宁县城区停水", "alert_ids": ("甲",), "topic": "供水供气供暖", "county": "620826",
        "grade": "major", "grade_reason": "影响全县", "grade_by": "officer", "known_at": at(10), "occurred_at": at(8.5),
        "opened_at": at(10.2), "opened_by": "officer", "updated_at": at(14), "state": "stated",
        "statement": PublicText(
            text="正在抢修", unit="某县水务局", drafted_by="a", drafted_at=at(12), signed_by="b", signed_at=at(13),
            published_by="a", published_at=at(13.5), channel="政府门户",
        ),
        "questions": (
            Question(id="1", text="什么时候恢复供水？", asked=47, at=at(11)),
            Question(id="2", text="水质有没有检测？", asked=12, at=at(11), unknown="正在检测", until=at(30)),
            Question(id="3", text="哪里有送水点？", asked=30, at=at(11), answer="共六处"),
        ),
    }  # fmt: skip
    return Consultation(**{**given, **fields})
