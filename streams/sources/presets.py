"""What the columns of usual exports are called: `huiying replay --as NAME`.

Only these columns are read. Not among them are those about people (callers, those complained of, handlers, message
users) and their evaluations. An order or message whose status changed comes again in a later export with a newer time
in one of the `version` columns; the newest of them is its version, and a newer version replaces an older one.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from streams.errors import Misconfigured


class Preset(Struct, frozen=True):
    """An export: its source (a key of SOURCES), and for each of our fields the columns that it may have, best first.

    All of the `version` columns that are there count; of every other field the first that is there.
    """

    source: str
    fields: dict[str, tuple[str, ...]]


PRESETS: dict[str, Preset] = {
    "hotline": Preset(
        "hotline",
        {
            "native_id": ("orderId", "orderNum", "工单编号", "工单号", "受理编号", "编号"),
            "posted_at": ("callTime", "来电时间", "受理时间", "登记时间", "创建时间"),
            "title": ("title", "工单标题", "标题", "主题"),
            "text": ("majorContent", "工单内容", "诉求内容", "主要内容", "来电内容", "内容"),
            "version": (
                "dispatchTime", "subDispatchTime", "backTime", "replyTime", "completeTime", "visitTime",
                "派单时间", "转办时间", "退回时间", "回复时间", "答复时间", "办结时间", "回访时间", "更新时间",
            ),
            "status": ("orderStatus", "工单状态", "办理状态", "状态"),
        },
    ),
    "board": Preset(
        "board",
        {
            "native_id": ("留言编号", "留言ID", "编号", "ID"),
            "posted_at": ("留言时间", "提交时间", "发布时间", "时间"),
            "title": ("留言标题", "标题", "留言主题", "主题"),
            "text": ("留言内容", "留言详情", "内容", "正文"),
            "version": ("受理时间", "办理时间", "回复时间", "答复时间", "办结时间", "更新时间"),
            "status": ("办理状态", "留言状态", "状态"),
        },
    ),
    "portal": Preset(
        "portal",
        {
            "native_id": ("信件编号", "留言编号", "编号", "查询码", "id"),
            "posted_at": ("写信时间", "来信时间", "提交时间", "留言时间", "时间", "posted_at"),
            "title": ("信件标题", "来信标题", "标题", "主题", "留言主题", "title"),
            "text": ("信件内容", "来信内容", "内容", "正文", "留言内容", "留言详情", "body"),
            "version": ("受理时间", "转办时间", "回复时间", "答复时间", "办结时间", "更新时间"),
            "status": ("办理状态", "信件状态", "状态"),
            "likes": ("点赞数", "likes"),
            "dislikes": ("反对数", "dislikes"),
        },
    ),
}
SAID: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("returned", ("退回", "退单")),
    ("closed", ("办结", "结案", "归档", "完成", "关闭")),
    ("answered", ("答复", "回复", "反馈")),
    ("assigned", ("派单", "派发", "转办", "交办", "办理中", "处理中", "在办")),
    ("received", ("受理", "登记", "待办", "待处理", "新建")),
)
"""What exports say of an order's status, the surest word first; anything else is not known."""


def status_of(text: str) -> str:
    """Return the key of `STATUSES` that an export's own words mean, "" if they mean none of them or deny it."""
    if "未" in text or "不" in text:
        return ""
    return next((key for key, words in SAID if any(word in text for word in words)), "")


NEEDED = ("native_id", "posted_at", "text")
"""Without its own id an order that comes again would be another one."""


def preset_columns(
    name: str, header: list[str], given: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, tuple[str, ...]]:
    """Return which of a file's columns make which field; `given` ones need no usual column.

    Raises Misconfigured if one lacks, naming what it may be.
    """
    there = {column.strip().lower(): column for column in header}
    found: dict[str, tuple[str, ...]] = {}
    for field, names in preset(name).fields.items():
        columns = tuple(there[one.lower()] for one in names if one.lower() in there)
        found[field] = columns if field == "version" else columns[:1]
    for field in NEEDED:
        if not found[field] and field not in (given or {}):
            may = ", ".join(preset(name).fields[field])
            raise Misconfigured(f"--as {name}: no column for {field} ({may}); name it: --map {field}=COLUMN")
    return found


def preset(name: str) -> Preset:
    """Return a preset. Raises Misconfigured if there is none of that name."""
    if name not in PRESETS:
        raise Misconfigured(f"--as: there is no {name!r}; there are {', '.join(PRESETS)}")
    return PRESETS[name]
