"""The rota as a calendar file (RFC 5545), out for people's own calendars, and in as stand-ins.

Written and read by `icalendar`. Out: one event a shift, its id from its content, so that a calendar that subscribes
changes it instead of adding another. In: each event gives a person a post for its time; nothing else is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from icalendar import Calendar, Event

from alerts.duty import POSTS
from alerts.rota import Change, Rota, change_id
from alerts.rota_who import Span
from streams.clock import BEIJING, from_ms, ms
from streams.errors import Rejected
from streams.records import digest

EVENTS_MOST = 2_000
BYTES_MOST = 2_000_000


def to_ical(rota: Rota, found: Sequence[Span], *, now: int, person: str = "") -> bytes:
    """Return shifts as a calendar, of all people or one; `now` is when it was made (ms UTC)."""
    calendar = Calendar()
    calendar.add("prodid", "-//Huiying//duty//ZH")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "值班表")
    for span in found:
        if not span.person or (person and span.person != person):
            continue
        event = Event()
        event.add("uid", f"{digest('shift', span.post, span.person, str(span.since))}@huiying")
        event.add("dtstamp", from_ms(now))
        event.add("dtstart", from_ms(span.since))
        event.add("dtend", from_ms(span.until))
        event.add("summary", f"{POSTS[span.post]}：{rota.name(span.person)}")
        event.add("description", span.reason)
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def from_ical(rota: Rota, data: bytes, *, by: str, now: int) -> list[Change]:
    """Return the stand-ins that a calendar asks for: events `值班员：张三` (a post, a colon, a name or username).

    Raises Rejected, with the event, for one that is no shift of ours, repeats, lasts whole days or is over.
    """
    if len(data) > BYTES_MOST:
        raise Rejected("too_long", f"日历文件不能超过{BYTES_MOST // 1_000_000}MB。")
    try:
        events = list(Calendar.from_ical(data).walk("VEVENT"))
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise Rejected("field_type", f"不是日历文件（iCalendar）：{error}") from None
    if len(events) > EVENTS_MOST:
        raise Rejected("too_long", f"日历文件不能超过{EVENTS_MOST}个事项。")
    posts = {title: post for post, title in POSTS.items()} | {post: post for post in POSTS} | {"主班": "main"}
    people = {staff.name: key for key, staff in rota.people.items()} | {key: key for key in rota.people}
    found: dict[str, Change] = {}
    for event in events:
        title = str(event.get("summary", ""))
        post, _, name = title.replace(":", "：").partition("：")
        person = people.get(name.strip())
        if post.strip() not in posts or person is None:
            named = "、".join(POSTS.values())
            raise Rejected("field_type", f"事项“{title[:60]}”应写成“岗位：姓名”，岗位为{named}，姓名在值班人员中。")
        if "rrule" in event:
            raise Rejected("field_type", f"事项“{title}”是重复事项，请逐次写出。")
        since, until = _time(event, "dtstart", title), _time(event, "dtend", title)
        if until <= since:
            raise Rejected("field_type", f"事项“{title}”的结束时间不晚于开始时间。")
        if until <= now:
            continue
        given = Change(
            id=change_id("override", person, since, "ical", until), kind="override", person=person, since=since,
            until=until, post=posts[post.strip()], reason="由日历文件导入", made_by=by, made_at=now,
        )  # fmt: skip
        found[given.id] = given
    return sorted(found.values(), key=lambda one: (one.since, one.id))


def _time(event: Any, name: str, title: str) -> int:
    given = getattr(event.get(name), "dt", None)
    if not isinstance(given, datetime):
        raise Rejected("field_type", f"事项“{title}”没有写明几点（{name}）。")
    return ms(given if given.tzinfo else given.replace(tzinfo=BEIJING))
