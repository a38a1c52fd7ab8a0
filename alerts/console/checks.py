"""Checks that the console can make by itself; those of Kafka and the workers are handed to it."""

from __future__ import annotations

from typing import Any, Protocol

from alerts.console.parts import Check, Health
from streams.errors import HuiyingError

STATUS: dict[str, str] = {"green": "状态正常", "yellow": "可用，副本不全", "red": "部分数据不可用"}


class Cluster(Protocol):
    """Something that says how Elasticsearch is."""

    async def health(self) -> dict[str, Any]:
        """Return the cluster's health; Unavailable if it can't be reached."""
        ...


def elastic_check(elastic: Cluster) -> Check:
    """Return a check of Elasticsearch: well if it answers and all data can be read."""

    async def check() -> Health:
        name = "检索库 Elasticsearch"
        try:
            found = await elastic.health()
        except HuiyingError:
            return Health(name, well=False, text="连接不上，请联系系统管理员运行 huiying doctor 检查。")
        status, nodes = str(found.get("status", "")), found.get("number_of_nodes", 0)
        return Health(name, well=status in {"green", "yellow"}, text=f"{nodes} 个节点，{STATUS.get(status, status)}")

    return check
