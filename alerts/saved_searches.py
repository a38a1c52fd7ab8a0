"""Searches that are kept by name, for one role or for all; and a rule of the rulebook drafted from one.

A kept search holds what was asked and nothing about who asked: that stands in the history.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from alerts.accounts import ROLES
from alerts.watched_words import problem_of
from analyzers.masking import mask
from streams.elastic import Elastic
from streams.errors import Rejected
from streams.records import digest
from streams.topics import SEARCHES

_OR = re.compile(r"\s+(?:或|OR)\s+")
_WORD = re.compile(r"[一-鿿]{2,12}")
NAME_MOST = 40
KEPT_MOST = 200
FORBIDDEN = frozenset({"page", "done"})


class SavedSearch(Struct, frozen=True, kw_only=True):
    """What was asked, as an address asks it. role: for whom it is shown, "" for all; at: ms UTC."""

    id: str
    name: str
    role: str
    asked: dict[str, str]
    at: int
    removed: bool = False


def made(name: str, role: str, asked: Mapping[str, str], at: int) -> SavedSearch:
    """Return a search to keep; the same name for the same role is the same search. Raises Rejected, in Chinese."""
    name = " ".join(name.split())
    if not name or len(name) > NAME_MOST:
        raise Rejected("no_name", f"请为检索起一个名称，不超过{NAME_MOST}个字。")
    if role and role not in ROLES:
        raise Rejected("no_role", "没有这个角色。")
    kept = {key: str(value) for key, value in asked.items() if value and key not in FORBIDDEN}
    if any(mask(text).kinds for text in (name, *kept.values())):
        raise Rejected("personal_data", "名称和条件中不能有个人信息。")
    if not set(kept) - {"span", "sort"}:
        raise Rejected("nothing_asked", "没有检索条件，不需要保存。")
    return SavedSearch(id=digest("search", role, name), name=name, role=role, asked=kept, at=at)


class SavedSearches:
    """Kept searches in Elasticsearch. Every verb raises Unavailable or Refused when Elasticsearch does."""

    def __init__(self, elastic: Elastic) -> None:
        """Keep the gateway."""
        self._elastic = elastic

    async def keep(self, search: SavedSearch) -> None:
        """Keep a search, in place of one of the same name."""
        doc = msgspec.to_builtins(search)
        await self._elastic.put(
            SEARCHES.name, search.id, {**doc, "asked": msgspec.json.encode(search.asked).decode()}, refresh=True
        )

    async def get(self, search: str) -> SavedSearch | None:
        """Return a kept search, or nothing."""
        found = await self._elastic.get(SEARCHES.name, search)
        one = _read(found.source) if found else None
        return None if one is None or one.removed else one

    async def list(self, role: str) -> Sequence[SavedSearch]:
        """Return the searches that a role sees, by name."""
        seen = [{"term": {"removed": False}}, {"terms": {"role": ["", role]}}]
        body = {"size": KEPT_MOST, "query": {"bool": {"filter": seen}}, "sort": [{"name": "asc"}, {"id": "asc"}]}
        return [_read(hit["_source"]) for hit in (await self._elastic.search(SEARCHES.name, body))["hits"]["hits"]]

    async def remove(self, search: str) -> bool:
        """Show a search no more; False if there is none."""
        one = await self.get(search)
        if one is not None:
            await self.keep(msgspec.structs.replace(one, removed=True))
        return one is not None


def _read(source: Mapping[str, object]) -> SavedSearch:
    return msgspec.convert({**source, "asked": msgspec.json.decode(str(source["asked"]))}, SavedSearch)


LEAST = 5
"""A draft never asks for fewer posts than this: fewer are read one by one."""


def watched(asked: str) -> tuple[str, ...]:
    """Return the words that a rule can watch for a search: one word, or several of which any will do; else none."""
    words = tuple(dict.fromkeys(_OR.split(asked.strip())))
    return words if all(_WORD.fullmatch(word) for word in words) and not problem_of(words) else ()


def rule_draft(search: SavedSearch, busiest: int) -> str:
    """Return a rule for the rulebook (YAML with comments): it counts, or watches the search's words.

    busiest: the most posts found in 2 hours of 30 days.

    The rulebook's rules count every value of a key alike, so a search for one county becomes a rule over all counties;
    what a rule can't be limited to is said in the comments, for whoever copies it.
    """
    key = [part for part in ("topic", "county", "source") if part in search.asked] or ["topic", "county"]
    at_least = max(LEAST, busiest + busiest // 2)
    urgent, asked = search.asked.get("urgent") == "danger", search.asked
    words = () if urgent else watched(asked.get("q", ""))
    row: dict[str, Any] = {
        "name": f"draft_{search.id[:8]}",
        "title": search.name,
        "kind": "urgent" if urgent else "blacklist" if words else "count",
        "level": "larger" if urgent else "general",
        "reason": f"由已存检索“{search.name}”起草，请改写为为什么要有人知道",
        "key": key,
        "window": "2h",
        "step": "10m",
        "recover": "2h",
    }
    if urgent:
        row |= {"at_least": 1, "fires": {"count": 1, "danger": 1}, "silent": {"count": 30, "danger": 0}}
    elif words:
        row |= {
            "at_least": at_least, "words": list(words),
            "fires": {"count": at_least, "text": words[0]}, "silent": {"count": at_least, "text": "—"},
        }  # fmt: skip
    else:
        usual = max(busiest / 4, 0.5)
        row |= {
            "at_least": at_least, "times_usual": 3, "usual_over": "7d",
            "fires": {"count": max(at_least, int(usual * 3) + 1), "usual": usual},
            "silent": {"count": at_least - 1, "usual": usual},
        }  # fmt: skip
    lost = {"intent": "诉求", "subtopic": "子主题", "event": "事件", "answer": "答复与否"}
    lost |= {} if words else {"q": "检索词"}
    notes = [
        f"# 草稿：由已存检索“{search.name}”生成，须经人审核后复制到规则手册（HUIYING_RULEBOOK）。",
        f"# 最近30天内，任意2小时最多 {busiest} 条符合该检索。",
        *(f"# 规则按 {'×'.join(key)} 逐组计数，不限于“{asked[part]}”一组。" for part in key if part in asked),
        *(f"# 规则不能限定{name}“{asked[part]}”，请确认放宽后仍合适。" for part, name in lost.items() if part in asked),
    ]  # fmt: skip
    body = yaml.safe_dump({"rules": [row]}, allow_unicode=True, sort_keys=False, default_flow_style=None, width=110)
    plain = ("".join(char if char.isprintable() else " " for char in note) for note in notes)
    return "\n".join(plain) + "\n" + body
