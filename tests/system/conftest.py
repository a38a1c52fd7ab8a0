"""The running product, driven from outside: nothing of ours is imported here or in this folder.

`product` is one `huiying up` in a folder of its own, with real Kafka, Elasticsearch, mail server, webhook receiver and
browser. The engines' downloads are shared between runs by HUIYING_TEST_CACHE.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from product import HUIYING, ROOT, Hook, Letters, Product, free_ports, serve, wait_for


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Start `huiying up` once for all system tests, and stop it as a person would: with Ctrl-C."""
    kafka, elastic, console = free_ports(3)
    letters, hook = Letters(), Hook()
    letters.controller.start()
    server = serve(hook)
    home = Path("/var/tmp" if os.geteuid() == 0 else tmp_path_factory.getbasetemp()) / f"huiying-system-{os.getpid()}"
    env = {key: value for key, value in os.environ.items() if not key.startswith("HUIYING_")}
    env |= {
        "HUIYING_HOME": str(home),
        "HUIYING_KAFKA_PORT": str(kafka),
        "HUIYING_ELASTICSEARCH_PORT": str(elastic),
        "HUIYING_CONSOLE_PORT": str(console),
        "HUIYING_MAIL_HOST": "127.0.0.1",
        "HUIYING_MAIL_PORT": str(letters.controller.port),
        "HUIYING_MAIL_TO": "duty@example.org",
        "HUIYING_WECOM_WEBHOOK": hook.url,
        "HUIYING_WATCH_EVERY": "1",
    }
    if "HUIYING_TEST_CACHE" in os.environ:
        env["HUIYING_CACHE"] = os.environ["HUIYING_TEST_CACHE"]
    process = subprocess.Popen(
        [str(HUIYING), "up"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    lines: list[str] = []
    threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, "")), daemon=True).start()  # type: ignore[union-attr]
    running = Product(process, env, f"http://127.0.0.1:{console}", f"127.0.0.1:{kafka}", letters, hook, lines)
    try:
        wait_for(
            lambda: process.poll() is not None or httpx.get(f"{running.url}/login", timeout=2).status_code == 200,
            300,
            why="the console answers",
        )
        if process.poll() is not None:
            pytest.fail("huiying up ended:\n" + "".join(lines))
        sign_in = re.compile(r"(\S+) / (\S+)\s*$", re.MULTILINE)
        found = wait_for(lambda: sign_in.search("".join(lines)), 30, why="a first sign-in")
        running.username, running.password = found[1], found[2]
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        letters.controller.stop()
        server.shutdown()
        (ROOT / ".pytest_cache").mkdir(exist_ok=True)
        (ROOT / ".pytest_cache" / "system.log").write_text("".join(lines), "utf-8")
        shutil.rmtree(home, ignore_errors=True)
