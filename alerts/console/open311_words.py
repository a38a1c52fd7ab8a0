"""Open311 GeoReport v2 in values: what a request is made of, what is answered, and both its forms, XML and JSON.

The standard lets a sender give a name, a telephone number, an e-mail address, a device and a position. None of them is
a field here: what `Asked` does not name is dropped before anything looks at it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from msgspec import Struct

from alerts.console.language import topics
from alerts.ledger import RESULTS, STATES
from streams.clock import beijing, from_ms, ms
from streams.errors import Rejected
from streams.records import STATUSES, digest

FORMS: dict[str, str] = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
WORDS_MOST = 5000
PLACE_MOST = 300
SPAN_MS = 90 * 86_400_000
LISTED = 1000
"""The standard's own limits of a list: 90 days, 1,000 requests."""
CLOSED = ("answered", "closed", "dismissed")
"""States in the ledger, or else at the source, that the standard calls closed; every other one is open."""
NOTICE = "描述中的个人信息已遮盖；不保存姓名、电话、邮箱、设备和坐标。约一分钟后可查询。"
BAD_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


class Asked(Struct, frozen=True, kw_only=True):
    """All that is read of a new request."""

    service_code: str
    description: str
    place: str

    def native_id(self, sender: str, day: str) -> str:
        """Return its id at its source: the same words of the same place by one sender are one request a day."""
        return digest("open311", sender, day, self.service_code, self.place, self.description)


class Wanted(Struct, frozen=True, kw_only=True):
    """What a list is asked for; times ms UTC; status: "", open or closed."""

    ids: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    since: int = 0
    until: int = 0
    status: str = ""


def services() -> list[dict[str, Any]]:
    """Return the kinds of requests: the topics by which texts are sorted. No kind asks for more than the standard."""
    return [
        {
            "service_code": name, "service_name": name, "description": f"{name}方面的诉求", "metadata": False,
            "type": "realtime", "keywords": name, "group": "诉求",
        }
        for name in topics()
    ]  # fmt: skip


def read(form: Mapping[str, str]) -> Asked:
    """Return a new request from a form. Raises Rejected, its detail in Chinese: `not_found` stands for an unknown code.

    A position counts as a place, as the standard has it, and is dropped: it would say where somebody lives.
    """
    code, place = form.get("service_code", "").strip(), form.get("address_string", "").strip()
    description = form.get("description", "").strip()
    if not code:
        raise Rejected("field_missing", "没有给出 service_code。")
    if code not in topics():
        raise Rejected("not_found", "没有这个 service_code，见 services。")
    if not place and not (form.get("lat") and form.get("long")) and not form.get("address_id"):
        raise Rejected("field_missing", "没有给出地点：address_string（坐标不保存）。")
    if not description:
        raise Rejected("field_missing", "没有给出 description。")
    if len(description) > WORDS_MOST or len(place) > PLACE_MOST:
        raise Rejected("too_large", f"description 不超过 {WORDS_MOST} 字，address_string 不超过 {PLACE_MOST} 字。")
    return Asked(service_code=code, description=description, place=place)


def moment(text: str) -> int:
    """Return an ISO 8601 time with its offset as ms UTC; Rejected, in Chinese, for anything else."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise Rejected("bad_time", "时间须为 ISO 8601 并带时区，如 2026-05-01T08:00:00+08:00。")
    return ms(when)


def wanted(args: Mapping[str, str], now: int) -> Wanted:
    """Return what a list is asked for, within the standard's limits; Rejected, in Chinese, for what can't be read."""

    def parts(name: str) -> tuple[str, ...]:
        return tuple(one.strip()[:64] for one in args.get(name, "").split(",") if one.strip())[:LISTED]

    statuses = set(parts("status"))
    if statuses - {"open", "closed"}:
        raise Rejected("field_type", "status 只能是 open 或 closed。")
    ids = parts("service_request_id")
    start, end = args.get("start_date", ""), args.get("end_date", "")
    until = moment(end) if end else 0
    since = moment(start) if start else 0 if ids else (until or now) - SPAN_MS
    status = statuses.pop() if len(statuses) == 1 else ""
    return Wanted(ids=ids, codes=parts("service_code"), since=since, until=until, status=status)


def body(ask: Wanted, counties: Sequence[str]) -> dict[str, Any]:
    """Return the search for a list. counties: those within reach, none for the whole city."""
    must: list[dict[str, Any]] = [{"terms": {"kind": ["order", "message"]}}]
    if ask.ids:  # the standard: with ids, all other arguments are ignored
        must.append({"terms": {"id": list(ask.ids)}})
    else:
        span = {"gte": ask.since, "format": "epoch_millis"} | ({"lte": ask.until} if ask.until else {})
        must.append({"range": {"posted_at": span}})
        if ask.codes:
            must.append({"terms": {"topic": list(ask.codes)}})
    if counties:
        must.append({"terms": {"county": list(counties)}})
    return {
        "size": LISTED, "query": {"bool": {"filter": must}}, "sort": [{"posted_at": "desc"}, {"id": "asc"}],
        "_source": ["id", "text", "topic", "place", "posted_at", "indexed_at", "status"], "timeout": "10s",
    }  # fmt: skip


def items_body(ids: Sequence[str]) -> dict[str, Any]:
    """Return the search for the ledger's items of these texts; of a merged one, the item that it went into."""
    must = {"filter": [{"terms": {"opinion_ids": list(ids)}}], "must_not": [{"term": {"state": "merged"}}]}
    fields = ["opinion_ids", "state", "lead", "due", "updated_at", "result", "record.replies"]
    return {"size": LISTED, "query": {"bool": must}, "_source": fields, "timeout": "10s"}


def by_text(answer: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the items that were found by the ids of their texts."""
    found = [hit["_source"] for hit in answer["hits"]["hits"]]
    return {str(one): item for item in found for one in item.get("opinion_ids", ())}


def request_of(opinion: Mapping[str, Any], item: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a stored text as a request of the standard; fields that are not kept are there, and empty.

    item: its item in the ledger, which says how far it is, whose it is, until when, and what was last answered in
    public; else the source says it.
    """
    item = item or {}
    status, topic = str(item.get("state") or opinion.get("status", "")), str(opinion.get("topic", ""))
    notes = (STATES.get(status), RESULTS.get(str(item.get("result", "")))) if item else (STATUSES.get(status),)
    said = "，".join(note for note in notes if note)
    if out := item.get("record", {}).get("replies"):  # the hotline reads here what it tells the asker
        said = f"{said}。{out[-1]['unit']}答复：{out[-1]['text']}"
    return {
        "service_request_id": opinion["id"], "status": "closed" if status in CLOSED else "open",
        "status_notes": said or None, "service_name": topic,
        "service_code": topic, "description": opinion.get("text", ""), "agency_responsible": item.get("lead") or None,
        "service_notice": None, "requested_datetime": _iso(opinion.get("posted_at")),
        "updated_datetime": _iso(item.get("updated_at") or opinion.get("indexed_at")),
        "expected_datetime": _iso(item.get("due")),
        "address": opinion.get("place") or None, "address_id": None, "zipcode": None, "lat": None,
        "long": None, "media_url": None,
    }  # fmt: skip


def _iso(at: object) -> str | None:
    return beijing(from_ms(at)).isoformat(timespec="seconds") if isinstance(at, int) and at else None


def errors(code: int, description: str) -> list[dict[str, Any]]:
    """Return an error as the standard has it."""
    return [{"code": code, "description": description}]


def written(value: Any, form: str, root: str, item: str = "") -> bytes:
    """Return a value in a form. root, item: what XML calls the whole and each of its items."""
    if form == "json":
        return json.dumps(value, ensure_ascii=False).encode()
    inner = "".join(_element(item, one) for one in value) if isinstance(value, list) else _inner(value)
    return f'<?xml version="1.0" encoding="utf-8"?>\n<{root}>{inner}</{root}>\n'.encode()


def _element(name: str, value: Any) -> str:
    return f"<{name}>{_inner(value)}</{name}>" if value is not None else f"<{name}/>"


ITEM = {"attributes": "attribute", "endpoints": "endpoint", "formats": "format"}


def _inner(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(
            f"<{key}>{''.join(_element(ITEM[key], one) for one in each)}</{key}>"
            if isinstance(each, list)
            else _element(key, each)
            for key, each in value.items()
        )
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(BAD_XML.sub("", str(value)), quote=False)
