"""Consultations in Elasticsearch: opened from an alert or by hand, moved, found and listed (`alerts.recorded`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from alerts.alert import Alert
from alerts.consultation import Consultation, by_hand_id, consultation_id
from alerts.consultation_guards import special_by_authority
from alerts.consultation_moves import WORKERS, make
from alerts.fields import refusal
from alerts.grading import GRADES
from alerts.history import History
from alerts.moves import Step
from alerts.recorded import Audit, Recorded
from alerts.store import AlertStore
from analyzers.masking import mask
from streams.clock import ms
from streams.elastic import Elastic
from streams.errors import Conflict
from streams.topics import CONSULTATIONS

KIND = "consultation.move"
LISTED = 500
TRIES = 5
TITLE_LIMIT = 100


class AlertLink(Protocol):
    """Whoever owns alerts: puts a consultation's id into the alert it was opened from."""

    async def link_consultation(self, alert_id: str, consultation_id: str, *, now: datetime) -> None:
        """Set the alert's `consultation`; doing it twice is doing it once."""
        ...


class StoreLink:
    """An `AlertLink` on the alerts' own store."""

    def __init__(self, store: AlertStore) -> None:
        """Keep the store."""
        self.store = store

    async def link_consultation(self, alert_id: str, consultation_id: str, *, now: datetime) -> None:
        """Set the alert's `consultation`; an alert that is not stored is left out. Raises Conflict after some tries."""
        for _ in range(TRIES):
            found = await self.store.get(alert_id)
            if found is None or found[0].consultation == consultation_id:
                return
            alert, version = found
            changed = msgspec.structs.replace(
                alert, consultation=consultation_id, updated_at=max(alert.updated_at, ms(now))
            )
            try:
                await self.store.put(changed, version)
            except Conflict:  # the watch saved it just now: read it again
                continue
            return
        raise Conflict(f"alert {alert_id} changes too fast to be linked; try again")


def document(c: Consultation) -> dict[str, Any]:
    """Return a consultation as it is stored: what is searched and reported, and the whole record."""
    return {
        "id": c.id, "title": c.title, "state": c.state, "state_name": c.state_name, "open": c.open, "grade": c.grade,
        "topic": c.topic, "county": c.county, "alert_ids": list(c.alert_ids), "opened_at": c.opened_at,
        "updated_at": c.updated_at, "known_at": c.known_at, "first_due_at": c.first_due_at, "revision": c.revision,
        **{
            name: value
            for name in ("closed_at", "occurred_at", "answered_at", "next_meeting_at", "action_due", "action_done_at")
            if (value := getattr(c, name))
        },
        "record": msgspec.to_builtins(c),
    }  # fmt: skip


def _ms(when: datetime | int) -> int:
    return when if isinstance(when, int) else ms(when)


class ConsultationService:
    """Opens, moves, finds and lists consultations. Every verb raises Unavailable or Refused when Elasticsearch does."""

    def __init__(self, elastic: Elastic, history: History, alerts: AlertLink) -> None:
        """Keep the gateway, the history, and who owns the alerts."""
        self.alerts = alerts
        self.records = Recorded(
            elastic, history, CONSULTATIONS, kind=KIND, noun="会商", document=document, type_=Consultation
        )

    async def open_from_alert(
        self, alert: Alert, *, by: str, grade: str, reason: str, known_at: datetime | int,
        occurred_at: datetime | int = 0, now: datetime, role: str = "officer", emergency: bool = True,
    ) -> Consultation:  # fmt: skip
        """Open the consultation of an alert, its grade confirmed by `by`; return the one there is, if there is one.

        Raises Rejected, with one Chinese sentence, for an unknown grade, no reason, or times that can't be.
        """
        c = _opened(
            consultation_id(alert.id), alert.title, (alert.id,), alert.topic, alert.county,
            by=by, grade=grade, reason=reason, known_at=_ms(known_at), occurred_at=_ms(occurred_at), now=ms(now),
            role=role, emergency=emergency,
        )  # fmt: skip
        opened = await self.records.create(c)
        await self.alerts.link_consultation(alert.id, opened.id, now=now)
        return opened

    async def open_by_hand(
        self, *, title: str, topic: str = "", county: str = "", by: str, grade: str, reason: str,
        known_at: datetime | int, occurred_at: datetime | int = 0, now: datetime, role: str = "officer",
        emergency: bool = True,
    ) -> Consultation:  # fmt: skip
        """Open a consultation that no alert proposed; the same title and time of knowing is the same one."""
        title = mask(title.strip()).text
        if not title or len(title) > TITLE_LIMIT:
            raise refusal(f"请填写事项名称（{TITLE_LIMIT}字以内）。")
        c = _opened(
            by_hand_id(title, _ms(known_at)), title, (), topic, county, by=by, grade=grade, reason=reason,
            known_at=_ms(known_at), occurred_at=_ms(occurred_at), now=ms(now), role=role, emergency=emergency,
        )  # fmt: skip
        return await self.records.create(c)

    async def move(
        self, id: str, move: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime,  # noqa: A002
        seen: int | None = None,
    ) -> Consultation:  # fmt: skip
        """Make one move and return the record after it.

        seen: the revision that the person looked at; Raises Conflict, in Chinese, if the record has moved on since, or
        while we were saving; Rejected, in Chinese, if the move isn't allowed or there is no such record.
        """
        return await self.records.move(
            id, lambda before: make(before, move, by=by, role=role, data=data, now=now), seen=seen
        )

    async def get(self, id: str) -> Consultation | None:  # noqa: A002 - what it is
        """Return a consultation as it stands, or nothing."""
        held = await self.records.load(id)
        return held.record if held else None

    async def list(self, *, open_only: bool = False, limit: int = LISTED) -> Sequence[Consultation]:
        """Return consultations: open ones first, each group with the newest first."""
        body = {
            "size": limit,
            "query": {"term": {"open": True}} if open_only else {"match_all": {}},
            "sort": [
                {"open": {"order": "desc", "unmapped_type": "boolean"}},
                {"opened_at": {"order": "desc", "unmapped_type": "date"}},
                {"id": {"order": "asc", "unmapped_type": "keyword"}},
            ],
        }
        return await self.records.search(body)

    async def audit(self) -> Audit:
        """Hold every record to the history: its latest step is there, and the record is what it was at that step."""
        return await self.records.audit()


def _opened(
    id_: str, title: str, alert_ids: tuple[str, ...], topic: str, county: str, *, by: str, grade: str, reason: str,
    known_at: int, occurred_at: int, now: int, role: str, emergency: bool,
) -> Consultation:  # fmt: skip
    if role not in WORKERS or not by:
        raise refusal("您的角色不能发起会商。")
    if grade not in GRADES or not reason.strip():
        raise refusal("请选择等级并写明理由。")
    if why := special_by_authority(grade, ""):
        raise refusal(why)
    if not 0 < known_at <= now or occurred_at > now:
        raise refusal("获知时间和发生时间不能晚于现在。")
    if occurred_at > known_at:
        raise refusal("发生时间不能晚于获知时间。")
    note = f"等级：{GRADES[grade]}；理由：{reason.strip()}"
    return Consultation(
        id=id_, title=title, alert_ids=alert_ids, topic=topic, county=county, grade=grade, grade_reason=reason.strip(),
        grade_by=by, known_at=known_at, occurred_at=occurred_at, opened_at=now, opened_by=by, updated_at=now,
        emergency=emergency,
        steps=(Step(number=1, move="open", by=by, role=role, at=now, state="assessing", note=note),),
    )  # fmt: skip
