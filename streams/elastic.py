"""The one gateway to Elasticsearch: few verbs, the only importer of `elasticsearch`, errors mapped in one table.

Every name given here is bare (`alerts`, `opinions-2026.11`); the gateway puts the settings' prefix before it. Only
features are used that both the small local node and a full cluster have (no `GET /`, no painless, no update-by-query).
The client never retries by itself: who calls decides, because only he knows whether he should stop.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar, Self

import elastic_transport
import elasticsearch
import msgspec
from elasticsearch import AsyncElasticsearch
from elasticsearch.serializer import JsonSerializer

from streams.documents import Found, Op, Outcome, Version
from streams.errors import Conflict, HuiyingError, Misconfigured, Refused, Rejected, Unavailable
from streams.settings import ElasticSettings

__all__ = ["Elastic", "Found", "Op", "Outcome", "Version", "mapped"]
TIMEOUT = 30.0
"""Seconds for one request; a bulk of 500 civic texts takes about 0.1 s here (notes/engines.md)."""
BULK_BYTES = 8 * 1024 * 1024
"""Bytes of documents in one bulk request; Elasticsearch refuses requests over 100 MB and is fastest at 5 to 15."""
PIT_KEEP = "2m"
MAKING = (0.05, 0.1, 0.2, 0.4, 0.8, 0.0)
"""Seconds between readings of an index that is just being made: in its first moments it can be written but not read."""
TRY_AGAIN = frozenset({408, 429, 502, 503, 504})
"""HTTP statuses after which the same request may succeed later."""
BLOCKED = "cluster_block_exception"
"""What an index says that takes no writes: mostly the flood stage of a full disk."""

BULK_ANSWER = "items.*.status,items.*.error,items.*._seq_no,items.*._primary_term"
ERRORS: dict[type[Exception], type[HuiyingError]] = {
    elasticsearch.AuthenticationException: Refused,
    elasticsearch.AuthorizationException: Refused,
    elasticsearch.BadRequestError: Misconfigured,
    elasticsearch.ConflictError: Conflict,
    elasticsearch.NotFoundError: Misconfigured,
    elasticsearch.UnsupportedProductError: Misconfigured,
    elasticsearch.ApiError: Unavailable,
    elastic_transport.TlsError: Misconfigured,
    elastic_transport.ConnectionTimeout: Unavailable,
    elastic_transport.ConnectionError: Unavailable,
    elastic_transport.SniffingError: Unavailable,
    elastic_transport.SerializationError: Misconfigured,
    elastic_transport.TransportError: Unavailable,
}
"""The client's errors and ours; the most specific one that fits is taken. A test holds the table to the client."""


def mapped(error: Exception) -> HuiyingError:
    """Return our error for one of the client's, with one line that says what Elasticsearch said."""
    if isinstance(error, elasticsearch.ApiError):
        line = _said(error)
        if BLOCKED in line:  # it comes as 403 or 429, and does not pass by itself
            return Refused(f"Elasticsearch accepts no writes ({line}); free disk space on its node")
        if error.status_code in TRY_AGAIN or error.status_code >= 500:
            return Unavailable(f"Elasticsearch: {line}")
    else:
        line = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no answer'}"
        if isinstance(error, elastic_transport.ConnectionError):
            line = f"can't be reached ({line}); `huiying up` starts one here, HUIYING_ELASTICSEARCH names yours"
    kind = next(ours for theirs, ours in ERRORS.items() if isinstance(error, theirs))
    return kind(f"Elasticsearch: {line}")


def _said(error: elasticsearch.ApiError) -> str:
    body = error.body if isinstance(error.body, dict) else {}
    cause = body.get("error", {}) if isinstance(body, dict) else {}
    if isinstance(cause, dict):
        roots = cause.get("root_cause") or [cause]
        return f"{error.status_code} {roots[0].get('type', error.message)}: {roots[0].get('reason', '')}"[:400]
    return f"{error.status_code} {str(cause)[:300]}"


@contextmanager
def _ours() -> Iterator[None]:
    try:
        yield
    except (elasticsearch.ApiError, elastic_transport.TransportError, elasticsearch.UnsupportedProductError) as error:
        raise mapped(error) from error


class QuickJson(JsonSerializer):
    """Reads answers by msgspec: a list of a thousand alerts in a fifth of the standard library's time."""

    def json_loads(self, data: bytes) -> Any:
        """Return an answer's values; what msgspec refuses (half characters that are escaped) is read as before."""
        try:
            return msgspec.json.decode(data)
        except msgspec.DecodeError:
            return super().json_loads(data)


class QuickCompatible(QuickJson):
    """The same, under the name by which the client and the server agree on a version."""

    mimetype: ClassVar[str] = "application/vnd.elasticsearch+json"


class Elastic:
    """Elasticsearch in about ten verbs; an async context manager.

    Every verb raises Unavailable (try again later), Refused or Misconfigured (a person must act).
    """

    def __init__(self, settings: ElasticSettings) -> None:
        """Prepare a client; nothing is sent before the first verb."""
        self.prefix = settings.elasticsearch_prefix
        self.shards = settings.elasticsearch_shards
        self.replicas = settings.elasticsearch_replicas
        self.refresh_interval = settings.elasticsearch_refresh
        auth: dict[str, Any] = {}
        if settings.elasticsearch_api_key:
            auth["api_key"] = settings.elasticsearch_api_key
        elif settings.elasticsearch_username:
            auth["basic_auth"] = (settings.elasticsearch_username, settings.elasticsearch_password)
        if settings.elasticsearch_ca:
            auth["ca_certs"] = settings.elasticsearch_ca
        try:
            self.client = AsyncElasticsearch(
                hosts=settings.hosts,
                max_retries=0,
                retry_on_timeout=False,
                http_compress=not settings.local,  # on this machine it only costs 0.2 ms a post
                request_timeout=TIMEOUT,
                serializers={one.mimetype: one for one in (QuickJson(), QuickCompatible())},
                **auth,
            )
        except (ValueError, OSError) as error:
            raise Misconfigured(f"HUIYING_ELASTICSEARCH={','.join(settings.hosts)}: {error}") from error

    async def __aenter__(self) -> Self:
        """Return itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the client."""
        await self.close()

    async def close(self) -> None:
        """Close the client's connections."""
        await self.client.close()

    def _name(self, index: str) -> str:
        return ",".join(self.prefix + one for one in index.split(","))

    def _bare(self, index: str) -> str:
        return index.removeprefix(self.prefix)

    async def health(self) -> dict[str, Any]:
        """Return the cluster's health (`status`, `number_of_nodes`, …)."""
        with _ours():
            return dict((await self.client.cluster.health()).body)

    async def install(self, templates: Mapping[str, Mapping[str, Any]]) -> None:
        """Install index templates by bare index name; `{name}` covers the index itself and its months, `{name}-*`.

        Shards, replicas and the refresh interval come from the settings; a template may set its own analysis. Indices
        that are there already get the fields that are new. Raises Misconfigured if a field has changed its type.
        """
        for name, template in templates.items():
            settings = {
                "number_of_shards": self.shards,
                "number_of_replicas": self.replicas,
                "refresh_interval": self.refresh_interval,
                **template.get("settings", {}),
            }
            full = self.prefix + name
            with _ours():
                await self.client.indices.put_index_template(
                    name=full,
                    index_patterns=[full, f"{full}-*"],
                    priority=100 + len(full),
                    template={"settings": settings, "mappings": template["mappings"]},
                )
                await self.client.indices.put_mapping(
                    index=f"{full},{full}-*", ignore_unavailable=True, allow_no_indices=True,
                    dynamic=template["mappings"]["dynamic"], properties=template["mappings"]["properties"],
                )  # fmt: skip

    async def templates(self) -> set[str]:
        """Return the bare names of the templates that are installed."""
        with _ours():
            try:
                answer = await self.client.indices.get_index_template(name=f"{self.prefix}*")
            except elasticsearch.NotFoundError:  # what it says where there is none at all
                return set()
        return {self._bare(one["name"]) for one in answer["index_templates"]}

    async def bulk(self, ops: Sequence[Op]) -> list[Outcome]:
        """Write all of `ops` in requests of at most about BULK_BYTES and return what became of each, in order.

        Raises Unavailable when a whole request failed, or when any write failed for a passing reason (429, 5xx): the
        writes are idempotent, so the caller does all of them again. Raises Refused when a write failed for a reason
        that lies in the cluster and not in the document (no right, too many shards, disk full).
        """
        outcomes: list[Outcome] = []
        lines: list[Any] = []  # bytes, which the client takes as they are
        size = start = 0
        for end, op in enumerate(ops, start=1):
            head: dict[str, Any] = {"_index": self._name(op.index), "_id": op.id}
            if op.version is not None:
                head |= {"if_seq_no": op.version.seq_no, "if_primary_term": op.version.primary_term}
            lines += [msgspec.json.encode({op.kind: head}), msgspec.json.encode(op.doc)]
            size += len(lines[-1])
            if size > BULK_BYTES or end == len(ops):
                outcomes += await self._bulk(ops[start:end], lines)
                lines, size, start = [], 0, end
        return outcomes

    async def _bulk(self, ops: Sequence[Op], lines: list[Any]) -> list[Outcome]:
        with _ours():
            answer = await self.client.bulk(operations=lines, filter_path=BULK_ANSWER)
        outcomes: list[Outcome] = []
        for op, item in zip(ops, answer["items"], strict=True):
            result = next(iter(item.values()))
            status, error = int(result["status"]), result.get("error") or {}
            said = f"{error.get('type', '')}: {error.get('reason', '')}"[:300] if error else ""
            if BLOCKED in said:
                raise Refused(f"Elasticsearch accepts no writes ({said}); free disk space on its node")
            if status in TRY_AGAIN or status >= 500:
                raise Unavailable(f"Elasticsearch: {status} {said}")
            if error and status != 409 and not _is_the_documents(said):
                raise Refused(f"Elasticsearch: {status} {said}")
            version = None if error else Version(result["_seq_no"], result["_primary_term"])
            outcomes.append(Outcome(id=op.id, ok=not error, status=status, error=said, version=version))
        return outcomes

    async def create(self, index: str, id: str, doc: Mapping[str, Any], *, refresh: bool = False) -> Version:  # noqa: A002 - Elasticsearch's name
        """Store a new document. Raises Conflict if the id exists, Rejected if the document doesn't fit the template."""
        try:
            with _ours():
                answer = await self.client.index(
                    index=self._name(index), id=id, document=doc, op_type="create", refresh=refresh
                )
        except Misconfigured as error:
            raise _fits(error) from error
        return Version(answer["_seq_no"], answer["_primary_term"])

    async def put(
        self,
        index: str,
        id: str,  # noqa: A002 - Elasticsearch's name
        doc: Mapping[str, Any],
        *,
        version: Version | None = None,
        refresh: bool = False,
    ) -> Version:
        """Store a document over an older one; with a `version` only if nobody wrote since (else Conflict)."""
        guard: dict[str, Any] = {}
        if version is not None:
            guard = {"if_seq_no": version.seq_no, "if_primary_term": version.primary_term}
        try:
            with _ours():
                answer = await self.client.index(index=self._name(index), id=id, document=doc, refresh=refresh, **guard)
        except Misconfigured as error:
            raise _fits(error) from error
        return Version(answer["_seq_no"], answer["_primary_term"])

    async def get(self, index: str, id: str) -> Found | None:  # noqa: A002 - Elasticsearch's name
        """Return a document by id as it stands now, or nothing."""
        return (await self.mget([(index, id)]))[0]

    async def mget(
        self, pairs: Sequence[tuple[str, str]], fields: Sequence[str] | None = None
    ) -> list[Found | None]:
        """Return documents by (index, id), in order, nothing where there is none; only `fields` of them if given."""
        if not pairs:
            return []
        docs = [{"_index": self._name(index), "_id": id_} for index, id_ in pairs]
        missing = {"type": "index_not_found_exception"}
        for pause in MAKING:
            with _ours():
                answer = await self.client.mget(docs=docs, source_includes=list(fields) if fields else None)
            wrong = [doc for doc in answer["docs"] if doc.get("error", missing)["type"] != missing["type"]]
            if wrong and not pause:
                error = wrong[0]["error"]
                raise Unavailable(f"Elasticsearch: {error['type']}: {error.get('reason')}"[:300])
            if not wrong:
                break
            await asyncio.sleep(pause)
        return [self._found(doc) if doc.get("found") else None for doc in answer["docs"]]

    def _found(self, hit: Mapping[str, Any]) -> Found:
        return Found(
            id=hit["_id"],
            source=dict(hit.get("_source") or {}),
            version=Version(hit.get("_seq_no", -1), hit.get("_primary_term", -1)),
            index=self._bare(hit["_index"]),
            sort=tuple(hit.get("sort") or ()),
        )

    async def _read(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """Ask, and ask again after short pauses while Elasticsearch is about to make an index that is asked for."""
        for pause in MAKING:
            with _ours():
                try:
                    return await ask()
                except elasticsearch.ApiError as error:
                    if error.status_code != 503 or not pause:
                        raise
            await asyncio.sleep(pause)
        raise AssertionError(MAKING)

    async def search(self, index: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return Elasticsearch's answer to a search body; an index that does not exist has no hits."""
        ask = partial(
            self.client.search, index=self._name(index), body=dict(body), ignore_unavailable=True,
            allow_no_indices=True, allow_partial_search_results=False,  # half an answer is a wrong number
        )  # fmt: skip
        return dict((await self._read(ask)).body)

    async def count(self, index: str, query: Mapping[str, Any]) -> int:
        """Return how many documents match; an index that does not exist has none."""
        answer = await self.search(index, {"size": 0, "track_total_hits": True, "query": dict(query)})
        return int(answer["hits"]["total"]["value"])

    async def scan(
        self,
        index: str,
        query: Mapping[str, Any],
        *,
        sort: Sequence[Any] = ("_shard_doc",),
        size: int = 1000,
        fields: Sequence[str] | None = None,
    ) -> AsyncIterator[Found]:
        """Yield every matching document from one point in time, `size` a request."""
        if not await self.count(index, {"match_all": {}}):
            return
        pit = (await self._read(partial(
            self.client.open_point_in_time, index=self._name(index), keep_alive=PIT_KEEP, ignore_unavailable=True
        )))["id"]  # fmt: skip
        after: list[Any] | None = None
        try:
            while True:
                body: dict[str, Any] = {
                    "query": dict(query),
                    "size": size,
                    "sort": list(sort),
                    "pit": {"id": pit, "keep_alive": PIT_KEEP},
                    "seq_no_primary_term": True,
                    "track_total_hits": False,
                }
                if fields:
                    body["_source"] = list(fields)
                if after is not None:
                    body["search_after"] = after
                with _ours():
                    answer = await self.client.search(body=body)
                hits = answer["hits"]["hits"]
                for hit in hits:
                    yield self._found(hit)
                if len(hits) < size:
                    return
                after, pit = hits[-1]["sort"], answer.get("pit_id", pit)
        finally:
            with _ours():
                await self.client.close_point_in_time(id=pit)

    async def refresh(self, index: str) -> None:
        """Make everything written so far searchable."""
        with _ours():
            await self.client.indices.refresh(index=self._name(index), ignore_unavailable=True, allow_no_indices=True)

    async def names(self, index: str) -> list[str]:
        """Return the bare names of the indices that a pattern covers."""
        with _ours():
            answer = await self.client.indices.get(
                index=self._name(index), ignore_unavailable=True, allow_no_indices=True, features="aliases"
            )
        return sorted(self._bare(name) for name in answer)

    async def drop(self, index: str) -> None:
        """Drop an index (retention); one that does not exist is dropped already. A pattern drops all that it covers."""
        for name in await self.names(index) if "*" in index else [index]:
            with _ours():
                await self.client.indices.delete(index=self._name(name), ignore_unavailable=True)


def _is_the_documents(said: str) -> bool:
    """Say whether a refusal is the document's own fault: it doesn't fit the template, or a value of it can't be."""
    kinds = ("document_parsing", "strict_dynamic", "mapper_parsing", "illegal_argument_exception: Document contains")
    return any(kind in said for kind in kinds)


def _fits(error: Misconfigured) -> HuiyingError:
    """Tell a refused document (400 on one) from a wrong request."""
    line = str(error)
    if "400" in line and _is_the_documents(line):
        return Rejected("refused_by_index", json.dumps(line, ensure_ascii=False)[:300])
    return error
