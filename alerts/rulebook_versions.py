"""Versions of the rulebook: one is proposed with a note, another person approves it, and only then is it in use.

A version's id is a hash of its text and of when it was proposed; its mark, which alerts name, is a hash of the text
alone. The first rulebook of a new system is in use as it is; a file that is changed later is a proposal like any other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec
from msgspec import Struct

from alerts.rulebook import load_rulebook
from alerts.rules import Rule
from analyzers.masking import mask
from streams.elastic import Elastic
from streams.errors import Conflict, Misconfigured, Rejected
from streams.records import digest
from streams.topics import RULEBOOKS

State = Literal["proposed", "invalid", "applied", "refused", "withdrawn"]
STATES: dict[str, str] = {
    "proposed": "待批准", "invalid": "有错误，未采用", "applied": "已批准", "refused": "未批准", "withdrawn": "已撤回",
}  # fmt: skip
DECISIONS: dict[str, State] = {"approve": "applied", "refuse": "refused", "withdraw": "withdrawn"}
BY_FILE = ""
"""Who proposes when the file on the machine was changed: nobody at the console, so anybody there is a second person."""
NOTE_MOST = 200
TEXT_MOST = 100_000
KEPT_MOST = 200


class Version(Struct, frozen=True, kw_only=True):
    """A rulebook's text, who proposed it when (ms UTC) and why, and who decided; problem: why it can't be used."""

    id: str
    mark: str
    text: str
    state: State
    by: str
    at: int
    note: str
    problem: str = ""
    decided_by: str = ""
    decided_at: int = 0
    reason: str = ""


def mark_of(text: str) -> str:
    """Return the mark of a rulebook's text: twelve digits of its SHA-256, however its lines end."""
    return hashlib.sha256(plain(text).encode()).hexdigest()[:12]


def plain(text: str) -> str:
    """Return a text as it is kept: a form's line ends and a missing last one make no other rulebook."""
    return text.replace("\r\n", "\n").strip() + "\n"


def proposed(text: str, *, by: str, note: str, at: int) -> Version:
    """Return a proposal. Raises Rejected, in Chinese, for a text that is no rulebook, or a note that won't do."""
    text, note = plain(text), " ".join(note.split())
    if not note or len(note) > NOTE_MOST:
        raise Rejected("field_missing", f"请写明为什么修改，不超过{NOTE_MOST}个字。")
    if mask(note).kinds:
        raise Rejected("personal_data", "说明中不能有个人信息。")
    if len(text) > TEXT_MOST:
        raise Rejected("too_long", f"规则手册不能超过{TEXT_MOST}个字。")
    if problem := problem_of(text):
        raise Rejected("field_type", f"规则手册有错误，没有保存：{problem}")
    return _version(text, "proposed", by=by, note=note, at=at)


def of_file(text: str, *, at: int, first: bool) -> Version:
    """Return what a file's text is: in use at once if it is the `first`, else a proposal, or invalid and why."""
    problem = problem_of(text)
    state: State = "invalid" if problem else "applied" if first else "proposed"
    made = _version(text, state, by=BY_FILE, note="系统首次启用" if first else "规则手册文件已修改", at=at)
    return msgspec.structs.replace(made, problem=problem, decided_at=at if state == "applied" else 0)


def problem_of(text: str) -> str:
    """Return why a text is no rulebook, "" if it is one."""
    try:
        load_rulebook(text)
    except Misconfigured as error:
        return str(error)
    return ""


def _version(text: str, state: State, *, by: str, note: str, at: int) -> Version:
    mark = mark_of(text)
    return Version(id=digest("rulebook", mark, str(at)), mark=mark, text=text, state=state, by=by, at=at, note=note)


def decided(version: Version, decision: str, *, by: str, reason: str, at: int) -> Version:
    """Return a proposal with a decision on it. Raises Rejected, in Chinese, Conflict if another has decided."""
    if decision not in DECISIONS:
        raise Rejected("field_type", "请选择批准、不批准或撤回。")
    if version.state != "proposed":
        raise Conflict(f"rulebook {version.id} is {version.state}")
    if decision == "withdraw" and by != version.by:
        raise Rejected("field_type", "只有提出修改的人可以撤回。")
    if decision != "withdraw" and by == version.by:
        raise Rejected("field_type", "自己提出的修改要由另一个人批准。")
    reason = " ".join(reason.split())
    if decision == "refuse" and not reason:
        raise Rejected("field_missing", "请写明不批准的理由。")
    if len(reason) > NOTE_MOST or mask(reason).kinds:
        raise Rejected("field_type", f"理由不超过{NOTE_MOST}个字，不能有个人信息。")
    return msgspec.structs.replace(
        version, state=DECISIONS[decision], decided_by=by, decided_at=at, reason=reason
    )


def in_use(versions: Sequence[Version]) -> Version | None:
    """Return the version that is in use: the one approved last."""
    applied = (one for one in versions if one.state == "applied")
    return max(applied, key=lambda one: (one.decided_at, one.id), default=None)


def rules_of(version: Version) -> list[Rule]:
    """Return a version's rules. Raises Misconfigured if a later program refuses what was once a rulebook."""
    return load_rulebook(version.text)


def gone(rules: Sequence[Rule], versions: Sequence[Version]) -> list[Rule]:
    """Return the rules of earlier versions that are no more, each as it last was: what they opened must still end."""
    kept = {rule.name for rule in rules}
    last: dict[str, Rule] = {}
    for version in sorted((one for one in versions if one.state == "applied"), key=lambda one: one.decided_at):
        if not problem_of(version.text):
            last |= {rule.name: rule for rule in rules_of(version) if rule.name not in kept}
    return list(last.values())


async def in_force(versions: Versions, fallback: Sequence[Rule]) -> list[Rule]:
    """Return the rules of the version that is in use; the fallback if there is none yet, or it can't be read."""
    used = in_use(await versions.list())
    return rules_of(used) if used and not problem_of(used.text) else list(fallback)


class Versions(Protocol):
    """Versions as they stand. Every verb raises Unavailable."""

    async def create(self, version: Version) -> None:
        """Store a new version; one that is there stays."""
        ...

    async def decide(self, version: str, decision: str, *, by: str, reason: str, at: int) -> Version | None:
        """Decide on a proposal, nothing if there is none. Raises Rejected, Conflict."""
        ...

    async def get(self, version: str) -> Version | None:
        """Return a version, or nothing."""
        ...

    async def list(self) -> Sequence[Version]:
        """Return the versions, the newest proposal first."""
        ...


class ElasticVersions:
    """Versions in Elasticsearch. Every verb raises Unavailable."""

    def __init__(self, elastic: Elastic) -> None:
        """Keep the gateway."""
        self._elastic = elastic

    async def create(self, version: Version) -> None:
        """Store a new version; one that is there stays."""
        try:
            await self._elastic.create(RULEBOOKS.name, version.id, msgspec.to_builtins(version), refresh=True)
        except Conflict:
            return

    async def decide(self, version: str, decision: str, *, by: str, reason: str, at: int) -> Version | None:
        """Decide on a proposal, nothing if there is none. Raises Rejected, Conflict."""
        found = await self._elastic.get(RULEBOOKS.name, version)
        if found is None:
            return None
        after = decided(msgspec.convert(found.source, Version), decision, by=by, reason=reason, at=at)
        await self._elastic.put(
            RULEBOOKS.name, version, msgspec.to_builtins(after), version=found.version, refresh=True
        )
        return after

    async def get(self, version: str) -> Version | None:
        """Return a version, or nothing."""
        found = await self._elastic.get(RULEBOOKS.name, version)
        return msgspec.convert(found.source, Version) if found else None

    async def list(self) -> Sequence[Version]:
        """Return the versions, the newest proposal first."""
        body = {"size": KEPT_MOST, "sort": [{"at": "desc"}, {"id": "asc"}]}
        hits = (await self._elastic.search(RULEBOOKS.name, body))["hits"]["hits"]
        return [msgspec.convert(hit["_source"], Version) for hit in hits]
