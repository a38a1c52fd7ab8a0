"""Reports as they are kept: one current version per kind and period, older ones beside it, each listing what changed.

Making a report again with the same content writes nothing. A crash between the two writes of a replacement leaves the
current version in place; the next run ends what was begun, because every id comes from content.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from msgspec import Struct, structs

from alerts.reports.compare import differences
from alerts.reports.tree import Report, content, decode, encode, report_id
from streams.elastic import Elastic, Found
from streams.errors import Conflict
from streams.records import digest
from streams.topics import REPORTS


class Kept(Struct, frozen=True, kw_only=True):
    """What keeping did: the report as it is stored now, and one word of why."""

    report: Report
    outcome: str
    """`made`, `unchanged` or `superseded`."""


class Listed(Struct, frozen=True, kw_only=True):
    """One line of a list of reports; times are ms UTC."""

    id: str
    kind: str
    period: str
    title: str
    subtitle: str
    summary: str
    mark: str
    version: int
    made_at: int


def version_id(kind: str, period: str, version: int) -> str:
    """Return the id under which a replaced version is kept."""
    return digest("report", kind, period, str(version))


def document(report: Report, *, current: bool) -> dict[str, Any]:
    """Return what is stored of a report: what lists need beside the tree, which isn't indexed."""
    return {
        "kind": report.kind,
        "period": report.period,
        "title": report.title,
        "subtitle": report.subtitle,
        "summary": report.summary,
        "mark": report.mark,
        "version": report.version,
        "current": current,
        "made_at": report.made_at,
        "window_from": report.window_from,
        "window_to": report.window_to,
        "content": content(report),
        "changes": list(report.changes),
        "tree": encode(report),
    }


class ReportStore:
    """Reports in Elasticsearch; every verb raises what the gateway raises."""

    def __init__(self, elastic: Elastic) -> None:
        """Keep reports in the index `reports`."""
        self.elastic = elastic

    async def keep(self, report: Report) -> Kept:
        """Store a report, unless the stored one says the same; raises Conflict where another run was quicker."""
        found = await self.elastic.get(REPORTS.name, report.id)
        if found is None:
            first = structs.replace(report, version=1, changes=())
            await self.elastic.create(REPORTS.name, first.id, document(first, current=True), refresh=True)
            return Kept(report=first, outcome="made")
        before = _report(found)
        if content(before) == content(report):
            return Kept(report=before, outcome="unchanged")
        after = structs.replace(report, version=before.version + 1, changes=differences(before, report))
        old = version_id(before.kind, before.period, before.version)
        # a conflict: a run that was cut off had written it; what replaces it was not written, or we would not be here
        with suppress(Conflict):
            await self.elastic.create(REPORTS.name, old, document(before, current=False))
        await self.elastic.put(
            REPORTS.name, after.id, document(after, current=True), version=found.version, refresh=True
        )
        return Kept(report=after, outcome="superseded")

    async def report(self, identity: str) -> Report | None:
        """Return a report by its id (current, or an older version), or None."""
        found = await self.elastic.get(REPORTS.name, identity)
        return None if found is None else _report(found)

    async def find(self, kind: str, period: str) -> Report | None:
        """Return the current report of a kind and period, or None."""
        return await self.report(report_id(kind, period))

    async def versions(self, kind: str, period: str) -> list[Report]:
        """Return all versions that are kept, the newest first."""
        current = await self.find(kind, period)
        if current is None:
            return []
        ids = [version_id(kind, period, number) for number in range(current.version - 1, 0, -1)]
        older = await self.elastic.mget([(REPORTS.name, identity) for identity in ids]) if ids else []
        return [current, *(_report(found) for found in older if found is not None)]

    async def latest(self, kind: str = "", limit: int = 60) -> list[Listed]:
        """Return the current reports, the latest periods first, without their trees."""
        terms: list[dict[str, Any]] = [{"term": {"current": True}}]
        if kind:
            terms.append({"term": {"kind": kind}})
        body = {
            "size": limit,
            "query": {"bool": {"filter": terms}},
            "sort": [{"window_from": {"order": "desc", "unmapped_type": "date"}}],
            "_source": [name for name in Listed.__struct_fields__ if name != "id"],
        }
        hits = (await self.elastic.search(REPORTS.name, body))["hits"]["hits"]
        return [Listed(id=hit["_id"], **hit["_source"]) for hit in hits]


def _report(found: Found) -> Report:
    return decode(found.source["tree"])
