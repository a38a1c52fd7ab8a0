"""How far a member of staff reaches: departments and counties; and the matters he must keep out of (回避).

Plain functions of values, each with its reason in Chinese. Who is limited to counties sees what belongs to one of them;
who is limited to departments sees what one of them was named for. A handler without a department reaches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from alerts.accounts_users import ROLES, User
from alerts.alert import Alert
from alerts.consultation import Consultation
from alerts.ledger import Item

FAR = "这项内容不在您的范围内。您的范围：{}。如确需办理，请联系管理员调整。"
WHOLE_CITY = "这一页是全市的内容，您的范围是{}，不能查看。"
LEADS = frozenset({"accept", "give_back"})
"""Moves of an item that its lead department makes for itself."""
A_NAME = re.compile(r"[\u3400-\u9fff·]{2,10}|[A-Za-z][A-Za-z .'-]{3,39}")


class Placed(Protocol):
    """What has a county's code, "" for the whole city."""

    @property
    def county(self) -> str:
        """The code of its county."""
        ...


def by_units(user: User) -> bool:
    """Say whether a user sees only what his departments were named for."""
    return bool(user.units) or user.role == "handler"


def limited(user: User) -> bool:
    """Say whether a user reaches less than the whole city."""
    return by_units(user) or bool(user.counties)


def covers(user: User, county: str, units: Iterable[str]) -> bool:
    """Say whether a user reaches what belongs to a county ("" for the whole city) and was given to these units."""
    if user.counties and county not in user.counties:
        return False
    return not by_units(user) or bool(set(user.units) & set(units))


def units_in(c: Consultation) -> frozenset[str]:
    """Return every unit that a consultation names: departments, who was called, who has a task."""
    return frozenset({*(d.unit for d in c.departments), *(p.unit for p in c.participants), *(t.unit for t in c.tasks)})


def sees_consultation(user: User, c: Consultation) -> bool:
    """Say whether a consultation is within a user's reach."""
    return covers(user, c.county, units_in(c))


def sees_alert(user: User, alert: Alert, consultations: Sequence[Consultation]) -> bool:
    """Say whether an alert is within a user's reach; it names units only through the consultation it led to."""
    if not by_units(user):
        return covers(user, alert.county, ())
    led = next((c for c in consultations if alert.consultation == c.id), None)
    return covers(user, alert.county, units_in(led) if led else ())


def sees_item(user: User, item: Item) -> bool:
    """Say whether an item of the ledger is within a user's reach."""
    return covers(user, item.county, item.units)


def own_item(user: User, item: Item, move: str, data: Mapping[str, Any]) -> str:
    """Return why a user limited to departments can't make this move of an item: another one handles it."""
    if not by_units(user):
        return ""
    unit = str(data.get("unit", "")).strip()
    if unit and unit not in user.units:
        return f"您只能以本单位（{'、'.join(user.units) or '未设置'}）名义办理，不能代{unit}办理。"
    handled = {item.lead, *item.assists} if user.role == "handler" else set(item.units)
    if move in LEADS and user.role == "handler":
        handled = {item.lead}
    return "" if handled & set(user.units) else "这件由其他单位办理，您只能查看。"


def own_reply(user: User, item: Item, unit: str, kind: str) -> str:
    """Return why a user limited to departments can't work on a reply: another one answers, or leads the item."""
    if not by_units(user) or not unit:
        return ""
    if unit not in user.units:
        return f"您只能办理本单位（{'、'.join(user.units) or '未设置'}）的答复，不能代{unit}办理。"
    return "办理结果由牵头单位答复；协办单位可以先作首次答复。" if kind == "final" and unit != item.lead else ""


def own_part(user: User, c: Consultation, move: str, data: Mapping[str, Any]) -> str:
    """Return why a user limited to departments can't make this move: it speaks or acts for another one."""
    if not by_units(user):
        return ""
    task = next((one.unit for one in c.tasks if one.id == data.get("task")), "")
    text = {"publish_statement": c.statement, "publish_answer": c.answer}.get(move)
    for unit in (str(data.get("unit", "")).strip(), task, text.unit if text else ""):
        if unit and unit not in user.units:
            return f"您只能以本单位（{'、'.join(user.units) or '未设置'}）名义办理，不能代{unit}办理。"
    return ""


def said(user: User, names: Mapping[str, str]) -> str:
    """Return a user's reach in words. names: of counties by code."""
    parts = []
    if user.counties:
        parts.append("、".join(names.get(code, code) for code in user.counties))
    if by_units(user):
        parts.append("、".join(user.units) or "尚未设置单位")
    return "；".join(parts) or "全市"


def words_of(record: Alert | Consultation | Item) -> list[str]:
    """Return what a record says of the matter: where an officer may be named. Who worked on it is left out."""
    if isinstance(record, Alert):
        return [record.title, record.reason, *(sample.text for sample in record.samples)]
    if isinstance(record, Item):
        return [record.title, record.text]
    facts, questions = (fact.text for fact in record.facts), (question.text for question in record.questions)
    return [record.title, record.grade_reason, *facts, *questions, *(wrong.text for wrong in record.wrongs)]


def kept_out(user: User, subject: str, texts: Iterable[str]) -> str:
    """Return why a user must not act on a matter (回避), in Chinese; nothing if he may.

    subject: the record's id; texts: what it says. He is kept out by his own or an admin's word, and by his name in the
    matter until an admin says that it is somebody else's.
    """
    known = next((one for one in user.recusals if one.subject == subject), None)
    if known is not None:
        return "" if known.cleared else f"您已登记回避这件事项（{known.reason}），请交由其他同志办理。"
    if A_NAME.fullmatch(user.name) and user.name not in ROLES.values() and any(user.name in text for text in texts):
        return f"这件事项里提到了“{user.name}”，与您同名，您须回避；如不是您本人，请管理员在您的用户页登记后再办理。"
    return ""
