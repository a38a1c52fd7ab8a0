"""What programs do by the API: the console's own acts, for the person whose token it is, on the version he saw.

Signing, correcting and closing are not here: what only a leader may do, he does himself at the console.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from alerts.alert import VERDICTS, Alert
from alerts.console.alert_pages import OPENING
from alerts.console.api import alert_plain, consultation_plain, silence_plain
from alerts.console.api_guard import Answer, Call, read_body, seen_version, version_of
from alerts.console.entrust_pages import entrust
from alerts.console.gates import far
from alerts.consultation import Consultation
from alerts.consultation_guards import SIGNERS
from alerts.consultation_moves import MOVES, Move
from alerts.fields import Field, read, refusal
from alerts.reach import covers, own_part
from alerts.silences import FIELDS, Silence, made
from streams.clock import ms
from streams.errors import Conflict

NOTE = Field(name="note", label="备注", kind="long", required=False, most=500)
REASON = Field(name="reason", label="理由", kind="long", most=500)
VERDICT = Field(name="verdict", label="结论", kind="choice", choices=VERDICTS)
TO = Field(name="to", label="承办人的用户名")
TEXT = Field(name="text", label="备注", kind="long", most=500)
GRADE = Field(name="grade", label="等级", kind="choice", choices=OPENING)
KNOWN = Field(name="known_at", label="获知时间", kind="time")
OCCURRED = Field(name="occurred_at", label="发生时间", kind="time", required=False)
EMERGENCY = Field(name="emergency", label="属于突发事件", kind="yes", required=False)
CONSULT = (GRADE, REASON, KNOWN, OCCURRED, EMERGENCY)
OPEN = (
    Field(name="title", label="事由", most=100), Field(name="topic", label="主题", required=False),
    Field(name="county", label="区县代码", required=False), *CONSULT,
)  # fmt: skip
HUSH = (
    *(Field(name=name, label=said, required=False) for name, said in FIELDS.items()),
    *(Field(name=f"like_{name}", label=f"{said}符合的模式", required=False) for name, said in FIELDS.items()),
    REASON, Field(name="starts", label="开始时间，不填为现在", kind="time", required=False),
    Field(name="ends", label="结束时间", kind="time"),
)  # fmt: skip
BY_API: tuple[Move, ...] = tuple(move for move in MOVES if not move.roles <= SIGNERS)
"""The moves of a consultation that programs may make."""


def given(body: Mapping[str, Any], title: str, fields: tuple[Field, ...]) -> dict[str, Any]:
    """Return the fields of a body, checked; times are ISO 8601 with an offset. Raises Rejected, in Chinese."""
    said = {name: value for name, value in body.items() if name != "version"}
    timely = times(said, fields)
    return read(title, fields, timely, lambda field: field.choices)


def times(body: Mapping[str, Any], fields: tuple[Field, ...]) -> dict[str, Any]:
    """Return a body with its times as ms UTC; one that can't be read stays as it is, for its field to refuse."""
    out = dict(body)
    for field in fields:
        value = out.get(field.name)
        if field.kind == "time" and isinstance(value, str):
            try:
                when = datetime.fromisoformat(value)
            except ValueError:
                continue
            out[field.name] = ms(when) if when.tzinfo else value
    return out


async def _alert(call: Call, body: Mapping[str, Any]) -> Alert | None:
    """Return the alert that is meant, as it was seen; Conflict if people have changed it since."""
    found: Alert | None = await call.parts.alerts.alert(str(call.request.path_params["id"]))
    if found is not None and seen_version(call, body) != version_of(found):
        raise Conflict("alert moved on")
    return found


async def acknowledge(call: Call) -> dict[str, Any] | None:
    """Sign for an alert."""
    body = await read_body(call.request)
    data = given(body, "签收", (NOTE,))
    if (found := await _alert(call, body)) is None:
        return None
    note = str(data.get("note", ""))
    after = await call.parts.alerts.acknowledge(
        found.id, by=call.who.username, note=note, now=call.parts.clock.now()
    )
    await call.note("alerts.acknowledge", found.id, {"note": note})
    return alert_plain(after)


async def renew(call: Call) -> dict[str, Any] | None:
    """Keep an alert in hand for another while."""
    data = given(body := await read_body(call.request), "续签", (NOTE,))
    if (found := await _alert(call, body)) is None:
        return None
    note = str(data.get("note", ""))
    after = await call.parts.alerts.renew(
        found.id, by=call.who.username, note=note, now=call.parts.clock.now(), called=call.who.name
    )
    await call.note("alerts.renew", found.id, {"note": note})
    return alert_plain(after)


async def take_over(call: Call) -> dict[str, Any] | None:
    """Take an alert out of somebody else's hands."""
    data = given(body := await read_body(call.request), "接手", (REASON,))
    if (found := await _alert(call, body)) is None:
        return None
    after = await call.parts.alerts.take_over(
        found.id, by=call.who.username, reason=data["reason"], now=call.parts.clock.now(), seen=found.acknowledged_by
    )
    await call.note("alerts.take_over", found.id, {"from": found.acknowledged_by, "reason": data["reason"]})
    return alert_plain(after)


async def judge(call: Call) -> dict[str, Any] | None:
    """Say whether an alert was true, false or late."""
    body = await read_body(call.request)
    data = given(body, "标记", (VERDICT, REASON))
    if (found := await _alert(call, body)) is None:
        return None
    after = await call.parts.alerts.judge(
        found.id, data["verdict"], by=call.who.username, reason=data["reason"], now=call.parts.clock.now()
    )
    await call.note("alerts.judge", found.id, data)
    return alert_plain(after)


async def assign(call: Call) -> dict[str, Any] | None:
    """Give an alert to a member of staff."""
    body = await read_body(call.request)
    data = given(body, "交办", (TO,))
    if (found := await _alert(call, body)) is None:
        return None
    after = await entrust(call.parts, found, data["to"], call.who.username)
    await call.note("alerts.assign", found.id, data)
    return alert_plain(after)


async def comment(call: Call) -> dict[str, Any] | None:
    """Say something of an alert in passing; it refuses nobody else's act, so it takes no version."""
    data = given(await read_body(call.request), "备注", (TEXT,))
    found: Alert | None = await call.parts.alerts.alert(str(call.request.path_params["id"]))
    if found is None:
        return None
    after = await call.parts.alerts.comment(found.id, data["text"], by=call.who.username, now=call.parts.clock.now())
    await call.note("alerts.comment", found.id, {})
    return alert_plain(after)


async def decline(call: Call) -> dict[str, Any] | None:
    """Say that no consultation is held on an alert."""
    body = await read_body(call.request)
    data = given(body, "不会商", (REASON,))
    if (found := await _alert(call, body)) is None:
        return None
    after = await call.parts.alerts.decline_consultation(
        found.id, by=call.who.username, reason=data["reason"], now=call.parts.clock.now()
    )
    await call.note("alerts.decline", found.id, data)
    return alert_plain(after)


async def consult(call: Call) -> dict[str, Any] | None:
    """Open a consultation on an alert."""
    body = await read_body(call.request)
    data = given(body, "启动会商", CONSULT)
    if (found := await _alert(call, body)) is None:
        return None
    opened: Consultation = await call.parts.consultations.open_from_alert(found, **_opening(call, data))
    return consultation_plain(opened)


async def hush(call: Call) -> dict[str, Any] | None:
    """Make a silence: alerts that match send no notices for a while; danger to life and 重大 always do."""
    data = given(await read_body(call.request), "设静默", HUSH)
    asked = {
        name: ("=", data[name]) if data.get(name) else ("~", data[f"like_{name}"])
        for name in FIELDS if data.get(name) or data.get(f"like_{name}")
    }  # fmt: skip
    if both := [FIELDS[name] for name in FIELDS if data.get(name) and data.get(f"like_{name}")]:
        raise refusal(f"{both[0]}只能给出一项或模式，不能两样都给。")
    one = made(
        asked, made_by=call.who.username, reason=data["reason"], starts=max(data.get("starts", 0), call.now),
        ends=data["ends"], now=call.now,
    )  # fmt: skip
    await call.parts.silences.put(one)
    await call.note("silences.made", one.id, {"what": one.words, "reason": one.reason})
    return silence_plain(one, call.now)


async def unhush(call: Call) -> dict[str, Any] | None:
    """End a silence early; one that has ended stays as it is."""
    given(await read_body(call.request), "结束静默", ())
    one: Silence | None = await call.parts.silences.get(str(call.request.path_params["id"]))
    if one is not None and one.ends > call.now:
        one = replace(one, ends=call.now, starts=min(one.starts, call.now), ended_by=call.who.username)
        await call.parts.silences.put(one)
        await call.note("silences.ended", one.id, {"what": one.words})
    return silence_plain(one, call.now) if one else None


async def open_by_hand(call: Call) -> dict[str, Any] | None:
    """Open a consultation that no alert proposed."""
    data = given(await read_body(call.request), "启动会商", OPEN)
    county = str(data.get("county", ""))
    if not covers(call.who, county, ()):
        raise refusal(far(call.who))
    opened: Consultation = await call.parts.consultations.open_by_hand(
        title=data["title"], topic=str(data.get("topic", "")), county=county, **_opening(call, data)
    )
    return consultation_plain(opened)


def _opening(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "by": call.who.username, "role": call.who.role, "grade": data["grade"], "reason": data["reason"],
        "known_at": data["known_at"], "occurred_at": data.get("occurred_at", 0), "now": call.parts.clock.now(),
        "emergency": data.get("emergency", True),
    }  # fmt: skip


def moving(move: Move) -> Answer:
    """Return what makes one move of a consultation."""

    async def answer(call: Call) -> dict[str, Any] | None:
        identity, body = str(call.request.path_params["id"]), await read_body(call.request)
        before: Consultation | None = await call.parts.consultations.get(identity)
        if before is None:
            return None
        if not (seen := seen_version(call, body)).isdecimal() or len(seen) > 8:
            raise Conflict("no version of ours")
        data = times({name: value for name, value in body.items() if name != "version"}, move.fields)
        if why := own_part(call.who, before, move.name, data):
            await call.note("access.refused", identity, {"path": move.name, "reason": why})
            raise refusal(why)
        after = await call.parts.consultations.move(
            identity, move.name, by=call.who.username, role=call.who.role, data=data, seen=int(seen),
            now=call.parts.clock.now(),
        )  # fmt: skip
        return consultation_plain(after)

    return answer


