"""What a move asks for: fields with Chinese labels, read strictly, refused in one Chinese sentence, put in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from msgspec import Struct

from analyzers.masking import mask
from analyzers.office_numbers import without_persons
from streams.clock import beijing, ms
from streams.errors import Rejected

LONG = 5000
SHORT = 200
OptionKind = Literal[
    "fact", "question", "task", "participant", "assisting", "unit_draft", "unit_signed", "unit_out", "action",
    "limit", "unit",
]  # fmt: skip
"""Kinds whose choices come from the record itself."""
Kind = Literal["text", "long", "time", "choice", "count", "yes"] | OptionKind
OPTION_KINDS: frozenset[str] = frozenset(get_args(OptionKind))


class Field(Struct, frozen=True, kw_only=True):
    """One thing that a move asks for: its name, its Chinese label, what it is, whether it must be given.

    kind: text (≤ 200 characters), long (≤ `most`), time (ms UTC or aware datetime), choice (a key of `choices`), count
    (whole number ≥ 0), yes (true or false), or one of `OPTION_KINDS`: the id or unit of something in the record.
    masked: personal data is taken out of it before anything keeps it; office: but for an office's telephone.
    """

    name: str
    label: str
    kind: Kind = "text"
    required: bool = True
    choices: dict[str, str] = {}
    masked: bool = False
    office: bool = False
    most: int = LONG


Options = Callable[[Field], Mapping[str, str]]
"""Returns what can be chosen for a field: key → Chinese words; empty for a field that is typed."""


def refusal(text: str) -> Rejected:
    """Return the error of what is refused; its `detail` is one Chinese sentence for the person."""
    return Rejected("field_type", text)


def read(title: str, fields: Sequence[Field], data: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """Return a move's data, checked and trimmed; raises Rejected for a missing, unknown or wrong field."""
    if unknown := sorted(set(data) - {field.name for field in fields}):
        raise refusal(f"“{title}”没有“{unknown[0]}”这一项。")
    clean: dict[str, Any] = {}
    for field in fields:
        given = data.get(field.name)
        if isinstance(given, str):
            given = given.strip()
        if given is None or given == "":
            if field.required:
                raise refusal(f"请填写{field.label}。")
            continue
        clean[field.name] = value(field, given, options)
    return clean


def value(field: Field, given: Any, options: Options) -> Any:
    """Return one field's value, as its kind wants it; raises Rejected."""
    match field.kind:
        case "text" | "long":
            if not isinstance(given, str) or len(given) > (SHORT if field.kind == "text" else field.most):
                raise refusal(f"{field.label}过长。")
            return _kept(field, given)
        case "time":
            when = ms(given) if isinstance(given, datetime) and given.tzinfo else given
            if not isinstance(when, int) or isinstance(when, bool) or not 0 < when < 2**43:
                raise refusal(f"{field.label}读不懂，请重新填写。")
            return when
        case "count":
            if not str(given).isascii() or not str(given).isdigit() or int(given) > 10**9:
                raise refusal(f"{field.label}须为数字。")
            return int(given)
        case "yes":
            known = {True: True, False: False, "1": True, "0": False, "on": True, "yes": True, "no": False}
            if not isinstance(given, str | bool) or given not in known:
                raise refusal(f"{field.label}须选是或否。")
            return known[given]
        case _:
            if not isinstance(given, str) or given not in options(field):
                raise refusal(f"请在列出的选项中选择{field.label}。")
            return given


def _kept(field: Field, given: str) -> str:
    if field.office:
        return without_persons(given)
    return mask(given).text if field.masked else given


def in_words(fields: Sequence[Field], data: Mapping[str, Any], options: Options) -> str:
    """Return what was given, in words, for the timeline: `等级：重大；理由：…`."""
    parts = []
    for field in fields:
        if field.name not in data:
            continue
        given = data[field.name]
        if field.kind == "time":
            shown = f"{beijing(given):%Y-%m-%d %H:%M}"
        elif field.kind == "yes":
            shown = "是" if given else "否"
        else:
            shown = options(field).get(str(given), str(given))
        parts.append(f"{field.label}：{shown}")
    return "；".join(parts)
