"""Hostile requests to the intake on a real Kafka (python tests/bench/fuzz_gateway.py [100000] [host:port of Kafka]).

Without a Kafka it starts its own. Fails if the process dies, answers 500, shows anything of an input, keeps a
connection that drips, loses an acknowledged post, or takes more than BOUND of memory.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from engines import free_port, running
from hostile import CANARY, TOKEN, assault, loris
from intake_process import in_topic, running_gateway

from deploy.engines.local import java_for, local_kafka
from deploy.init import make_topics
from deploy.settings import EngineSettings, HomeSettings
from streams.clock import SystemClock, monotonic, ms
from streams.records import post_id
from streams.settings import KafkaSettings

BOUND = 200 << 20
"""Bytes that the process may take beyond what it took at first: 16 bodies of 4 MiB, and what is made of two of them."""
SETTINGS = {"gateway_requests": 1e6, "gateway_posts": 1e8, "gateway_bad": 1e8, "gateway_slow": 3}


def broker(stack: ExitStack, folder: Path) -> KafkaSettings:
    """Return the Kafka that is named, or start one."""
    prefix = f"fuzz{secrets.token_hex(4)}-"
    if len(sys.argv) > 2:
        return KafkaSettings(kafka=sys.argv[2], kafka_prefix=prefix)
    home, settings = HomeSettings(home=str(folder)), KafkaSettings(kafka_port=free_port())
    java = java_for(EngineSettings(), home.cache_folder)
    stack.enter_context(running(local_kafka(home, EngineSettings(), settings, java)))
    return KafkaSettings(kafka=settings.bootstrap, kafka_prefix=prefix)


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huiying-fuzz-")))
        folder.chmod(0o755)
        kafka = broker(stack, folder)
        make_topics(kafka)
        accounts = folder / "wechat.toml"
        entry = f'account = "fuzz"\nregistered = "r"\napp_id = "wx"\ntoken = "{TOKEN}"\n'
        accounts.write_text(f"[[account]]\n{entry}", "utf-8")
        gateway = stack.enter_context(running_gateway(kafka, folder, gateway_wechat=accounts, **SETTINGS))
        gateway.ready()
        clock, began = SystemClock(), monotonic()
        port, pid = gateway.port, gateway.process.pid
        out = asyncio.run(assault(port, pid, gateway.key, now_s=lambda: ms(clock.now()) // 1000, count=count))
        seconds = monotonic() - began
        held = asyncio.run(loris(port, 300, 8))
        alive, healthy = gateway.process.poll() is None, gateway.status("/-/healthy") == 200
        last = gateway.post("after-all-this")
        posts = in_topic(kafka)
        stored = {post_id("portal", one["native_id"]) for one in posts if one["source"] == "portal"}
        bad = in_topic(kafka, "bad")
        lost = out.accepted - stored
        kept = CANARY in str(posts) + str(bad) + gateway.said()
        forget(kafka)
    for kind in sorted({kind for kind, _ in out.statuses}):
        row = {status: n for (name, status), n in sorted(out.statuses.items()) if name == kind}
        print(f"{kind:<10} {sum(row.values()):>7}  " + "  ".join(f"{status}: {n}" for status, n in row.items()))
    reasons = Counter(one["reason"] for one in bad)
    grown = out.memory_most - out.memory_before
    print(f"{out.count} requests in {seconds:.0f} s; {len(out.accepted)} posts accepted, {len(lost)} of them lost")
    print(f"{len(bad)} dead letters: {', '.join(f'{reason} {n}' for reason, n in reasons.most_common())}")
    print(f"memory {out.memory_before >> 20} MiB at first, {out.memory_most >> 20} MiB at most")
    print(f"{held} of 300 dripping connections still open after 8 s; alive {alive}, healthy {healthy}, then {last}")
    faults = sum(n for (_, status), n in out.statuses.items() if status == 500)
    print(f"{faults} faults, {len(out.leaks)} answers with something of the input, canary kept: {kept}")
    for leak in out.leaks[:5]:
        print("leak:", leak)
    good = alive and healthy and last == 202 and not (held or lost or faults or out.leaks or kept)
    return 0 if good and grown < BOUND and len(bad) >= out.rejected else 1


def forget(kafka: KafkaSettings) -> None:
    """Remove the topics."""
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.delete_topics([name for name in admin.list_topics() if name.startswith(kafka.kafka_prefix)])
    admin.close()


if __name__ == "__main__":
    raise SystemExit(main())
