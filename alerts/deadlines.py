"""When an answer is due, on what basis, and how that is said to people.

Two kinds of limits. Clock hours (5, 24, 48) run from the moment a concern was known, through nights and holidays.
Working days follow the State Council's calendar with its make-up days; a year that the calendar lacks is an error and
never a guess. Everything here is a plain function of values; times are ms UTC, days are Beijing days.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Literal

from chinese_calendar.constants import holidays, workdays
from msgspec import Struct

from streams.clock import BEIJING, beijing, ms
from streams.errors import Misconfigured

HOUR = 3_600_000
MINUTE = 60_000
SOON = 0.25
"""A clock is yellow when less than this share of its limit is left (our setting: the rules name no warning time)."""

Colour = Literal["met", "met_late", "fine", "yellow", "red"]
COLOURS: dict[str, str] = {
    "met": "按时完成",
    "met_late": "逾期完成",
    "fine": "时限内",
    "yellow": "即将到期",
    "red": "已逾期",
}
"""What people call each state of a limit."""

BASIS_80 = "国办发〔2016〕80号《〈关于全面推进政务公开工作的意见〉实施细则》"
BASIS_61 = "国办发〔2016〕61号《关于在政务公开工作中进一步做好政务舆情回应的通知》"


class Limit(Struct, frozen=True, kw_only=True):
    """One limit in clock hours: what must be out within how many hours of `known_at`, and by which rule."""

    name: str
    title: str
    hours: int
    basis: str


FIRST = Limit(
    name="first_statement", title="首次发布权威信息", hours=5,
    basis=f"{BASIS_80}：对涉及特别重大、重大突发事件的政务舆情，最迟在5小时内发布权威信息",
)  # fmt: skip
PRESS = Limit(
    name="press_conference", title="举行新闻发布会", hours=24,
    basis=f"{BASIS_80}、{BASIS_61}：对涉及特别重大、重大突发事件的政务舆情，最迟在24小时内举行新闻发布会",
)  # fmt: skip
RESPONSE = Limit(
    name="response", title="回应关切", hours=48,
    basis=f"{BASIS_61}：对其他政务舆情，在48小时内予以回应",
)  # fmt: skip
LIMITS: dict[str, Limit] = {limit.name: limit for limit in (FIRST, PRESS, RESPONSE)}


def limits(grade: str, *, emergency: bool = True) -> tuple[Limit, ...]:
    """Return the limits that apply: 5 h and 24 h for a serious or especially serious emergency, else 48 h.

    grade: a key of `alerts.grading.GRADES`; emergency: whether the matter is a 突发事件 (a serious grade counts as one
    unless a named person said otherwise, so that doubt shortens the limit).
    """
    return (FIRST, PRESS) if emergency and grade in {"major", "special"} else (RESPONSE,)


def due_at(limit: Limit, known_at: int) -> int:
    """Return when a limit that runs from `known_at` ends, ms UTC."""
    return known_at + limit.hours * HOUR


def clock_colour(start: int, due: int, met: int, now: int) -> Colour:
    """Return how a clock-hour limit stands: met is when it was met, 0 if it was not; all ms UTC."""
    if met:
        return "met" if met <= due else "met_late"
    if now > due:
        return "red"
    return "yellow" if due - now < (due - start) * SOON else "fine"


def remaining(due: int, met: int, now: int) -> str:
    """Return in Chinese how long is left, how long it is overdue, or how it was met."""
    if met:
        return f"已完成，提前{span(due - met)}" if met <= due else f"已完成，逾期{span(met - due)}"
    return f"还剩{span(due - now)}" if now <= due else f"已逾期{span(now - due)}"


def span(milliseconds: int) -> str:
    """Return a span of time in Chinese: `1天2小时`, `3小时5分钟`, `不足1分钟`; a day is 24 hours."""
    minutes = max(0, milliseconds) // MINUTE
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days}天{hours}小时" if hours else f"{days}天"
    if hours:
        return f"{hours}小时{minutes}分钟" if minutes else f"{hours}小时"
    return f"{minutes}分钟" if minutes else "不足1分钟"


def calendar_years() -> range:
    """Return the years that the State Council's calendar here covers."""
    return range(min(holidays).year, max(holidays).year + 1)


def is_workday(day: date) -> bool:
    """Say whether a Beijing day is a working day by the State Council's notice, make-up days included.

    Raises Misconfigured for a year whose notice the table lacks: Monday to Friday would be a wrong guess.
    """
    years = calendar_years()
    if day.year not in years:
        raise Misconfigured(
            f"the working-day calendar covers {years[0]} to {years[-1]}, not {day.year}: upgrade the package "
            "`chinesecalendar` once the State Council has published that year's holidays (国办发明电, each November), "
            "with `uv pip install -U chinesecalendar`, and lock it again"
        )
    return day in workdays or (day.weekday() < 5 and day not in holidays)


def add_workdays(day: date, count: int) -> date:
    """Return the `count`-th working day after `day` (the day of receipt is not counted); raises Misconfigured."""
    if count < 0:
        raise ValueError(f"a limit can't be {count} working days")
    while count:
        day += timedelta(days=1)
        count -= is_workday(day)
    return day


def workday_before(day: date) -> date:
    """Return the last working day before `day`; raises Misconfigured."""
    day -= timedelta(days=1)
    while not is_workday(day):
        day -= timedelta(days=1)
    return day


class WorkdayLimit(Struct, frozen=True, kw_only=True):
    """A limit in working days: the last day, when it turns yellow and when it is over (ms UTC), and its basis."""

    days: int
    last_day: date
    yellow_from: int
    due: int
    basis: str

    def colour(self, now: int, met: int = 0) -> Colour:
        """Return how the limit stands: yellow from the working day before the last one, red once that is over."""
        if met:
            return "met" if met <= self.due else "met_late"
        if now > self.due:
            return "red"
        return "yellow" if now >= self.yellow_from else "fine"


def workday_limit(received_at: int, days: int, *, basis: str, extension: int = 0) -> WorkdayLimit:
    """Return the limit of an item received at `received_at` (ms UTC) and due in `days` + `extension` working days.

    basis: the rule or `本地设置` with its source; shown to people. Yellow one working day before: 山东省投诉热线 (2017)
    shows its yellow card then. Raises Misconfigured for a year that the calendar lacks.
    """
    total = days + extension
    last = add_workdays(beijing(received_at).date(), total)
    ends = datetime.combine(last + timedelta(days=1), time(), BEIJING)
    yellow = datetime.combine(workday_before(last), time(), BEIJING)
    longer = f"，延长{extension}个工作日" if extension else ""
    return WorkdayLimit(
        days=total, last_day=last, yellow_from=ms(yellow), due=ms(ends) - 1, basis=f"{basis}（{days}个工作日{longer}）"
    )


def workdays_between(start: date, end: date) -> int:
    """Return how many working days lie in (start, end]; raises Misconfigured."""
    return sum(is_workday(start + timedelta(days=n)) for n in range(1, (end - start).days + 1))


def workday_remaining(limit: WorkdayLimit, now: int, met: int = 0) -> str:
    """Return in Chinese how many working days are left, or how late it is."""
    today = beijing(now).date()
    if met:
        return "已完成" if met <= limit.due else f"已完成，逾期{_days(limit.last_day, beijing(met).date())}"
    if now > limit.due:
        return f"已逾期{_days(limit.last_day, today)}"
    left = workdays_between(today, limit.last_day)
    return f"还剩{left}个工作日" if left else "今天到期"


def _days(start: date, end: date) -> str:
    return f"{max(1, workdays_between(start, end))}个工作日"
