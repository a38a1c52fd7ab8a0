"""What is read from and written to Elasticsearch, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct


class Version(Struct, frozen=True):
    """Which state of a document was read: what `put` checks."""

    seq_no: int
    primary_term: int


class Found(Struct, frozen=True, kw_only=True):
    """A document that was read; `index` is the bare name, `sort` its place in a scan."""

    id: str
    source: dict[str, Any]
    version: Version
    index: str
    sort: tuple[Any, ...] = ()


class Op(Struct, frozen=True, kw_only=True):
    """One write of a bulk: `create` refuses an id that exists, `index` replaces; `version` guards a replacement."""

    index: str
    id: str
    doc: Mapping[str, Any]
    kind: Literal["create", "index"] = "create"
    version: Version | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of one write: HTTP status 200/201 when `ok`, 409 for a conflict, 400 for a refused document.

    version: which state of the document the write made, None if it was not written.
    """

    id: str
    ok: bool
    status: int
    error: str = ""
    version: Version | None = None
