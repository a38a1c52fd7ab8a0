"""Posts from the rows of a file: columns are mapped, only allow-listed fields are copied, texts are masked."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from analyzers.masking import mask
from streams.codec import BLANK, encode_page
from streams.errors import Misconfigured, Rejected
from streams.records import PAGE_BYTES, PAGE_POSTS, SOURCES, TEXT_LIMIT, BadItem, Kind, Page, Post, digest
from streams.sources.presets import preset_columns, status_of
from streams.sources.rows import File, Row
from streams.sources.times import parse_time

KINDS: dict[str, Kind] = {
    "weibo": "post",
    "wechat": "comment",
    "portal": "message",
    "hotline": "order",
    "board": "message",
    "other": "message",
}
COLUMNS: dict[str, tuple[str, ...]] = {
    "native_id": ("native_id", "id", "编号", "留言编号", "工单编号", "信件编号"),
    "posted_at": (
        "posted_at", "created_at", "time", "时间", "留言时间", "发布时间", "来电时间", "受理时间", "写信时间",
    ),
    "title": ("title", "标题", "主题", "留言主题", "信件标题"),
    "text": ("text", "body", "content", "正文", "内容", "留言详情", "留言内容", "工单内容", "诉求内容"),
    "likes": ("likes", "点赞数", "点赞"),
    "dislikes": ("dislikes", "反对数", "反对"),
    "parent": ("parent",),
    "version": ("version", "updated_at", "更新时间"),
    "status": ("status", "状态", "办理状态", "工单状态"),
}
"""Our fields and the columns that are taken for them, first found first. What is not listed is never read."""
NEEDED = ("posted_at", "text")


class Columns(Struct, frozen=True):
    """Which columns make which field; a field of several columns is joined by line breaks."""

    fields: dict[str, tuple[str, ...]]

    def value(self, values: Mapping[str, Any], field: str) -> Any:
        """Return a field's value from a row: what its one column holds, or several as one text."""
        names = self.fields.get(field, ())
        if len(names) == 1:
            return values.get(names[0])
        return "\n".join(part for part in (text_of(values.get(name)) for name in names) if part.strip())


def columns_from(text: str) -> dict[str, tuple[str, ...]]:
    """Read `posted_at=时间,text=标题+正文`. Raises Misconfigured for a field that we don't have."""
    found: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        ours, equals, theirs = (piece.strip() for piece in part.partition("="))
        ours = {"id": "native_id"}.get(ours, ours)
        if not equals or not theirs:
            raise Misconfigured(f"--map: {part!r} is not OURS=THEIRS, as in posted_at=时间")
        if ours not in COLUMNS:
            near = difflib.get_close_matches(ours, list(COLUMNS), n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(COLUMNS)}"
            raise Misconfigured(f"--map: there is no field {ours!r}{hint}")
        found[ours] = tuple(name.strip() for name in theirs.split("+"))
    return found


def mapped_columns(given: Mapping[str, tuple[str, ...]], header: list[str], *, fixed: bool = True) -> Columns:
    """Return the columns of a file: those given, else those recognised. Raises Misconfigured if text or time lack.

    fixed: every row has the header's columns (CSV); else a later row may have more (JSONL).
    """
    lower = {name.lower(): name for name in header}
    fields = dict(given)
    for field, names in COLUMNS.items():
        if field not in fields:
            fields[field] = tuple(lower[name] for name in names if name in lower)[:1]
        if not fixed and not fields[field] and field not in NEEDED:
            fields[field] = names[:1]
    gone = [name for names in given.values() for name in names if name not in header]
    if gone and fixed:
        raise Misconfigured(f"--map: the file has no column {gone[0]!r}; it has {', '.join(header)[:300]}")
    for field in NEEDED:
        if not fields[field] and not (field == "text" and fields["title"]):
            has = ", ".join(header)[:300]
            raise Misconfigured(f"no column is recognised as {field}; name it: --map {field}=COLUMN (there are {has})")
    return Columns(fields)


def text_of(value: Any) -> str:
    """Return a cell as text; NUL characters are dropped."""
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value).replace("\x00", "")


def count_of(value: Any) -> int:
    """Return a cell as a count; what is none counts as 0."""
    try:
        return max(0, int(float(value))) if value not in (None, "") else 0
    except (ValueError, OverflowError, TypeError):
        return 0


def item_of(file: File, row: Row, columns: Columns, source: str) -> Post | BadItem:
    """Return a row as a masked post, or as a bad item with its reason and without its text."""
    if row.problem:
        return file.bad(row)
    try:
        return _post(row.values, columns, source)
    except Rejected as error:
        return BadItem(ref=file.ref(row.number), reason=error.reason, detail=error.detail)


def _post(values: Mapping[str, Any], columns: Columns, source: str) -> Post:
    title = " ".join(text_of(columns.value(values, "title")).split())
    text = text_of(columns.value(values, "text")).strip()
    if len(title) + len(text) > TEXT_LIMIT:
        raise Rejected("too_large", f"{len(title) + len(text)} characters, at most {TEXT_LIMIT}")
    if BLANK.fullmatch(text) and BLANK.fullmatch(title):
        raise Rejected("empty", "neither text nor title")
    when = columns.value(values, "posted_at")
    if when is None or when == "":
        raise Rejected("bad_time", "no time")
    posted_at = parse_time(when)
    native = text_of(columns.value(values, "native_id")).strip()
    return Post(
        source=source,
        native_id=native or digest("row", str(posted_at), title, text),
        posted_at=posted_at,
        text=mask(text).text,
        title=mask(title).text,
        kind=KINDS[source],
        version=_version(values, columns),
        parent=text_of(columns.value(values, "parent")).strip(),
        likes=count_of(columns.value(values, "likes")),
        dislikes=count_of(columns.value(values, "dislikes")),
        status=status_of(text_of(columns.value(values, "status"))),
    )


def _version(values: Mapping[str, Any], columns: Columns) -> int:
    """Return the newest of a row's times of change (ms UTC), 0 if there is none."""
    times = (values.get(name) for name in columns.fields.get("version", ()))
    return max((parse_time(time) for time in times if time not in {None, ""}), default=0)


class Sheet(Struct, frozen=True):
    """A page ready to send, the number of its file's last row in it, the bytes read so far and its event times."""

    data: bytes
    posts: int
    bad: int
    row: int
    read: int
    first_ms: int
    last_ms: int


def sheets(
    file: File, given: Mapping[str, tuple[str, ...]], source: str, *, after: int = 0, span_ms: int = 0, like: str = ""
) -> Iterator[Sheet]:
    """Yield a file's rows after the row number `after` as pages: up to 100 items, 500 KB and, if given, `span_ms`.

    like: a preset of `streams.sources.presets`, whose columns are taken where none is given.
    Raises Misconfigured if the source or a column is unknown.
    """
    if source not in SOURCES:
        raise Misconfigured(f"--source: there is no {source!r}; there are {', '.join(SOURCES)}")
    columns: Columns | None = None
    items: list[Post | BadItem] = []
    size = first = 0
    last: Row | None = None
    for row in file.rows():
        if columns is None and not row.problem:
            header = list(row.values)
            usual = {**preset_columns(like, header, given), **given} if like else given
            columns = mapped_columns(usual, header, fixed=not file.json)
            used = {name for names in columns.fields.values() for name in names}
            file.unread = tuple(name for name in header if name not in used)
        if row.number <= after:
            continue
        item = item_of(file, row, columns, source) if columns and not row.problem else file.bad(row)
        weight = 200 + (3 * (len(item.text) + len(item.title)) if isinstance(item, Post) else 0)
        at = item.posted_at if isinstance(item, Post) else first
        apart = bool(span_ms and first and at and abs(at - first) > span_ms)
        if items and last and (len(items) >= PAGE_POSTS or size + weight > PAGE_BYTES or apart):
            yield _sheet(items, source, last)
            items, size, first = [], 0, 0
        items.append(item)
        size, last, first = size + weight, row, first or at
    if items and last:
        yield _sheet(items, source, last)


def _sheet(items: list[Post | BadItem], source: str, last: Row) -> Sheet:
    posts = tuple(item for item in items if isinstance(item, Post))
    bad = tuple(item for item in items if isinstance(item, BadItem))
    times = [post.posted_at for post in posts]
    return Sheet(
        data=encode_page(Page(source=source, posts=posts, bad=bad)),
        posts=len(posts),
        bad=len(bad),
        row=last.number,
        read=last.read,
        first_ms=min(times, default=0),
        last_ms=max(times, default=0),
    )
