"""What the API answers: the console's searches as JSON, for programs with a token; the same texts, the same record.

Every answer is made of the fields listed here and of no other: no sentiment of a single text, no author (there is
none), no name of staff. Every look at texts is written down under the token's name before it is answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from alerts.alert import Alert
from alerts.console import opinion_query as search
from alerts.console.api_guard import Call, version_of
from alerts.console.language import normal
from alerts.console.opinion_pages import asked_for, in_words
from alerts.console.words import DAY
from alerts.consultation import Consultation
from alerts.consultation_guards import SIGNERS
from alerts.consultation_view import allowed_moves
from alerts.escalation import ahead
from alerts.reach import sees_alert, sees_consultation
from alerts.silences import Silence
from streams.clock import beijing
from streams.topics import OPINIONS, pattern

ALERT = (
    "id", "rule", "rule_title", "level", "topic", "county", "source", "phrase", "title", "reason", "state", "opened_at",
    "updated_at", "resolved_at", "acknowledged_at", "signed_at",
    "signed_until", "window_from", "window_to", "value", "bound", "usual", "count",
    "total", "peak", "consultation", "danger", "sources",
)  # fmt: skip
SAMPLE = ("id", "text", "source", "posted_at")
OF_ALERT: dict[str, tuple[str, ...]] = {
    "samples": SAMPLE, "comments": ("text", "at"), "signatures": ("how", "at", "until", "note"),
    "ladder": ("round", "step", "to", "at", "why"), "ahead": ("step", "to", "at", "why"),
}  # fmt: skip
CONSULTATION = (
    "id", "title", "alert_ids", "topic", "county", "grade", "grade_reason", "known_at", "occurred_at", "opened_at",
    "updated_at", "emergency", "state", "next_meeting_at", "closed_at",
)  # fmt: skip
LISTS: dict[str, tuple[str, ...]] = {
    "facts": ("id", "text", "confirmed", "source", "at"),
    "questions": ("id", "text", "asked", "answer", "unknown", "until"),
    "tasks": ("id", "text", "unit", "due", "done_at", "result"),
    "departments": ("unit", "duty"),
    "participants": ("unit", "duty", "came"),
}
"""What a consultation's own answer lists, without who of the staff wrote it."""
SILENCE = ("id", "conditions", "reason", "starts", "ends", "made_at", "hushing")
TIMES = frozenset({"at", "until", "due", "starts", "ends"})
LISTED = 200


def plain(fields: Sequence[str], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return only these fields; times as ISO 8601 in Beijing time, null for none."""
    out: dict[str, Any] = {}
    for name in fields:
        value = document.get(name)
        if name.endswith("_at") or name.startswith("window_") or name in TIMES:
            value = beijing(int(value)).isoformat(timespec="seconds") if value else None
        out[name] = value
    return out


async def opinions(call: Call) -> dict[str, Any]:
    """Answer a page of texts that match, counts by group, and the share of negative texts of groups of five or more."""
    ask, _ = asked_for(call.request.query_params, call.now, call.user.counties if call.user else ())
    answer = await call.parts.documents.search(pattern(OPINIONS), search.body(ask, normal))
    hits = [hit["_source"] for hit in answer["hits"]["hits"]]
    if hits:
        seen = {"query": in_words(ask), "page": ask.page, "shown": len(hits), "ids": [one["id"] for one in hits]}
        await call.note("opinions.view", "opinions", seen)
    total = int(answer["hits"]["total"]["value"])
    found = search.feeling(answer)
    groups = {
        name: [{"key": s.key, "count": s.count, "negative_share": s.negative} for s in search.shares(answer, name)]
        for name in search.FACETS
    }
    return {
        "total": total,
        "page": ask.page,
        "pages": min(-(-total // search.PER_PAGE), search.PAGES_MOST),
        "understood": ask.understood or ask.text,
        "negative_share": found.get("neg", 0) / total if found and total else None,
        "groups": groups,
        "items": [plain(search.SHOWN, one) for one in hits],
    }


async def opinion(call: Call) -> dict[str, Any] | None:
    """Answer one text with its labels."""
    post = str(call.request.path_params["id"])
    body = {"size": 1, "query": {"term": {"id": post}}, "_source": search.SHOWN}
    hits = (await call.parts.documents.search(pattern(OPINIONS), body))["hits"]["hits"]
    if not hits:
        return None
    await call.note("opinions.view", post, {"ids": [post]})
    return plain(search.SHOWN, hits[0]["_source"])


async def alerts(call: Call) -> dict[str, Any]:
    """Answer alerts, the newest first, without texts."""
    state = call.request.query_params.get("state", "")[:20]
    found: Sequence[Alert] = await call.parts.alerts.alerts(limit=LISTED, state=state)
    if user := call.user:
        led = await call.parts.consultations.list()
        found = [one for one in found if sees_alert(user, one, led)]
    return {"items": [alert_plain(one) for one in found]}


def alert_plain(one: Alert) -> dict[str, Any]:
    """Return an alert's fields, and the version to send back when changing it."""
    return {**plain(ALERT, msgspec.to_builtins(one)), "version": version_of(one)}


def consultation_plain(one: Consultation) -> dict[str, Any]:
    """Return a consultation's fields, and the version to send back when changing it."""
    return {**plain(CONSULTATION, msgspec.to_builtins(one)), "version": version_of(one)}


async def alert(call: Call) -> dict[str, Any] | None:
    """Answer one alert with its samples of texts, whose it was, and the levels it was told at and will be."""
    found = await call.parts.alerts.alert(str(call.request.path_params["id"]))
    if found is None:
        return None
    document = msgspec.to_builtins(found)
    await call.note("alerts.view", found.id, {"ids": [one.id for one in found.samples]})
    rota = await call.parts.duty.rota(call.now) if found.ladder and call.parts.duty else ()
    document["ahead"] = msgspec.to_builtins(ahead(found, rota, call.now))
    lists = {name: [plain(fields, one) for one in document[name]] for name, fields in OF_ALERT.items()}
    return {**alert_plain(found), **lists}


def silence_plain(one: Silence, now: int) -> dict[str, Any]:
    """Return a silence's fields, its conditions in words."""
    more = {"conditions": one.words, "hushing": one.starts <= now < one.ends}
    return plain(SILENCE, {**msgspec.to_builtins(one), **more})


async def silences(call: Call) -> dict[str, Any]:
    """Answer silences that last or ended within a week."""
    found = await call.parts.silences.list(call.now - 7 * DAY)
    return {"items": [silence_plain(one, call.now) for one in found]}


async def consultations(call: Call) -> dict[str, Any]:
    """Answer consultations, the newest first."""
    open_only = call.request.query_params.get("open", "") == "1"
    found = await call.parts.consultations.list(open_only=open_only, limit=LISTED)
    user = call.user
    return {"items": [consultation_plain(one) for one in found if user is None or sees_consultation(user, one)]}


async def consultation(call: Call) -> dict[str, Any] | None:
    """Answer one consultation."""
    found = await call.parts.consultations.get(str(call.request.path_params["id"]))
    if found is None:
        return None
    await call.note("consultations.view", found.id, {})
    document = msgspec.to_builtins(found)
    lists = {name: [plain(fields, one) for one in document[name]] for name, fields in LISTS.items()}
    now = call.now
    moves = [one.move.name for one in allowed_moves(found, call.user.role, by=call.user.username, now=now)
             if not one.move.roles <= SIGNERS] if call.user else []
    return {**consultation_plain(found), **lists, "moves": moves}
