"""A slice of tests/bench/fuzz_gateway.py: hostile requests end in an answer, never in the end of the process."""

from __future__ import annotations

from pathlib import Path

import pytest
from hostile import CANARY, TOKEN, assault, loris
from intake_process import in_topic, running_gateway

from deploy.init import make_topics
from streams.clock import SystemClock, ms
from streams.records import post_id
from streams.settings import KafkaSettings

pytestmark = [pytest.mark.engines, pytest.mark.timeout(300)]
REQUESTS = 2000


async def test_hostile_requests_neither_end_nor_fill_the_process(kafka_settings: KafkaSettings, tmp_path: Path) -> None:
    make_topics(kafka_settings)
    accounts = tmp_path / "wechat.toml"
    entry = f'account = "fuzz"\nregistered = "r"\napp_id = "wx"\ntoken = "{TOKEN}"\n'
    accounts.write_text(f"[[account]]\n{entry}", "utf-8")
    settings = {"gateway_requests": 1e6, "gateway_posts": 1e8, "gateway_bad": 1e8, "gateway_slow": 2}
    with running_gateway(kafka_settings, tmp_path, gateway_wechat=accounts, **settings) as gateway:
        gateway.ready()
        clock = SystemClock()
        out = await assault(
            gateway.port, gateway.process.pid, gateway.key, now_s=lambda: ms(clock.now()) // 1000, count=REQUESTS
        )
        assert await loris(gateway.port, 50, 5) == 0
        assert gateway.post("after-all-this") == 202
        log = gateway.said()
    assert out.count == REQUESTS
    assert out.leaks == []
    clear = {100, 200, 202, 400, 401, 403, 404, 405, 408, 413, 415, 422, 503}
    assert {status for _, status in out.statuses} <= clear | {0}  # 0: who sent was gone, or the connection was broken
    assert out.memory_most - out.memory_before < 200 << 20
    posts, bad = in_topic(kafka_settings), in_topic(kafka_settings, "bad")
    assert out.accepted <= {post_id("portal", one["native_id"]) for one in posts}
    assert len(out.accepted) > 50
    assert len(bad) >= out.rejected > 50
    assert CANARY not in str(posts) + str(bad) + log
