"""Consultations in Elasticsearch: load → move → save → write to the history.

A record is saved only if nobody saved since it was read; then the step is written to the hash-chained history with the
hash of the record as it was then. If the machine stops between the two, the next move (or `settle`) writes what is
missing, so the history holds every step and `audit` can hold the records to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from alerts.alert import Alert
from alerts.consultation import Consultation, Step, by_hand_id, consultation_id
from alerts.consultation_guards import special_by_authority
from alerts.consultation_moves import WORKERS, make, refusal
from alerts.grading import GRADES
from alerts.history import History
from alerts.store import AlertStore
from analyzers.masking import mask
from streams.clock import ms
from streams.elastic import Elastic, Version
from streams.errors import Conflict
from streams.topics import CONSULTATIONS

KIND = "consultation.move"
LISTED = 500
TRIES = 5
TITLE_LIMIT = 100
MOVED_ON = "这份会商记录刚由其他同志更新，请刷新后再办理。"


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


class Audit(Struct, frozen=True, kw_only=True):
    """How many records were held to the history, and one Chinese line for each that is wrong."""

    records: int
    wrong: tuple[str, ...] = ()


def document(c: Consultation) -> dict[str, Any]:
    """Return a consultation as it is stored: what is searched and reported, and the whole record."""
    return {
        "id": c.id, "title": c.title, "state": c.state, "state_name": c.state_name, "open": c.open, "grade": c.grade,
        "topic": c.topic, "county": c.county, "alert_ids": list(c.alert_ids), "opened_at": c.opened_at,
        "updated_at": c.updated_at, "known_at": c.known_at, "first_due_at": c.first_due_at, "revision": c.revision,
        **{
            name: value
            for name in ("closed_at", "occurred_at", "answered_at", "next_meeting_at")
            if (value := getattr(c, name))
        },
        "record": msgspec.to_builtins(c),
    }  # fmt: skip


def fingerprint(record: Mapping[str, Any]) -> str:
    """Return SHA-256 of a stored record's canonical JSON: what the history holds of it.

    Of the record as stored, not as read: a field that a later version adds must not look like tampering.
    """
    return hashlib.sha256(msgspec.json.encode(record, order="sorted")).hexdigest()


def _read(source: Mapping[str, Any]) -> Consultation:
    return msgspec.convert(source["record"], Consultation)


def _ms(when: datetime | int) -> int:
    return when if isinstance(when, int) else ms(when)


class ConsultationService:
    """Opens, moves, finds and lists consultations. Every verb raises Unavailable or Refused when Elasticsearch does."""

    def __init__(self, elastic: Elastic, history: History, alerts: AlertLink) -> None:
        """Keep the gateway, the history, and who owns the alerts."""
        self.elastic = elastic
        self.history = history
        self.alerts = alerts

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
        opened = await self._create(c)
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
        return await self._create(c)

    async def _create(self, c: Consultation) -> Consultation:
        try:
            await self.elastic.create(CONSULTATIONS.name, c.id, document(c), refresh=True)
        except Conflict:
            found = await self._load(c.id)
            if found is None:
                raise
            await self.settle(*found[:2])
            return found[0]
        await self._write(c, msgspec.to_builtins(c))
        return c

    async def move(
        self, id: str, move: str, *, by: str, role: str, data: Mapping[str, Any], now: datetime,  # noqa: A002
        seen: int | None = None,
    ) -> Consultation:  # fmt: skip
        """Make one move and return the record after it.

        seen: the revision that the person looked at; Raises Conflict, in Chinese, if the record has moved on since, or
        while we were saving; Rejected, in Chinese, if the move isn't allowed or there is no such record.
        """
        found = await self._load(id)
        if found is None:
            raise refusal("没有这份会商记录。")
        before, raw, version = found
        if seen is not None and seen != before.revision:
            raise Conflict(MOVED_ON)
        after = make(before, move, by=by, role=role, data=data, now=now)
        await self.settle(before, raw)
        doc = document(after)
        try:
            await self.elastic.put(CONSULTATIONS.name, id, doc, version=version, refresh=True)
        except Conflict as error:
            raise Conflict(MOVED_ON) from error
        await self._write(after, doc["record"])
        return after

    async def get(self, id: str) -> Consultation | None:  # noqa: A002 - what it is
        """Return a consultation as it stands, or nothing."""
        found = await self._load(id)
        return found[0] if found else None

    async def _load(self, id_: str) -> tuple[Consultation, dict[str, Any], Version] | None:
        found = await self.elastic.get(CONSULTATIONS.name, id_)
        return (_read(found.source), found.source["record"], found.version) if found else None

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
        hits = (await self.elastic.search(CONSULTATIONS.name, body))["hits"]["hits"]
        return [_read(hit["_source"]) for hit in hits]

    async def _write(self, c: Consultation, record: Mapping[str, Any]) -> None:
        step = c.steps[-1]
        data = {"step": msgspec.to_builtins(step), "revision": c.revision, "record": fingerprint(record)}
        await self.history.append(KIND, c.id, step.by, step.at, data)

    async def _kept(self, id_: str) -> tuple[int, set[str]]:
        """Return the highest revision in the history, and the record's hashes there (two if two wrote it at once)."""
        kept = [entry.data for entry in await self.history.of(id_) if entry.kind == KIND]
        highest = max((data["revision"] for data in kept), default=0)
        return highest, {data["record"] for data in kept if data["revision"] == highest}

    async def settle(self, c: Consultation, record: Mapping[str, Any]) -> bool:
        """Write a stored record's last step to the history if a stopped machine left it out; say whether it had."""
        highest, _ = await self._kept(c.id)
        if highest != c.revision - 1:
            return False  # it is there; or more is missing than one step, which `audit` says and nothing covers up
        await self._write(c, record)
        return True

    async def audit(self) -> Audit:
        """Hold every record to the history: its latest step is there, and the record is what it was at that step."""
        wrong: list[str] = []
        count = 0
        async for found in self.elastic.scan(CONSULTATIONS.name, {"match_all": {}}):
            count += 1
            c = _read(found.source)
            highest, hashes = await self._kept(c.id)
            if highest != c.revision:
                wrong.append(f"会商“{c.title}”的第{c.revision}步不在操作记录中")
            elif hashes != {fingerprint(found.source["record"])}:
                wrong.append(f"会商“{c.title}”的内容与操作记录不符，可能被改动")
        return Audit(records=count, wrong=tuple(wrong))


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
